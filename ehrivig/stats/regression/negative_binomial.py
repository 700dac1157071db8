"""Negative binomial regression: the ratio of means of a count, or of days.

The shape is the one of largest likelihood; the variance is a sandwich, right for whatever the mean
of is right. The fits are those of statsmodels (`GLM`).
Sources: Cameron & Trivedi 2013 (NB2); Friedrich, Adhikari & Beyene 2008 (ratio of means). R:
`MASS::glm.nb`, whose sandwich takes the expected information.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import digamma

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import arm_vector, design_of, finite_vector
from ehrivig.stats.newton import Curve, climb
from ehrivig.stats.result import Arms, Effect, FloatArray, IntArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import exponential, ratios

MEAN_RATIO = "mean ratio"
_SHAPES = (-10.0, 8.0)
"""Of log alpha: below, the variance is the mean (Poisson); above, next to all are zero."""
_NEAR = 1e-3
"""Of log alpha: so near the search comes before the root of the slope is sought."""


@dataclass(frozen=True, repr=False)
class MeanRatios(Shown):
    """Ratios of the outcome's mean per unit of each column.

    `coef` (their logs), `se` (of the logs), `ratio`, `lo`, `hi`, `p` have shape (k,), in the order
    of `names`. `alpha` is the shape: the variance is mean + alpha mean^2; 0 is Poisson's.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = ("names", "ratio", "lo", "hi", "p")

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    ratio: FloatArray
    lo: FloatArray
    hi: FloatArray
    p: FloatArray
    n: int
    alpha: float
    outcome_label: str
    method: str
    variance: str
    level: float

    def effect(self, term: str, exposed: ArrayLike, *, estimand: str = "") -> Effect:
        """The ratio of one column as an Effect; `exposed` (n,) are the rows that were fitted.

        A number has no events: the counts of events are those of the rows.
        """
        arm, j = arm_vector(exposed, "exposed", self.n), self.names.index(term)
        rows = int(arm.sum()), int((~arm).sum())
        return Effect.between(
            Arms(rows[0], rows[0], rows[1], rows[1]),
            MEAN_RATIO,
            (self.ratio[j], self.lo[j], self.hi[j], self.se[j], self.p[j]),
            event_label=self.outcome_label,
            method=self.method,
            variance=self.variance,
            estimand=estimand,
            level=self.level,
        )


def negative_binomial(
    outcome: ArrayLike,
    x: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    outcome_label: str = "outcome",
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> MeanRatios:
    """The log of the mean of `outcome` (n,), none below 0, linear in the columns of `x` (n, p).

    The variance is HC0 of the observed information, or clustered on `cluster` (n,), scaled by
    G / (G - 1) and (n - 1) / (n - k), with t of G - 1 degrees of freedom. Parts of a day are taken
    as they are. Raises AnalysisError for missing or negative values, an arm without any, columns
    that others determine, and fewer rows than columns.
    """
    checked_level(level)
    y = finite_vector(outcome, "outcome")
    columns = design_of(x, names, len(y), "negative binomial")
    _refuse(y)
    alpha = _shape(y, columns.matrix)
    groups, index = (0, None) if cluster is None else clusters_of(cluster, len(y))
    found = _fit(y, columns.matrix, alpha, index)
    coef, covariance = columns.slopes(found.params), columns.covariance(found.cov_params())
    df = np.full(len(coef), groups - 1.0) if groups else None
    told = ratios(coef, covariance, level, df)
    return MeanRatios(
        columns.names,
        coef,
        told.se,
        told.ratio,
        told.lo,
        told.hi,
        told.p,
        len(y),
        alpha,
        outcome_label,
        "negative binomial regression"
        if alpha
        else "Poisson regression (no more spread than that)",
        f"cluster HC1 ({groups} clusters), t with {groups - 1} df" if groups else "robust (HC0)",
        level,
    )


def _refuse(y: FloatArray) -> None:
    """Raise AnalysisError for what has no mean ratio."""
    if bool((y < 0).any()):
        raise AnalysisError(
            "negative binomial: the outcome has values below 0, of which there is no ratio. "
            "See the difference of means or of medians."
        )
    if not float(np.ptp(y)) > 1e-12 * float(y.max()):
        raise AnalysisError("negative binomial: the outcome does not vary; no test exists.")


def _shape(y: FloatArray, design: FloatArray) -> float:
    """The alpha of largest likelihood; 0 where none is larger than Poisson's."""

    def slope(log_alpha: float) -> float:
        alpha = float(np.exp(log_alpha))
        return _slope(y, np.asarray(_fit(y, design, alpha).fittedvalues), alpha)

    def deviance(log_alpha: float) -> float:
        return -float(_fit(y, design, float(np.exp(log_alpha))).llf)

    best = minimize_scalar(deviance, bounds=_SHAPES, method="bounded", options={"xatol": _NEAR})
    if best.x < _SHAPES[0] + 10 * _NEAR:
        return 0.0
    if best.x > _SHAPES[1] - 10 * _NEAR:
        raise AnalysisError("negative binomial: next to all values are 0; the shape has no end.")
    low, high = best.x - 10 * _NEAR, best.x + 10 * _NEAR
    if slope(low) > 0 > slope(high):
        return float(np.exp(brentq(slope, low, high, xtol=1e-12)))
    return float(np.exp(best.x))


def _slope(y: FloatArray, mean: FloatArray, alpha: float) -> float:
    """The derivative of the likelihood by alpha, at the coefficients that are best for it."""
    grown = digamma(y + 1 / alpha) - digamma(1 / alpha)
    each = (np.log1p(alpha * mean) - grown) / alpha + (y - mean) / (1 + alpha * mean)
    return float(each.sum() / alpha)


def _fit(y: FloatArray, design: FloatArray, alpha: float, index: IntArray | None = None) -> Any:
    """The fit of a given shape, with its sandwich.

    Weighted least squares go round in circles where values lie far above their means: then they
    begin at the top of the likelihood, which has but one.
    """
    try:
        return _ended(y, design, alpha, index, None)
    except AnalysisError:
        return _ended(y, design, alpha, index, _top(y, design, alpha))


def _ended(
    y: FloatArray,
    design: FloatArray,
    alpha: float,
    index: IntArray | None,
    start: FloatArray | None,
) -> Any:
    """The fit of statsmodels, from a start of its own or this one (k,)."""
    from statsmodels.genmod.families import NegativeBinomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    family = NegativeBinomial(alpha=alpha) if alpha else Poisson()
    more: dict[str, Any] = {"cov_type": "HC0"}
    if index is not None:
        more = {"cov_type": "cluster", "cov_kwds": {"groups": index, "df_correction": False}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # of all numbers below 1e-8
        try:
            found = GLM(y, design, family=family).fit(
                start, maxiter=500, tol=1e-11, tol_criterion="params", **more
            )
        except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            raise _without_end() from error
    if not found.converged or not np.isfinite(found.params).all():
        raise _without_end()
    return found


def _top(y: FloatArray, design: FloatArray, alpha: float) -> FloatArray:
    """The coefficients (k,) of largest likelihood, climbed to from equal means."""

    def curve_at(beta: FloatArray) -> Curve:
        linear = design @ beta
        mean = exponential(linear)
        spread = 1 + alpha * mean
        bowl = np.log1p(alpha * mean) / alpha if alpha else mean
        with np.errstate(over="ignore", invalid="ignore"):
            loglik = float((y * linear - (alpha * y + 1) * bowl).sum())
            score = design.T @ ((y - mean) / spread)
            information = (design * (mean * (1 + alpha * y) / spread**2)[:, None]).T @ design
        return Curve(loglik, score, information)

    start = np.zeros(design.shape[1])
    start[0] = np.log(y.mean())
    try:
        return climb(curve_at, start, what="negative binomial").beta
    except (AnalysisError, np.linalg.LinAlgError) as error:
        raise _without_end() from error


def _without_end() -> AnalysisError:
    return AnalysisError(
        "negative binomial: no end to the fit: the columns tell a part that has no value above 0 "
        "(an arm, a level)."
    )
