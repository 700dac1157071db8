"""Nearest controls with replacement: every treated unit chooses among all controls."""

from __future__ import annotations

import numpy as np

from ehrivig.stats.matching.line import Line, TieRule
from ehrivig.stats.result import IntArray

BLOCK = 65_536
BEYOND = 1 << 40  # more than any position


def match_with_replacement(line: Line, caliper: float, tie_rule: TieRule, ratio: int) -> IntArray:
    """The `ratio` nearest controls of each treated unit, (treated, ratio), nearest first, or -1.

    Of two at the same distance the tie rule takes one first; all within the caliper.
    """
    mates = np.full((len(line.treated_row), ratio), -1, dtype=np.int64)
    if not len(line.control_row):
        return mates
    for start in range(0, len(mates), BLOCK):
        block = slice(start, start + BLOCK)
        mates[block] = _block(line, block, caliper, tie_rule, ratio)
    return mates


def _block(line: Line, block: slice, caliper: float, tie_rule: TieRule, ratio: int) -> IntArray:
    """The mates of the treated in one block: the nearest `ratio` of `2 ratio` neighbours."""
    count = len(line.control_row)
    steps = np.concatenate([-np.arange(1, ratio + 1), np.arange(ratio)])
    candidate = line.before[block, np.newaxis] + steps
    outside = (candidate < 0) | (candidate >= count)
    inside = np.clip(candidate, 0, count - 1)
    distance = np.abs(line.control_at[inside] - line.treated_at[block, np.newaxis])
    distance[outside | (distance > caliper)] = np.inf
    places = np.abs(line.control_position[inside] - line.treated_position[block, np.newaxis])
    right = np.broadcast_to(steps >= 0, places.shape)
    # Found after so many steps outwards, the left side first (4.7), or all of the left side first.
    found = 2 * places + right if tie_rule == "matchit-4.7" else right * BEYOND + places
    best = np.lexsort((found, distance), axis=1)[:, :ratio]
    mates = np.take_along_axis(inside, best, axis=1)
    mates[~np.isfinite(np.take_along_axis(distance, best, axis=1))] = -1
    return mates
