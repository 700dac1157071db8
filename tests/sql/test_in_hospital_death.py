"""Death in the stay by a horizon, when and how the stay ended, and time free of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from drawn import Hospital

from ehrivig.concepts import concept

ZERO = datetime(2020, 1, 2, 10)
HEADER = "admission_id | admitted_at | discharged_at | discharge_status | death_at\n"
NOTHING = (None,) * 6


def moment(days: float) -> str:
    return f"{ZERO + timedelta(days=days):%m-%d %H:%M}"


def stay(
    hospital: Hospital,
    end: float | None,
    status: str,
    seen: float | None,
    within: float | None = 28,
) -> Any:
    """What is said of a stay that ended after so many days, in an extract that ends after others.

    Died, days to death; time and event; days of the stay, and how it ended.
    """
    left = "-" if end is None else moment(end)
    hospital.admit(f"{HEADER}1 | {moment(0)} | {left} | {status} | -")
    hospital.db.table("vital_status", concept("vital_status"))
    ends = None if seen is None else ZERO + timedelta(days=seen)
    (row,) = hospital.rows("in_hospital_death", within_days=within, extract_end=ends)
    return row[1:]


@pytest.mark.parametrize(
    ("end", "status", "seen", "said"),
    [
        (10, "died", None, (True, 10, 10, True, 10, 1)),
        (28, "died", None, (True, 28, 28, True, 28, 1)),
        (29, "died", None, (False, 29, 28, False, 28, 0)),  # in the stay, and later
        (10, "died", 5, (True, 10, 10, True, 10, 1)),
        (10, "alive", None, (False, None, 28, False, 10, 2)),
        (10, "transferred", 20, (False, None, 20, False, 10, 2)),  # free of it while it is seen
        (10, "against_advice", 40, (False, None, 28, False, 10, 2)),
        (10, "alive", 10, (False, None, 28, False, 10, 2)),
        (28, "alive", None, (False, None, 28, False, 28, 2)),
        (29, "alive", None, (False, None, 28, False, 28, 0)),
        (10, "-", None, NOTHING),  # nobody knows how it ended
        (28, "-", None, NOTHING),
        (29, "-", None, (False, None, 28, False, 28, 0)),
        (None, "-", 12, (None, None, 12, False, 12, 0)),  # still there when the extract ends
        (None, "-", 28, (None, None, 28, False, 28, 0)),
        (None, "-", 29, (False, None, 28, False, 28, 0)),
        (None, "-", 0, (None, None, 0, False, 0, 0)),
        (None, "-", -1, NOTHING),
        (None, "-", None, NOTHING),
        (None, "alive", 12, NOTHING),  # left, nobody knows when
        (None, "died", 12, (None, None, None, None, None, None)),
    ],
)
def test_death_in_the_stay_within_28_days(
    hospital: Hospital, end: float | None, status: str, seen: float | None, said: Any
) -> None:
    assert stay(hospital, end, status, seen) == said


@pytest.mark.parametrize(
    ("end", "status", "seen", "said"),
    [
        (300, "died", None, (True, 300, 300, True, 300, 1)),
        (300, "alive", 400, (False, None, 400, False, 300, 2)),
        (None, "died", None, (True, None, None, None, None, None)),
        (None, "-", 400, (None, None, 400, False, 400, 0)),
    ],
)
def test_death_in_the_stay_whenever(
    hospital: Hospital, end: float | None, status: str, seen: float | None, said: Any
) -> None:
    assert stay(hospital, end, status, seen, within=None) == said


@pytest.mark.parametrize(("status", "said"), [("died", (True, 0, 0, True, 0, 1))])
def test_a_stay_that_was_over_at_time_zero_has_no_days(
    hospital: Hospital, status: str, said: Any
) -> None:
    hospital.admit(
        "admission_id | admitted_at | discharged_at | discharge_status | time_zero\n"
        f"1 | {moment(-9)} | {moment(-1)} | {status} | {moment(0)}"
    )
    hospital.db.table("vital_status", concept("vital_status"))
    (row,) = hospital.rows("in_hospital_death", within_days=28, extract_end=None)
    assert row[1:] == said


def test_the_last_result_before_the_horizon(hospital: Hospital) -> None:
    """Of nobody measured then it is NULL, and there is a row all the same."""
    hospital.admit(
        "admission_id | admitted_at | discharged_at\n"
        + "\n".join(f"{one} | 01-02 10:00 | 02-20 10:00" for one in (1, 2, 3))
    )
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | crp | 1 | 01-03 09:59
        1 | crp | 2 | 01-03 10:00
        1 | crp | 4 | 01-07 10:00
        1 | crp | 3 | 01-07 10:00
        1 | crp | - | 01-07 10:00
        1 | crp | 5 | 01-07 10:01
        1 | ast | 6 | 01-07 09:00
        2 | crp | 7 | 01-03 10:00
        3 | crp | 8 | 01-03 09:00""",
    )
    found = hospital.rows("lab_last", analyte="crp", start_hours=24, within_days=5)
    assert sorted(found) == [(1, 3.0), (2, 7.0), (3, None)]
