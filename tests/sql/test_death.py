"""Death by a horizon, its date by precedence, and follow-up of the living."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from drawn import Hospital

from ehrivig.concepts import concept

HEADER = "admission_id | admitted_at | discharged_at | discharge_status | death_at\n"


def follow(hospital: Hospital, row: str, *, read: bool = True) -> None:
    hospital.admit(HEADER + row)
    hospital.db.table("vital_status", concept("vital_status"))
    if not read:
        hospital.db.execute("UPDATE vital_status SET death_read = FALSE")


def death(hospital: Hospital, days: float | None = 28, end: datetime | None = None) -> Any:
    (row,) = hospital.rows("death", within_days=days, extract_end=end)
    return row[1:]


@pytest.mark.parametrize(
    ("death_at", "value", "days"),
    [
        ("01-29 10:00", True, 27.0),
        ("01-30 10:00", True, 28.0),
        ("01-30 10:00:01", False, 28.0 + 1 / 86400),
        ("01-02 10:00", True, 0.0),
    ],
)
def test_the_last_moment_of_the_horizon_counts(
    hospital: Hospital, death_at: str, value: bool, days: float
) -> None:
    follow(hospital, f"1 | 01-02 10:00 | 01-12 10:00 | alive | {death_at}")
    assert death(hospital) == (value, pytest.approx(days), pytest.approx(min(days, 28)), value)


@pytest.mark.parametrize(
    ("death_at", "days"),
    [("-", 10.0), ("01-12 00:00", 10.0), ("01-12 04:00", 9.75), ("01-11 00:00", 8.0 + 14 / 24)],
)
def test_a_bare_date_on_the_day_of_discharge_is_the_discharge(
    hospital: Hospital, death_at: str, days: float
) -> None:
    follow(hospital, f"1 | 01-02 10:00 | 01-12 10:00 | died | {death_at}")
    assert death(hospital) == (True, pytest.approx(days), pytest.approx(days), True)


def test_a_bare_date_on_the_day_of_admission_is_day_zero(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | 01-03 10:00 | died | 01-02 00:00")
    assert death(hospital) == (True, 0, 0, True)


def test_alive_at_the_horizon_without_a_death(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | 01-12 10:00 | alive | -")
    assert death(hospital) == (False, None, 28, False)


def test_lost_at_discharge_where_the_date_could_not_be_read(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | 01-12 10:00 | alive | -", read=False)
    assert death(hospital) == (None, None, 10, False)
    assert death(hospital, days=10) == (False, None, 10, False)


def test_the_extract_ends_follow_up(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | 01-12 10:00 | alive | -")
    assert death(hospital, end=datetime(2020, 1, 22, 10)) == (None, None, 20, False)
    assert death(hospital, end=datetime(2020, 1, 30, 10)) == (False, None, 28, False)


def test_the_dead_of_whom_the_extract_ends_early_count_no_more_than_the_living(
    hospital: Hospital,
) -> None:
    """Their follow-up counts their death; a share of complete cases would keep them alone."""
    follow(hospital, "1 | 01-02 10:00 | 01-12 10:00 | died | 01-12 10:00")
    assert death(hospital, end=datetime(2020, 1, 22, 10)) == (None, 10, 10, True)
    assert death(hospital, end=datetime(2020, 1, 30, 10)) == (True, 10, 10, True)


def test_no_horizon_follows_to_the_end_of_the_extract(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | 01-12 10:00 | alive | -")
    assert death(hospital, days=None) == (False, None, 10, False)
    assert death(hospital, None, datetime(2020, 2, 2, 10)) == (False, None, 31, False)


def test_a_death_without_any_date(hospital: Hospital) -> None:
    follow(hospital, "1 | 01-02 10:00 | - | died | -")
    assert death(hospital) == (None, None, None, None)
    assert death(hospital, days=None) == (True, None, None, None)


def test_time_counts_from_time_zero(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at | discharge_status | time_zero
        1 | 01-02 10:00 | 01-12 10:00 | died | 01-04 10:00"""
    )
    hospital.db.table("vital_status", concept("vital_status"))
    assert death(hospital) == (True, 8, 8, True)
