"""Balance of covariates between the arms, before and after matching or weighting.

Every standardised mean difference says what it is divided by, and that denominator is the same
before and after unless its name says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import constant, labelled, numbers, refuse_far
from ehrivig.stats.design_matrix import arm_vector, column_names, finite_vector, weight_vector
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown

Denominator = Literal[
    "pooled_unmatched",
    "pooled_matched",
    "proportion_unmatched",
    "proportion_matched",
    "treated_unmatched",
    "control_unmatched",
    "none",
]
DENOMINATORS: tuple[str, ...] = get_args(Denominator)


@dataclass(frozen=True)
class SideBalance:
    """One covariate in one sample: means and SDs of the arms and the distances between them.

    `smd` treated minus control over the named denominator (NaN when it is zero and the means
    differ); `variance_ratio` treated over control, NaN for a binary covariate; `ks` the largest
    and `ecdf_mean` the mean difference of the distribution functions over the distinct values
    of the unmatched sample (both the difference of proportions for a binary one).
    """

    mean_treated: float
    mean_control: float
    sd_treated: float
    sd_control: float
    smd: float
    variance_ratio: float
    ks: float
    ecdf_mean: float


@dataclass(frozen=True)
class CovariateBalance:
    """One covariate (or one level of it) before and after; `missing` rows are left out of it."""

    covariate: str
    level: str
    binary: bool
    missing: int
    before: SideBalance
    after: SideBalance


@dataclass(frozen=True, repr=False)
class BalanceTable(Shown):
    """Balance of all covariates, in the order given, with the name of the SMD's denominator."""

    rows: tuple[CovariateBalance, ...]
    denominator: str
    n_treated: int
    n_control: int
    weighted: bool


def balance(
    treated: ArrayLike,
    x: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    denominator: Denominator = "pooled_unmatched",
) -> BalanceTable:
    """The balance of each column of x between the arms, unweighted and weighted.

    `treated` (n,) 0/1 and `x` (n, p) are the whole unmatched sample; `weights` (n,) are 0 for rows
    left out (`Matches.weights()` for pairs); None leaves `after` equal to `before`. A missing value
    (NaN) drops its row from that covariate, and is counted. `levels` (p,) name the level of an
    indicator column.

    Denominators: `pooled_unmatched` root of the mean of the arms' variances (divisor n - 1) before
    matching; `pooled_matched` the same in the sample itself; `proportion_*` likewise but p(1 - p)
    for binary columns; `treated_unmatched` (MatchIt's for the ATT) and `control_unmatched` the SD
    of that arm, p(1 - p) for binary; `none` the raw difference. "Matched" denominators change from
    before to after, so their fall is not all balance.

    Raises UsageError for wrong shapes, AnalysisError for infinite values or an empty arm.
    Source: Austin 2009; Stuart, Lee & Leacy 2013; MatchIt's summary (Ho et al. 2011).
    """
    arm = arm_vector(treated)
    matrix = _columns(x, len(arm))
    w = weight_vector(weights, len(arm))
    labels = column_names(names, matrix.shape[1])
    steps = column_names(levels, matrix.shape[1]) if levels is not None else ("",) * len(labels)
    if denominator not in DENOMINATORS:
        raise UsageError(f"denominator: {denominator!r} is none of {', '.join(DENOMINATORS)}.")
    used = np.ones(len(arm), dtype=bool) if w is None else w > 0
    if not (used & arm).any() or not (used & ~arm).any():
        raise AnalysisError("balance: one arm is empty (or has only zero weights).")
    rows = [
        _covariate(matrix[:, j], arm, w, labels[j], steps[j], denominator)
        for j in range(matrix.shape[1])
    ]
    count = int(arm.sum())
    return BalanceTable(tuple(rows), denominator, count, len(arm) - count, w is not None)


def _columns(x: ArrayLike, n: int) -> FloatArray:
    """The covariates (n, p); NaN may be in them, infinity may not."""
    matrix = numbers(x, "x")
    matrix = matrix[:, np.newaxis] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[0] != n:
        raise UsageError(f"x: expected {n} rows and one column each, got {matrix.shape}.")
    if bool(np.isinf(matrix).any()):
        raise AnalysisError("x: infinite values; set them to missing or leave the rows out.")
    refuse_far(matrix, "x")
    return matrix


def _is_binary(values: FloatArray) -> bool:
    """Whether there is nothing but 0 and 1."""
    return bool(((values == 0) | (values == 1)).all())


def _covariate(
    column: FloatArray,
    treated: BoolArray,
    weights: FloatArray | None,
    name: str,
    level: str,
    denominator: str,
) -> CovariateBalance:
    """One row of the table."""
    known = ~np.isnan(column)
    v, arm = column[known], treated[known]
    w = None if weights is None else weights[known]
    used = np.ones(len(v), dtype=bool) if w is None else w > 0
    if not (used & arm).any() or not (used & ~arm).any():
        raise AnalysisError(f"balance: {name} is missing in all rows of one arm; leave it out.")
    binary = _is_binary(v)
    before = _side(v, arm, None, binary, _scale(v, arm, None, binary, denominator))
    after = before
    if w is not None:
        matched = w if denominator.endswith("_matched") else None
        after = _side(v, arm, w, binary, _scale(v, arm, matched, binary, denominator))
    return CovariateBalance(name, level, binary, int((~known).sum()), before, after)


def _scale(
    v: FloatArray, arm: BoolArray, w: FloatArray | None, binary: bool, denominator: str
) -> float:
    """What the mean difference is divided by; `w` only for a denominator of the matched sample."""
    if denominator == "none":
        return 1.0
    share = not denominator.startswith("pooled") and (binary or len(np.unique(v)) <= 2)
    treated, control = (
        _variance(v[side], None if w is None else w[side], share) for side in (arm, ~arm)
    )
    if denominator == "treated_unmatched":
        return float(np.sqrt(treated))
    if denominator == "control_unmatched":
        return float(np.sqrt(control))
    return float(np.sqrt(0.5 * (treated + control)))


def _side(
    v: FloatArray, arm: BoolArray, w: FloatArray | None, binary: bool, scale: float
) -> SideBalance:
    """The balance of one covariate in one sample."""
    halves = [(v[side], None if w is None else w[side]) for side in (arm, ~arm)]
    means = [float(np.average(x, weights=u)) for x, u in halves]
    variances = [_variance(x, u, False) for x, u in halves]
    difference = 0.0 if constant(np.array(means)) else means[0] - means[1]
    ks, ecdf_mean = (abs(difference),) * 2 if binary else _distribution_gap(v, arm, w)
    known = scale > 0 or difference == 0
    return SideBalance(
        mean_treated=means[0],
        mean_control=means[1],
        sd_treated=float(np.sqrt(variances[0])),
        sd_control=float(np.sqrt(variances[1])),
        smd=(difference / scale if scale > 0 else 0.0) if known else float("nan"),
        variance_ratio=variances[0] / variances[1]
        if not binary and variances[1] > 0
        else float("nan"),
        ks=ks,
        ecdf_mean=ecdf_mean,
    )


def _variance(v: FloatArray, w: FloatArray | None, share: bool) -> float:
    """The weighted variance: p(1 - p) for a share of 1 in 0 and 1, else with the divisor n - 1.

    The divisor is 1 - sum w^2, that of reliability weights, as R's cov.wt; NaN when one row is all
    there is. A share of 2 in 1 and 2 has the variance of 0 and 1.
    """
    u = np.full(len(v), 1.0 / len(v)) if w is None else w / w.sum()
    mean = float(u @ v)
    used = v[u > 0]
    if share:
        return 0.0 if constant(used) else float(u @ (v - mean) ** 2)
    if len(used) < 2 or constant(used):
        return 0.0 if len(used) > 1 else float("nan")
    return float(u @ (v - mean) ** 2) / (1.0 - float(u @ u))


def _distribution_gap(v: FloatArray, arm: BoolArray, w: FloatArray | None) -> tuple[float, float]:
    """The largest and the mean gap between the arms' distribution functions.

    Over the distinct values of all rows, those of weight zero included (MatchIt's eCDF).
    """
    u = np.ones(len(v)) if w is None else w
    signed = np.where(arm, u / u[arm].sum(), -u / u[~arm].sum())
    order = np.argsort(v, kind="stable")
    ordered = v[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    gaps = np.abs(np.cumsum(signed[order]))[last]
    return float(gaps.max()), float(gaps.mean())


def level_difference(
    treated: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None
) -> tuple[float, float]:
    """The standardised difference of a variable with several levels, before and after weighting.

    treated (n,) 0/1; labels (n,); weights (n,) of the second, 0 for who is left out. It is
    the Mahalanobis distance between the arms' proportions of the levels, by the covariance before
    weighting, so that both have one denominator. Infinite where the arms share no level; NaN where
    an arm is empty or has no weight. Raises AnalysisError without rows and for missing values.
    Source: Yang & Dalton 2012.
    """
    arm = arm_vector(treated)
    if not arm.size:
        raise AnalysisError("level difference: there are no rows.")
    found = labelled("labels", labels, arm.size)
    w = None if weights is None else finite_vector(weights, "weights", arm.size)
    if len(found.labels) < 2 or not arm.any() or arm.all():
        return math.nan, math.nan
    nobody_left = w is not None and min(w[arm].sum(), w[~arm].sum()) <= 0
    if not np.intersect1d(found.codes[arm], found.codes[~arm]).size:
        return math.inf, math.nan if nobody_left else math.inf
    shown = np.eye(len(found.labels))[found.codes][:, 1:]
    exposed, control = shown[arm].mean(axis=0), shown[~arm].mean(axis=0)
    spread = [np.diag(p) - np.outer(p, p) for p in (exposed, control)]
    inverse = np.linalg.pinv((spread[0] + spread[1]) / 2)
    before = _mahalanobis(exposed - control, inverse)
    if w is None:
        return before, before
    if nobody_left:
        return before, math.nan
    left = [np.average(shown[side], axis=0, weights=w[side]) for side in (arm, ~arm)]
    return before, _mahalanobis(left[0] - left[1], inverse)


def _mahalanobis(difference: FloatArray, inverse: FloatArray) -> float:
    return math.sqrt(max(0.0, float(difference @ inverse @ difference)))
