"""OMOP as hospitals send it: codes in source values, bare dates, visits of other kinds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import at, study, write
from test_layout_omop import (
    CONCEPTS,
    OUTPATIENT,
    PLAN,
    concept,
    exposure,
    measured,
    omop,
    rows,
    visit,
    with_drugs,
)

from ehrivig import extract
from ehrivig.errors import ExtractError

ROUTES: list[tuple[int | None, str | None, str]] = [
    (4171047, "PO", "iv"),  # the concept is the surer one
    (0, "IVPB", "iv"),
    (0, "IV infusion", "iv"),
    (0, "i.v.", "iv"),
    (0, "ＩＶ", "iv"),
    (0, "Intravenous", "iv"),
    (0, "静脉滴注", "iv"),
    (None, "IV push", "iv"),
    (0, "SubQ", "sc"),
    (0, "IM", "im"),
    (0, "Oral", "po"),
    (0, "iver", "iver"),  # as written: the gate counts what is not read
    (0, "", "unknown"),
    (0, "NULL", "unknown"),
    (0, None, "unknown"),
    (999, "IVPB", "iv"),  # a concept that the vocabulary lacks
    (7, "IVPB", "other"),  # a concept that it has
]


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The route of an administration for each of ROUTES."""
    drugs = [
        exposure(number, 501, 200.0, route_concept_id=concept_id, route_source_value=written)
        for number, (concept_id, written, _) in enumerate(ROUTES)
    ]
    folder = with_drugs(tmp_path_factory.mktemp("routes") / "x", *drugs)
    write(folder / "concept.parquet", [*CONCEPTS, concept(7, "Nasal", "SNOMED", "46713006")])
    plan = study(**PLAN, drug_quantity={"7": "ml"})
    sql = "SELECT route FROM mapped.medication ORDER BY medication_id"
    return [route for (route,) in rows(folder, sql, plan)]


@pytest.mark.parametrize("number", range(len(ROUTES)), ids=lambda n: str(ROUTES[n][:2]))
def test_routes(routes: list[str], number: int) -> None:
    assert len(routes) == len(ROUTES)
    assert routes[number] == ROUTES[number][2]


def test_an_unread_route_leaves_immunoglobulin_open(tmp_path: Path) -> None:
    """Its ingredient may be given under the skin: the row counts neither as given nor as not."""
    folder = with_drugs(tmp_path / "x", exposure(1, 501, 200.0, route_concept_id=0))
    found = rows(
        folder,
        "SELECT m.route, c.verdict FROM resolved.medication AS m JOIN ref.drug_class AS c "
        "ON m.drug = c.drug AND c.codelist = 'ivig'",
        study(**PLAN, drug_quantity={"7": "ml"}),
    )
    assert found == [("unknown", "quarantine")]


def test_a_drug_without_a_standard_concept_has_its_source_code(tmp_path: Path) -> None:
    ndc = concept(900, "IVIG 10 %", "NDC", "44206-437-05")
    drug = exposure(1, 0, 20.0, drug_source_concept_id=900, drug_source_value="IVIG 10 %")
    folder = with_drugs(tmp_path / "x", drug)
    write(folder / "concept.parquet", [*CONCEPTS, ndc])
    plan = study(**PLAN, drug_quantity={"7": "g"})
    found = rows(folder, "SELECT vocabulary, drug_code, drug_name FROM mapped.medication", plan)
    assert found == [("NDC", "44206-437-05", "IVIG 10 %")]


DIAGNOSES: list[tuple[int, int, str, tuple[str, str | None]]] = [
    (37311061, 45542411, "x", ("ICD10CM", "U07.1")),
    (0, 0, "ICD10CM:I10", ("ICD10CM", "I10")),
    (37311061, 0, "ICD10CM:I10", ("ICD10CM", "I10")),  # what was written is the finer one
    (0, 0, "icd-10-cm: i10", ("ICD10CM", "i10")),
    (0, 0, "ICD9CM|401.9", ("ICD9CM", "401.9")),
    (0, 0, "I10", ("ICD10", "I10")),
    (0, 0, "E11.9", ("ICD10", "E11.9")),
    (0, 0, "U07.1", ("ICD10", "U07.1")),
    (0, 0, "401.9", ("ICD9CM", "401.9")),
    (0, 0, "38341003.0", ("SNOMED", "38341003")),  # a number that became a double
    (37311061, 0, "I10", ("SNOMED", "840539006")),
    (555, 555, "I10", ("ICD10", "I10")),  # a trimmed vocabulary
    (555, 0, "high blood pressure", ("OMOP", "555")),
    (0, 0, "high blood pressure", ("local", "high blood pressure")),
    (0, 0, "", ("local", None)),
]


@pytest.fixture(scope="module")
def diagnoses(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str | None]]:
    """Vocabulary and code of a diagnosis for each of DIAGNOSES, told apart by their day."""
    conditions = [
        {
            "person_id": 1,
            "condition_concept_id": standard,
            "condition_start_date": date(2020, 2, 1) + timedelta(days=number),
            "condition_status_concept_id": 32890,
            "condition_source_value": written,
            "condition_source_concept_id": source,
            "visit_occurrence_id": 100,
        }
        for number, (standard, source, written, _) in enumerate(DIAGNOSES)
    ]
    visits = [visit(100, "02-01 00:00", "03-09 12:00")]
    folder = tmp_path_factory.mktemp("diagnoses") / "x"
    omop(folder, visit_occurrence=visits, condition_occurrence=conditions)
    return rows(folder, "SELECT vocabulary, code FROM mapped.diagnosis ORDER BY diagnosed_at")


@pytest.mark.parametrize("number", range(len(DIAGNOSES)), ids=lambda n: str(DIAGNOSES[n][:3]))
def test_codes_of_diagnoses(diagnoses: list[tuple[str, str | None]], number: int) -> None:
    assert len(diagnoses) == len(DIAGNOSES)
    assert diagnoses[number] == DIAGNOSES[number][3]


def creatinine(value: float, moment: str, **more: Any) -> dict[str, Any]:
    day = {"measurement_date": at(moment).date(), "measurement_datetime": at(moment)}
    return measured(3016723, value, 8840, **{**day, **more})


def test_a_bare_date_is_a_day(tmp_path: Path) -> None:
    """Without a time of day an event of the day of admission is not before the admission."""
    measurements = [
        creatinine(1.0, "03-01 00:00"),
        creatinine(2.0, "03-01 00:00", visit_occurrence_id=None),
        creatinine(3.0, "03-09 00:00", visit_occurrence_id=None),
        creatinine(4.0, "03-05 00:00", visit_occurrence_id=None),
        creatinine(5.0, "02-29 00:00", visit_occurrence_id=None),
        creatinine(6.0, "03-10 00:00", visit_occurrence_id=None),
        creatinine(7.0, "03-01 07:59", visit_occurrence_id=None),  # a moment is a moment
    ]
    folder = omop(tmp_path / "x", measurement=measurements)
    sql = "SELECT value, collected_at FROM mapped.lab ORDER BY value"
    expected = [
        (1.0, at("03-01 08:00")),
        (2.0, at("03-01 08:00")),
        (3.0, at("03-09 00:00")),
        (4.0, at("03-05 00:00")),
    ]
    assert rows(folder, sql) == expected
    bare = [row | {"measurement_datetime": None} for row in measurements[:-1]]
    write(folder / "measurement.parquet", bare, {"measurement_datetime": pl.Datetime("us")})
    assert rows(folder, sql) == expected


def test_a_visit_that_ends_at_midnight_ends_with_its_day(tmp_path: Path) -> None:
    visits = [visit(100, "03-01 08:00", "03-09 00:00")]
    last = creatinine(1.0, "03-09 11:00", visit_occurrence_id=None)
    folder = omop(tmp_path / "x", visit_occurrence=visits, measurement=[last])
    assert rows(folder, "SELECT discharged_at FROM mapped.admission") == [
        (datetime(2020, 3, 9, 23, 59, 59),)
    ]
    assert rows(folder, "SELECT value FROM mapped.lab") == [(1.0,)]


@pytest.mark.parametrize("number", [None, 0, 4, 999])
def test_an_event_of_no_admission_belongs_to_the_stay_it_falls_in(
    tmp_path: Path, number: int | None
) -> None:
    visits = [
        visit(100, "03-01 08:00", "03-09 12:00"),
        visit(4, "03-02 09:00", "03-02 10:00", OUTPATIENT),
    ]
    measurements = [
        creatinine(1.0, "03-02 09:30", visit_occurrence_id=number),
        creatinine(2.0, "02-02 09:30", visit_occurrence_id=number),
        measured(3025315, 154.0, 8739, visit_occurrence_id=number),
        measured(3036277, 1.7, 0, unit_source_value="M", visit_occurrence_id=number),
    ]
    folder = omop(tmp_path / "x", visit_occurrence=visits, measurement=measurements)
    assert rows(folder, "SELECT admission_id, value FROM mapped.lab") == [(100, 1.0)]
    found = rows(folder, "SELECT round(weight_kg, 3), height_cm FROM mapped.admission")
    assert found == [(69.853, 170.0)]


def test_of_overlapping_stays_the_one_that_began_last(tmp_path: Path) -> None:
    visits = [
        visit(100, "03-01 08:00", "03-09 12:00"),
        visit(200, "03-05 08:00", "03-06 12:00", care_site_id=8),
    ]
    measurements = [
        creatinine(day, f"03-{day:02} 09:00", visit_occurrence_id=None) for day in (2, 5, 6, 7)
    ]
    folder = omop(tmp_path / "x", visit_occurrence=visits, measurement=measurements)
    place = "SELECT hospital_id, value FROM mapped.lab ORDER BY value"
    first, other = (
        study(**PLAN, hospitals=(name,), hospital_level="care_site") for name in ("7", "8")
    )
    assert rows(folder, place, first) == [("7", 2.0), ("7", 7.0)]
    assert rows(folder, place, other) == [("8", 5.0), ("8", 6.0)]


WEIGHTS: list[tuple[int, str | None, float | None]] = [
    (0, "KG", 70.0),
    (0, "Kg.", 70.0),
    (0, "ｋｇ", 70.0),
    (0, "公斤", 70.0),
    (0, "lbs", 31.751),
    (0, "LB", 31.751),
    (8739, None, 31.751),
    (0, "stone", None),
    (0, None, None),
]


def people(
    folder: Path, persons: list[dict[str, Any]], kinds: dict[str, Any], **more: list[dict[str, Any]]
) -> Path:
    """Persons of any number with a stay each, of the same number."""
    same = {"gender_concept_id": 8507, "year_of_birth": 1950}
    numbers = [person["person_id"] for person in persons]
    visits = [visit(n, "03-01 08:00", "03-09 12:00", person_id=n) for n in numbers]
    omop(folder, visit_occurrence=visits, **more)
    write(folder / "person.parquet", [same | person for person in persons], kinds)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> list[float | None]:
    """The weight at a stay for each of WEIGHTS, all of which are 70."""
    numbered = list(enumerate(WEIGHTS, start=1))
    heavy = [
        measured(
            *(3025315, 70.0, unit),
            **{"unit_source_value": written, "person_id": number, "visit_occurrence_id": number},
        )
        for number, (unit, written, _) in numbered
    ]
    folder = tmp_path_factory.mktemp("weights") / "x"
    people(folder, [{"person_id": number} for number, _ in numbered], {}, measurement=heavy)
    sql = "SELECT round(weight_kg, 3) FROM mapped.admission ORDER BY admission_id"
    return [kilograms for (kilograms,) in rows(folder, sql)]


@pytest.mark.parametrize("number", range(len(WEIGHTS)), ids=lambda n: str(WEIGHTS[n][:2]))
def test_units_of_weight(weights: list[float | None], number: int) -> None:
    assert len(weights) == len(WEIGHTS)
    assert weights[number] == WEIGHTS[number][2]


@pytest.mark.parametrize("code", [40762499, 3016502])
def test_oxygen_saturation_of_either_code(tmp_path: Path, code: int) -> None:
    saturation = measured(code, 91.0, 8554)
    folder = omop(tmp_path / "x", measurement=[saturation])
    assert rows(folder, "SELECT vital_code, value_std FROM resolved.vital") == [("spo2", 91.0)]


def test_without_deaths_a_discharge_home_is_unknown(tmp_path: Path) -> None:
    """0 is a discharge home in the CDM, and what a warehouse writes that knows no place."""
    folder = omop(tmp_path / "x")
    status = "SELECT discharge_status FROM mapped.admission"
    assert rows(folder, status) == [("unknown",)]
    write(folder / "death.parquet", [{"person_id": 2, "death_date": at("03-20 00:00").date()}])
    assert rows(folder, status) == [("alive",)]
    many = [visit(n, "03-01 08:00", "03-02 12:00", person_id=n, care_site_id=8) for n in range(60)]
    write(folder / "visit_occurrence.parquet", [visit(100, "03-01 08:00", "03-09 12:00"), *many])
    person = {"gender_concept_id": 8507, "year_of_birth": 1950}
    write(folder / "person.parquet", [{"person_id": p, **person} for p in range(60)])
    other = study(**PLAN, hospitals=("8",))
    assert rows(folder, f"{status} GROUP BY ALL", other) == [("alive",)]  # person 2 is there
    write(folder / "death.parquet", [{"person_id": 99, "death_date": at("03-20 00:00").date()}])
    write(folder / "person.parquet", [{"person_id": p, **person} for p in range(100)])
    assert rows(folder, f"{status} GROUP BY ALL", other) == [("unknown",)]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("03-02 09:00", "03-02 09:00"),
        ("05-01 09:00", "03-02 00:00"),  # of another day: the date counts
        (None, "03-02 00:00"),
    ],
)
def test_a_moment_of_another_day_is_none(tmp_path: Path, moment: str | None, expected: str) -> None:
    row = measured(3016723, 1.0, 8840, measurement_datetime=at(moment) if moment else None)
    other = measured(3016723, 2.0, 8840)
    folder = omop(tmp_path / "x", measurement=[row, other])
    assert rows(folder, "SELECT collected_at FROM mapped.lab WHERE value = 1") == [(at(expected),)]


DEATHS: list[tuple[tuple[str, ...], str, str]] = [
    (("03-09", "03-10"), "died", "03-09"),  # a registry a day later
    (("03-08", "03-09"), "died", "03-09"),
    (("03-10", "03-11"), "alive", "03-11"),
    (("03-09", "03-09"), "died", "03-09"),
    (("03-01",), "died", "03-01 08:00"),  # not before the admission
]


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, datetime]]:
    """Status at discharge and moment of death of a person for each of DEATHS."""
    numbered = list(enumerate(DEATHS, start=1))
    told = [
        {"person_id": number, "death_date": at(f"{one} 00:00").date()}
        for number, (days, *_) in numbered
        for one in days
    ]
    folder = tmp_path_factory.mktemp("deaths") / "x"
    people(folder, [{"person_id": number} for number, _ in numbered], {}, death=told)
    sql = "SELECT discharge_status, death_at FROM mapped.admission JOIN mapped.patient "
    return rows(folder, f"{sql} USING (hospital_id, patient_id) ORDER BY admission_id")


@pytest.mark.parametrize("number", range(len(DEATHS)), ids=lambda n: str(DEATHS[n][0]))
def test_two_rows_are_one_death(deaths: list[tuple[str, datetime]], number: int) -> None:
    _, status, day = DEATHS[number]
    assert len(deaths) == len(DEATHS)
    assert deaths[number] == (status, at(day if " " in day else f"{day} 00:00"))


SEXES: list[tuple[int | None, str | None, str]] = [
    (8507, "x", "male"),
    (8532, None, "female"),
    (8521, None, "other"),
    (8551, None, "unknown"),
    (0, "F", "female"),
    (None, "男", "male"),
    (0, None, "unknown"),
    (42, "F", "42"),  # no concept of a sex: the gate counts it
]


@pytest.fixture(scope="module")
def sexes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The sex of a person for each of SEXES."""
    persons = [
        {"person_id": number, "gender_concept_id": concept_id, "gender_source_value": written}
        for number, (concept_id, written, _) in enumerate(SEXES, start=1)
    ]
    kinds = {"gender_concept_id": pl.Int64, "gender_source_value": pl.String}
    folder = people(tmp_path_factory.mktemp("sexes") / "x", persons, kinds)
    return [sex for (sex,) in rows(folder, "SELECT sex FROM mapped.patient ORDER BY patient_id")]


@pytest.mark.parametrize("number", range(len(SEXES)), ids=lambda n: str(SEXES[n][:2]))
def test_sex(sexes: list[str], number: int) -> None:
    assert len(sexes) == len(SEXES)
    assert sexes[number] == SEXES[number][2]


BIRTHS: list[tuple[int, int, date | None, float | None]] = [
    (6, 15, date(1950, 6, 15), None),
    (6, 0, date(1950, 6, 1), None),  # no day of a month
    (6, 99, date(1950, 6, 1), None),
    (0, 15, None, 70.0),  # no month: the years between
    (13, 15, None, 70.0),
]


@pytest.fixture(scope="module")
def births(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[date | None, float | None]]:
    """Date of birth, and age at a stay, of a person for each of BIRTHS."""
    persons = [
        {"person_id": number, "month_of_birth": month, "day_of_birth": day}
        for number, (month, day, *_) in enumerate(BIRTHS, start=1)
    ]
    folder = people(tmp_path_factory.mktemp("births") / "x", persons, {})
    sql = "SELECT birth_date, age_years FROM mapped.admission JOIN mapped.patient "
    return rows(folder, f"{sql} USING (hospital_id, patient_id) ORDER BY admission_id")


@pytest.mark.parametrize("number", range(len(BIRTHS)), ids=lambda n: str(BIRTHS[n][:2]))
def test_a_birth_of_no_month_or_day(
    births: list[tuple[date | None, float | None]], number: int
) -> None:
    assert len(births) == len(BIRTHS)
    assert births[number] == BIRTHS[number][2:]


def test_an_end_of_the_same_day_without_a_time_says_nothing(tmp_path: Path) -> None:
    ends = [at("03-02 00:00"), at("03-02 11:00"), at("03-03 00:00")]
    drugs = [
        exposure(number, 502, 1.0, drug_exposure_end_datetime=end)
        for number, end in enumerate(ends, start=1)
    ]
    folder = with_drugs(tmp_path / "x", *drugs)
    found = rows(folder, "SELECT stopped_at FROM mapped.medication ORDER BY medication_id")
    assert found == [(None,), (ends[1],), (ends[2],)]


def test_a_procedure_that_ends_at_midnight_ends_with_its_day(tmp_path: Path) -> None:
    ends = [at("03-03 00:00"), at("03-03 11:00"), None]
    procedures = [
        {
            "person_id": 1,
            "procedure_concept_id": code,
            "procedure_date": at("03-03 00:00").date(),
            "procedure_datetime": at("03-03 00:00"),
            "procedure_end_datetime": end,
            "visit_occurrence_id": 100,
        }
        for code in (4230167, 37018292)
        for end in ends
    ]
    folder = omop(tmp_path / "x", procedure_occurrence=procedures)
    day = [(datetime(2020, 3, 3, 11),), (datetime(2020, 3, 3, 23, 59, 59),), (None,)]
    for table in ("procedure", "respiratory_support"):
        assert rows(folder, f"SELECT stopped_at FROM mapped.{table} ORDER BY 1") == day


def test_a_column_of_another_name_hides_no_admission(tmp_path: Path) -> None:
    rows_of = [measured(3016723, 1.0, 8840, admission_id=5, hospital_id="x", happened_at="never")]
    folder = omop(tmp_path / "x", measurement=rows_of)
    found = rows(folder, "SELECT hospital_id, admission_id, collected_at FROM mapped.lab")
    assert found == [("7", 100, at("03-02 09:00"))]


def wards(*care_sites: int | None) -> list[dict[str, Any]]:
    """Stays of other people, each of one visit in a care site."""
    return [
        visit(number, "03-01 08:00", "03-09 12:00", person_id=number, care_site_id=one)
        for number, one in enumerate(care_sites, start=1)
    ]


def written(folder: Path, visits: list[dict[str, Any]]) -> Path:
    omop(folder)
    write(folder / "visit_occurrence.parquet", visits, {"care_site_id": pl.Int64})
    people = sorted({one["person_id"] for one in visits})
    person = {"gender_concept_id": 8507, "year_of_birth": 1950}
    write(folder / "person.parquet", [{"person_id": p, **person} for p in people])
    sites = [{"care_site_id": s, "care_site_name": "x", "location_id": s // 10} for s in (11, 12)]
    write(folder / "care_site.parquet", sites)
    return folder


def test_visits_of_no_care_site_beside_others_are_said(tmp_path: Path) -> None:
    folder = written(tmp_path / "x", wards(11, 11, None))
    with pytest.raises(ExtractError, match=r"1 of 3 visits have no care_site_id.*hospital_level"):
        extract.inspect(folder, study(**PLAN))
    every = written(tmp_path / "y", wards(None, None))
    assert extract.inspect(every, study(**PLAN)).hospitals == ("omop",)
    few = written(tmp_path / "z", wards(*[11] * 40, None))
    assert extract.inspect(few, study(**PLAN)).hospitals == ("11", "omop")


def test_care_sites_that_look_like_wards_are_said(tmp_path: Path) -> None:
    visits = [
        visit(1, "03-01 08:00", "03-03 12:00", care_site_id=11),
        visit(2, "03-03 13:00", "03-09 12:00", care_site_id=12),
        visit(3, "05-01 08:00", "05-03 12:00", care_site_id=11),
    ]
    folder = written(tmp_path / "x", visits)
    with pytest.raises(ExtractError, match="1 of 3 visits go on in another care_site_id"):
        extract.inspect(folder, study(**PLAN))
    as_declared = {
        level: rows(
            folder,
            "SELECT hospital_id, admission_id FROM mapped.admission ORDER BY 2",
            study(**PLAN, hospital_level=level),
        )
        for level in ("care_site", "location", "source")
    }
    assert as_declared == {
        "care_site": [("11", 1), ("11", 3)],
        "location": [("1", 1), ("1", 3)],
        "source": [("omop", 1), ("omop", 3)],
    }
