"""Weights that make the arms comparable, and how many patients they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import LEAST_CHANCE, standardised, two_shares, whole_number
from ehrivig.stats.design_matrix import arm_vector, column_names, finite_matrix, finite_vector
from ehrivig.stats.newton import Curve, climb
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.weighting.estimands import estimand_of


@dataclass(frozen=True)
class Weights:
    """One weight per row, (n,), with what it was made by and what it leaves.

    `effective_treated` and `effective_control` are Kish's effective sample sizes of the arms.
    `truncated` counts rows whose weight was cut; `largest` is the largest weight.
    """

    weight: FloatArray
    estimand: str
    method: str
    effective_treated: float
    effective_control: float
    largest: float
    truncated: int


def inverse_probability(
    treated: ArrayLike,
    score: ArrayLike,
    estimand: str = "ATE",
    *,
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
) -> Weights:
    """Propensity-score weights of each row for the named population.

    `treated` (n,) 0/1, `score` (n,) the probability of treatment, strictly between 0 and 1.
    `estimand` is a name of `estimands.ESTIMANDS`, where its weights stand. `stabilised` multiplies
    each arm so that its mean weight is near 1 (overlap weights are bounded and stay as they are).
    `truncate=(0.01, 0.99)` cuts at these quantiles (type 7) of all weights.

    Raises UsageError for wrong shapes and options, AnalysisError for scores that are 0, 1 or
    missing, or when an arm is empty.
    Source: Robins, Hernan & Brumback 2000; overlap: Li, Morgan & Zaslavsky 2018.
    """
    e = finite_vector(score, "propensity score")
    arm = arm_vector(treated, "treated", len(e))
    aim = estimand_of(estimand)
    _refuse(arm, truncate)
    edge = int(((e < LEAST_CHANCE) | (e >= 1)).sum())
    if edge:
        raise AnalysisError(
            f"propensity score: {edge} rows have 0 or 1 (or beyond): no chance of the other arm. "
            "Leave them out, or use a model without the covariate that decides them."
        )
    factors = aim.shares(float(arm.mean())) if stabilised and aim.shares else (1.0, 1.0)
    weight = np.where(arm, *aim.weights(e)) * np.where(arm, *factors)
    cut = 0
    if truncate is not None:
        low, high = np.quantile(weight, truncate)
        cut = int(((weight < low) | (weight > high)).sum())
        weight = np.clip(weight, low, high)
    method = aim.method + (", stabilised" if stabilised and aim.shares else "")
    if truncate is not None:
        method += f", truncated at quantiles {truncate[0]:g} and {truncate[1]:g}"
    return _described(weight, arm, estimand, method, cut)


def entropy_balance(
    treated: ArrayLike,
    x: ArrayLike,
    estimand: str = "ATT",
    *,
    moments: int = 1,
    names: Sequence[str] | None = None,
) -> Weights:
    """The most even weights under which the arms have the same covariate means exactly.

    `treated` (n,) 0/1, `x` (n, p). Each arm is weighted to the means of the rows that the estimand
    averages over, and to their number: ATT weighs the controls to the treated, ATC the reverse,
    ATE both arms to all. `moments=2` balances squares too, so variances. The means agree to 1e-9
    of a standard deviation. Raises UsageError for an estimand over no group of rows (ATO),
    AnalysisError when no weights can do it (a mean outside the hull of the arm) or an arm is empty.
    Source: Hainmueller 2012.
    """
    arm = arm_vector(treated)
    matrix = finite_matrix(x, "x", len(arm))
    _refuse(arm, None)
    target = estimand_of(estimand).members(arm)
    moments = whole_number(moments, "entropy balancing: moments", 1, 2)
    labels = column_names(names, matrix.shape[1])
    z = standardised(matrix, matrix)
    if moments == 2:
        z, labels = np.column_stack([z, z**2]), labels + tuple(f"{name} squared" for name in labels)
    weight = np.ones(len(arm))
    for side in (arm, ~arm):
        if bool((side == target).all()):
            continue
        share = _tilted(z[side] - z[target].mean(axis=0), labels)
        weight[side] = share * target.sum()
    return _described(weight, arm, estimand, f"entropy balancing, {moments} moment(s)", 0)


def effective_sample_size(weights: ArrayLike) -> float:
    """The number of equally weighted rows with the same precision: (sum w)^2 / sum w^2 (Kish).

    0.0 for no rows or only zero weights.
    """
    w = finite_vector(weights, "weights")
    largest = float(np.abs(w).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    share = w / largest  # so that no square runs over or vanishes
    return float(share.sum()) ** 2 / float(share @ share)


def _refuse(arm: BoolArray, truncate: tuple[float, float] | None) -> None:
    """Raise for wrong quantiles, or an empty arm."""
    if truncate is not None:
        two_shares(truncate)
    if not arm.any() or arm.all():
        raise AnalysisError("weights: one arm is empty; there is nothing to compare.")


def _tilted(z: FloatArray, labels: Sequence[str]) -> FloatArray:
    """Weights exp(z b), summing to 1, under which every column of z has mean zero.

    The b at which the dual, -log mean exp(z b), is highest.
    """

    def balanced(curve: Curve, step: FloatArray) -> bool:
        return float(np.abs(curve.score).max(initial=0.0)) < 1e-10

    seen = [np.zeros(z.shape[1])]

    def check(b: FloatArray, curve: Curve, step: FloatArray) -> None:
        seen.append(b)
        if float(np.abs(b).max()) > 500 or curve.loglik > 200:
            raise AnalysisError("entropy balancing: the weights run to infinity.")

    try:
        top = climb(
            lambda b: _dual(z, b),
            seen[0],
            what="entropy balancing",
            step_at=_least_squares_step,
            arrived=balanced,
            guard=lambda first: check,
            last_step=False,
            max_iterations=200,
        )
    except AnalysisError:
        raise _unbalanced(z, seen[-1], labels) from None
    return _tilt(z, top.beta)[1]


def _least_squares_step(b: FloatArray, curve: Curve, iteration: int) -> FloatArray:
    """Newton's step, the shortest where columns depend on each other."""
    found = np.linalg.lstsq(curve.information, curve.score, rcond=1e-13)[0]
    return np.asarray(found, dtype=np.float64)


def _dual(z: FloatArray, b: FloatArray) -> Curve:
    """The dual at b, its slope (minus the weighted means) and its curvature."""
    value, w = _tilt(z, b)
    mean = w @ z
    centred = z - mean
    return Curve(-value, -mean, (centred * w[:, np.newaxis]).T @ centred)


def _tilt(z: FloatArray, b: FloatArray) -> tuple[float, FloatArray]:
    """log mean exp(z b), and the weights exp(z b) brought to a sum of 1."""
    eta = z @ b
    high = float(eta.max())
    w = np.exp(eta - high)
    total = float(w.sum())
    return high + float(np.log(total / len(w))), w / total


def _unbalanced(z: FloatArray, b: FloatArray, labels: Sequence[str]) -> AnalysisError:
    """The error that names the column whose means are furthest apart at b."""
    worst = labels[int(np.argmax(np.abs(_tilt(z, b)[1] @ z)))]
    return AnalysisError(
        f"entropy balancing: no weights give both arms the same means ({worst} is furthest off). "
        "The arms overlap too little: balance fewer covariates or restrict the cohort."
    )


def _described(
    weight: FloatArray, arm: BoolArray, estimand: str, method: str, truncated: int
) -> Weights:
    """The weights with their effective sample sizes."""
    return Weights(
        weight=weight,
        estimand=estimand,
        method=method,
        effective_treated=effective_sample_size(weight[arm]),
        effective_control=effective_sample_size(weight[~arm]),
        largest=float(weight.max()),
        truncated=truncated,
    )
