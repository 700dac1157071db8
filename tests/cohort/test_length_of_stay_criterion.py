"""The criterion on the length of stay: hours, both ends closed, not discharged is not measured."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from drawn import Hospital

from ehrivig import cohort

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-02 23:59:59
    2 | 01-02 00:00 | 01-03 00:00
    3 | 01-02 00:00 | 01-04 00:00
    4 | 01-02 00:00 | 01-04 00:00:01
    5 | 01-02 00:00 | -
"""


@pytest.mark.parametrize(
    ("least", "most", "met"),
    [
        (24, None, [False, True, True, True, None]),
        (None, 48, [True, True, True, False, None]),
        (24, 48, [False, True, True, False, None]),
        (None, 23.99, [False, False, False, False, None]),
    ],
)
def test_hours_of_the_stay(least: float | None, most: float | None, met: list[bool | None]) -> None:
    hospital = Hospital()
    hospital.admit(STAYS)
    query = cohort.cohort_query("rule_length_of_stay")
    found = hospital.db.frame(query, {"min": least, "max": most}).sort("admission_id")
    hospital.db.close()
    assert found["met"].to_list() == met
    began = datetime(2020, 1, 2) + timedelta(hours=least or 0)  # when it had lasted so long
    assert found["first_at"].to_list() == [began] * 5
    assert found["admission_id"].to_list() == [1, 2, 3, 4, 5]
