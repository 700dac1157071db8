"""Analytes whose median is away from the other hospitals' by the factor between two units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

_LOG_TOLERANCE = math.log(4 / 3)
_FEWEST_VALUES = 20
_FEWEST_STAYS = 10


def away_by_a_factor(
    medians: pl.DataFrame, factors: Mapping[str, Iterable[float]]
) -> dict[str, tuple[int, int]]:
    """Hospital -> analytes away from all others by a factor (within a third), of those compared.

    `medians`: hospital_id, analyte, n, median, n_stays (at least 20 values of 10 stays, and two
    other hospitals count);
    `factors`: analyte -> conversion factors of its units.
    """
    many = (pl.col("n") >= _FEWEST_VALUES) & (pl.col("n_stays") >= _FEWEST_STAYS)
    enough = medians.filter(many & (pl.col("median") > 0))
    found = {}
    for hospital_id in sorted(set(medians["hospital_id"])):
        away = compared = 0
        for analyte, own in _medians_of(enough, hospital_id):
            others = enough.filter(
                (pl.col("analyte") == analyte) & (pl.col("hospital_id") != hospital_id)
            )["median"].to_list()
            if len(others) < 2:
                continue
            compared += 1
            away += _by_a_factor(own, others, factors.get(analyte, ()))
        found[hospital_id] = away, compared
    return found


def _medians_of(medians: pl.DataFrame, hospital_id: str) -> list[tuple[str, float]]:
    own = medians.filter(pl.col("hospital_id") == hospital_id).sort("analyte")
    return list(own.select("analyte", "median").iter_rows())


def _by_a_factor(own: float, others: Sequence[float], factors: Iterable[float]) -> bool:
    """Whether `own` is away from all others by one of the factors (4 and more) or its inverse."""
    logs = [abs(math.log(f)) for f in factors if f > 0 and abs(math.log(f)) >= math.log(4)]
    return any(
        all(abs(abs(math.log(own / other)) - factor) < _LOG_TOLERANCE for other in others)
        for factor in logs
    )
