"""Hospitals whose doses of the exposure are several times those of the others: a unit, not care."""

from __future__ import annotations

import statistics

import polars as pl

FACTOR = 5.0
"""Between medians of hospitals: habits differ less, units and decimal points more."""
FEWEST = 10
"""People with a known daily dose that a median needs."""


def away(dosing: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> people whose doses are several times away from other hospitals', of those dosed.

    `dosing`: hospital_id, mean_daily_g (null without a known dose). Of two hospitals nobody can
    tell which is wrong: both are.
    """
    counted = (
        dosing.filter(pl.col("mean_daily_g") > 0)
        .group_by("hospital_id")
        .agg(pl.col("mean_daily_g").median(), pl.len())
    )
    known = {name: (median, n) for name, median, n in counted.sort("hospital_id").iter_rows()}
    medians = {name: median for name, (median, n) in known.items() if n >= FEWEST}
    found = {}
    for name, own in medians.items():
        others = [median for other, median in medians.items() if other != name]
        usual = statistics.median(others) if others else own
        wrong = max(own / usual, usual / own) >= FACTOR
        found[name] = (known[name][1] if wrong else 0), known[name][1]
    return found
