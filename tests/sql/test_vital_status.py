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


def death_in_hospital(
    hospital: Hospital, row: str, days: float | None, extract_end: str | None = None
) -> object:
    """value, days_to_death, time_days, event, stay_days, stay_end."""
    hospital.db.execute("DELETE FROM candidate")
    hospital.admit(HEADER + row)
    hospital.db.table("vital_status", concept("vital_status"))
    (found,) = hospital.rows("in_hospital_death", within_days=days, extract_end=extract_end)
    return found[1:]


def test_in_hospital_death_has_its_times(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 02-11 10:00 | died | 02-11 04:00"
    assert death_in_hospital(hospital, row, None) == (True, 39.75, 39.75, True, 39.75, 1)


def test_in_hospital_death_after_the_horizon(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 02-11 10:00 | died | -"
    assert death_in_hospital(hospital, row, 28) == (False, 40, 28, False, 28, 0)


def test_who_left_alive_stays_free_of_a_death_in_hospital(hospital: Hospital) -> None:
    """Leaving competes: the time free of the event goes on, the stay ended on day 10."""
    row = "1 | 01-02 10:00 | 01-12 10:00 | alive | 01-15 10:00"
    assert death_in_hospital(hospital, row, 28) == (False, None, 28, False, 10, 2)
    assert death_in_hospital(hospital, row, None) == (False, None, 36525, False, 10, 2)
    seen = death_in_hospital(hospital, row, 28, "2020-01-22 10:00")
    assert seen == (False, None, 20, False, 10, 2)


def test_how_the_stay_ended_may_be_unknown(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | 01-12 10:00 | unknown | -"
    unseen = (None,) * 6  # its end is a death, or none: to censor there would be neither
    assert death_in_hospital(hospital, row, 28) == unseen
    assert death_in_hospital(hospital, row, None) == unseen
    assert death_in_hospital(hospital, row, 7) == (False, None, 7, False, 7, 0)


def test_still_in_hospital_is_known_to_the_end_of_the_extract(hospital: Hospital) -> None:
    row = "1 | 01-02 10:00 | - | - | -"
    nothing = (None, None, None, None, None, None)
    assert death_in_hospital(hospital, row, 28) == nothing
    seen = death_in_hospital(hospital, row, 28, "2020-01-22 10:00")
    assert seen == (None, None, 20, False, 20, 0)
    assert death_in_hospital(hospital, row, 14, "2020-01-22 10:00") == (
        *(False, None, 14, False, 14, 0),
    )
