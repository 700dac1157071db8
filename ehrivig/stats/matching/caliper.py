"""The width of a caliper on the scale of the distance."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import finite_number, one_of, variance
from ehrivig.stats.design_matrix import arm_vector, finite_vector
from ehrivig.stats.result import FloatArray

CaliperScale = Literal["probability", "logit_sd", "probability_sd"]


def logit(score: ArrayLike) -> FloatArray:
    """The log-odds of probabilities in (0, 1), same shape; AnalysisError at 0 and 1."""
    p = finite_vector(score, "propensity score")
    edge = int(((p <= 0) | (p >= 1)).sum())
    if edge:
        raise AnalysisError(
            f"propensity score: {edge} values are 0 or 1 (or beyond), which have no logit. "
            "Those rows have no chance of the other treatment: leave them out or mend the model."
        )
    return np.asarray(np.log(p) - np.log1p(-p))


def caliper_width(
    score: ArrayLike,
    caliper: float,
    scale: CaliperScale = "logit_sd",
    treated: ArrayLike | None = None,
) -> float:
    """The caliper as a width of the distance to match on.

    `probability`: the number itself, for a match on the propensity score. `probability_sd` and
    `logit_sd`: that many standard deviations of the score (n,) or of its logit; the distance must
    then be the score or its logit. The SD is that of all rows (MatchIt's std.caliper); with
    `treated` it is the root of the mean of the two arms' variances (Austin 2011).
    Raises UsageError for an unknown scale or a negative caliper; AnalysisError without spread.
    """
    one_of("caliper_scale", scale, get_args(CaliperScale))
    width = finite_number(caliper, "caliper", 0)
    if scale == "probability":
        return width
    values = logit(score) if scale == "logit_sd" else finite_vector(score, "propensity score")
    spread = _spread(values, treated)
    if not spread > 0:
        raise AnalysisError("caliper: the score does not vary; a caliper in SDs has no width.")
    return width * spread


def _spread(values: FloatArray, treated: ArrayLike | None) -> float:
    """The standard deviation of all rows, or pooled over the arms with equal shares."""
    if treated is None:
        return float(np.sqrt(variance(values)))
    arm = arm_vector(treated, "treated", len(values))
    if min(arm.sum(), (~arm).sum()) < 2:
        return 0.0
    return float(np.sqrt(0.5 * (variance(values[arm]) + variance(values[~arm]))))
