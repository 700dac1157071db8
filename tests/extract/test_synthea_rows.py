"""Synthea's CSV: what each column makes of a row, in stays drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from drawn_source import Drawn, Row, day, drawn

PREPARED = ("stay", "body", "test_loinc", "vital_loinc", "words_unread")
STAY = {"id": "e", "patient": "p", "organization": "o", "encounterclass": " Inpatient "}
STAY |= {"start": day("03-02 10:00"), "stop": day("03-05 10:00"), "code": "1"}
IN = {"encounter": "e", "patient": "p"}


@pytest.fixture
def synthea() -> Iterator[Drawn]:
    """Person p in stay e from 03-02 to 03-05 of 2020."""
    with drawn("synthea_csv") as source:
        source.draw("source.encounters", STAY)
        yield source


def rows(source: Drawn, table: str, *columns: str, **values: Any) -> list[tuple[Any, ...]]:
    source.prepare(*PREPARED, **values)
    return source.rows(table, *columns, **values)


@pytest.mark.parametrize(
    ("kind", "emergency", "counts"),
    [
        *(("emergency", False, False), ("Emergency", True, True), ("wellness", True, False)),
        *(("inpatient", True, True), ("ambulatory", False, False)),
    ],
)
def test_which_encounters_are_stays(kind: str, emergency: bool, counts: bool) -> None:
    with drawn("synthea_csv") as source:
        source.draw("source.encounters", STAY | {"encounterclass": kind})
        found = rows(source, "admission", "admission_id", emergency_visits=emergency)
        assert found == ([("e",)] if counts else [])


@pytest.mark.parametrize(
    ("death", "told", "status"),
    [
        (None, None, "alive"),
        ("03-02 00:00", "03-02 10:00", "died"),  # a bare date of the day of admission
        ("03-02 11:00", "03-02 11:00", "died"),
        ("03-01 00:00", "03-01 00:00", "alive"),
        ("03-05 10:00", "03-05 10:00", "died"),
        ("03-05 10:01", "03-05 10:01", "alive"),
    ],
)
def test_deaths(synthea: Drawn, death: str | None, told: str | None, status: str) -> None:
    synthea.draw("source.patients", {"id": "p", "deathdate": death and day(death), "gender": "F "})
    synthea.draw("source.patients", {"id": "q", "deathdate": day("03-03 00:00")})
    assert rows(synthea, "admission", "discharge_status") == [(status,)]
    assert synthea.rows("patient", "death_at", "sex") == [(told and day(told), "female")]


def test_a_death_lies_in_the_stay_in_which_it_fits(synthea: Drawn) -> None:
    """Of the day of admission the moment is that of the stay, of other stays it is midnight."""
    before = {"id": "a", "start": day("02-01 10:00"), "stop": day("02-02 10:00")}
    synthea.draw("source.encounters", STAY | before)
    birth, died = day("01-01 00:00"), day("03-02 00:00")
    person = {"id": "p", "deathdate": died, "birthdate": birth, "gender": "M"}
    synthea.draw("source.patients", person)
    columns = ("patient_id", "birth_date", "death_at", "sex")
    assert rows(synthea, "patient", *columns) == [("p", birth.date(), day("03-02 10:00"), "male")]


def test_who_died_on_a_day_of_two_stays_died_in_the_later(synthea: Drawn) -> None:
    before = {"id": "a", "start": day("03-02 08:00"), "stop": day("03-02 09:00")}
    elsewhere = {"id": "c", "patient": "q", "organization": "n"}
    synthea.draw("source.encounters", STAY | before, STAY | before | {"id": "b", "patient": "q"})
    synthea.draw("source.encounters", STAY | elsewhere)
    synthea.draw("source.patients", {"id": "p", "deathdate": day("03-02 00:00")})
    synthea.draw("source.patients", {"id": "q", "deathdate": day("03-02 00:00")})
    found = rows(synthea, "admission", "admission_id", "discharge_status")
    assert found == [("a", "alive"), ("b", "died"), ("c", "died"), ("e", "died")]
    deaths = [("p", day("03-02 10:00")), ("q", day("03-02 10:00")), ("q", day("03-02 08:00"))]
    assert synthea.rows("patient", "patient_id", "death_at") == deaths


@pytest.mark.parametrize("gender", ["x", None])
def test_a_sex_that_nobody_knows(synthea: Drawn, gender: str | None) -> None:
    synthea.draw("source.patients", {"id": "p", "gender": gender})
    assert rows(synthea, "patient", "sex") == [("unknown",)]


def test_a_person_without_a_row_has_a_stay_all_the_same(synthea: Drawn) -> None:
    assert rows(synthea, "patient", "patient_id", "sex") == [("p", "unknown")]


def measured(code: str, value: str, units: str | None, at: str, **more: Any) -> Row:
    return {"patient": "p", "code": code, "value": value, "units": units, "date": day(at)} | more


WEIGHT, HEIGHT = "29463-7", "8302-2"
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([measured(WEIGHT, "70", "kg", "03-01 00:00")], (70.0, None)),
        ([measured(HEIGHT, "170", "cm", "03-01 00:00")], (None, 170.0)),
        ([measured(WEIGHT, "0.5", "kg", "03-01 00:00")], (0.5, None)),
        *(
            ([measured(code, value, units, "03-01 00:00")], (None, None))
            for code, value, units in [
                *((WEIGHT, "0", "kg"), (WEIGHT, "heavy", "kg"), (WEIGHT, "150", "lb")),
                *((HEIGHT, "1.7", "m"), (WEIGHT, "170", "cm"), (HEIGHT, "70", "kg")),
                ("8867-4", "70", "kg"),
            ]
        ),
        (
            [
                measured(WEIGHT, "70", "kg", "03-01 00:00"),
                measured(WEIGHT, "80", "kg", "03-03 00:00"),
                measured(WEIGHT, "75", "kg", "02-01 00:00"),
                measured(HEIGHT, "160", "cm", "03-01 00:00"),
                measured(HEIGHT, "190", "cm", "03-04 00:00", patient="q"),
            ],
            (80.0, 160.0),  # the last of each, of the same person
        ),
        ([measured(WEIGHT, "70", "kg", "03-05 10:00")], (70.0, None)),
        ([measured(WEIGHT, "70", "kg", "03-05 10:01")], (None, None)),
        ([measured(WEIGHT, "7", "kg", "03-01 00:00", date=STAY["start"] - YEAR)], (7.0, None)),
        (
            [measured(WEIGHT, "7", "kg", "03-01 00:00", date=STAY["start"] - YEAR - YEAR / 365)],
            (None, None),
        ),
    ],
)
def test_weight_and_height_of_the_year_before(
    synthea: Drawn, told: list[Row], found: tuple[float | None, float | None]
) -> None:
    synthea.draw("source.observations", *told)
    assert rows(synthea, "admission", "weight_kg", "height_cm") == [found]


@pytest.mark.parametrize(
    ("start", "stop", "found"),
    [
        ("03-02 00:00", None, (False, "03-02 10:00")),
        ("03-01 00:00", None, (True, "03-02 10:00")),
        ("03-04 00:00", None, (False, "03-04 00:00")),
        ("03-05 23:00", None, (False, "03-05 23:00")),  # the day counts
        ("03-06 00:00", None, None),
        ("02-01 00:00", "03-02 00:00", (True, "03-02 10:00")),
        ("02-01 00:00", "03-01 00:00", None),
    ],
)
def test_conditions_that_were_there_during_a_stay(
    synthea: Drawn, start: str, stop: str | None, found: tuple[bool, str] | None
) -> None:
    condition = {"patient": "p", "code": "44054006", "start": day(start)}
    synthea.draw("source.conditions", condition | {"stop": stop and day(stop)})
    synthea.draw("source.conditions", condition | {"patient": "q"})
    columns = ("code", "present_on_admission", "diagnosed_at")
    expected = [("44054006", found[0], day(found[1]))] if found else []
    assert rows(synthea, "diagnosis", *columns) == expected


def test_findings_are_conditions_of_the_stay(synthea: Drawn) -> None:
    for code, encounter, start in [
        *(("49727002", "e", "03-01 00:00"), ("386661006", "e", "03-03 00:00")),
        *(("49727002", "x", "03-03 00:00"), ("44054006", "e", "03-03 00:00")),
    ]:
        row = {"code": code, "encounter": encounter, "start": day(start)}
        synthea.draw("source.conditions", row)
    assert rows(synthea, "finding", "finding_code", "present", "observed_at") == [
        *(("cough", True, day("03-02 10:00")), ("fever", True, day("03-03 00:00")))
    ]


@pytest.mark.parametrize(
    ("told", "table", "found"),
    [
        (measured("2160-0", "1.2", "mg/dL", "03-03 00:00"), "lab", ("2160-0", 1.2, "mg/dL")),
        (measured("2160-0", "low", None, "03-03 00:00"), "lab", ("2160-0", None, None)),
        (measured("2160-0", "1", None, "03-03 00:00", category="Laboratory "), "lab", True),
        (measured("2160-0", "1", None, "03-03 00:00", category="survey"), "lab", None),
        (measured("8867-4", "80", "/min", "03-03 00:00", category="laboratory"), "lab", None),
        (measured("94531-1", "Detected", None, "03-03 00:00"), "lab", None),
        (measured("8867-4", "80", "/min", "03-03 00:00"), "vital", ("heart_rate", 80.0, "/min")),
        (measured("8867-4", "fast", "/min", "03-03 00:00"), "vital", None),
        (measured("2160-0", "1", None, "03-03 00:00"), "vital", None),
        (measured(WEIGHT, "80", "kg", "03-03 00:00"), "vital", None),
        (measured(HEIGHT, "80", "cm", "03-03 00:00"), "vital", None),
        (measured(WEIGHT, "80", "kg", "03-03 00:00"), "lab", None),
    ],
)
def test_observations_are_results_or_vital_signs(
    synthea: Drawn, told: Row, table: str, found: tuple[Any, ...] | bool | None
) -> None:
    synthea.draw("source.observations", told | {"encounter": "e"})
    synthea.draw("source.observations", told | {"encounter": "x", "value": "9"})
    name = "lab_code" if table == "lab" else "vital_code"
    told_of = rows(synthea, table, name, "value", "unit")
    assert (len(told_of) == 1) if found is True else (told_of == ([found] if found else []))


@pytest.mark.parametrize(
    ("value", "result"),
    [
        *(("Not detected (qualifier value)", "negative"), ("NEGATIVE", "negative")),
        *(("Detected", "positive"), ("positive (finding)", "positive")),
        *(("Inconclusive", "indeterminate"), ("Sent away", "Sent away")),
    ],
)
def test_results_of_tests_of_pathogens(synthea: Drawn, value: str, result: str) -> None:
    told = measured("94531-1", value, None, "03-03 00:00")
    synthea.draw("source.observations", told | {"encounter": "e"})
    synthea.draw("source.observations", told | {"encounter": "x", "value": "y"})
    synthea.draw("source.observations", told | {"encounter": "e", "code": "2160-0"})
    columns = ("organism_code", "specimen", "result")
    assert rows(synthea, "pathogen_test", *columns) == [("sars_cov_2", "respiratory", result)]


@pytest.mark.parametrize(
    ("name", "route"),
    [
        *(("Ibuprofen 200 MG Oral Tablet", "po"), ("Salbutamol Inhaler", "other")),
        *(("10 ML Remdesivir 5 MG/ML Intravenous", "iv"), ("Heparin 1 ML Injection", "unknown")),
        *(("Nitroglycerin Mucosal Spray", "other"), ("Sublingual Tablet", "po"), (None, "unknown")),
    ],
)
def test_the_route_is_in_the_name(synthea: Drawn, name: str | None, route: str) -> None:
    order = {"encounter": "e", "code": "9", "description": name, "start": day("03-03 08:00")}
    synthea.draw("source.medications", order, *[order | {"encounter": "x", "code": "8"}] * 2)
    columns = ("medication_id", "drug_name", "route", "status", "started_at")
    expected = [("e 9 20200303080000", name, route, "given", day("03-03 08:00"))]
    assert rows(synthea, "medication", *columns) == expected
    columns = ("hospital_id", "about", "violated", "denominator")
    assert synthea.prepared("words_unread", *columns) == [("o", "order", 1, 1)]


@pytest.mark.parametrize(
    ("code", "device", "procedure"),
    [
        *(("26763009", "imv", None), ("428311008", "niv", None), ("1", None, None)),
        *(("431182000", None, "prone_position"), ("302497006", None, "hemodialysis")),
    ],
)
def test_procedures_and_support(
    synthea: Drawn, code: str, device: str | None, procedure: str | None
) -> None:
    row = {"encounter": "e", "code": code, "date": day("03-03 08:00"), "stop": day("03-04 08:00")}
    other = {"encounter": "x", "stop": day("03-04 09:00")}
    synthea.draw("source.procedures", row, row | other)
    synthea.draw("source.procedures", row | {"start": day("03-03 09:00")})
    columns = ("started_at", "stopped_at")
    moments = [(day(f"03-03 {hour}:00"), day("03-04 08:00")) for hour in ("08", "09")]
    support = rows(synthea, "respiratory_support", "device", *columns)
    assert support == ([(device, *one) for one in moments] if device else [])
    found = synthea.rows("procedure", "procedure_code", *columns)
    assert found == ([(procedure, *one) for one in moments] if procedure else [])


def test_a_hospital_has_a_stay_and_may_have_no_name(synthea: Drawn) -> None:
    synthea.draw("source.encounters", STAY | {"id": "f"}, STAY | {"id": "g", "organization": "n"})
    synthea.draw("source.organizations", {"id": "o", "name": "Own"}, {"id": "z", "name": "Other"})
    found = rows(synthea, "hospital", "hospital_id", "hospital_name")
    assert found == [("n", None), ("o", "Own")]


@pytest.mark.parametrize(("code", "found"), [("305351004", [("e",)]), ("1", []), (None, [])])
def test_intensive_care_is_an_encounter_of_its_own(code: str | None, found: list[Any]) -> None:
    with drawn("synthea_csv") as source:
        source.draw("source.encounters", STAY | {"code": code})
        assert rows(source, "icu_stay", "admission_id") == found
