"""Hospitals and people whose doses of the exposure are several times others': a unit, not care."""

from __future__ import annotations

import statistics

import polars as pl

FACTOR = 5.0
"""Between medians of hospitals: habits differ less, units and decimal points more."""
OF_ONE = 50.0
"""The same between a person and the others of his hospital: a neonate gets a twentieth."""
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


def of_another_size(dosing: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> people with a fiftieth of its median daily dose or less, or 50 times it, of all.

    `dosing` as for `away`. Where few are dosed the median is that of all hospitals, if enough are.
    """
    dosed = dosing.filter(pl.col("mean_daily_g") > 0)
    if dosed.height < FEWEST:
        return {}
    own = pl.col("mean_daily_g").median().over("hospital_id")
    usual = pl.when(pl.len().over("hospital_id") >= FEWEST).then(own)
    ratio = pl.col("mean_daily_g") / usual.otherwise(pl.col("mean_daily_g").median())
    wrong = (ratio >= OF_ONE) | (ratio <= 1 / OF_ONE)
    counted = dosed.group_by("hospital_id", maintain_order=True).agg(pl.len())
    apart = dict(dosed.filter(wrong).group_by("hospital_id").len().iter_rows())
    return {name: (apart.get(name, 0), n) for name, n in counted.sort("hospital_id").iter_rows()}
