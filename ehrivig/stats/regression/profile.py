"""Intervals from a profile of the (penalised) log-likelihood: the exact roots."""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq
from scipy.special import chdtri

from ehrivig.errors import AnalysisError


def profile_interval(
    highest: Callable[[float], float],
    estimate: float,
    se: float,
    loglik: float,
    level: float,
) -> tuple[float, float]:
    """The two values at which twice the fall of the log-likelihood equals the chi-square quantile.

    `highest(value)` is the log-likelihood maximised over everything else with the coefficient held
    at value; `loglik` its overall maximum at `estimate`. Roots to 1e-10 of the standard error
    (R's confint interpolates a spline through about a dozen points and is 1e-5 off them).
    Raises AnalysisError when no root lies within 64 standard errors.
    Source: Venzon & Moolgavkar 1988.
    """
    quantile = float(chdtri(1, 1.0 - level))

    def beyond(value: float) -> float:
        return 2.0 * (loglik - highest(value)) - quantile

    lo = _root(beyond, estimate, -se)
    return lo, _root(beyond, estimate, se)


def _root(beyond: Callable[[float], float], estimate: float, step: float) -> float:
    """Where `beyond` crosses zero on the side of `step`; bracketed by doubling."""
    inner, width = estimate, 2.0
    while width <= 64.0:
        outer = estimate + width * step
        if beyond(outer) > 0:
            return float(brentq(beyond, inner, outer, xtol=1e-10 * abs(step), rtol=1e-14))
        inner, width = outer, 2.0 * width
    raise AnalysisError("profile interval: the likelihood is flat; the interval has no end.")
