"""Who died in hospital, by precedence of the recorded death over the discharge status."""

from __future__ import annotations

import pytest
from drawn import Hospital

from ehrivig.concepts import concept

HEADER = "admission_id | admitted_at | discharged_at | discharge_status | death_at\n"


@pytest.mark.parametrize(
    ("discharged_at", "status", "death_at", "died"),
    [
        ("01-12 10:00", "died", "-", True),
        ("01-12 10:00", "alive", "-", False),
        ("01-12 10:00", "transferred", "-", False),
        ("01-12 10:00", "against_advice", "01-12 11:00", False),
        ("01-12 10:00", "alive", "01-12 09:00", True),
        ("01-12 10:00", "alive", "01-12 10:00", True),
        ("01-12 10:00", "alive", "01-12 00:00", False),
        ("01-12 10:00", "alive", "01-11 00:00", True),
        ("01-12 10:00", "unknown", "-", None),
        ("01-12 10:00", "unknown", "01-11 05:00", True),
        ("01-12 10:00", "-", "-", None),
        ("-", "alive", "-", None),
        ("-", "-", "-", None),
    ],
)
def test_died_in_hospital(
    hospital: Hospital, discharged_at: str, status: str, death_at: str, died: bool | None
) -> None:
    hospital.admit(HEADER + f"1 | 01-02 10:00 | {discharged_at} | {status} | {death_at}")
    (row,) = hospital.db.frame(concept("vital_status")).select("died_in_hospital").rows()
    assert row == (died,)


def death_in_hospital(hospital: Hospital, row: str, days: float | None) -> object:
    hospital.admit(HEADER + row)
    hospital.db.table("vital_status", concept("vital_status"))
    (found,) = hospital.rows("in_hospital_death", within_days=days)
    return found[1:]


def test_in_hospital_death_has_its_times(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 02-11 10:00 | died | 02-11 04:00"
    assert death_in_hospital(hospital, row, None) == (True, 39.75, 39.75, True)


def test_in_hospital_death_after_the_horizon(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 02-11 10:00 | died | -"
    assert death_in_hospital(hospital, row, 28) == (False, 40, 28, False)


def test_death_after_a_live_discharge_is_not_in_hospital(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 01-12 10:00 | alive | 01-15 10:00"
    assert death_in_hospital(hospital, row, None) == (False, None, 10, False)


def test_still_in_hospital_is_not_known(hospital: Hospital) -> None:
    assert death_in_hospital(hospital, "1 | 01-02 10:00 | - | - | -", None) == (
        None,
        None,
        None,
        None,
    )
