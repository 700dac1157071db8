"""What a mean and an SD tell of the bins of a dose: a sum over them, and a sum of squares.

Doses come in steps of whole vials, days are whole: where every bin has one such value, its people
times that value are known in all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ehrivig.release.attack.known import Known

_STEPS = (5.0, 2.5, 1.0, 0.5)
DIGITS = {"mean": 2, "sd": 1}
"""A mean or SD with no more digits was rounded to so many, as the release does."""


def weighed(known: Known, cells: Sequence[str], bins: Sequence[Mapping[str, Any]]) -> None:
    """The bins of one feature, whose mean and SD stand in a table of the exposed (guesses)."""
    feature = str(bins[0].get("feature"))
    told = next((one for (_, name), one in known.moments.items() if name == feature), None)
    steps = next((found for step in _STEPS if (found := _values(bins, step))), None)
    if told is None or steps is None:
        return
    step, values = steps
    n, mean, sd = told
    near, people = _rounded if known.rounded_to > 1 else _limits, (n - known.slack, n + known.slack)
    low, high = near(mean, DIGITS["mean"])
    sums = dict(zip(cells, values, strict=True))
    known.puzzle.between(sums, low * people[0] / step, high * people[1] / step, assumed=True)
    if sd is not None:
        less, more = near(sd, DIGITS["sd"])
        squares = {cell: value**2 for cell, value in sums.items()}
        both = zip((less, more), (low, high), people, strict=True)
        lo, hi = (w**2 * (k - 1) + k * m**2 for w, m, k in both)
        known.puzzle.between(squares, lo / step**2, hi / step**2, assumed=True)


def _values(bins: Sequence[Mapping[str, Any]], step: float) -> tuple[float, list[int]] | None:
    """The one multiple of a step in each bin that may hold people; None where one has several."""
    found = []
    for number, row in enumerate(bins):
        last = number + 1 == len(bins)
        first = math.ceil(row["lo"] / step)
        end = math.floor(row["hi"] / step) if last else math.ceil(row["hi"] / step) - 1
        if row["n"] != 0 and end != first:
            return None
        found.append(first)
    return step, found


def _rounded(value: float, _: int) -> tuple[float, float]:
    """Between what a number can be that was rounded to the last decimal that it has."""
    slack = 0.5 * 10.0 ** -len(repr(float(value)).partition(".")[2])
    return max(value - slack, 0.0), value + slack


def _limits(value: float, most: int) -> tuple[float, float]:
    """Between what a number can be: itself, or what rounds to it where it has so few digits."""
    digits = repr(float(value)).replace(".", "").replace("-", "").strip("0")
    if not value or len(digits) > most:
        slack = abs(value) * 1e-9
    else:
        slack = 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - most)
    return max(value - slack, 0.0), value + slack
