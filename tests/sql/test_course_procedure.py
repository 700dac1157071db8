"""Procedures between time zero and discharge."""

from __future__ import annotations

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at | time_zero
    1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
"""


@pytest.mark.parametrize(
    ("moment", "value"),
    [
        ("crrt | 01-03 10:00 | -", True),
        ("crrt | 01-03 09:59 | -", False),
        ("crrt | 01-03 00:00 | -", True),
        ("crrt | 01-02 00:00 | -", False),
        ("crrt | 01-02 10:00 | 01-03 10:00", False),
        ("crrt | 01-02 10:00 | 01-03 11:00", True),
        ("crrt | 01-20 10:01 | -", False),
        ("ecmo | 01-05 10:00 | -", False),
    ],
)
def test_moments_and_intervals(hospital: Hospital, moment: str, value: bool) -> None:
    hospital.admit(STAY)
    hospital.draw("procedure", "admission_id|procedure_code|started_at|stopped_at\n1|" + moment)
    assert hospital.rows("course_procedure", codes=["crrt"]) == [(1, "crrt", value)]


def test_a_hospital_without_procedures_knows_nothing(hospital: Hospital) -> None:
    hospital.admit(STAY)
    assert hospital.rows("course_procedure", codes=["crrt"]) == [(1, "crrt", None)]
