"""Findings recorded between time zero and discharge: there, not there, or nobody said."""

from __future__ import annotations

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at | time_zero
    1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
"""
HEAD = "admission_id | finding_code | present | observed_at\n"


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ("1 | remission | true | 01-03 10:01", True),
        ("1 | remission | true | 01-03 10:00", None),
        ("1 | remission | true | 01-20 10:00", True),
        ("1 | remission | true | 01-20 10:01", None),
        ("1 | remission | false | 01-05 10:00", False),
        ("1 | remission | false | 01-05 10:00\n1 | remission | true | 01-06 10:00", True),
        ("1 | remission | - | 01-05 10:00", None),
        ("1 | relapse | true | 01-05 10:00", None),
    ],
)
def test_what_was_recorded_after_time_zero(
    hospital: Hospital, rows: str, value: bool | None
) -> None:
    hospital.admit(STAY)
    hospital.draw("finding", HEAD + rows)
    assert hospital.rows("course_finding", codes=["remission"]) == [(1, "remission", value)]


def test_a_discharge_that_is_a_bare_date_lasts_its_day(hospital: Hospital) -> None:
    hospital.admit(STAY.replace("01-20 10:00", "01-20 00:00"))
    hospital.draw("finding", HEAD + "1 | relapse | true | 01-20 17:00")
    assert hospital.rows("course_finding", codes=["relapse"]) == [(1, "relapse", True)]


def test_without_a_discharge_every_later_record_counts(hospital: Hospital) -> None:
    hospital.admit(STAY.replace("01-20 10:00", "-"))
    hospital.draw("finding", HEAD + "1 | relapse | true | 02-20 17:00")
    assert hospital.rows("course_finding", codes=["relapse"]) == [(1, "relapse", True)]
