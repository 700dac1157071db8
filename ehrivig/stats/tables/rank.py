"""Comparisons of continuous variables: rank tests, t tests, analysis of covariance, quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, stdtr
from scipy.stats import rankdata

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import explained, numbers, variance, whole_number
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.design_matrix import arm_vector, finite_vector
from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import p_value, t_quantile

QuantileMethod = Literal[
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
]


@dataclass(frozen=True, repr=False)
class LocationTest(Shown):
    """A test that two or more samples have the same location.

    `n` counts the values (pairs for a paired test) used; `df` is 0 for a normal statistic. `p` is
    1 and `note` says why when the values do not differ at all.
    """

    test: str
    statistic: float
    df: float
    p: float
    n: int
    note: str = ""


@dataclass(frozen=True, repr=False)
class MeanDifference(Shown):
    """A difference of means with its t interval; first minus second, exposed minus control."""

    test: str
    difference: float
    lo: float
    hi: float
    se: float
    df: float
    statistic: float
    p: float
    n_first: int
    n_second: int
    level: float


def kruskal_wallis(samples: Sequence[ArrayLike]) -> LocationTest:
    """The Kruskal-Wallis test of two or more samples, corrected for ties, no continuity correction.

    Each sample one dimension without missing values. For two samples it is the square of the
    Wilcoxon rank-sum z. Raises AnalysisError when a sample is empty. Source: Kruskal & Wallis 1952.
    """
    groups = [finite_vector(s, f"sample {i + 1}") for i, s in enumerate(samples)]
    if len(groups) < 2 or min(len(g) for g in groups) == 0:
        raise AnalysisError("Kruskal-Wallis: needs two or more samples, none of them empty.")
    pooled = np.concatenate(groups)
    n, df = len(pooled), len(groups) - 1
    ranks = rankdata(pooled)
    ties = _tie_sum(pooled)
    correction = 1.0 - ties / (float(n) ** 3 - n) if n > 1 else 0.0
    if correction <= 0:
        return LocationTest("Kruskal-Wallis", 0.0, df, 1.0, n, "all values are equal")
    ends = np.cumsum([len(g) for g in groups])[:-1]
    sums = [float(r.sum()) ** 2 / len(r) for r in np.split(ranks, ends)]
    h = (12.0 / (n * (n + 1)) * sum(sums) - 3 * (n + 1)) / correction
    h = max(0.0, h)
    return LocationTest("Kruskal-Wallis", h, df, float(chdtrc(df, h)), n)


def wilcoxon_signed_rank(first: ArrayLike, second: ArrayLike) -> LocationTest:
    """Wilcoxon's signed-rank test of pairs with Pratt's zeros, normal, no continuity correction.

    `first`, `second` (m,) paired, no missing values. Zero differences are ranked with the others
    and then left out of the sum and of its variance. `statistic` is z of first minus second.
    Source: Wilcoxon 1945; Pratt 1959; variance with zeros and ties: Cureton 1967.
    """
    d = _differences(first, second)
    name = "Wilcoxon signed rank (Pratt)"
    zeros = int((d == 0).sum())
    if zeros == len(d):
        return LocationTest(name, 0.0, 0, 1.0, len(d), "all differences are zero")
    ranks = rankdata(np.abs(d))
    n = len(d)
    positive = float(ranks[d > 0].sum())
    mean = (n * (n + 1.0) - zeros * (zeros + 1.0)) / 4
    variance = (n * (n + 1.0) * (2 * n + 1) - zeros * (zeros + 1.0) * (2 * zeros + 1)) / 24
    variance -= _tie_sum(np.abs(d[d != 0])) / 48
    z = (positive - mean) / float(np.sqrt(variance))
    return LocationTest(name, z, 0, p_value(z), n)


def t_test(
    first: ArrayLike,
    second: ArrayLike,
    *,
    kind: Literal["welch", "student", "paired"] = "welch",
    level: float = 0.95,
) -> MeanDifference:
    """The difference of two means (first minus second) with its t test and interval.

    `welch` lets the variances differ (Satterthwaite's df), `student` pools them, `paired` takes
    (m,) pairs. Raises AnalysisError with too few values or without any spread.
    Source: Student 1908; Welch 1947.
    """
    if kind == "paired":
        d = _differences(first, second)
        n = len(d)
        se = np.sqrt(variance(d)) / np.sqrt(n)
        return _t_result("paired t", float(d.mean()), float(se), n - 1, (n, n), level)
    if kind not in ("welch", "student"):
        raise UsageError(f"kind: {kind!r}; use welch, student or paired.")
    x, y = finite_vector(first, "first sample"), finite_vector(second, "second sample")
    if min(len(x), len(y)) < 2:
        raise AnalysisError("t test: each sample needs at least two values.")
    vx, vy = variance(x), variance(y)
    nx, ny = len(x), len(y)
    difference = float(x.mean() - y.mean())
    if kind == "student":
        pooled = ((nx - 1) * vx + (ny - 1) * vy) / (nx + ny - 2)
        se, df = np.sqrt(pooled * (1 / nx + 1 / ny)), float(nx + ny - 2)
    else:
        a, b = vx / nx, vy / ny
        se = np.sqrt(a + b)
        df = (a + b) ** 2 / (a**2 / (nx - 1) + b**2 / (ny - 1)) if a + b > 0 else 1.0
    return _t_result(f"{kind.capitalize()} t", difference, float(se), df, (nx, ny), level)


def ancova(
    outcome: ArrayLike, baseline: ArrayLike, exposed: ArrayLike, *, level: float = 0.95
) -> MeanDifference:
    """The difference of the outcome between the arms at equal baseline, exposed minus control.

    Least squares of `outcome` (n,) on `exposed` (n,) 0/1 and `baseline` (n,), common slope; t with
    n - 3 degrees of freedom. Raises AnalysisError with an empty arm, a constant baseline or fewer
    than four rows. Source: Vickers & Altman 2001.
    """
    y = finite_vector(outcome, "outcome")
    arm = arm_vector(exposed, "exposed", len(y))
    base = finite_vector(baseline, "baseline", len(y))
    if len(y) < 4:
        raise AnalysisError(f"ANCOVA: {len(y)} rows; needs at least 4.")
    centred = base - base.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    design = np.column_stack([np.ones(len(y)), centred / (spread or 1.0), arm.astype(float)])
    gram = design.T @ design
    refuse_dependent(gram, ("intercept", "baseline", "exposed"), "ANCOVA")
    beta = np.linalg.solve(gram, design.T @ y)
    residual = y - design @ beta
    if explained(residual, y):
        raise AnalysisError("ANCOVA: the outcome follows from baseline and arm without any spread.")
    df = len(y) - 3
    se = float(np.sqrt(residual @ residual / df * np.linalg.inv(gram)[2, 2]))
    counts = (int(arm.sum()), int((~arm).sum()))
    return _t_result("ANCOVA", float(beta[2]), se, df, counts, level)


def quantiles(values: ArrayLike, probabilities: ArrayLike, type: int = 7) -> FloatArray:
    """Sample quantiles of the named type at each probability, same shape as `probabilities`.

    Type 7 is the default of NumPy and R; type 6 that of SPSS; 1 to 9 as Hyndman & Fan 1996.
    NaN for an empty sample. Raises AnalysisError for missing values.
    """
    methods: tuple[QuantileMethod, ...] = get_args(QuantileMethod)
    type = whole_number(type, "quantile type (Hyndman & Fan's)", 1, 9)
    sample = finite_vector(values, "values")
    at = numbers(probabilities, "probabilities")
    if not bool(((at >= 0) & (at <= 1)).all()):
        raise UsageError("probabilities: each from 0 to 1, none missing.")
    if not len(sample):
        return np.full(at.shape, np.nan)
    return np.asarray(np.quantile(sample, at, method=methods[type - 1]))


def _differences(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """First minus second of pairs; AnalysisError when there is no pair."""
    x = finite_vector(first, "first of the pairs")
    y = finite_vector(second, "second of the pairs", len(x))
    if not len(x):
        raise AnalysisError("paired test: there are no pairs.")
    return x - y


def _tie_sum(values: FloatArray) -> float:
    """The sum of t^3 - t over the sizes t of groups of equal values."""
    sizes = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((sizes**3 - sizes).sum())


def _t_result(
    test: str, difference: float, se: float, df: float, counts: tuple[int, int], level: float
) -> MeanDifference:
    """The t statistic, p and interval of a difference; AnalysisError when there is no spread."""
    if not se > 0 or not df > 0:
        raise AnalysisError(f"{test}: too few values, or values that do not vary; no test exists.")
    t, half = difference / se, t_quantile(level, df) * se
    p = 2 * float(stdtr(df, -abs(t)))
    return MeanDifference(
        test, difference, difference - half, difference + half, se, df, t, p, *counts, level
    )
