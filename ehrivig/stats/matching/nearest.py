"""Nearest-neighbour matching on a distance, pair for pair as R's MatchIt."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import MOST_REPEATED, one_of, random_seed, whole_number
from ehrivig.stats.matching.greedy import match_closest, match_in_order
from ehrivig.stats.matching.line import (
    TIE_RULES,
    Line,
    TieRule,
    checked_caliper,
    checked_distance,
    group_codes,
    lines,
    warn_empty_arm,
)
from ehrivig.stats.matching.mahalanobis import (
    match_mahalanobis,
    match_mahalanobis_closest,
    whitened,
)
from ehrivig.stats.matching.matches import Matches
from ehrivig.stats.matching.replacement import match_with_replacement
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

Order = Literal["largest", "smallest", "data", "random", "closest"]
ORDERS = ("largest", "smallest", "data", "random", "closest")


def nearest(
    distance: ArrayLike,
    treated: ArrayLike,
    caliper: float | None = None,
    *,
    order: Order = "largest",
    ratio: int = 1,
    replace: bool = False,
    tie_rule: TieRule = "matchit-4.7",
    exact: ArrayLike | None = None,
    seed: int | None = None,
    mahalanobis: ArrayLike | None = None,
) -> Matches:
    """Pairs of row numbers: each treated row with the nearest controls that are still free.

    `distance` (n,) is what rows are near or far on (a propensity score or its logit), `treated`
    (n,) 0/1; a pair further apart than `caliper` (a width on the scale of `distance`; None: any) is
    not made. The treated choose in `order`: largest or smallest distance first (ties in data
    order), data order, random (`seed` required), or the closest pair of all first. `ratio` controls
    each, in rounds. `replace=True` gives controls back (order does not matter then). `exact` (n,)
    or (n, k) labels: pairs only within a group, a hospital for example. `mahalanobis` (n, p): among
    the controls within the caliper the nearest in these covariates.

    Two controls at the same distance on both sides: `tie_rule="matchit-4.7"` takes the one fewer
    sorted positions away (units of all groups and those already matched count), then the left one;
    "matchit-4.5" the left one. Without an exact tie the rules agree.

    The caliper is compared with the binary gap, as MatchIt does: of scores rounded to two decimals
    some pairs 0.02 apart are within a caliper of 0.02 and some are not (`optimal` counts all).

    Raises UsageError for wrong shapes and options, AnalysisError for missing or infinite
    distances. An empty arm gives no pairs and a NumericalWarning.
    Source: Rosenbaum & Rubin 1985; behaviour of MatchIt 4.7.2 (Ho, Imai, King & Stuart 2011).
    """
    d, arm = checked_distance(distance, treated)
    width = checked_caliper(caliper)
    _refuse_options(order, tie_rule, seed)
    ratio = whole_number(ratio, "ratio (controls per treated)", 1, MOST_REPEATED)
    groups = group_codes(exact, len(d))
    position = None if mahalanobis is None else whitened(mahalanobis, arm)
    warn_empty_arm(arm)
    turn = _turns(d, arm, order, seed)
    found = []
    for line in lines(d, arm, groups):
        mates = _mates(line, turn, width, order, ratio, replace, tie_rule, position)
        found.append(_rows(line, mates))
    rows_treated, rows_control = _pairs(found)
    return Matches(
        treated=rows_treated,
        control=rows_control,
        distance=np.abs(d[rows_treated] - d[rows_control]),
        n=len(d),
        n_treated=int(arm.sum()),
        n_control=int((~arm).sum()),
        method="nearest neighbour" + ("" if position is None else ", Mahalanobis within caliper"),
        order="any (with replacement)" if replace else order,
        caliper=width,
        ratio=ratio,
        replace=replace,
        tie_rule=tie_rule,
        exact_groups=0 if groups is None else int(groups.max(initial=-1)) + 1,
        seed=seed if order == "random" else None,
    )


def _refuse_options(order: str, tie_rule: str, seed: int | None) -> None:
    """Raise UsageError for options that do not exist."""
    one_of("order", order, ORDERS)
    one_of("tie_rule", tie_rule, TIE_RULES)
    if order == "random" and random_seed(seed) is None:
        raise UsageError('order="random" needs a seed, so that the pairs can be found again.')


def _turns(d: FloatArray, arm: BoolArray, order: str, seed: int | None) -> IntArray:
    """The turn of each row, (n,): the treated choose in ascending turn, whatever their group."""
    rows = np.flatnonzero(arm)
    if order == "largest":
        rows = rows[np.argsort(-d[rows], kind="stable")]
    elif order == "smallest":
        rows = rows[np.argsort(d[rows], kind="stable")]
    elif order == "random":
        rows = np.random.default_rng(seed).permutation(rows)
    turn = np.zeros(len(d), dtype=np.int64)
    turn[rows] = np.arange(len(rows))
    return turn


def _mates(
    line: Line,
    turn: IntArray,
    width: float,
    order: str,
    ratio: int,
    replace: bool,
    tie_rule: TieRule,
    position: FloatArray | None,
) -> IntArray:
    """The controls of each treated unit of one line, (treated, ratio), or -1."""
    queue = np.argsort(turn[line.treated_row], kind="stable")
    if position is not None:
        if order == "closest" and not replace:
            return match_mahalanobis_closest(line, position, width, ratio)
        return match_mahalanobis(line, queue, position, width, ratio, replace)
    if replace:
        return match_with_replacement(line, width, tie_rule, ratio)
    if order == "closest":
        return match_closest(line, width, tie_rule, ratio)
    return match_in_order(line, queue, width, tie_rule, ratio)


def _rows(line: Line, mates: IntArray) -> tuple[IntArray, IntArray]:
    """Row numbers of the pairs of one line, treated and control; nearest first in a treated row."""
    unit, turn = np.nonzero(mates >= 0)
    return line.treated_row[unit], line.control_row[mates[unit, turn]]


def _pairs(found: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    """The rows of the pairs of all lines, ascending by treated row."""
    empty = np.zeros(0, dtype=np.int64)
    treated = np.concatenate([empty, *(t for t, _ in found)])
    control = np.concatenate([empty, *(c for _, c in found)])
    order = np.argsort(treated, kind="stable")
    return treated[order], control[order]
