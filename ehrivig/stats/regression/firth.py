"""Firth's penalised likelihood: finite odds ratios where the events are separated.

The log-likelihood plus half the log determinant of the Fisher information (the Jeffreys prior).
Sources: Firth 1993; Heinze & Schemper 2002 (penalised profile intervals and tests).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.newton import Curve, Maximum, climb
from ehrivig.stats.regression.glm import MaximumLikelihood, expit, log1p_exp
from ehrivig.stats.regression.logistic_fit import LogisticFit, wald_fit
from ehrivig.stats.regression.logistic_input import Problem
from ehrivig.stats.regression.profile import profile_interval
from ehrivig.stats.result import BoolArray, FloatArray

MAX_STEP = 5.0
MAX_ITERATIONS = 500
SCORING_STEPS = 30
WHAT = "Firth logistic regression"


@dataclass(frozen=True)
class _Scaled:
    """The design with its intercept, columns divided by `scale`."""

    event: FloatArray
    z: FloatArray
    weights: FloatArray
    scale: FloatArray


def firth_fit(problem: Problem) -> LogisticFit:
    """Firth's fit with penalised profile intervals and penalised likelihood-ratio tests."""
    y, x, names = problem.event, problem.x, problem.names
    top = penalised(y, x, None, names)
    se = np.sqrt(np.diag(top.covariance))
    lo, hi, p = np.empty_like(se), np.empty_like(se), np.empty_like(se)
    for j in range(len(se)):
        last = top.coef

        def highest(value: float, j: int = j) -> float:
            nonlocal last
            loglik, last = penalised_profile(y, x, None, j, value, last)
            return loglik

        lo[j], hi[j] = profile_interval(
            highest, float(top.coef[j]), float(se[j]), top.loglik, problem.level
        )
        p[j] = chdtrc(1, max(0.0, 2.0 * (top.loglik - highest(0.0))))
    return replace(
        wald_fit(problem, top, top.covariance, "inverse Fisher information (Heinze & Schemper)"),
        lo=np.exp(lo),
        hi=np.exp(hi),
        p=p,
        method="logistic, Firth's penalised likelihood",
        interval="profile penalised likelihood",
    )


def penalised(
    event: FloatArray, x: FloatArray, weights: FloatArray | None, names: tuple[str, ...]
) -> MaximumLikelihood:
    """Firth's fit of P(event) = expit(intercept + x b); `names` has the intercept first.

    `covariance` is the inverse Fisher information at the maximum (Heinze & Schemper 2002), `loglik`
    penalised, `loglik_null` NaN. Raises AnalysisError for constant or collinear columns and when it
    does not converge.
    """
    data = _prepare(event, x, weights)
    p = np.full(len(event), 0.5)
    refuse_dependent(_information(data, p)[0], names, WHAT)
    free = np.ones(data.z.shape[1], dtype=bool)
    top = _climb(data, np.zeros(data.z.shape[1]), free)
    information, _ = _information(data, expit(data.z @ top.beta))
    covariance = _solved(information, np.eye(len(names))) / np.outer(data.scale, data.scale)
    return MaximumLikelihood(
        top.beta / data.scale, covariance, top.loglik, float("nan"), top.iterations
    )


def penalised_profile(
    event: FloatArray,
    x: FloatArray,
    weights: FloatArray | None,
    j: int,
    value: float,
    start: FloatArray,
) -> tuple[float, FloatArray]:
    """The highest penalised log-likelihood with coefficient j held at value, and where it is (k,).

    The penalty keeps the column that is held, as Heinze & Schemper have it. `start` (k,) are the
    coefficients to begin from: those of the value before lie nearest.
    """
    data = _prepare(event, x, weights)
    free = np.arange(data.z.shape[1]) != j
    beta = start * data.scale
    beta[j] = value * data.scale[j]
    top = _climb(data, beta, free)
    return top.loglik, top.beta / data.scale


def _prepare(event: FloatArray, x: FloatArray, weights: FloatArray | None) -> _Scaled:
    """The design with columns of unit root mean square (any scale has the same maximum)."""
    z = np.concatenate([np.ones((len(event), 1)), x], axis=1)
    scale = np.sqrt(np.mean(z**2, axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    w = np.ones(len(event)) if weights is None else weights
    return _Scaled(event, z / scale, w, scale)


def _information(data: _Scaled, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The Fisher information (k, k) and the weighted design whose cross product it is (n, k)."""
    root = data.z * np.sqrt(data.weights * p * (1 - p))[:, np.newaxis]
    return root.T @ root, root


def _climb(data: _Scaled, start: FloatArray, free: BoolArray) -> Maximum:
    """The maximum over the free coefficients: where the modified score is zero.

    Fisher scoring first; where it crawls (the penalty bends the curve, and the information does
    not know), Newton's method with the curvature taken from differences of the score.
    """

    def step_at(beta: FloatArray, curve: Curve, iteration: int) -> FloatArray:
        if np.isnan(curve.score).any():
            raise _singular()
        curvature = curve.information[np.ix_(free, free)]
        if iteration > SCORING_STEPS:
            curvature = _curvature(data, beta, free, curvature)
        step = np.zeros(len(beta))
        step[free] = _solved(curvature, curve.score[free])
        return step * (MAX_STEP / max(float(np.abs(step).max(initial=0.0)), MAX_STEP))

    return climb(
        lambda beta: _curve(data, beta),
        start,
        what=WHAT,
        step_at=step_at,
        max_iterations=MAX_ITERATIONS,
    )


def _curve(data: _Scaled, beta: FloatArray) -> Curve:
    """Log-likelihood plus half the log determinant of the information, score and information.

    The log-likelihood is -inf where the information vanishes.
    """
    eta = data.z @ beta
    information, _ = _information(data, expit(eta))
    sign, logdet = np.linalg.slogdet(information)
    logdet += 2.0 * np.log(data.scale).sum()  # as of the columns before they were scaled
    fit = float(data.weights @ (data.event * eta - log1p_exp(eta)))
    try:
        score = _score(data, beta)
    except AnalysisError:
        return Curve(-np.inf, np.full(len(beta), np.nan), information)
    return Curve(fit + 0.5 * float(logdet) if sign > 0 else -np.inf, score, information)


def _score(data: _Scaled, beta: FloatArray) -> FloatArray:
    """Firth's modified score, (k,)."""
    p = expit(data.z @ beta)
    information, root = _information(data, p)
    leverage = np.einsum("ij,ij->i", root @ _solved(information, np.eye(len(beta))), root)
    return np.asarray(data.z.T @ (data.weights * (data.event - p) + leverage * (0.5 - p)))


def _curvature(
    data: _Scaled, beta: FloatArray, free: BoolArray, information: FloatArray
) -> FloatArray:
    """Minus the derivative of the score in the free coefficients, made to point uphill.

    The penalised likelihood is not concave everywhere: directions that bend up, or not at all,
    count with the size of their bend (at least a little of the information's).
    """
    h = 1e-5
    columns = [
        (_score(data, beta - h * e) - _score(data, beta + h * e))[free] / (2 * h)
        for e in np.eye(len(beta))[free]
    ]
    curvature = 0.5 * (np.array(columns) + np.array(columns).T)
    if not len(curvature):
        return curvature
    bend, direction = np.linalg.eigh(curvature)
    floor = 1e-6 * float(np.linalg.eigvalsh(information)[-1])
    return np.asarray((direction * np.maximum(np.abs(bend), floor)) @ direction.T)


def _solved(information: FloatArray, right: FloatArray) -> FloatArray:
    """The solution of information @ x = right; AnalysisError where the information is singular."""
    try:
        return np.asarray(np.linalg.solve(information, right), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise _singular() from error


def _singular() -> AnalysisError:
    return AnalysisError(
        f"{WHAT}: the covariates are collinear among these patients, or too "
        "many for them; drop or coarsen covariates."
    )
