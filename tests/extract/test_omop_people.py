"""OMOP's persons, ends of stays, results and tests: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from drawn_source import Drawn, Row, day, drawn

STAY = {"hospital_id": "7", "admission_id": "v", "person_id": "p"}


@pytest.fixture
def omop() -> Iterator[Drawn]:
    """Stay v of person p, from 01-02 10:00 to 01-20 10:00, and no code list."""
    with drawn("omop") as source:
        source.db.execute(
            "CREATE TABLE prepared.visit_stay AS SELECT '7' AS hospital_id, 'v' AS admission_id, "
            "'p' AS person_id, TIMESTAMP '2020-01-02 10:00' AS admitted_at, "
            "TIMESTAMP '2020-01-20 10:00' AS discharged_at, NULL::BIGINT AS discharged_to"
        )
        source.db.execute(
            "CREATE TABLE prepared.visit AS SELECT 'v' AS visit_occurrence_id, '7' AS hospital_id, "
            "'v' AS admission_id, 'p' AS person_id, TIMESTAMP '2020-01-02 10:00' AS started_at, "
            "TIMESTAMP '2020-01-20 10:00' AS ended_at"
        )
        source.db.execute(
            "CREATE TABLE prepared.weight_height (admission_id VARCHAR, name VARCHAR, value DOUBLE)"
        )
        source.db.execute(
            "CREATE TABLE prepared.meaning (kind VARCHAR, concept_id BIGINT, name VARCHAR, "
            "method VARCHAR, specimen VARCHAR)"
        )
        source.db.execute("CREATE TABLE prepared.unit (concept_id BIGINT, unit VARCHAR)")
        yield source


def person(omop: Drawn, **told: Any) -> None:
    omop.draw("source.person", {"person_id": "p"} | told, {"person_id": "of no stay"})


@pytest.mark.parametrize(
    ("told", "sex"),
    [
        *(({"gender_concept_id": one}, sex) for one, sex in
          ((8507, "male"), (8532, "female"), (8521, "other"), (8551, "unknown"), (999, "999"),
           (0, "unknown"), (None, "unknown"))),
        *(({"gender_source_value": one}, sex) for one, sex in
          (("M", "male"), ("male", "male"), ("男", "male"), ("F", "female"), ("Female", "female"),
           ("女", "female"), ("x", "x"))),
        ({"gender_concept_id": 0, "gender_source_value": "f"}, "female"),
        ({"gender_concept_id": 8507, "gender_source_value": "f"}, "male"),
    ],
)  # fmt: skip
def test_the_sex_of_a_person(omop: Drawn, told: Row, sex: str) -> None:
    person(omop, **told)
    omop.prepare("vital_status")
    assert omop.rows("patient", "patient_id", "person_id", "sex") == [("p", "p", sex)]


@pytest.mark.parametrize(
    ("told", "birth", "age"),
    [
        ({"birth_datetime": date(1950, 3, 4), "year_of_birth": 1951.0}, date(1950, 3, 4), None),
        ({"year_of_birth": 1950.0, "month_of_birth": 12.0, "day_of_birth": 31.0},
         date(1950, 12, 31), None),
        *(({"year_of_birth": 1950.0, "month_of_birth": 1.0, "day_of_birth": one},
           date(1950, 1, 1), None) for one in (None, 0.0, 32.0, 1.0)),
        *(({"year_of_birth": 1950.0, "month_of_birth": one}, None, 70)
          for one in (None, 0.0, 13.0)),
        ({}, None, None),
    ],
)  # fmt: skip
def test_the_birth_of_a_person_or_else_the_age(
    omop: Drawn, told: Row, birth: date | None, age: float | None
) -> None:
    person(omop, **told)
    omop.prepare("vital_status")
    assert omop.rows("patient", "birth_date") == [(birth,)]
    assert omop.rows("admission", "age_years") == [(age,)]


@pytest.mark.parametrize(
    ("to", "dead", "status"),
    [
        *((None, at, "died") for at in ("01-02 00:00", "01-10 08:00", "01-20 23:00")),
        *((None, at, "unknown") for at in ("01-01 08:00", "01-21 00:00")),
        (4216643, None, "died"),
        *((one, None, "died") for one in (1, 2, 3)),
        (4, None, "against_advice"),
        (5, None, "transferred"),
        (6, None, "alive"),
        (6, "01-01 08:00", "unknown"),  # dead before he came
        (6, "01-21 00:00", "alive"),
        (0, None, "unknown"),  # no death is recorded of anybody
        (0, "01-21 00:00", "alive"),
        (99, None, "unknown"),
    ],
)
def test_how_a_stay_ended(omop: Drawn, to: int | None, dead: str | None, status: str) -> None:
    words = ("Patient died", "EXPIRED", "deceased", "Left against medical advice")
    words += ("Short-term hospital", "Home")
    concepts = [{"concept_id": n, "concept_name": word} for n, word in enumerate(words, 1)]
    omop.draw("source.concept", *concepts, {"concept_id": 0, "concept_name": "Home"})
    omop.db.execute("UPDATE prepared.visit_stay SET discharged_to = $to", {"to": to})
    person(omop)
    if dead:
        row = {"person_id": "p", "death_datetime": day(dead), "death_date": day(dead).date()}
        omop.draw("source.death", row)
    omop.prepare("vital_status")
    assert omop.rows("admission", "discharge_status") == [(status,)]


def test_a_death_without_a_date_is_no_life_and_no_death(omop: Drawn) -> None:
    person(omop)
    omop.draw("source.concept", {"concept_id": 6, "concept_name": "Home"})
    omop.db.execute("UPDATE prepared.visit_stay SET discharged_to = 6")
    omop.draw("source.death", {"person_id": "p"})
    omop.prepare("vital_status")
    assert omop.rows("admission", "discharge_status") == [("unknown",)]
    assert omop.prepared("vital_status", "undated", "dates") == [(True, 0)]


def test_weight_and_height_are_those_of_the_stay(omop: Drawn) -> None:
    person(omop)
    omop.prepare("vital_status")
    for stay, name, value in (("v", "weight", 70.0), ("v", "height", 170.0), ("x", "weight", 9.0)):
        row = {"admission_id": stay, "name": name, "value": value}
        omop.draw("prepared.weight_height", row)
    assert omop.rows("admission", "weight_kg", "height_cm") == [(70.0, 170.0)]


MEASURED = {"person_id": "p", "visit_occurrence_id": "v", "measurement_concept_id": 100}
MEASURED |= {"measurement_datetime": day("01-05 09:00"), "value_as_number": 5.0}
MEASURED |= {"measurement_date": day("01-05 09:00").date(), "unit_source_value": "mg"}


def results(omop: Drawn, table: str, *columns: str, **told: Any) -> list[tuple[Any, ...]]:
    omop.draw("source.measurement", MEASURED | told)
    omop.db.execute(
        "CREATE TABLE prepared.visit_stay_later AS SELECT admission_id, admitted_at, discharged_at "
        "FROM prepared.visit_stay WHERE FALSE"
    )
    omop.prepare("placed")
    return omop.rows(table, *columns)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, ("100", "OMOP")),
        ({"measurement_source_concept_id": 3}, ("100", "OMOP")),
        ({"measurement_concept_id": 0, "measurement_source_concept_id": 3}, ("1988-5", "LOINC")),
        ({"measurement_concept_id": None, "measurement_source_concept_id": 3}, ("1988-5", "LOINC")),
        ({"measurement_concept_id": 0, "measurement_source_concept_id": 4}, ("CRP", "local")),
        ({"measurement_concept_id": 0}, ("CRP", "local")),
        ({"measurement_concept_id": 200}, None),  # a vital sign
        ({"measurement_concept_id": 201}, None),  # a test for a pathogen
        ({"measurement_concept_id": 202}, ("202", "OMOP")),
    ],
)
def test_the_code_of_a_result(omop: Drawn, told: Row, code: tuple[str, str] | None) -> None:
    for concept, vocabulary, own in ((3, "LOINC", "1988-5"), (4, "SNOMED", "x")):
        row = {"concept_id": concept, "vocabulary_id": vocabulary, "concept_code": own}
        omop.draw("source.concept", row)
    for kind, concept in (("vital", 200), ("pathogen", 201), ("finding", 202)):
        omop.draw("prepared.meaning", {"kind": kind, "concept_id": concept})
    found = results(
        omop, "lab", "lab_code", "vocabulary", **({"measurement_source_value": "CRP"} | told)
    )
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("told", "text", "unit"),
    [
        ({"value_source_value": "5,0"}, "5,0", "mg"),
        *(({"operator_concept_id": one}, "<5.0", "mg") for one in (4171756, 4171754)),
        *(({"operator_concept_id": one}, ">5.0", "mg") for one in (4172704, 4171755)),
        ({"operator_concept_id": 4172703, "value_source_value": "5"}, "5", "mg"),
        ({"unit_concept_id": 8, "value_source_value": "5"}, "5", "mg/L"),
        ({"unit_concept_id": 9, "value_source_value": "5"}, "5", "mg"),
    ],
)
def test_a_result_beyond_what_could_be_measured(
    omop: Drawn, told: Row, text: str, unit: str
) -> None:
    omop.draw("prepared.unit", {"concept_id": 8, "unit": "mg/L"})
    assert results(omop, "lab", "value", "value_text", "unit", **told) == [(5.0, text, unit)]


POSITIVE = (4126681, 45877985, 45884084, 9191, 4181412, 45879438, 45881802)
WORDS = {
    "positive": ["Positive", " detected ", "present", "REACTIVE", "阳性", "+"],
    "negative": ["negative", "Not detected", "absent", "non-reactive", "undetected", "阴性", "-"],
    "indeterminate": ["indeterminate", "Inconclusive", "equivocal", "invalid", "可疑"],
    "not_done": ["not done", "Not performed", "cancelled", "未查"],
    "see note": ["see note"],
}


@pytest.mark.parametrize(
    ("told", "result"),
    [
        *(({"value_as_concept_id": one}, "positive") for one in POSITIVE),
        *(({"value_as_concept_id": one}, "negative") for one in (9189, 45878583, 45880296)),
        *(({"value_source_value": word}, result) for result, all_of in WORDS.items()
          for word in all_of),
        ({"value_as_concept_id": 5, "value_source_value": "negative"}, "positive"),
        ({"value_as_concept_id": 0, "value_source_value": "negative"}, "negative"),
        ({"value_as_concept_id": 77, "value_source_value": "negative"}, "negative"),
        ({}, None),
    ],
)  # fmt: skip
def test_the_result_of_a_test_for_a_pathogen(omop: Drawn, told: Row, result: str | None) -> None:
    omop.draw("source.concept", {"concept_id": 5, "concept_name": "Detected"})
    omop.draw("source.concept", {"concept_id": 0, "concept_name": "Positive"})
    row = {"kind": "pathogen", "concept_id": 100, "name": "sars_cov_2", "method": "rna"}
    omop.draw("prepared.meaning", row, row | {"kind": "lab", "name": "other"})
    found = results(omop, "pathogen_test", "organism_code", "method", "result", **told)
    assert found == [("sars_cov_2", "rna", result)]


def test_a_finding_that_is_written_down_is_present(omop: Drawn) -> None:
    for kind, name in (("finding", "remission"), ("pathogen", "other")):
        omop.draw("prepared.meaning", {"kind": kind, "concept_id": 600, "name": name})
    row = {"person_id": "p", "visit_occurrence_id": "v", "condition_concept_id": 600}
    omop.draw("source.condition_occurrence", row | {"condition_start_datetime": day("01-05 09:00")})
    omop.draw("source.condition_occurrence", row | {"condition_concept_id": 601})
    assert results(omop, "finding", "finding_code", "present") == [("remission", True)]
