"""The first value of each analyte in the window."""

from __future__ import annotations

from drawn import Hospital

DAY = {"start_hours": -24, "end_hours": 24, "last": False}
STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-20 10:00
    2 | 01-02 10:00 | 01-20 10:00
    3 | 01-02 10:00 | 01-20 10:00
"""
LABS = """
    admission_id | analyte | value_std | collected_at
    1 | crp | 1 | 01-01 09:59:59
    1 | crp | 9 | 01-03 09:59:59
    1 | crp | 7 | 01-03 00:00
    1 | crp | 5 | 01-03 00:00
    1 | crp | 6 | 01-03 00:00
    1 | wbc | 4 | 01-01 10:00
    2 | crp | - | 01-02 11:00
    2 | crp | 8 | 01-02 12:00
    2 | wbc | 3 | 01-03 10:00
    2 | - | 99 | 01-02 11:00
    2 | aptt | 30 | 01-02 11:00
    4 | crp | 2 | 01-02 11:00
"""


def test_window_is_closed_at_its_start_and_open_at_its_end(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor()
    hospital.draw("lab", LABS)
    found = hospital.rows("baseline_lab", analytes=["crp", "wbc"], **DAY)
    assert found == [(1, "crp", 5), (1, "wbc", 4), (2, "crp", 8)]


def test_hours_may_be_fractions(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor()
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | crp | 1 | 01-02 10:29
        1 | crp | 2 | 01-02 10:30""",
    )
    found = hospital.rows(
        "baseline_lab", analytes=["crp"], start_hours=0.5, end_hours=1, last=False
    )
    assert found == [(1, "crp", 2)]


def test_no_labs_give_no_rows(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor()
    assert hospital.rows("baseline_lab", analytes=["crp"], **DAY) == []


def test_the_last_at_or_before_time_zero_else_the_first_after_it(hospital: Hospital) -> None:
    """Ties are the lowest, as of the first; what is before the window, or after it, is none."""
    hospital.admit(STAYS)
    hospital.anchor()
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | crp | 1 | 01-01 09:59:59
        1 | crp | 9 | 01-02 09:00
        1 | crp | 4 | 01-02 10:00
        1 | crp | 3 | 01-02 10:00
        1 | crp | 8 | 01-02 10:01
        1 | wbc | 2 | 01-02 09:00
        1 | wbc | - | 01-02 09:59
        2 | crp | 7 | 01-03 09:59
        2 | crp | 6 | 01-02 12:00
        2 | crp | 5 | 01-02 12:00
        2 | wbc | 1 | 01-01 09:00
        2 | wbc | 1 | 01-03 10:00""",
    )
    asked = {"analytes": ["crp", "wbc"], **DAY, "last": True}
    found = hospital.rows("baseline_lab", **asked)
    assert found == [(1, "crp", 3), (1, "wbc", 2), (2, "crp", 5)]
