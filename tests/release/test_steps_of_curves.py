"""What the points of a survival curve tell: who died between two of them, and of the unmatched."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release.attack.known import Known
from ehrivig.release.attack.steps import at_start, curves

SIZES = {
    **{("all", "sex"): (50, 80), ("all", "smoker"): (40, 70)},
    **{("unmatched", "sex"): (10, 20), ("unmatched", "smoker"): (8, 30)},
}
"""Exposed and control who have a yes/no variable or not; of the smokers some have none."""


def curve(
    population: str, group: str, dead: dict[float, float | None], n: int, kind: str = "km"
) -> pl.DataFrame:
    """A curve of n people, of whom so many are dead by each day."""
    times = list(dead)
    shares = [None if dead[time] is None else 1 - dead[time] / n for time in times]  # type: ignore[operator]
    return pl.DataFrame(
        {"time": times, "estimate": shares}, schema={"time": pl.Float64, "estimate": pl.Float64}
    ).with_columns(
        curve=pl.lit(kind), population=pl.lit(population), group=pl.lit(group), cause=pl.lit("")
    )


def told(known: Known, *of: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Words of each count, its row and the count."""
    curves(known, "curves.csv", pl.concat(of))
    return {place.words: (place.row, known.shown[cell]) for cell, place in known.where.items()}


@pytest.mark.parametrize(
    ("people", "group", "n"),
    [
        *(("all", "exposed", 50), ("all", "control", 80), ("unmatched", "exposed", 10)),
        *(("matched", "exposed", 40), ("matched", "control", 50), ("all hospitals", "control", 33)),
    ],
)
def test_a_curve_begins_with_everybody_of_its_arm(people: str, group: str, n: int) -> None:
    risk = pl.DataFrame({"at_risk": [None, 33, 20]})
    assert at_start(Known(sizes=dict(SIZES)), risk, people, group) == n


@pytest.mark.parametrize("people", ["all", "matched"])
def test_without_sizes_it_begins_with_its_first_number_at_risk(people: str) -> None:
    risk = pl.DataFrame({"at_risk": [None, 33, 20]})
    whole = {("all", "sex"): (50, 80)} if people == "matched" else {}
    assert at_start(Known(sizes=whole), risk, people, "exposed") == 33
    assert at_start(Known(), risk.head(1), people, "exposed") == 0
    assert at_start(Known(), pl.DataFrame(), people, "exposed") == 0


def test_a_step_is_dated_by_the_points_around_it() -> None:
    """Two die by day 3 and nobody by day 5; a point without an estimate tells nothing."""
    frame = curve("all", "exposed", {28.0: 10, 0.0: 0, 3.0: 2, 5.0: 2, 20.0: None}, 50)
    assert told(Known(sizes=dict(SIZES)), frame) == {
        "all, exposed: events in days 0 to 3": (2, 2),
        "all, exposed: events in days 5 to 28": (0, 8),
    }


def test_a_curve_that_begins_later_begins_at_time_zero() -> None:
    found = told(Known(sizes=dict(SIZES)), curve("all", "exposed", {3.0: 2}, 50))
    assert found == {"all, exposed: events in days 0 to 3": (0, 2)}


def test_weighted_curves_and_incidences_are_no_counts() -> None:
    weighted = curve("all", "exposed", {0.0: 0, 3.0: 1.979, 5.0: 2.5, 28.0: 8.01}, 50)
    other = curve("all", "control", {0.0: 0, 3.0: 2}, 80, kind="cif")
    assert told(Known(sizes=dict(SIZES)), weighted, other) == {
        "all, exposed: events in days 0 to 28": (3, 8)
    }


def test_everybody_less_the_matched_are_the_unmatched() -> None:
    everybody = curve("all", "control", {0.0: 0, 3.0: 9, 28.0: 20}, 80)
    matched = curve("matched", "control", {0.0: 0, 3.0: 8, 7.0: 9, 28.0: 15}, 50)
    exposed = curve("matched", "exposed", {0.0: 0, 3.0: 8}, 40)
    found = told(Known(sizes=dict(SIZES)), everybody, matched, exposed)
    rest = {words: count for words, count in found.items() if words.startswith("unmatched")}
    assert rest == {
        "unmatched, control: events in days 0 to 3": (4, 1),
        "unmatched, control: events in days 3 to 28": (6, 4),
    }
