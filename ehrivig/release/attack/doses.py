"""What a mean and an SD tell of the bins of a dose: a sum over them, and a sum of squares.

Doses come in steps of whole vials, days are whole: where every bin has one such value, its people
times that value are known in all, and of those who had the outcome and of those who had not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ehrivig.release.attack.known import Known

ALL, ARMS = "all", ("exposed", "control")
OF_DOSES = "by the outcome"
"""The last words of a place of people in a bin who had the outcome, or had not."""
_STEPS = (5.0, 2.5, 1.0, 0.5)
DIGITS = {"mean": 2, "sd": 1}
"""A mean or SD with no more digits was rounded to so many, as the release does."""


def weighed(known: Known, cells: Sequence[str], bins: Sequence[Mapping[str, Any]]) -> None:
    """The bins of one feature, whose mean and SD stand in a table of the exposed (guesses)."""
    feature = str(bins[0].get("feature"))
    steps = step_of(bins)
    people = next((who for who, name, _ in known.moments if name == feature), None)
    if steps is None or people is None:
        return
    step, values = steps
    if (people, feature, ALL) in known.moments:
        _sums(known, (people, feature, ALL), dict(zip(cells, values, strict=True)), step)
    _by_outcome(known, (people, feature), cells, bins, steps)


def _by_outcome(
    known: Known,
    of: tuple[str, str],
    cells: Sequence[str],
    bins: Sequence[Mapping[str, Any]],
    steps: tuple[float, list[int]],
) -> None:
    """The people of each bin with the outcome and without, where mean or SD of both are told."""
    sizes = [known.measured.get((*of, arm)) for arm in ARMS]
    if any(n is None for n in sizes) or not any((*of, arm) in known.moments for arm in ARMS):
        return
    step, values = steps
    for cell in cells:
        known.puzzle.equal({cell: -1, **{f"{cell}|{arm}": 1 for arm in ARMS}}, assumed=True)
    for arm, size in zip(ARMS, sizes, strict=True):
        if size is None:
            continue
        n, _, place = size
        mine = [f"{cell}|{arm}" for cell in cells]
        for cell, row in zip(mine, bins, strict=True):
            known.people(cell, replace(place, words=f"{place.words}, {row['lo']}, {OF_DOSES}"))
        every = dict.fromkeys(mine, 1)
        known.puzzle.between(every, n - known.slack, n + known.slack, assumed=True)
        if (*of, arm) in known.moments:
            _sums(known, (*of, arm), dict(zip(mine, values, strict=True)), step)


def _sums(known: Known, of: tuple[str, str, str], sums: dict[str, int], step: float) -> None:
    """Doses and their squares over the bins of some people."""
    n, mean, sd = known.moments[of]
    near, people = _rounded if known.rounded_to > 1 else _limits, (n - known.slack, n + known.slack)
    low, high = near(mean, DIGITS["mean"])
    known.puzzle.between(sums, low * people[0] / step, high * people[1] / step, assumed=True)
    if sd is not None:
        less, more = near(sd, DIGITS["sd"])
        squares = {cell: value**2 for cell, value in sums.items()}
        both = zip((less, more), (low, high), people, strict=True)
        lo, hi = (w**2 * (k - 1) + k * m**2 for w, m, k in both)
        known.puzzle.between(squares, lo / step**2, hi / step**2, assumed=True)


def step_of(bins: Sequence[Mapping[str, Any]]) -> tuple[float, list[int]] | None:
    """A step of which each bin has one multiple, and these; None where there is no such step."""
    return next((found for step in _STEPS if (found := _values(bins, step))), None)


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
