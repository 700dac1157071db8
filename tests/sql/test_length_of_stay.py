"""Days in hospital and in intensive care."""

from __future__ import annotations

import pytest
from drawn import Hospital

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-04 22:00
    2 | 01-02 10:00 | 01-02 10:00
    3 | 01-02 10:00 | -
"""


def test_hospital_days_keep_their_fraction(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    assert hospital.rows("length_of_stay") == [(1, 2.5), (2, 0.0), (3, None)]


@pytest.mark.parametrize(
    ("stays", "days"),
    [
        ("1 | 01-02 12:00 | 01-03 12:00", 1.0),
        ("1 | 01-02 12:00 | 01-03 00:00\n1 | 01-03 12:00 | 01-04 00:00", 1.0),
        ("1 | 01-02 12:00 | 01-03 12:00\n1 | 01-02 18:00 | 01-03 18:00", 1.25),
        ("1 | 01-02 12:00 | 01-04 12:00\n1 | 01-03 00:00 | 01-03 12:00", 2.0),
        ("1 | 01-02 12:00 | 01-04 12:00\n1 | 01-03 00:00 | 01-03 12:00\n"
         "1 | 01-04 00:00 | 01-04 22:00", 2 + 10 / 24),
        ("1 | 01-02 12:00 | 01-03 12:00\n1 | 01-02 12:00 | 01-03 12:00", 1.0),
        ("1 | 01-01 10:00 | 01-03 10:00", 1.0),
        ("1 | 01-04 10:00 | -", None),
        ("1 | 01-01 10:00 | 01-03 10:00\n1 | 01-04 10:00 | -", None),
        ("1 | 01-04 10:00 | 01-09 10:00", 0.5),
    ],
)  # fmt: skip
def test_icu_days_count_overlaps_once_within_the_stay(
    hospital: Hospital, stays: str, days: float | None
) -> None:
    hospital.admit(STAYS)
    hospital.draw("icu_stay", "admission_id | started_at | stopped_at\n" + stays)
    assert hospital.rows("icu_length_of_stay") == [(1, pytest.approx(days))]


def test_icu_days_without_any_end_or_outside_the_stay(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "icu_stay",
        """admission_id | started_at | stopped_at
        3 | 01-04 10:00 | -
        1 | 01-05 10:00 | 01-06 10:00
        1 | 01-03 10:00 | 01-03 10:00""",
    )
    assert hospital.rows("icu_length_of_stay") == [(3, None)]
