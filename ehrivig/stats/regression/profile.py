"""Intervals from a profile of the (penalised) log-likelihood: the exact roots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.design_matrix import near_zero
from ehrivig.stats.regression.glm import maximise
from ehrivig.stats.regression.logistic_fit import LogisticFit
from ehrivig.stats.regression.logistic_input import Problem
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import exponential


def with_profile(problem: Problem, fit: LogisticFit) -> LogisticFit:
    """The same fit with likelihood-ratio intervals and tests in place of Wald's."""
    found: list[tuple[float, float, float]] = []
    near = near_zero(problem.x)
    if near is problem.x:
        found = [_profiled(problem, fit, j) for j in range(len(fit.coef))]
    else:  # the intercept is that of the columns as given, a slope the same wherever they stand
        moved, ml = replace(problem, x=near), maximise(problem.event, near)
        slopes = (_profiled(moved, ml, j) for j in range(1, len(fit.coef)))
        found = [_profiled(problem, fit, 0), *slopes]
    ends = np.array(found)
    return replace(
        fit,
        lo=exponential(ends[:, 0]),
        hi=exponential(ends[:, 1]),
        p=chdtrc(1, np.maximum(0.0, 2.0 * ends[:, 2])),
        interval="profile likelihood",
    )


def _profiled(problem: Problem, fit: Fitted, j: int) -> tuple[float, float, float]:
    """The limits of coefficient j and the fall of the log-likelihood to 0; NaN for an intercept
    so far from the data that it has none (nobody reads it as an effect)."""
    try:
        return *_profile_ends(problem, fit, j), fit.loglik - profile_loglik(problem, fit, j, 0.0)
    except AnalysisError:
        if j:
            raise
        return float("nan"), float("nan"), float("nan")


def _profile_ends(problem: Problem, fit: Fitted, j: int) -> tuple[float, float]:
    """The profile interval of coefficient j, on the log scale."""

    def highest(value: float) -> float:
        return profile_loglik(problem, fit, j, value)

    se = float(np.sqrt(fit.covariance[j, j]))
    return profile_interval(highest, float(fit.coef[j]), se, fit.loglik, problem.level)


def profile_loglik(problem: Problem, fit: Fitted, j: int, value: float) -> float:
    """The highest log-likelihood with coefficient j held at value."""
    held = np.ones(len(problem.event)) if j == 0 else problem.x[:, j - 1]
    others = problem.x if j == 0 else np.delete(problem.x, j - 1, axis=1)
    start = np.delete(alongside(fit, j, value), j)
    ml = maximise(problem.event, others, offset=value * held, intercept=j != 0, start=start)
    return ml.loglik


class Fitted(Protocol):
    """A fit that has coefficients (k,) and their covariance (k, k)."""

    @property
    def coef(self) -> FloatArray:
        """The coefficients."""

    @property
    def covariance(self) -> FloatArray:
        """Their covariance by the model."""

    @property
    def loglik(self) -> float:
        """The log-likelihood there."""


def alongside(fit: Fitted, j: int, value: float) -> FloatArray:
    """The coefficients (k,) to look for when coefficient j is held at value.

    On the ridge of the parabola at the maximum: what a far-off intercept or its slope needs, or the
    search would begin where every probability is 0 or 1.
    """
    direction = fit.covariance[:, j] / fit.covariance[j, j]
    return np.asarray(fit.coef + direction * (value - fit.coef[j]))


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
    quantile = float(chdtri(1, 1.0 - checked_level(level)))

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
            try:
                return float(brentq(beyond, inner, outer, xtol=1e-10 * abs(step), rtol=1e-14))
            except ValueError:  # no change of sign: the likelihood has more than one top
                break
        inner, width = outer, 2.0 * width
    raise AnalysisError(
        "profile interval: the likelihood is flat; the interval has no end. "
        "Give a lower level, or drop or coarsen covariates."
    )
