"""Newton's method on a concave log-likelihood, and the ways in which it can have no maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray

STEP_TOLERANCE = 1e-9  # of the last but one step: Newton squares it, so only rounding is left
PIVOT_TOLERANCE = 1e-11  # 1 - R2 of a column on those before it; R's glm uses the same number
FLATTENED = 1e-9  # of the first curvature: the maximum has run to infinity
INTERCEPT = "(intercept)"


@dataclass(frozen=True)
class Curve:
    """Log-likelihood, score (k,) and information (k, k) at one point."""

    loglik: float
    score: FloatArray
    information: FloatArray


@dataclass(frozen=True)
class Maximum:
    """The highest point found: coefficients (k,), log-likelihood, information (k, k), steps."""

    beta: FloatArray
    loglik: float
    information: FloatArray
    iterations: int


def climb(
    curve_at: Callable[[FloatArray], Curve],
    start: FloatArray,
    labels: Sequence[str],
    *,
    what: str,
    max_iterations: int = 60,
) -> Maximum:
    """The maximum of a concave log-likelihood whose coefficients are all of the order of one.

    `labels` name the k columns in messages, `what` the model. Raises AnalysisError for constant or
    collinear columns, for separation (the maximum lies at infinity) and for no convergence.
    """
    beta, curve = start, curve_at(start)
    refuse_dependent(curve.information, labels, what)
    diagonal = np.diag(curve.information)
    flat = FLATTENED * _least(curve.information, diagonal)
    step: FloatArray = np.zeros(len(start))
    for iteration in range(1, max_iterations + 1):
        if iteration > 1 and _least(curve.information, diagonal) < flat:
            raise _separated(step, labels, what)
        step = np.asarray(np.linalg.solve(curve.information, curve.score), dtype=np.float64)
        if float(np.abs(step).max(initial=0.0)) < STEP_TOLERANCE:
            # The rise of the quadratic that this last step solves, without one more pass.
            loglik = curve.loglik + 0.5 * float(curve.score @ step)
            return Maximum(beta + step, loglik, curve.information, iteration)
        beta, curve = _uphill(curve_at, beta, step, curve, what)
    if float(np.abs(beta).max()) > 10.0:
        raise _separated(step, labels, what)
    raise AnalysisError(
        f"{what}: not converged after {max_iterations} Newton steps. Drop or coarsen covariates."
    )


def _uphill(
    curve_at: Callable[[FloatArray], Curve],
    beta: FloatArray,
    step: FloatArray,
    curve: Curve,
    what: str,
) -> tuple[FloatArray, Curve]:
    """The next point: the Newton step, halved while the log-likelihood would fall."""
    slack = 1e-9 * (1.0 + abs(curve.loglik))
    for halving in range(30):
        tried = beta + step / 2.0**halving
        following = curve_at(tried)
        if np.isfinite(following.loglik) and following.loglik >= curve.loglik - slack:
            return tried, following
    raise AnalysisError(f"{what}: the log-likelihood cannot be raised any further.")


def refuse_dependent(information: FloatArray, labels: Sequence[str], what: str) -> None:
    """Raise AnalysisError naming the columns that those before them determine."""
    dependent = dependent_columns(information)
    if not dependent:
        return
    named = ", ".join(labels[j] or f"column {j}" for j in dependent)
    raise AnalysisError(
        f"{what}: constant or collinear with the columns before it: {named}. "
        "Drop it (an exposure here means that one arm is empty)."
    )


def dependent_columns(information: FloatArray) -> list[int]:
    """The columns whose pivot vanishes in the elimination of a symmetric (k, k) matrix.

    In the order of the columns: one that has nothing of its own beside those before it is listed
    (a constant one, where an intercept is before it).
    """
    rest, dependent = information.copy(), []
    diagonal = np.diag(information)
    largest = float(diagonal.max(initial=0.0))
    for j in range(len(rest)):
        if rest[j, j] <= PIVOT_TOLERANCE * diagonal[j] or diagonal[j] <= 1e-20 * largest:
            dependent.append(j)
            rest[j, :] = rest[:, j] = 0.0
            continue
        rest -= np.outer(rest[:, j], rest[j, :]) / rest[j, j]
    return dependent


def _least(information: FloatArray, diagonal: FloatArray) -> float:
    """The least curvature in any direction, columns measured by the given diagonal (k,)."""
    if not np.isfinite(information).all():
        return 0.0
    root = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(root, root)).min(initial=1.0))


def _separated(step: FloatArray, labels: Sequence[str], what: str) -> AnalysisError:
    """The error that names the columns along which the fit runs to infinity."""
    size = np.abs(step)
    moving = [labels[j] for j in np.flatnonzero(size > 0.1 * size.max()).tolist() if labels[j]]
    named = ", ".join(name for name in moving if name != INTERCEPT) or "the covariates"
    return AnalysisError(
        f"{what}: separation by {named}: the events are predicted without error and no finite "
        "odds ratio exists. Use firth=True, or drop or coarsen the covariate."
    )
