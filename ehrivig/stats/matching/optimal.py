"""Optimal matching on a line: no other set of pairs has a smaller total distance.

Two problems. `penalised`: the total distance plus a price for every treated unit left over; the
price is the caliper, and no pair of the optimum is wider than the price. `maximum`: first as many
pairs within the caliper as can be, then the smallest total distance among those.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import one_of
from ehrivig.stats.matching.cardinality import largest_then_nearest
from ehrivig.stats.matching.line import (
    Line,
    checked_caliper,
    checked_distance,
    group_codes,
    lines,
    reach,
    warn_empty_arm,
)
from ehrivig.stats.matching.matches import Matches
from ehrivig.stats.result import BoolArray, IntArray

Goal = Literal["penalised", "maximum"]


def optimal(
    distance: ArrayLike,
    treated: ArrayLike,
    caliper: float,
    *,
    goal: Goal = "penalised",
    exact: ArrayLike | None = None,
) -> Matches:
    """One-to-one pairs with the smallest total distance, none wider than the caliper.

    `distance` (n,), `treated` (n,) 0/1, `caliper` a finite width on the scale of `distance`,
    `exact` (n,) or (n, k): pairs only within a group. `goal="penalised"` minimises the total
    distance plus the caliper for each treated row left over, in n log n (a million rows in about a
    second). `goal="maximum"` makes as many pairs as the caliper allows and minimises their total
    distance, by linear programming (ten thousand rows in seconds, a hundred thousand in minutes).
    Which of several equally good sets comes out is deterministic but not specified.

    Raises UsageError for wrong shapes and options, AnalysisError for missing distances.
    Source: Rosenbaum 1989 for the problem; on a line an optimum pairs the r-th matched treated
    with the r-th matched control, and a heap of regrets finds who is matched.
    """
    d, arm = checked_distance(distance, treated)
    width = checked_caliper(caliper)
    one_of("goal", goal, get_args(Goal))
    if not np.isfinite(width):
        raise UsageError("caliper: optimal matching needs a finite one.")
    warn_empty_arm(arm)
    widest = reach(d, width)
    groups = group_codes(exact, len(d))
    empty = np.zeros(0, dtype=np.int64)
    rows_t, rows_c = [empty], [empty]
    for line in lines(d, arm, groups):
        if not len(line.treated_row) or not len(line.control_row):
            continue
        who = (
            penalised_line(line, widest)
            if goal == "penalised"
            else largest_then_nearest(line, widest)
        )
        rows_t.append(line.treated_row[who[0]])
        rows_c.append(line.control_row[who[1]])
    t, c = np.concatenate(rows_t), np.concatenate(rows_c)
    order = np.argsort(t, kind="stable")
    return Matches(
        treated=t[order],
        control=c[order],
        distance=np.abs(d[t[order]] - d[c[order]]),
        n=len(d),
        n_treated=int(arm.sum()),
        n_control=int((~arm).sum()),
        method=f"optimal on the line, {goal}",
        order="all at once",
        caliper=width,
        ratio=1,
        replace=False,
        tie_rule="none",
        exact_groups=0 if groups is None else int(groups.max(initial=-1)) + 1,
    )


def penalised_line(line: Line, price: float) -> tuple[IntArray, IntArray]:
    """The matched treated and controls of one line (indices, the r-th with the r-th).

    Sweeps upwards. A unit that arrives makes the cheapest change with those before it: a treated
    one takes a free control, or one that an earlier decision can spare, or is left over at the
    price; a control takes a treated one if that does not raise the total. Every heap entry is the
    undoing of one decision: its cost without the newcomer's place, and the one unit (`flip`) whose
    state turns when it is undone. Entries of treated units are what a later control can take;
    entries of controls what a later treated unit can take.
    """
    places, is_treated = _merged(line)
    matched = bytearray(len(places))
    for_controls: list[tuple[float, int]] = []
    for_treated: list[tuple[float, int]] = []
    for unit, (place, arrives) in enumerate(zip(places, is_treated, strict=True)):
        if arrives:
            cost, flip = price, unit
            if for_treated and place + for_treated[0][0] <= price:
                regret, flip = heappop(for_treated)
                cost = place + regret
                matched[flip] ^= 1
                matched[unit] = 1
            heappush(for_controls, (-cost - place, flip))
        elif for_controls and place + for_controls[0][0] <= 0:
            regret, flip = heappop(for_controls)
            matched[flip] ^= 1
            matched[unit] = 1
            heappush(for_treated, (-(place + regret) - place, flip))
        else:
            heappush(for_treated, (-place, unit))
    return _paired(line, np.frombuffer(matched, dtype=np.uint8) == 1, price)


def _merged(line: Line) -> tuple[list[float], list[bool]]:
    """Places and arms of all units of the line, ascending by position."""
    position = np.concatenate([line.treated_position, line.control_position])
    place = np.concatenate([line.treated_at, line.control_at])
    arm = np.arange(len(position)) < len(line.treated_at)
    order = np.argsort(position, kind="stable")
    # Measured from the middle: the regrets are sums of places, and small ones keep more digits.
    middle = 0.5 * (float(place.min()) + float(place.max()))
    return (place[order] - middle).tolist(), arm[order].tolist()


def _paired(line: Line, matched: BoolArray, price: float) -> tuple[IntArray, IntArray]:
    """Indices of the matched of both arms, in order, without pairs that only rounding let in."""
    position = np.concatenate([line.treated_position, line.control_position])
    back = np.argsort(np.argsort(position, kind="stable"), kind="stable")
    state = matched[back]
    t = np.flatnonzero(state[: len(line.treated_at)])
    c = np.flatnonzero(state[len(line.treated_at) :])
    near = np.abs(line.treated_at[t] - line.control_at[c]) <= price
    return t[near], c[near]
