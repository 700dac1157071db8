"""Newton's method with step-halving for a partial log-likelihood; failure is a named error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray

Evaluation = tuple[float, FloatArray, FloatArray]

_LAST_STEP = 1e-14
_ROUNDING = 1e-12
_COLLINEAR = 1e-10
_VANISHED = 1e-8
_BEYOND_REASON = 25.0  # log ratio per standard deviation


@dataclass(frozen=True)
class Summit:
    """The maximum of a log-likelihood of p coefficients.

    coef : (p,). information : (p, p) minus the second derivative there. score_test : the score
    test that all coefficients are 0 (chi-square, p degrees of freedom).
    """

    coef: FloatArray
    loglik: float
    loglik_null: float
    score_test: float
    information: FloatArray
    iterations: int


def maximise(
    evaluate: Callable[[FloatArray], Evaluation],
    names: Sequence[str],
    *,
    method: str,
    n_events: float,
    last_step: bool = True,
    max_iterations: int = 50,
) -> Summit:
    """Return the maximum of `evaluate(coef) -> (loglik, score (p,), information (p, p))`.

    Covariates must be standardised: each then has an information of about `n_events` (the summed
    weight of the events), unless it hardly varies within the risk sets. Starts at 0. Stops when the
    step is below 1e-7 standard errors; with `last_step` takes that step too (the error left is then
    about its square).

    Raises AnalysisError, naming columns, when the covariates are collinear, when a coefficient runs
    to infinity, or without convergence.
    """
    coef = np.zeros(len(names))
    loglik, score, information = evaluate(coef)
    _refuse_singular(information, n_events, names, method)
    start = information
    loglik_null = loglik
    score_test = float(score @ np.linalg.solve(information, score))
    for iteration in range(1, max_iterations + 1):
        step: FloatArray = np.linalg.solve(information, score).astype(np.float64, copy=False)
        if float(score @ step) < _LAST_STEP:
            end = coef + step if last_step else coef
            return Summit(end, loglik, loglik_null, score_test, information, iteration)
        coef, (loglik, score, information) = _ascend(evaluate, coef, step, loglik, method)
        _refuse_infinite(coef, information, start, names, method)
    raise AnalysisError(
        f"{method}: no convergence in {max_iterations} iterations. Look for near-collinear or very "
        "skewed covariates."
    )


def inverse(information: FloatArray) -> FloatArray:
    """Return the inverse (p, p) of an information matrix: the model's covariance."""
    return np.linalg.inv(information).astype(np.float64, copy=False)


def indices(chosen: BoolArray) -> list[int]:
    """Return the positions at which `chosen` is True."""
    return [int(j) for j in np.flatnonzero(chosen)]


def _ascend(
    evaluate: Callable[[FloatArray], Evaluation],
    coef: FloatArray,
    step: FloatArray,
    loglik: float,
    method: str,
) -> tuple[FloatArray, Evaluation]:
    """Return the first of step, step/2, step/4, ... that does not lower the log-likelihood."""
    for halving in range(30):
        trial = coef + step * 0.5**halving
        result = evaluate(trial)
        if np.isfinite(result[0]) and result[0] >= loglik - _ROUNDING * (1 + abs(loglik)):
            return trial, result
    raise AnalysisError(f"{method}: no convergence: no step raises the log-likelihood.")


def _refuse_singular(
    information: FloatArray, n_events: float, names: Sequence[str], method: str
) -> None:
    """Raise AnalysisError when a covariate says nothing, or nothing beyond the others."""
    diagonal = np.diag(information)
    flat = [names[j] for j in indices(~(diagonal > _COLLINEAR * n_events))]
    if flat:
        raise AnalysisError(
            f"{method}: {', '.join(flat)}: constant in every risk set, so no effect can "
            "be estimated. Leave the column out."
        )
    scale = np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < _COLLINEAR:
        weight = np.abs(vectors[:, 0])
        involved = [names[j] for j in indices(weight > 1e-3 * weight.max())]
        raise AnalysisError(
            f"{method}: collinear covariates: {', '.join(involved)}. Leave one of them out."
        )


def _refuse_infinite(
    coef: FloatArray, information: FloatArray, start: FloatArray, names: Sequence[str], method: str
) -> None:
    """Raise AnalysisError when the information about some contrast has vanished since the start.

    That is what a coefficient on its way to infinity looks like (all events in one arm); so is one
    that is beyond reason.
    """
    if np.max(np.abs(coef)) > _BEYOND_REASON:
        raise _infinite(np.abs(coef), names, method)
    scale = np.sqrt(np.diag(start))
    outer = np.outer(scale, scale)
    root = np.linalg.inv(np.linalg.cholesky(start / outer))
    values, vectors = np.linalg.eigh(root @ (information / outer) @ root.T)
    if not values[0] > _VANISHED:
        raise _infinite(np.abs(root.T @ vectors[:, 0]), names, method)


def _infinite(weight: FloatArray, names: Sequence[str], method: str) -> AnalysisError:
    """Return the error that names the covariates with a large `weight` (p,)."""
    involved = [names[j] for j in indices(weight > 0.1 * weight.max())]
    return AnalysisError(
        f"{method}: the coefficient of {', '.join(involved)} runs to infinity: all events lie on "
        "one side of it. Merge categories, leave it out, or use an exact or penalised test."
    )
