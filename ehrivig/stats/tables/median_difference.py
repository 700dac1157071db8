"""The difference of medians between the arms, with every difference that its test does not reject.

Days of stay have a long tail, which a difference of means follows and a median does not. The test
asks whether as many of the exposed as of the others lie above the common median, one arm moved; it
needs no density at the median, which whole days and few people do not tell. Limits are differences
of two values (of whole days, whole or half days), and p is below 0.05 if and only if the 95%
interval leaves 0 out (`median_steps`).
Sources: Brown & Mood 1951; Gutenbrunner, Jureckova, Koenker & Portnoy 1993 (rank scores). R:
quantreg's `rq(y ~ exposed)`, and its test inverted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING, checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import arm_vector, finite_vector
from ehrivig.stats.result import Arms, Effect, FloatArray
from ehrivig.stats.tables.median_steps import Steps
from ehrivig.stats.wald import quantile

MEDIAN_DIFFERENCE = "median difference"
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
    steps = Steps(y, arm, index)
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
