"""Hours of the day at which hospitals give the exposure."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.concepts.library import concept
from ehrivig.database import Database
from ehrivig.validate import aggregates
from ehrivig.validate.hours_between_hospitals import shifted

ROUNDS = {8: 30, 9: 40, 10: 20, 20: 10}
HALF_LATE = {8: 15, 9: 20, 10: 10, 16: 15, 17: 20, 18: 10, 20: 10}
EARLY = {0: 30, 1: 40, 2: 20, 12: 10}
AFTERNOON = {11: 30, 12: 40, 13: 20, 20: 10}
AROUND = dict.fromkeys(range(24), 5)
TWICE_A_DAY = {8: 50, 20: 50}
OVER_MIDNIGHT = {22: 20, 23: 30, 0: 30, 1: 20}


def span(first: int, n: int = 10) -> dict[int, int]:
    """As many doses at each hour of a span of four."""
    return {(first + hour) % 24: n for hour in range(4)}


def found(**hospitals: dict[int, int]) -> dict[str, int]:
    """Hospital -> doses at hours of their own, where there are some."""
    rows = [(name, hour, n) for name, hours in hospitals.items() for hour, n in hours.items()]
    frame = pl.DataFrame(rows, schema=["hospital_id", "hour", "n"], orient="row")
    return {hospital: away for hospital, (away, _) in shifted(frame).items() if away}


@pytest.mark.parametrize(
    ("hospitals", "expected"),
    [
        ({"A": ROUNDS, "B": ROUNDS, "C": HALF_LATE}, {"C": 45}),
        ({"A": ROUNDS, "B": ROUNDS, "C": EARLY}, {"C": 90}),
        ({"A": ROUNDS, "B": ROUNDS, "C": AFTERNOON}, {}),  # hospitals differ
        ({"A": ROUNDS, "B": AROUND, "C": HALF_LATE}, {}),  # one other that has a span
        ({"A": ROUNDS, "C": EARLY}, {}),  # of two nobody can tell
        ({"A": ROUNDS, "B": ROUNDS, "C": AROUND}, {}),
        ({"A": TWICE_A_DAY, "B": TWICE_A_DAY, "C": ROUNDS}, {}),
        ({"A": OVER_MIDNIGHT, "B": OVER_MIDNIGHT, "C": {0: 40, 1: 40, 2: 10}}, {}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {0: 20}}, {"C": 20}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {0: 19}}, {}),  # too few
        ({"A": span(8), "B": span(8), "C": span(13)}, {"C": 40}),  # five hours apart
        ({"A": span(8), "B": span(8), "C": span(12)}, {}),
        ({"A": span(22), "B": span(22), "C": span(3)}, {"C": 40}),  # over midnight
        ({"A": span(22), "B": span(22), "C": span(2)}, {}),
        ({"A": span(2), "B": span(2), "C": span(22)}, {}),
        ({"A": span(4), "B": span(4), "C": {2: 40}}, {}),
        ({"A": span(2), "B": span(2), "C": span(21)}, {"C": 40}),
        ({name: {**span(8), 20: 10} for name in "AB"} | {"C": span(0)}, {"C": 40}),
        ({name: {**span(8), 20: 11} for name in "AB"} | {"C": span(0)}, {}),  # no one span
        ({name: {**span(8), 12: 10, 20: 5} for name in "AB"} | {"C": span(0)}, {}),
        # others that agree with nobody, or with half of them
        ({"A": span(8), "B": span(8), "C": span(16), "D": span(16), "E": span(0)}, {}),
        ({"A": span(8), "B": span(12), "C": span(16), "D": span(20), "E": span(2)}, {}),
        ({"A": span(8), "B": span(13), "C": span(0)}, {}),
        ({"A": span(8), "B": span(12), "C": span(16)}, {}),  # as near as they are to each other
        # a second span: so many doses of it, beside so many of the first
        ({"A": ROUNDS, "B": ROUNDS, "C": {8: 64, 16: 36}}, {"C": 36}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {8: 65, 16: 35}}, {}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {8: 45, 16: 35, 0: 20}}, {"C": 35}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {8: 45, 16: 34, 0: 21}}, {}),
        ({"A": ROUNDS, "B": ROUNDS, "C": {**span(8, 12), **span(13, 8), 0: 20}}, {"C": 32}),
    ],
)
def test_doses_at_other_hours(
    hospitals: dict[str, dict[int, int]], expected: dict[str, int]
) -> None:
    assert found(**hospitals) == expected


def test_many_doses_of_one_patient_are_one() -> None:
    """Three patients at nine, one of them forty times at night besides; midnight says nothing."""
    with Database() as db:
        db.execute("CREATE SCHEMA gate")
        db.macro("given", ["administration"], concept("given"))
        db.execute(
            "CREATE TABLE gate.exposure_row AS SELECT 'A' AS hospital_id, i AS admission_id, "
            "TIMESTAMP '2020-02-01 09:05' AS started_at, NULL::TIMESTAMP AS stopped_at, "
            "'given' AS status, 5.0 AS dose FROM range(3) AS t (i) UNION ALL "
            "SELECT 'A', 1, TIMESTAMP '2020-02-02 23:10' + to_days(i::INTEGER), NULL, 'given', 5.0 "
            "FROM range(40) AS t (i) UNION ALL "
            "SELECT 'A', 2, TIMESTAMP '2020-02-03', NULL, 'given', 5.0"
        )
        found = db.frame(aggregates.QUERIES["exposure_hour"])
    assert found.rows() == [("A", 9, 2), ("A", 23, 1)]
