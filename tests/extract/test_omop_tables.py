"""OMOP's stays, people, results, signs and states: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from drawn_source import Drawn, Row, day, drawn

NAMES = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_code")
CONCEPTS = [
    (1, "milligram per deciliter", "Unit", "UCUM", "mg/dL"),
    (2, "kilogram", "Unit", "UCUM", "kg"),
    (3, "Creatinine", "Measurement", "LOINC", "2160-0"),
    (4, "Hypertension", "Condition", "SNOMED", "38341003"),
    *((11, "Discharge to home", "Visit", "X", "11"), (12, "Patient died", "Visit", "X", "12")),
    *(
        (13, "Left against medical advice", "Visit", "X", "13"),
        (14, "Hospital", "Visit", "X", "14"),
    ),
    *((15, "Detected", "Meas Value", "X", "15"), (0, "No matching concept", "Metadata", "X", "0")),
    (21, "Dependence on dialysis", "Observation", "ICD10CM", "Z99.2"),
    (22, "Diabetes", "Condition", "ICD10CM", "E11.9"),
    (23, "History of event", "Observation", "X", "23"),
    *((24, "No", "Meas Value", "X", "24"), (25, "Prehistory", "Observation", "X", "25")),
    *(
        (26, "Family history", "Condition", "X", "26"),
        (27, "A tube", "Procedure", "ICD10PCS", "0B"),
    ),
]
TABLES = {
    "listed": "SELECT 'x' AS vocabulary, 'x' AS code LIMIT 0",
    "vital": "SELECT * FROM (VALUES ('101', 'weight', 'OMOP'), ('102', 'height', 'OMOP'), "
    "('103', 'heart_rate', 'OMOP'), ('x', 'sbp', 'CLIF')) AS t(code, vital_code, vocabulary)",
    "event": "SELECT * FROM (VALUES ('201', 'finding', 'fever', '', '', 'OMOP'), "
    "('202', 'pathogen', 'sars_cov_2', 'rna', '', 'OMOP'), "
    "('203', 'device', 'imv', '', '', 'OMOP'), ('204', 'procedure', 'crrt', '', '', 'OMOP'), "
    "('x', 'device', 'niv', '', '', 'CPT4')) "
    "AS t(code, kind, name, method, specimen, vocabulary)",
    "unit": "SELECT * FROM (VALUES ('weight', 'kg', 1.0), ('weight', 'lb', 0.5), "
    "('height', 'cm', 1.0)) AS t(variable, unit, factor)",
}
VISIT = {"visit_occurrence_id": "v", "person_id": "p", "visit_concept_id": 9201}
VISIT |= {"visit_start_datetime": day("01-02 10:00"), "visit_start_date": date(2020, 1, 2)}
VISIT |= {"visit_end_datetime": day("01-20 10:00"), "visit_end_date": date(2020, 1, 20)}
IN = {"person_id": "p", "visit_occurrence_id": "v"}
READ = {
    "admission": ("meaning", "unit", "vital_status", "weight_height"),
    **{"patient": ("vital_status",), "diagnosis": ("written_state",), "hospital": ()},
    **{"lab": ("meaning", "unit"), "vital": ("meaning", "unit"), "icu_stay": ()},
    **dict.fromkeys(("finding", "pathogen_test", "respiratory_support"), ("meaning",)),
}
"""What each table reads of what is prepared, besides the stays."""


@pytest.fixture
def omop() -> Iterator[Drawn]:
    """Nobody yet; a vocabulary of a few concepts."""
    with drawn("omop") as source:
        for name, query in TABLES.items():
            source.db.execute(f"CREATE TABLE ref.{name} AS {query}")
        source.draw("source.concept", *(dict(zip(NAMES, row, strict=True)) for row in CONCEPTS))
        yield source


def rows(omop: Drawn, table: str, *columns: str) -> list[tuple[Any, ...]]:
    omop.prepare("hospital_of_visit", hospital_level="care_site")
    omop.prepare("visit", "visit_stay", "visit_stay_later", "placed", *READ[table])
    return omop.rows(table, *columns, timezone="UTC")


def death(moment: str) -> Row:
    """A death on a bare date, or at a moment."""
    told: Row = {"person_id": "p", "death_date": day(moment).date()}
    return told if moment.endswith("00:00") else told | {"death_datetime": day(moment)}


@pytest.mark.parametrize(
    ("place", "deaths", "status"),
    [
        *((11, [], "alive"), (12, [], "died"), (4216643, [], "died"), (14, [], "transferred")),
        *((13, [], "against_advice"), (None, [], "unknown"), (0, [], "unknown")),
        (999, [], "unknown"),
        (11, [death("01-20 00:00")], "died"),  # the day of the discharge
        (11, [death("01-02 00:00")], "died"),
        (11, [death("01-21 00:00")], "alive"),
        (11, [death("01-01 00:00")], "unknown"),  # before the stay
        (12, [death("01-01 00:00")], "died"),
        (11, [{"person_id": "p"}], "unknown"),  # without a date
        (0, [death("01-21 00:00")], "alive"),
        (None, [death("01-21 00:00")], "unknown"),
        (0, [death("01-21 00:00") | {"person_id": "elsewhere"}], "alive"),  # of few stays
        (999, [death("01-21 00:00")], "unknown"),
    ],
)
def test_how_a_stay_ended(omop: Drawn, place: int | None, deaths: list[Row], status: str) -> None:
    omop.draw("source.visit_occurrence", VISIT | {"discharged_to_concept_id": place})
    omop.draw("source.death", *deaths)
    assert rows(omop, "admission", "discharge_status") == [(status,)]


@pytest.mark.parametrize(
    ("stays", "died", "status"),
    [(49, "nobody", "alive"), (50, "nobody", "unknown"), (50, "3", "alive")],
)
def test_a_hospital_of_many_stays_without_a_death_records_none(
    omop: Drawn, stays: int, died: str, status: str
) -> None:
    """Of fewer stays it may be chance that nobody died."""
    omop.draw("source.death", death("01-05 00:00") | {"person_id": "of another hospital"})
    omop.draw("source.death", death("01-28 00:00") | {"person_id": died})
    elsewhere = {
        "visit_occurrence_id": "x",
        "person_id": "of another hospital",
        "care_site_id": "9",
    }
    omop.draw("source.visit_occurrence", VISIT | elsewhere)
    for number in range(stays):
        own = {"visit_occurrence_id": str(number), "person_id": str(number), "care_site_id": "7"}
        omop.draw("source.visit_occurrence", VISIT | own | {"discharged_to_concept_id": 0})
    found = set(rows(omop, "admission", "hospital_id", "discharge_status"))
    assert found == {("7", status), ("9", "died")}


@pytest.mark.parametrize(
    ("told", "age", "born"),
    [
        ({}, 70, None),
        ({"month_of_birth": 0.0}, 70, None),
        ({"month_of_birth": 13.0}, 70, None),
        ({"month_of_birth": 1.0}, None, date(1950, 1, 1)),
        ({"month_of_birth": 12.0, "day_of_birth": 31.0}, None, date(1950, 12, 31)),
        ({"month_of_birth": 5.0, "day_of_birth": 32.0}, None, date(1950, 5, 1)),
        ({"month_of_birth": 5.0, "day_of_birth": 0.0}, None, date(1950, 5, 1)),
        ({"month_of_birth": 5.0, "day_of_birth": 1.0}, None, date(1950, 5, 1)),
        ({"birth_datetime": date(1950, 6, 15)}, None, date(1950, 6, 15)),
        ({"birth_datetime": date(1950, 6, 15), "month_of_birth": 13.0}, None, date(1950, 6, 15)),
    ],
)
def test_the_age_or_the_date_of_birth(
    omop: Drawn, told: Row, age: int | None, born: date | None
) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    omop.draw("source.person", {"person_id": "p", "year_of_birth": 1950.0} | told)
    omop.draw("source.person", {"person_id": "of no stay"})
    assert rows(omop, "admission", "age_years") == [(age,)]
    ((found,),) = omop.rows("patient", "birth_date")
    assert (found.date() if hasattr(found, "date") else found) == born


@pytest.mark.parametrize(
    ("concept", "written", "sex"),
    [
        *(
            (8507, None, "male"),
            (8532, "M", "female"),
            (8521, None, "other"),
            (8551, "F", "unknown"),
        ),
        *((0, " m", "male"), (None, "Female", "female"), (0, None, "unknown"), (0, "x", "x")),
        (77, "M", "77"),
    ],
)
def test_sex(omop: Drawn, concept: int | None, written: str | None, sex: str) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    person = {"person_id": "p", "gender_concept_id": concept, "gender_source_value": written}
    omop.draw("source.person", person)
    omop.draw("source.death", death("01-21 08:00"))
    assert rows(omop, "patient", "sex", "death_at") == [(sex, day("01-21 08:00"))]


MEASURED = IN | {"measurement_datetime": day("01-03 10:00"), "measurement_date": date(2020, 1, 3)}
MEASURED |= {"measurement_concept_id": 3, "value_as_number": 2.0, "unit_concept_id": 1}
MEASURED |= {"unit_source_value": "mg", "measurement_source_value": "Krea"}
MEASURED |= {"value_source_value": "two"}


RESULTS: list[tuple[Row, tuple[Any, ...] | None]] = [
    ({}, ("3", "OMOP", "mg/dL", "two")),
    ({"measurement_source_concept_id": 3, "measurement_concept_id": 999},
     ("999", "OMOP", "mg/dL", "two")),
    ({"measurement_concept_id": 0}, ("Krea", "local", "mg/dL", "two")),
    ({"measurement_concept_id": None}, ("Krea", "local", "mg/dL", "two")),
    *(({"measurement_concept_id": none, "measurement_source_concept_id": 3},
       ("2160-0", "LOINC", "mg/dL", "two")) for none in (0, None)),
    ({"measurement_concept_id": 0, "measurement_source_concept_id": 4},
     ("Krea", "local", "mg/dL", "two")),
    ({"unit_concept_id": 0}, ("3", "OMOP", "mg", "two")),
    ({"unit_concept_id": 3}, ("3", "OMOP", "mg", "two")),  # no unit
    *(({"operator_concept_id": one}, ("3", "OMOP", "mg/dL", "<2.0"))
      for one in (4171756, 4171754)),
    *(({"operator_concept_id": one}, ("3", "OMOP", "mg/dL", ">2.0"))
      for one in (4172704, 4171755)),
    *(({"measurement_concept_id": one}, None) for one in (101, 103, 202)),
    ({"measurement_concept_id": 201}, ("201", "OMOP", "mg/dL", "two")),
]  # fmt: skip


def test_results(omop: Drawn) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    moments = [day("01-03 10:00") + timedelta(minutes=number) for number in range(len(RESULTS))]
    for (told, _), moment in zip(RESULTS, moments, strict=True):
        omop.draw("source.measurement", MEASURED | told | {"measurement_datetime": moment})
    columns = ("collected_at", "lab_code", "vocabulary", "unit", "value_text")
    found = {at: tuple(row) for at, *row in rows(omop, "lab", *columns)}
    results = [(told, found.get(at)) for (told, _), at in zip(RESULTS, moments, strict=True)]
    assert results == RESULTS


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"measurement_concept_id": 103, "unit_source_value": "/min", "unit_concept_id": 0},
         [("heart_rate", 2.0, "/min")]),
        ({"measurement_concept_id": 103}, [("heart_rate", 2.0, "mg/dL")]),
        *(({"measurement_concept_id": one}, []) for one in (101, 102, 201, 3)),
    ],
)  # fmt: skip
def test_vital_signs(omop: Drawn, told: Row, found: list[Any]) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    omop.draw("source.measurement", MEASURED | told)
    assert rows(omop, "vital", "vital_code", "value", "unit") == found


def body(concept: int, value: float, unit: str | int, hour: int = 10, stay: str = "v") -> Row:
    """A weight (101) or a height (102), in a unit as written or of the vocabulary."""
    told: Row = {"unit_concept_id": unit} if isinstance(unit, int) else {"unit_source_value": unit}
    moment = {"measurement_datetime": day(f"01-03 {hour}:00"), "measurement_date": date(2020, 1, 3)}
    named = {"measurement_concept_id": concept, "value_as_number": value}
    return {"person_id": "p", "visit_occurrence_id": stay} | named | told | moment


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([body(101, 70.0, 2), body(102, 170.0, "cm")], (70.0, 170.0)),
        ([body(101, 70.0, "KGS"), body(102, 170.0, "CMS")], (70.0, 170.0)),
        ([body(101, 100.0, "Pounds")], (50.0, None)),
        ([body(101, 80.0, 2, 11), body(101, 70.0, 2, 12), body(101, 90.0, 2, 11)], (80.0, None)),
        ([body(101, 0.0, 2), body(101, 0.5, 2, 11)], (0.5, None)),
        ([body(101, float("inf"), 2), body(102, 50.0, "cm")], (None, 50.0)),
        ([body(101, 70.0, "stone"), body(103, 70.0, "kg"), body(3, 70.0, 2)], (None, None)),
        ([body(101, 70.0, "cm"), body(102, 170.0, "kg")], (None, None)),
    ],
)
def test_weight_and_height(
    omop: Drawn, told: list[Row], found: tuple[float | None, float | None]
) -> None:
    omop.draw("source.visit_occurrence", VISIT, VISIT | {"visit_occurrence_id": "w"} | LATER)
    omop.draw("source.measurement", *told)
    stays = rows(omop, "admission", "admission_id", "weight_kg", "height_cm")
    assert stays == [("v", *found), ("w", None, None)]


LATER = {"visit_start_datetime": day("03-02 10:00"), "visit_start_date": date(2020, 3, 2)}
LATER |= {"visit_end_datetime": day("03-20 10:00"), "visit_end_date": date(2020, 3, 20)}


ANSWERS: list[tuple[Row, str | None]] = [
    *(({"value_as_concept_id": one}, "positive") for one in (4126681, 9191, 45877985)),
    *(({"value_as_concept_id": one}, "negative") for one in (9189, 45878583)),
    ({"value_as_concept_id": 15}, "positive"),  # by the name of the concept
    *(({"value_source_value": one}, "positive") for one in (" Positive ", "+", "阳性")),
    *(({"value_source_value": one}, "negative") for one in ("Not Detected", "-", "阴性")),
    *(({"value_source_value": one}, "indeterminate") for one in ("Equivocal", "可疑")),
    *(({"value_source_value": one}, "not_done") for one in ("Cancelled", "未查")),
    *(({"value_source_value": one}, one) for one in ("Sent Away", None)),
    ({"value_source_value": "Positive", "value_as_concept_id": 0}, "positive"),
]


def test_tests_of_pathogens(omop: Drawn) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    moments = [day("01-03 10:00") + timedelta(minutes=number) for number in range(len(ANSWERS))]
    for (told, _), moment in zip(ANSWERS, moments, strict=True):
        row = MEASURED | {"measurement_concept_id": 202, "value_source_value": None} | told
        omop.draw("source.measurement", row | {"measurement_datetime": moment})
    omop.draw("source.measurement", MEASURED | {"measurement_concept_id": 103})
    columns = ("organism_code", "method", "specimen", "collected_at", "result")
    found = {at: result for *kind, at, result in rows(omop, "pathogen_test", *columns)
             if kind == ["sars_cov_2", "rna", None]}  # fmt: skip
    answers = [(told, found[at]) for (told, _), at in zip(ANSWERS, moments, strict=True)]
    assert answers == ANSWERS
    assert len(found) == len(ANSWERS)


END_OF_DAY = day("01-05 00:00") - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ended", "found"),
    [
        (day("01-04 08:00"), day("01-04 08:00")),
        (day("01-04 00:00"), END_OF_DAY),
        (None, None),
    ],
)
@pytest.mark.parametrize(
    ("concept", "device", "procedure"), [(203, "imv", None), (204, None, "crrt")]
)
def test_devices_and_procedures(
    omop: Drawn, concept: int, device: str | None, procedure: str | None, ended: Any, found: Any
) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    row = IN | {"procedure_datetime": day("01-03 10:00"), "procedure_date": date(2020, 1, 3)}
    row |= {"procedure_concept_id": concept, "procedure_end_datetime": ended}
    omop.draw("source.procedure_occurrence", row, row | {"procedure_concept_id": 201})
    columns = ("started_at", "stopped_at")
    moments = (day("01-03 10:00"), found)
    support = rows(omop, "respiratory_support", "device", *columns)
    assert support == ([(device, *moments)] if device else [])
    done = omop.rows("procedure", "procedure_code", *columns)
    assert done == ([(procedure, *moments)] if procedure else [])


@pytest.mark.parametrize(
    ("concept", "ended", "on", "found"),
    [
        (32037, day("01-04 08:00"), date(2020, 1, 4), day("01-04 08:00")),
        (581379, day("01-04 00:00"), date(2020, 1, 4), END_OF_DAY),
        (32037, None, date(2020, 1, 4), END_OF_DAY),
        (32037, None, None, None),
        (9201, day("01-04 08:00"), date(2020, 1, 4), "none"),
    ],
)
def test_stays_in_intensive_care(
    omop: Drawn, concept: int, ended: Any, on: date | None, found: Any
) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    row = IN | {
        "visit_detail_start_datetime": day("01-03 10:00"),
        "visit_detail_concept_id": concept,
    }
    row |= {"visit_detail_start_date": date(2020, 1, 3), "visit_detail_end_datetime": ended}
    omop.draw("source.visit_detail", row | {"visit_detail_end_date": on})
    expected = [] if found == "none" else [(day("01-03 10:00"), found)]
    assert rows(omop, "icu_stay", "started_at", "stopped_at") == expected


def test_findings_are_conditions_that_mean_one(omop: Drawn) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    row = IN | {"condition_start_datetime": day("01-03 10:00")}
    row |= {"condition_start_date": date(2020, 1, 3)}
    for concept in (201, 4, 202, 301):
        omop.draw("source.condition_occurrence", row | {"condition_concept_id": concept})
    below = [
        (201, 301),
        (201, 202),
        (202, 201),
    ]  # what is listed itself means what it is listed for
    for above, concept in below:
        link = {"ancestor_concept_id": above, "descendant_concept_id": concept}
        omop.draw("source.concept_ancestor", link)
    found = rows(omop, "finding", "finding_code", "present", "observed_at")
    assert found == [("fever", True, day("01-03 10:00"))] * 3


STATE = IN | {"observation_datetime": day("01-03 10:00"), "observation_date": date(2020, 1, 3)}
STATE |= {"observation_concept_id": 0, "observation_source_concept_id": 21}
STATE |= {"observation_source_value": "as written"}


STATES: list[tuple[Row, bool]] = [
    ({}, True),
    ({"observation_concept_id": 23}, True),  # a code of before, as it is meant
    ({"observation_source_concept_id": 22}, True),
    ({"observation_source_concept_id": 22, "observation_concept_id": 23}, False),
    ({"observation_source_concept_id": 22, "observation_concept_id": 25}, False),
    ({"observation_source_concept_id": 22, "observation_concept_id": 26}, False),
    ({"observation_source_concept_id": 22, "observation_concept_id": 4}, True),
    ({"observation_source_concept_id": 21, "observation_concept_id": 25}, True),
    ({"observation_source_concept_id": 27}, False),
    ({"observation_source_concept_id": 4}, False),
    *(({"observation_source_concept_id": 0, "observation_source_value": one}, True)
      for one in ("ICD10CM:E11.9", "icd-9 | 250", " Z99.2 ")),
    *(({"observation_source_concept_id": None, "observation_source_value": one}, False)
      for one in ("E11.9", "Z99", "fever", None)),
    ({"observation_source_concept_id": 0, "observation_concept_id": 23,
      "observation_source_value": "ICD10CM:E11.9"}, False),
    ({"observation_source_concept_id": 0, "observation_concept_id": 23,
      "observation_source_value": "ICD10CM: Z86.7"}, True),
    *(({"value_as_concept_id": one}, False) for one in (4188540, 45878245, 4132135, 9189, 24)),
    ({"value_as_concept_id": 0, "value_as_string": "No"}, False),  # 0 is no word for it
    ({"value_as_concept_id": 15}, True),
    ({"value_as_concept_id": 15, "value_as_string": "no"}, True),
    *(({"value_as_string": one}, False) for one in (" No ", "absent", "Not present", "N")),
    *(({"value_as_string": one}, True) for one in ("Yes", "", "normal")),
]  # fmt: skip


def test_states_that_are_written_as_observations(omop: Drawn) -> None:
    omop.draw("source.visit_occurrence", VISIT)
    moments = [day("01-03 10:00") + timedelta(minutes=number) for number in range(len(STATES))]
    for (told, _), moment in zip(STATES, moments, strict=True):
        omop.draw("source.observation", STATE | told | {"observation_datetime": moment})
    found = {at for (at,) in rows(omop, "diagnosis", "diagnosed_at")}
    said = [(told, at in found) for (told, _), at in zip(STATES, moments, strict=True)]
    assert said == STATES


def test_a_hospital_has_the_name_of_its_care_site(omop: Drawn) -> None:
    other = {"visit_occurrence_id": "w", "person_id": "q", "care_site_id": "9"}
    omop.draw("source.visit_occurrence", VISIT | {"care_site_id": "7"}, VISIT | other)
    omop.draw("source.care_site", {"care_site_id": "7", "care_site_name": "Seventh"})
    omop.draw("source.care_site", {"care_site_id": "8", "care_site_name": "Eighth"})
    found = rows(omop, "hospital", "hospital_id", "hospital_name", "timezone")
    assert found == [("7", "Seventh", "UTC"), ("9", None, "UTC")]
