"""What a logistic fit is, and what can be read from it: predictions, nested tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import UsageError
from ehrivig.stats.regression.glm import MaximumLikelihood, expit
from ehrivig.stats.regression.logistic_input import Problem
from ehrivig.stats.regression.odds_ratios import OddsRatios
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import ratios


@dataclass(frozen=True, kw_only=True, repr=False)
class LogisticFit(OddsRatios):
    """The fit of a logistic model, intercept first.

    `n` and `events` count rows with a weight above zero. `loglik` is penalised when `method` says
    Firth.
    """


def wald_fit(
    problem: Problem,
    ml: MaximumLikelihood,
    covariance: FloatArray,
    variance: str,
    df: FloatArray | None = None,
) -> LogisticFit:
    """The fit with Wald intervals and tests, of t where it has degrees of freedom `df` (k,)."""
    odds = ratios(ml.coef, covariance, problem.level, df)
    return LogisticFit(
        names=problem.names,
        coef=ml.coef,
        se=odds.se,
        covariance=covariance,
        odds_ratio=odds.ratio,
        lo=odds.lo,
        hi=odds.hi,
        p=odds.p,
        n=len(problem.event),
        events=int(problem.event.sum()),
        event_label="event",
        method="logistic, maximum likelihood" + ("" if problem.weights is None else ", weighted"),
        variance=variance,
        interval="Wald",
        level=problem.level,
        loglik=ml.loglik,
        loglik_null=ml.loglik_null,
        iterations=ml.iterations,
    )


def predicted(fit: LogisticFit, x: ArrayLike) -> FloatArray:
    """The probability of the event at each row of x (n, p), by this fit; shape (n,)."""
    matrix = np.asarray(x, dtype=np.float64)
    matrix = matrix[:, np.newaxis] if matrix.ndim == 1 else matrix
    return expit(fit.coef[0] + matrix @ fit.coef[1:])


def likelihood_ratio(larger: LogisticFit, smaller: LogisticFit) -> tuple[float, int, float]:
    """Chi-square, degrees of freedom and p of the columns that only the larger fit has.

    Both must be maximum-likelihood fits of the same rows (UsageError otherwise).
    """
    same = larger.n == smaller.n and larger.events == smaller.events
    df = len(larger.coef) - len(smaller.coef)
    if not same or df < 1 or "Firth" in larger.method + smaller.method:
        raise UsageError("likelihood ratio: needs two nested unpenalised fits of the same rows.")
    chi2 = max(0.0, 2.0 * (larger.loglik - smaller.loglik))
    return chi2, df, float(chdtrc(df, chi2))
