"""The first value of each vital sign in the window."""

from __future__ import annotations

from drawn import Hospital


def test_first_value_ties_nulls_and_edges(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | sbp | 90 | 01-01 09:59
        1 | sbp | 125 | 01-01 10:00
        1 | sbp | 120 | 01-01 10:00
        1 | map | 70 | 01-02 10:00
        2 | sbp | - | 01-02 10:00
        2 | sbp | 140 | 01-03 10:00
        3 | sbp | 150 | 01-02 10:00""",
    )
    found = hospital.rows(
        "baseline_vital", vitals=["sbp"], start_hours=-24, end_hours=24, last=False
    )
    assert found == [(1, "sbp", 120)]


def test_the_last_at_or_before_time_zero_else_the_first_after_it(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | sbp | 90 | 01-02 09:00
        1 | sbp | 125 | 01-02 10:00
        1 | sbp | 120 | 01-02 10:00
        1 | sbp | 70 | 01-02 10:01
        2 | sbp | 140 | 01-02 12:00
        2 | sbp | 130 | 01-02 11:00""",
    )
    asked = {"vitals": ["sbp"], "start_hours": -24, "end_hours": 24, "last": True}
    found = hospital.rows("baseline_vital", **asked)
    assert found == [(1, "sbp", 120), (2, "sbp", 130)]
