"""The difference of medians between the arms, with every difference that its test does not reject.

Days of stay have a long tail, which a difference of means follows and a median does not. The test
asks whether as many of the exposed as of the others lie above the common median, one arm moved; it
needs no density at the median, which whole days and few people do not tell.
Sources: Brown & Mood 1951; Gutenbrunner, Jureckova, Koenker & Portnoy 1993 (rank scores). R:
quantreg's `rq(y ~ exposed)`, and its test inverted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING, checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import arm_vector, finite_vector
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray, IntArray
from ehrivig.stats.wald import p_value, quantile

MEDIAN_DIFFERENCE = "median difference"
_HALVINGS = 60
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
    unit, scaled = _scaled(y)
    medians = [float(np.median(scaled[side])) for side in (arm, ~arm)]
    if (_side(scaled - np.where(arm, *medians)) == 0).mean() > _MOST_ALIKE:
        raise AnalysisError("median: too many values are alike there: their order tells nothing.")
    groups, index = len(y), np.arange(len(y))
    if cluster is not None:
        groups, index = clusters_of(cluster, len(y))
    test = _test(scaled, arm, index)
    estimate = medians[0] - medians[1]
    lo, hi = (_limit(test, estimate, side, width) for side in (-1, 1))
    usual = [_limit(test, estimate, side, quantile(0.95)) for side in (-1, 1)]
    rows = int(arm.sum()), int((~arm).sum())
    se = unit * (usual[1] - usual[0]) / (2 * quantile(0.95))
    return Effect.between(
        Arms(rows[0], rows[0], rows[1], rows[1]),
        MEDIAN_DIFFERENCE,
        (unit * estimate, unit * lo, unit * hi, se, p_value(test(0.0))),
        event_label=outcome_label,
        method="difference of medians",
        variance="rank scores" + (f", {groups} clusters" if cluster is not None else ""),
        estimand=estimand,
        level=level,
    )


def _scaled(y: FloatArray) -> tuple[float, FloatArray]:
    """The spread of the outcome, and the outcome less its median in spreads."""
    centred = y - np.median(y)
    unit = float(centred.std())
    if not unit > ROUNDING * float(np.abs(y).max()):
        raise AnalysisError("median: the outcome does not vary; no test exists.")
    return unit, centred / unit


def _side(residual: FloatArray) -> FloatArray:
    """1 above the median, -1 below it, 0 at it (but for the rounding of the arithmetic)."""
    return np.where(np.abs(residual) < 1e-9, 0.0, np.sign(residual))


def _test(y: FloatArray, arm: BoolArray, index: IntArray) -> Callable[[float], float]:
    """How many standard errors more of the exposed lie above the median, moved by a difference."""
    apart = arm - arm.mean()

    def z(difference: float) -> float:
        moved = y - difference * arm
        sums = np.bincount(index, apart * _side(moved - np.median(moved)))
        spread = float(np.sqrt(sums @ sums))
        return float(sums.sum()) / spread if spread > 0 else 0.0

    return z


def _limit(z: Callable[[float], float], estimate: float, side: int, width: float) -> float:
    """The last difference on a side of the estimate that the test does not reject."""
    inner, step = estimate, 0.01
    while abs(z(estimate + side * step)) < width:
        inner, step = estimate + side * step, 2 * step
        if step > 1e6:
            raise AnalysisError("median: so few rows that no difference could be rejected.")
    outer = estimate + side * step
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if abs(z(middle)) < width else (inner, middle)
    return outer
