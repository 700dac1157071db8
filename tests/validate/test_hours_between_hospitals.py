"""Hours of the day at which hospitals give the exposure."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.hours_between_hospitals import shifted

ROUNDS = {8: 30, 9: 40, 10: 20, 20: 10}
HALF_LATE = {8: 15, 9: 20, 10: 10, 16: 15, 17: 20, 18: 10, 20: 10}
EARLY = {0: 30, 1: 40, 2: 20, 12: 10}
AFTERNOON = {11: 30, 12: 40, 13: 20, 20: 10}
AROUND = dict.fromkeys(range(24), 5)
TWICE_A_DAY = {8: 50, 20: 50}
OVER_MIDNIGHT = {22: 20, 23: 30, 0: 30, 1: 20}


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
        ({"A": ROUNDS, "B": ROUNDS, "C": {0: 39}}, {}),  # too few
    ],
)
def test_doses_at_other_hours(
    hospitals: dict[str, dict[int, int]], expected: dict[str, int]
) -> None:
    assert found(**hospitals) == expected
