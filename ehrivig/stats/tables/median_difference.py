"""The difference of medians between the arms, with every difference that its test does not reject.

Days of stay have a long tail, which a difference of means follows and a median does not. The test
asks whether as many of the exposed as of the others lie above the common median, one arm moved; it
needs no density at the median, which whole days and few people do not tell. Its answer changes
only where a value of one arm passes a value of the other, so that limits are such differences: of
whole days, whole days. p is the largest of a difference as far from the estimate as none, or
farther: below 0.05 if and only if the 95% interval leaves 0 out.
Sources: Brown & Mood 1951; Gutenbrunner, Jureckova, Koenker & Portnoy 1993 (rank scores). R:
quantreg's `rq(y ~ exposed)`, and its test inverted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING, checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import arm_vector, finite_vector
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray, IntArray
from ehrivig.stats.wald import p_value, quantile

MEDIAN_DIFFERENCE = "median difference"
_MOST_LOOKED_AT = 500
"""Differences at which the test is made everywhere; of more rows, so many spread over all."""
_CLOSE = 4 * float(np.finfo(np.float64).eps)
"""Of the numbers themselves: what subtraction leaves of two that are alike."""
_MOST_ALIKE = 0.25
"""Of all rows at the median of their arm: among a heap of zeros their order tells nothing."""


def median_difference(
    outcome: ArrayLike,
    exposed: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    outcome_label: str = "outcome",
    estimand: str = "",
    level: float = 0.95,
) -> Effect:
    """The median of `outcome` (n,) in the exposed less that in the others, in its unit.

    `exposed` (n,) is 0/1. With `cluster` (n,) the test counts clusters. `se` is what the width of
    the 95% interval implies. Raises AnalysisError for missing values, an empty arm, too few rows to
    reject anything, and an outcome of which more than a quarter is alike at the medians.
    """
    width = quantile(checked_level(level))
    y = finite_vector(outcome, "outcome")
    arm = arm_vector(exposed, "exposed", len(y))
    if not arm.any() or arm.all():
        raise AnalysisError("median: one arm is empty; there is no difference.")
    medians = [float(np.median(y[side])) for side in (arm, ~arm)]
    _refuse(y, np.where(arm, *medians))
    groups, index = len(y), np.arange(len(y))
    if cluster is not None:
        groups, index = clusters_of(cluster, len(y))
    estimate = medians[0] - medians[1]
    steps = _steps(y, arm, index, (width, quantile(0.95)))
    lo, hi = steps.limits(estimate, width)
    usual = steps.limits(estimate, quantile(0.95))
    rows = int(arm.sum()), int((~arm).sum())
    se = (usual[1] - usual[0]) / (2 * quantile(0.95))
    return Effect.between(
        Arms(rows[0], rows[0], rows[1], rows[1]),
        MEDIAN_DIFFERENCE,
        (estimate, lo, hi, se, steps.p_of_none(estimate)),
        event_label=outcome_label,
        method="difference of medians",
        variance="rank scores" + (f", {groups} clusters" if cluster is not None else ""),
        estimand=estimand,
        level=level,
    )


def _refuse(y: FloatArray, median: FloatArray) -> None:
    """Raise AnalysisError where order tells nothing; `median` (n,) is that of the row's arm."""
    if not float(np.ptp(y)) > ROUNDING * float(np.abs(y).max()):
        raise AnalysisError("median: the outcome does not vary; no test exists.")
    if (np.abs(y - median) <= ROUNDING * np.abs(median)).mean() > _MOST_ALIKE:
        raise AnalysisError("median: too many values are alike there: their order tells nothing.")


@dataclass(frozen=True)
class _Steps:
    """The test between the differences `edges` (m + 1,) at which its answer changes.

    `z` (m,) holds how many standard errors more of the exposed lie above the common median, moved
    by a difference between two edges; NaN where it was not looked at.
    """

    edges: FloatArray
    z: FloatArray

    def limits(self, estimate: float, width: float) -> tuple[float, float]:
        """The least and the largest difference that the test does not reject."""
        kept = np.flatnonzero(np.abs(self.z) < width)
        if not len(kept):
            return estimate, estimate
        lo, hi = float(self.edges[kept[0]]), float(self.edges[kept[-1] + 1])
        if not (np.isfinite(lo) and np.isfinite(hi)):
            raise AnalysisError("median: so few rows that no difference could be rejected.")
        return min(lo, estimate), max(hi, estimate)

    def p_of_none(self, estimate: float) -> float:
        """The largest p of any difference on the far side of 0, or at it."""
        if estimate == 0:
            return 1.0
        far = self.edges[:-1] <= 0 if estimate > 0 else self.edges[1:] >= 0
        return p_value(float(np.nanmin(np.abs(self.z[far]))))


def _steps(y: FloatArray, arm: BoolArray, index: IntArray, widths: tuple[float, ...]) -> _Steps:
    """The test between all edges; of many, between some, and where it begins to reject."""
    edges = _edges(np.sort(y[arm])[::-1], np.sort(y[~arm])[::-1])
    unit = float(np.ptp(y))
    middles = np.concatenate([[edges[0] - unit], (edges[1:] + edges[:-1]) / 2, [edges[-1] + unit]])
    z = np.full(len(middles), np.nan)
    apart = arm - arm.mean()

    def look(at: int) -> float:
        if np.isnan(z[at]):
            sums = np.bincount(index, apart * _side(y, middles[at] * arm))
            spread = float(np.sqrt(sums @ sums))
            z[at] = float(sums.sum()) / spread if spread > 0 else 0.0
        return abs(float(z[at]))

    steps = _Steps(np.concatenate([[-np.inf], edges, [np.inf]]), z)
    for at in np.unique(np.linspace(0, len(z) - 1, _MOST_LOOKED_AT).astype(int)):
        look(int(at))
    for at in {int(np.searchsorted(edges, 0.0, side)) for side in ("left", "right")}:
        look(at)
    for width in widths:
        kept = np.flatnonzero(np.abs(z) < width)
        if len(kept):
            _ends(z, int(kept[0]), int(kept[-1]), look, width)
    return steps


def _ends(z: FloatArray, first: int, last: int, look: Callable[[int], float], width: float) -> None:
    """Look where, beyond the first and the last that is kept, the test begins to reject."""
    seen = np.flatnonzero(~np.isnan(z))
    before, after = seen[seen < first], seen[seen > last]
    for inner, outer in ((first, before[-1:]), (last, after[:1])):
        far = int(outer[0]) if len(outer) else inner
        while abs(far - inner) > 1:
            middle = (inner + far) // 2
            inner, far = (middle, far) if look(middle) < width else (inner, middle)


def _edges(exposed: FloatArray, others: FloatArray) -> FloatArray:
    """The differences at which a value of one arm passes one of the other at the common median.

    The values of each arm fall. With k of the exposed in the upper half, the k-th of them is the
    next that leaves it, for the first of the others that is not yet there.
    """
    n = len(exposed) + len(others)
    found, close = [], []
    for upper in {n // 2, (n + 1) // 2}:
        k = np.arange(max(1, upper - len(others) + 1), min(len(exposed), upper) + 1)
        a, b = exposed[k - 1], others[upper - k]
        close.append(_CLOSE * (np.abs(a) + np.abs(b)))
        found.append(np.where(np.abs(a - b) <= close[-1], 0.0, a - b))
    edges, tie = np.concatenate(found), np.concatenate(close)
    order = np.argsort(edges, kind="stable")
    edges, tie = edges[order], tie[order]
    apart = np.concatenate([[True], np.diff(edges) > tie[1:]])
    return np.asarray(edges[apart], dtype=np.float64)


def _side(y: FloatArray, shift: FloatArray) -> FloatArray:
    """1 above the median of what is moved, -1 below it, 0 at it."""
    moved = y - shift
    beyond = moved - np.median(moved)
    return np.where(np.abs(beyond) <= _CLOSE * (np.abs(y) + np.abs(shift)), 0.0, np.sign(beyond))
