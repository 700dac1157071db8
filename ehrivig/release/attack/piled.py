"""Measured variables that are the same in nearly everybody: mean and SD are those of the others.

Of 26 people with a median and quartiles of 15, a mean of 14.54 and a SD of 2.35 are one person with
a 3: the sum of the distances from the median is 12, and that of their squares 144.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.disclosure import FEWEST_DESCRIBED
from ehrivig.release.attack.known import Known, Place

ARMS = ("all", "exposed", "control")
DIGITS = {"mean": 2, "sd": 1}
"""To so many digits mean and SD of such a variable are told: with no more, they are of many."""
_NEAR = 1e-6
_TOPS = (1.0, 15.0, 100.0)
"""Ends of scales: shares, the Glasgow coma score, percentages."""
_BELOW, _MOST_BELOW = 3, 6
"""Medians so near 0 leave few values below them, and so many steps below are tried in all."""
_LARGEST = 60
"""Sums of distances that are taken apart: of larger ones too many numbers fit."""
_SMALL = 40
"""Of fewer people less than ten lie beyond a quartile."""


def apart(row: Mapping[str, Any], arm: str) -> tuple[float, float] | None:
    """Sum of the distances from the median and sum of their squares, of a variable that is piled.

    None where a quarter of many people, or as the sums say at least ten, differ from the median.
    """
    told = [row.get(f"{what}_{arm}") for what in ("n", "mean", "sd", "median", "q1", "q3")]
    if None in told:
        return None
    n, mean, sd, median, low, high = (float(str(one)) for one in told)
    beside = [abs(end - median) < _NEAR for end in (low, high)]
    if n < 2 or not all(math.isfinite(one) for one in (mean, sd, median, low, high)):
        return None
    if not (all(beside) or (any(beside) and n < _SMALL)):
        return None
    total, squares = n * abs(mean - median), (n - 1) * sd**2 + n * (mean - median) ** 2
    if squares < _NEAR**2 or total**2 / squares >= FEWEST_DESCRIBED:
        return None
    return total, squares


def piled(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Rows whose mean and SD say that few people differ from everybody else, and by how much."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        for arm in ARMS if row.get("kind") == "continuous" and known.rounded_to < 2 else ():
            if few(row, arm, known.fewest):
                words = f"{row['label']}, {arm}: who differs from the median"
                known.few(Place(file, number, words, str(row["variable"])))


def few(row: Mapping[str, Any], arm: str, fewest: int) -> bool:
    """Whether fewer than so many numbers of people fit mean and SD, and one of them is small.

    Distances are whole numbers, and no value is below 0 or beyond the end of its scale; or it is
    one person, whose distance is anything.
    """
    sums = apart(row, arm)
    if sums is None:
        return False
    mean, exact = (limits(float(row[f"mean_{arm}"]), most) for most in (DIGITS["mean"], 0))
    if abs(sums[0] ** 2 / sums[1] - 1) < _NEAR and mean == exact:
        return True
    counts = _people(row, arm, mean)
    found = [one for one in range(1, 64) if counts >> one & 1]
    return 0 < len(found) < fewest and found[0] < fewest


def _people(row: Mapping[str, Any], arm: str, ends: tuple[float, float]) -> int:
    """How many people may differ from the median: one bit each; 0 where that is not tried."""
    n, mean, sd, median = (float(row[f"{what}_{arm}"]) for what in ("n", "mean", "sd", "median"))
    least, most = sorted(n * abs(end - median) for end in ends)
    least = 0.0 if ends[0] < median < ends[1] else least
    spread = limits(sd, DIGITS["sd"])
    largest = (n - 1) * spread[1] ** 2 + most**2 / n
    below = 0 if mean < median else math.floor(median)
    if (mean < median and median not in _TOPS) or below > _BELOW:
        return 0
    if most + _MOST_BELOW * below > _LARGEST or largest > _LARGEST**2:
        return 0
    fits, counts = _ways(math.ceil(most) + _MOST_BELOW * below, math.ceil(largest)), 0
    for total in range(math.ceil(least - _NEAR), math.floor(most + _NEAR) + 1):
        low, high = ((n - 1) * one**2 + total**2 / n for one in spread)
        low, high = math.ceil(low - _NEAR * (1 + low)), math.floor(high + _NEAR * (1 + high))
        for squares in range(max(low, 0), min(high, fits.shape[1] - 1) + 1):
            counts |= _both_sides(fits, total, squares, below)
    return counts


def _both_sides(fits: NDArray[np.uint64], total: int, squares: int, below: int) -> int:
    """How many people may lie above the median, and a few at most so far below it: one bit each."""
    found = 0
    for lower in product(range(_MOST_BELOW // max(below, 1) + 1), repeat=below):
        up = total + sum(n * (far + 1) for far, n in enumerate(lower))
        left = squares - sum(n * (far + 1) ** 2 for far, n in enumerate(lower))
        if left >= 0 and up < fits.shape[0]:
            found |= int(fits[up, left]) << sum(lower)
    return found


def limits(value: float, most: int) -> tuple[float, float]:
    """Between what a number can be: itself, or what rounds to it where it has so few digits."""
    digits = repr(float(value)).replace(".", "").replace("-", "").strip("0")
    if not value or len(digits) > most:
        return value, value
    slack = 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - most)
    return max(value - slack, 0.0), value + slack


def _ways(total: int, squares: int) -> NDArray[np.uint64]:
    """For each sum, and each sum of squares, how many whole distances have both: one bit each."""
    found = np.zeros((total + 1, squares + 1), dtype=np.uint64)
    found[0, 0] = 1
    for one in range(1, min(total, math.isqrt(squares)) + 1):
        for whole in range(one, total + 1):
            found[whole, one**2 :] |= found[whole - one, : squares + 1 - one**2] << np.uint64(1)
    return found
