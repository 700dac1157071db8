"""Devices in use between time zero and discharge."""

from __future__ import annotations

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at | time_zero
    1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
"""


@pytest.mark.parametrize(
    ("interval", "value"),
    [
        ("imv | 01-03 10:00 | 01-03 10:00", True),
        ("imv | 01-02 10:00 | 01-03 10:00", False),
        ("imv | 01-02 10:00 | 01-03 10:01", True),
        ("imv | 01-02 10:00 | -", True),
        ("imv | 01-20 10:00 | -", True),
        ("imv | 01-20 10:01 | -", False),
        ("niv | 01-05 10:00 | -", False),
    ],
)
def test_overlap_with_the_stay_after_time_zero(
    hospital: Hospital, interval: str, value: bool
) -> None:
    hospital.admit(STAY)
    hospital.draw("respiratory_support", "admission_id|device|started_at|stopped_at\n1|" + interval)
    assert hospital.rows("course_device", codes=["imv"]) == [(1, "imv", value)]


def test_a_hospital_without_respiratory_support_knows_nothing(hospital: Hospital) -> None:
    hospital.admit(STAY)
    assert hospital.rows("course_device", codes=["imv"]) == [(1, "imv", None)]


def test_an_admission_without_a_row_had_no_device(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("respiratory_support", "admission_id|device|started_at\n2|imv|01-05 10:00")
    assert hospital.rows("course_device", codes=["imv", "niv"]) == [
        (1, "imv", False),
        (1, "niv", False),
    ]
