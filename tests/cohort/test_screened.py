"""Who is screened: sex in three values, age as recorded or from the birth, hospital by hospital."""

from __future__ import annotations

from typing import Any

import pytest

from ehrivig import cohort
from ehrivig.database import Database

ADMISSION = (
    "hospital_id VARCHAR, admission_id INTEGER, patient_id INTEGER, admitted_at TIMESTAMP, "
    "age_years DOUBLE, discharged_at TIMESTAMP, discharge_status VARCHAR, "
    "symptom_onset_at TIMESTAMP, current_smoker BOOLEAN, weight_kg DOUBLE, height_cm DOUBLE"
)
PATIENT = (
    "hospital_id VARCHAR, patient_id INTEGER, person_id INTEGER, sex VARCHAR, birth_date DATE, "
    "death_at TIMESTAMP"
)


def screened(*patients: tuple[Any, ...], age: float | None = None) -> list[dict[str, Any]]:
    """Stays of patient 1 in hospitals A and B, from 15 June 2020."""
    with Database(threads=1) as db:
        db.execute(f"CREATE TABLE admission ({ADMISSION})")
        db.execute(f"CREATE TABLE patient ({PATIENT})")
        for number, hospital in enumerate("AB"):
            values = {"h": hospital, "n": number, "age": age}
            db.execute(
                "INSERT INTO admission (hospital_id, admission_id, patient_id, admitted_at, "
                "age_years) VALUES ($h, $n, 1, TIMESTAMP '2020-06-15 10:00', $age)",
                values,
            )
        for hospital, sex, born in patients:
            values = {"h": hospital, "sex": sex, "born": born}
            db.execute("INSERT INTO patient VALUES ($h, 1, 7, $sex, $born, NULL)", values)
        query = cohort.cohort_query("screened").text
        return db.frame(f"SELECT * FROM ({query}) ORDER BY hospital_id").to_dicts()


@pytest.mark.parametrize(
    ("sex", "male"), [("male", True), ("female", False), ("unknown", None), (None, None)]
)
def test_sex_is_known_or_it_is_not(sex: str | None, male: bool | None) -> None:
    """Patient 1 of hospital B is another, of whom nothing is known."""
    first, other = screened(("A", sex, None))
    assert first["male"] is male
    assert first["person_id"] == "7"
    assert (other["male"], other["person_id"], other["admission_id"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("born", "recorded", "years"),
    [
        ("1960-06-15", None, 60.0),
        ("1960-06-16", None, 59.0),
        ("1960-06-16", 61.0, 61.0),
        ("2019-06-15", None, 1.0),
        ("2019-06-16", None, 365 / 365.25),
        ("2020-06-14", None, 1 / 365.25),
        ("2020-06-15", None, 0.0),
        (None, None, None),
    ],
)
def test_age_is_as_recorded_or_full_years(
    born: str | None, recorded: float | None, years: float | None
) -> None:
    first, _ = screened(("A", "male", born), age=recorded)
    assert first["age_years"] == pytest.approx(years)
