"""Nearest free control in a given order of the treated, without replacement.

Two union-finds hold, for every control, the next free one to its left and to its right, so that a
whole match costs little more than the sort (Gabow & Tarjan 1985 for the structure).
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from ehrivig.stats.matching.line import Line, TieRule
from ehrivig.stats.result import IntArray


class FreeControls:
    """The controls of a line that are still free, with the nearest one on either side.

    Control i stands at i + 1 in `left` and at i in `right`; 0 and the number of controls are the
    ends of the line. Lists, not arrays: one element at a time is what a list is fast at.
    """

    def __init__(self, count: int, used: IntArray) -> None:
        self.count = count
        self.left = list(range(count + 1))
        self.right = list(range(count + 1))
        for i in used.tolist():
            self.take(i)

    def take(self, i: int) -> None:
        """Make control i unavailable."""
        self.left[i + 1] = i
        self.right[i] = i + 1

    def neighbours(self, before: int) -> tuple[int, int]:
        """The free control left of a treated unit (-1: none) and right of it (count: none)."""
        left, right = self.left, self.right
        i = before
        while (up := left[i]) != i:
            left[i] = i = left[up]
        j = before
        while (up := right[j]) != j:
            right[j] = j = right[up]
        return i - 1, j


class Chooser:
    """Which of the two neighbours of a treated unit is its match, by caliper and tie rule."""

    def __init__(self, line: Line, caliper: float, tie_rule: TieRule) -> None:
        self.at = line.treated_at.tolist()
        self.control_at = line.control_at.tolist()
        self.position = line.control_position.tolist()
        self.caliper = caliper
        self.count_positions = tie_rule == "matchit-4.7"

    def choose(self, t: int, left: int, right: int, low: int, high: int) -> tuple[int, float]:
        """The chosen control (-1: none within the caliper) and its distance.

        `low` and `high` are the positions from which the search set out to the left and to the
        right: those of the treated unit itself, or of controls it had before.
        """
        here = self.at[t]
        to_left = here - self.control_at[left] if left >= 0 else np.inf
        to_right = self.control_at[right] - here if right < len(self.control_at) else np.inf
        two = left >= 0 and right < len(self.position)
        if two and to_left == to_right and self.count_positions:
            right_is_fewer = self.position[right] - high < low - self.position[left]
            to_left = np.inf if right_is_fewer else to_left
        chosen, distance = (left, to_left) if to_left <= to_right else (right, to_right)
        return (chosen, distance) if distance <= self.caliper else (-1, distance)


def match_in_order(
    line: Line, order: IntArray, caliper: float, tie_rule: TieRule, ratio: int
) -> IntArray:
    """The control of each treated unit per round, (treated, ratio), as index in the line or -1.

    In each of `ratio` rounds the treated are served in `order` (indices in the line); one that
    finds no control leaves the queue.
    """
    mates = np.full((len(line.treated_row), ratio), -1, dtype=np.int64)
    queue = order
    for r in range(ratio):
        bounds = search_bounds(line, mates[:, :r])
        free = FreeControls(len(line.control_row), mates[mates >= 0])
        mates[queue, r] = _one_round(line, queue, bounds, free, caliper, tie_rule)
        queue = queue[mates[queue, r] >= 0]
    return mates


def _one_round(
    line: Line,
    queue: IntArray,
    bounds: tuple[IntArray, IntArray],
    free: FreeControls,
    caliper: float,
    tie_rule: TieRule,
) -> list[int]:
    """The control of each treated unit of the queue, or -1.

    This is the loop that takes the time: the two searches of FreeControls.neighbours and the
    comparison of Chooser.choose are written out in it. Positions are looked up at ties only.
    """
    left, right, count = free.left, free.right, free.count
    control_at, position, (low, high) = line.control_at.tolist(), line.control_position, bounds
    infinite, by_position = float("inf"), tie_rule == "matchit-4.7"
    found: list[int] = []
    units = zip(line.before[queue].tolist(), line.treated_at[queue].tolist(), strict=True)
    for turn, (i, here) in enumerate(units):
        j = i
        while (up := left[i]) != i:
            left[i] = i = left[up]
        while (up := right[j]) != j:
            right[j] = j = right[up]
        i -= 1
        to_left = here - control_at[i] if i >= 0 else infinite
        to_right = control_at[j] - here if j < count else infinite
        mate, distance = (i, to_left) if to_left <= to_right else (j, to_right)
        if to_left == to_right and by_position and i >= 0 and j < count:
            t = queue[turn]
            if position[j] - high[t] < low[t] - position[i]:
                mate = j
        if distance > caliper or mate < 0:
            found.append(-1)
            continue
        found.append(mate)
        left[mate + 1] = mate
        right[mate] = mate + 1
    return found


def match_closest(line: Line, caliper: float, tie_rule: TieRule, ratio: int) -> IntArray:
    """The control of each treated unit per round, (treated, ratio): the nearest pair goes first.

    The treated wait by the distance to their nearest free control. One whose control is gone is
    looked up again and set before those at the same distance, as MatchIt does.
    """
    mates = np.full((len(line.treated_row), ratio), -1, dtype=np.int64)
    queue = np.argsort(line.treated_row, kind="stable")
    for r in range(ratio):
        low, high = search_bounds(line, mates[:, :r])
        free = FreeControls(len(line.control_row), mates[mates >= 0])
        _closest_round(line, queue, low, high, free, Chooser(line, caliper, tie_rule), mates[:, r])
        queue = queue[mates[queue, r] >= 0]
    return mates


def _closest_round(
    line: Line,
    queue: IntArray,
    low: IntArray,
    high: IntArray,
    free: FreeControls,
    chooser: Chooser,
    mates: IntArray,
) -> None:
    """One round of `closest`; writes the controls found into `mates` (treated,)."""
    before, lowest, highest = line.before.tolist(), low.tolist(), high.tolist()
    first = [
        chooser.choose(t, *free.neighbours(before[t]), lowest[t], highest[t])
        for t in queue.tolist()
    ]
    units, wanted, gaps = _nearest_first(queue, first)
    taken = bytearray(free.count)
    again: list[tuple[float, int, int, int]] = []  # distance, turn (later ones first), unit, mate
    following, turn = 0, 0
    while following < len(units) or again:
        if again and (following == len(units) or again[0][0] <= gaps[following]):
            _, _, t, mate = heappop(again)
        else:
            t, mate = units[following], wanted[following]
            following += 1
        if not taken[mate]:
            mates[t] = mate
            taken[mate] = 1
            free.take(mate)
            continue
        place = chooser.position[mate]
        bounds = min(lowest[t], place), max(highest[t], place)
        mate, distance = chooser.choose(t, *free.neighbours(before[t]), *bounds)
        if mate >= 0:
            turn -= 1
            heappush(again, (distance, turn, t, mate))


def _nearest_first(
    queue: IntArray, found: list[tuple[int, float]]
) -> tuple[list[int], list[int], list[float]]:
    """Units, their controls and distances, ascending by distance; those without one left out."""
    mate = np.array([m for m, _ in found], dtype=np.int64)
    distance = np.array([d for _, d in found])
    order = np.argsort(distance, kind="stable")
    order = order[mate[order] >= 0]
    return queue[order].tolist(), mate[order].tolist(), distance[order].tolist()


def search_bounds(line: Line, mates: IntArray) -> tuple[IntArray, IntArray]:
    """The lowest and highest position of each treated unit and the controls it already has."""
    low, high = line.treated_position.copy(), line.treated_position.copy()
    for r in range(mates.shape[1]):
        has = mates[:, r] >= 0
        place = line.control_position[mates[has, r]]
        low[has] = np.minimum(low[has], place)
        high[has] = np.maximum(high[has], place)
    return low, high
