"""Newton's loop: the one by which every likelihood of this package is climbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray

STEP_TOLERANCE = 1e-9  # of the last but one step: Newton squares it, so only rounding is left
GAIN_TOLERANCE = 1e-14  # twice the rise that is left: a step of 1e-7 standard errors
ROUNDING = 1e-11  # of the log-likelihood: so small a fall is none
HALVINGS = 40


@dataclass(frozen=True)
class Curve:
    """Log-likelihood, score (k,) and information (k, k) at one point."""

    loglik: float
    score: FloatArray
    information: FloatArray


@dataclass(frozen=True)
class Maximum:
    """The highest point found: coefficients (k,), log-likelihood, information (k, k), steps.

    `first` is the curve where the climb began.
    """

    beta: FloatArray
    loglik: float
    information: FloatArray
    iterations: int
    first: Curve

    @property
    def covariance(self) -> FloatArray:
        """The inverse information, (k, k)."""
        return np.asarray(np.linalg.inv(self.information), dtype=np.float64)

    @property
    def score_test(self) -> float:
        """The score test that the maximum is where the climb began: chi-square, k df."""
        return float(self.first.score @ _solved(self.first))


Check = Callable[[FloatArray, Curve, FloatArray], None]
"""Raises at a point (k,) with its curve, reached by a step (k,), from which there is no maximum."""


def newton_step(beta: FloatArray, curve: Curve, iteration: int) -> FloatArray:
    """The step to the top of the parabola that touches the curve; shape (k,)."""
    return _solved(curve)


def short_step(curve: Curve, step: FloatArray) -> bool:
    """Whether no coefficient moves any more; for coefficients of the order of one."""
    return float(np.abs(step).max(initial=0.0)) < STEP_TOLERANCE


def little_gain(curve: Curve, step: FloatArray, unit: float = 1.0) -> bool:
    """Whether the step is short against the standard errors; `unit`: as in `climb`."""
    return float(curve.score @ step) < GAIN_TOLERANCE * unit


def unguarded(first: Curve) -> Check:
    """Nothing is refused."""
    return lambda beta, curve, step: None


def climb(
    curve_at: Callable[[FloatArray], Curve],
    start: FloatArray,
    *,
    what: str,
    step_at: Callable[[FloatArray, Curve, int], FloatArray] = newton_step,
    arrived: Callable[[Curve, FloatArray], bool] = short_step,
    guard: Callable[[Curve], Check] = unguarded,
    last_step: bool = True,
    max_iterations: int = 60,
    unit: float = 1.0,
) -> Maximum:
    """The maximum of a log-likelihood, by steps that are halved while it would fall.

    `step_at(beta, curve, iteration)` is the step that is tried, `arrived(curve, step)` ends the
    climb; with `last_step` that step is taken too. `guard(first)` looks at the curve at the start
    and returns the check of every further point. `unit` is of what order the log-likelihood is
    where all rows together weigh less than one. Raises what they raise, and AnalysisError, naming
    `what`, when no step goes up or too many were taken.
    """
    beta, curve = start, curve_at(start)
    first, check = curve, guard(curve)
    for iteration in range(1, max_iterations + 1):
        step = step_at(beta, curve, iteration)
        if arrived(curve, step):
            if not last_step:
                return Maximum(beta, curve.loglik, curve.information, iteration, first)
            # The rise of the parabola that this last step climbs, without one more pass.
            loglik = curve.loglik + 0.5 * float(curve.score @ step)
            return Maximum(beta + step, loglik, curve.information, iteration, first)
        beta, curve = _uphill(curve_at, beta, step, curve, what, unit)
        check(beta, curve, step)
    raise AnalysisError(
        f"{what}: not converged after {max_iterations} Newton steps. Drop or coarsen covariates."
    )


def _uphill(
    curve_at: Callable[[FloatArray], Curve],
    beta: FloatArray,
    step: FloatArray,
    curve: Curve,
    what: str,
    unit: float,
) -> tuple[FloatArray, Curve]:
    """The next point: the step, halved while the log-likelihood would fall."""
    floor = curve.loglik - ROUNDING * (unit + abs(curve.loglik))
    for halving in range(HALVINGS):
        tried = beta + step / 2.0**halving
        following = curve_at(tried)
        if following.loglik >= floor:
            return tried, following
    raise AnalysisError(f"{what}: the log-likelihood cannot be raised any further.")


def _solved(curve: Curve) -> FloatArray:
    """information^-1 score, (k,)."""
    return np.asarray(np.linalg.solve(curve.information, curve.score), dtype=np.float64)
