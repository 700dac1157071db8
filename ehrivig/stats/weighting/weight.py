"""Weights that make the arms comparable, and how many patients they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.design_matrix import arm_vector, column_names, finite_matrix, finite_vector
from ehrivig.stats.result import BoolArray, FloatArray

Estimand = Literal["ATE", "ATT", "ATC", "ATO"]
ESTIMANDS = ("ATE", "ATT", "ATC", "ATO")


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
    estimand: Estimand = "ATE",
    *,
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
) -> Weights:
    """Propensity-score weights of each row for the named population.

    `treated` (n,) 0/1, `score` (n,) the probability of treatment, strictly between 0 and 1.
    ATE 1/e and 1/(1-e); ATT 1 and e/(1-e); ATC (1-e)/e and 1; ATO (overlap) 1-e and e.
    `stabilised` multiplies each arm so that its mean weight is near 1 (ATE by the arm's share, the
    weighted arm of ATT and ATC by the odds of the arms; ATO is bounded and stays as it is).
    `truncate=(0.01, 0.99)` cuts at these quantiles (type 7) of all weights.

    Raises UsageError for wrong shapes and options, AnalysisError for scores that are 0, 1 or
    missing, or when an arm is empty.
    Source: Robins, Hernan & Brumback 2000; overlap: Li, Morgan & Zaslavsky 2018.
    """
    e = finite_vector(score, "propensity score")
    arm = arm_vector(treated, "treated", len(e))
    _refuse(arm, estimand, truncate)
    edge = int(((e <= 0) | (e >= 1)).sum())
    if edge:
        raise AnalysisError(
            f"propensity score: {edge} rows have 0 or 1 (or beyond): no chance of the other arm. "
            "Leave them out, or use a model without the covariate that decides them."
        )
    weight = _raw(arm, e, estimand) * (_share(arm, estimand) if stabilised else 1.0)
    cut = 0
    if truncate is not None:
        low, high = np.quantile(weight, truncate)
        cut = int(((weight < low) | (weight > high)).sum())
        weight = np.clip(weight, low, high)
    name = "inverse probability" if estimand != "ATO" else "overlap"
    method = name + (", stabilised" if stabilised and estimand != "ATO" else "")
    if truncate is not None:
        method += f", truncated at quantiles {truncate[0]:g} and {truncate[1]:g}"
    return _described(weight, arm, estimand, method, cut)


def entropy_balance(
    treated: ArrayLike,
    x: ArrayLike,
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT",
    *,
    moments: int = 1,
    names: Sequence[str] | None = None,
) -> Weights:
    """The most even weights under which the arms have the same covariate means exactly.

    `treated` (n,) 0/1, `x` (n, p). ATT weighs the controls to the means of the treated, to a sum
    of the number of treated; ATC the reverse; ATE both arms to the means of all rows, each to a
    sum of n. `moments=2` balances squares too, so variances. The means agree to 1e-9 of a standard
    deviation. Raises AnalysisError when no weights can do it (a mean outside the hull of the arm)
    or an arm is empty.
    Source: Hainmueller 2012.
    """
    arm = arm_vector(treated)
    matrix = finite_matrix(x, "x", len(arm))
    _refuse(arm, estimand, None)
    if estimand not in ("ATT", "ATC", "ATE") or moments not in (1, 2):
        raise UsageError("entropy_balance: estimand ATT, ATC or ATE; moments 1 or 2.")
    labels = column_names(names, matrix.shape[1])
    centre = matrix.mean(axis=0)
    spread = np.sqrt(np.mean((matrix - centre) ** 2, axis=0))
    z = (matrix - centre) / np.where(spread > 1e-12 * np.maximum(1.0, np.abs(centre)), spread, 1.0)
    if moments == 2:
        z, labels = np.column_stack([z, z**2]), labels + tuple(f"{name} squared" for name in labels)
    weight = np.ones(len(arm))
    target = {"ATT": arm, "ATC": ~arm, "ATE": np.ones_like(arm)}[estimand]
    for side in (arm, ~arm):
        if estimand != "ATE" and bool((side == target).all()):
            continue
        share = _tilted(z[side] - z[target].mean(axis=0), labels)
        weight[side] = share * target.sum()
    return _described(weight, arm, estimand, f"entropy balancing, {moments} moment(s)", 0)


def effective_sample_size(weights: ArrayLike) -> float:
    """The number of equally weighted rows with the same precision: (sum w)^2 / sum w^2 (Kish).

    0.0 for no rows or only zero weights.
    """
    w = finite_vector(weights, "weights")
    square = float(w @ w)
    return float(w.sum()) ** 2 / square if square > 0 else 0.0


def _refuse(arm: BoolArray, estimand: str, truncate: tuple[float, float] | None) -> None:
    """Raise for an unknown estimand, wrong quantiles, or an empty arm."""
    if estimand not in ESTIMANDS:
        raise UsageError(f"estimand: {estimand!r} is none of {', '.join(ESTIMANDS)}.")
    if truncate is not None and not 0 <= truncate[0] < truncate[1] <= 1:
        raise UsageError("truncate: two quantiles in ascending order, like (0.01, 0.99).")
    if not arm.any() or arm.all():
        raise AnalysisError("weights: one arm is empty; there is nothing to compare.")


def _raw(arm: BoolArray, e: FloatArray, estimand: str) -> FloatArray:
    """The weights of Li, Morgan & Zaslavsky 2018, table 1: treated and control."""
    treated, control = {
        "ATE": (1 / e, 1 / (1 - e)),
        "ATT": (np.ones_like(e), e / (1 - e)),
        "ATC": ((1 - e) / e, np.ones_like(e)),
        "ATO": (1 - e, e),
    }[estimand]
    return np.where(arm, treated, control)


def _share(arm: BoolArray, estimand: str) -> FloatArray:
    """The factor of each row that brings the mean weight of its arm near one."""
    p = float(arm.mean())
    treated, control = {
        "ATE": (p, 1 - p),
        "ATT": (1.0, (1 - p) / p),
        "ATC": (p / (1 - p), 1.0),
        "ATO": (1.0, 1.0),
    }[estimand]
    return np.where(arm, treated, control)


def _tilted(z: FloatArray, labels: Sequence[str]) -> FloatArray:
    """Weights exp(z b), summing to 1, under which every column of z has mean zero.

    Newton's method on the convex dual, log sum exp(z b); steps are halved while it would rise.
    """
    b = np.zeros(z.shape[1])
    value, w = _dual(z, b)
    for _ in range(200):
        mean = w @ z
        if float(np.abs(mean).max(initial=0.0)) < 1e-10:
            return w
        centred = z - mean
        bend = (centred * w[:, np.newaxis]).T @ centred
        step = np.linalg.lstsq(bend, -mean, rcond=1e-13)[0]
        for halving in range(40):
            tried, following = _dual(z, b + step / 2.0**halving)
            if tried <= value + 1e-12:
                break
        b, value, w = b + step / 2.0**halving, tried, following
        if float(np.abs(b).max()) > 500 or value < -200:
            break
    worst = labels[int(np.argmax(np.abs(w @ z)))]
    raise AnalysisError(
        f"entropy balancing: no weights give both arms the same means ({worst} is furthest off). "
        "The arms overlap too little: balance fewer covariates or restrict the cohort."
    )


def _dual(z: FloatArray, b: FloatArray) -> tuple[float, FloatArray]:
    """The dual value log mean exp(z b) and the weights (summing to 1) at b."""
    eta = z @ b
    high = float(eta.max())
    w = np.exp(eta - high)
    total = float(w.sum())
    return high + float(np.log(total / len(w))), w / total


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
