"""Firth's penalised likelihood: its height, its slope, and the climb to its top.

The log-likelihood plus half the log determinant of the Fisher information (the Jeffreys prior).
Source: Firth 1993.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING
from ehrivig.stats.newton import Curve, Maximum, climb, short_step
from ehrivig.stats.regression.glm import expit, log1p_exp
from ehrivig.stats.result import BoolArray, FloatArray

MAX_STEP = 5.0
MAX_ITERATIONS = 500
SCORING_STEPS = 30
WHAT = "Firth logistic regression"


@dataclass(frozen=True)
class Scaled:
    """The design with its intercept: columns less `centre`, divided by `scale`.

    Any centre and scale have the same maximum; on these no digit is lost to a large mean or unit.
    """

    event: FloatArray
    z: FloatArray
    weights: FloatArray
    centre: FloatArray
    scale: FloatArray

    def inward(self, coef: FloatArray) -> FloatArray:
        """Coefficients (k,) of the columns as given, on the scale of this design."""
        beta = coef * self.scale
        beta[0] += float(coef[1:] @ self.centre[1:])
        return beta

    def outward(self) -> FloatArray:
        """The matrix (k, k) that takes coefficients of this design to those of the columns."""
        matrix = np.diag(1.0 / self.scale)
        matrix[0, 1:] = -self.centre[1:] / self.scale[1:]
        return matrix


def prepare(
    event: FloatArray, x: FloatArray, weights: FloatArray | None, *, centred: bool = True
) -> Scaled:
    """The design with columns of unit spread; not centred where the intercept itself is held."""
    centre = x.mean(axis=0)
    spread = np.sqrt(np.mean((x - centre) ** 2, axis=0))
    spread = np.where(spread > ROUNDING * np.abs(centre), spread, 1.0)
    centre = centre if centred else np.zeros_like(centre)
    z = np.concatenate([np.ones((len(event), 1)), (x - centre) / spread], axis=1)
    w = np.ones(len(event)) if weights is None else weights
    return Scaled(event, z, w, np.append(0.0, centre), np.append(1.0, spread))


def fisher_information(data: Scaled, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The Fisher information (k, k) and the weighted design whose cross product it is (n, k)."""
    root = data.z * np.sqrt(data.weights * p * (1 - p))[:, np.newaxis]
    return root.T @ root, root


def climbed(
    data: Scaled,
    start: FloatArray,
    free: BoolArray,
    arrived: Callable[[Curve, FloatArray], bool] = short_step,
) -> Maximum:
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
        step[free] = solved(curvature, curve.score[free])
        return step * (MAX_STEP / max(float(np.abs(step).max(initial=0.0)), MAX_STEP))

    return climb(
        lambda beta: _curve(data, beta),
        start,
        what=WHAT,
        step_at=step_at,
        arrived=arrived,
        max_iterations=MAX_ITERATIONS,
    )


def _curve(data: Scaled, beta: FloatArray) -> Curve:
    """Log-likelihood plus half the log determinant of the information, score and information.

    The log-likelihood is -inf where the information vanishes.
    """
    eta = data.z @ beta
    p = expit(eta)
    information, root = fisher_information(data, p)
    sign, logdet = np.linalg.slogdet(information)
    logdet += 2.0 * np.log(data.scale).sum()  # as of the columns before they were scaled
    fit = float(data.weights @ (data.event * eta - log1p_exp(eta)))
    try:
        score = _modified(data, p, information, root)
    except AnalysisError:
        return Curve(-np.inf, np.full(len(beta), np.nan), information)
    return Curve(fit + 0.5 * float(logdet) if sign > 0 else -np.inf, score, information)


def _score(data: Scaled, beta: FloatArray) -> FloatArray:
    """Firth's modified score, (k,)."""
    p = expit(data.z @ beta)
    return _modified(data, p, *fisher_information(data, p))


def _modified(data: Scaled, p: FloatArray, information: FloatArray, root: FloatArray) -> FloatArray:
    """Firth's modified score (k,) at probabilities p (n,), with what `fisher_information` gives."""
    inverse = solved(information, np.eye(len(information)))
    with np.errstate(over="ignore", invalid="ignore"):  # next to no information: NaN, for singular
        leverage = np.einsum("ij,ij->i", root @ inverse, root)
        return np.asarray(data.z.T @ (data.weights * (data.event - p) + leverage * (0.5 - p)))


def _curvature(
    data: Scaled, beta: FloatArray, free: BoolArray, information: FloatArray
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


def solved(information: FloatArray, right: FloatArray) -> FloatArray:
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
