"""A linear mixed model: a mean difference with a level of its own for each hospital.

The fit is that of statsmodels (`MixedLM`, restricted maximum likelihood).
Sources: Laird & Ware 1982. R: `nlme::lme(random = ~ 1 | hospital, method = "REML")`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.design_matrix import (
    INTERCEPT,
    column_names,
    finite_matrix,
    finite_vector,
    standardised,
)
from ehrivig.stats.regression.linear import LinearFit
from ehrivig.stats.result import FloatArray, IntArray

FEWEST_CLUSTERS, _FEW = 3, 10
_RATIOS = (-16.0, 12.0)
"""Of the log of the variance between clusters in that within them."""


def mixed(
    outcome: ArrayLike,
    x: ArrayLike,
    cluster: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    outcome_label: str = "outcome",
    level: float = 0.95,
) -> LinearFit:
    """Mean differences of `outcome` (n,) per unit of the columns of `x` (n, p), in its unit.

    Each of `cluster` (n,) has an intercept from one normal distribution; t with as many degrees of
    freedom as rows beyond clusters and coefficients (of what varies within a cluster). Raises
    AnalysisError for missing values, fewer than three clusters, columns that others determine, and
    a likelihood without a top.
    """
    checked_level(level)
    y = finite_vector(outcome, "outcome")
    columns = finite_matrix(x, "x", len(y))
    labels = column_names(names, columns.shape[1])
    groups, index = clusters_of(cluster, len(y), corrected=True)
    df = len(y) - groups - columns.shape[1]
    if groups < FEWEST_CLUSTERS or df < 1:
        raise AnalysisError(
            f"mixed model: {len(y)} rows of {groups} clusters for {columns.shape[1] + 1} "
            f"coefficients; it needs {FEWEST_CLUSTERS} clusters, and rows beyond both."
        )
    if groups < _FEW:
        warnings.warn(
            f"mixed model of {groups} clusters: below {_FEW}, how far clusters differ is poorly "
            "known",
            NumericalWarning,
            stacklevel=2,
        )
    design, scale = standardised(columns, np.ones(len(y)))
    refuse_dependent(design.T @ design, (INTERCEPT, *labels), "mixed model")
    unit = float(y.std())
    if not unit > 1e-12 * float(np.abs(y).max()):
        raise AnalysisError("mixed model: the outcome does not vary; no test exists.")
    within, between, beta = _fit((y - y.mean()) / unit, design, index)
    covariance = _covariance(design, index, within, between)[1:, 1:]
    covariance *= np.outer(unit / scale, unit / scale)
    coef = unit * beta[1:] / scale
    se = np.sqrt(np.diag(covariance))
    half = stdtrit(df, 0.5 + level / 2) * se
    return LinearFit(
        labels,
        coef,
        se,
        covariance,
        coef - half,
        coef + half,
        2 * stdtr(df, -np.abs(coef) / se),
        len(y),
        float(df),
        outcome_label,
        f"linear mixed model, an intercept for each of {groups} clusters (REML)",
        f"of the likelihood, t with {df} df",
        level,
        notes=(f"correlation within a cluster {between / (between + within):.3f}",),
    )


def _fit(y: FloatArray, design: FloatArray, index: IntArray) -> tuple[float, float, FloatArray]:
    """The variances within and between clusters, and the coefficients (k,).

    Of the largest restricted likelihood, where its slope by the ratio of the variances vanishes; a
    likelihood that falls from 0 on has its top there: clusters differ by chance alone.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

    order = np.argsort(index, kind="stable")
    model = MixedLM(y[order], design[order], groups=index[order], use_sqrt=False)
    model.reml, model.cov_pen, model.fe_pen = True, None, None

    def slope(log_ratio: float) -> float:
        ratio = np.array([[np.exp(log_ratio)]])
        beta, _ = model.get_fe_params(ratio, np.array([]))
        at = MixedLMParams.from_components(fe_params=beta, cov_re=ratio)
        return float(model.score_full(at, calc_fe=False)[1][0])

    low, high = _RATIOS
    try:
        if slope(low) <= 0:
            return _without_clusters(y, design)
        if slope(high) >= 0:
            raise AnalysisError("mixed model: clusters differ without end; no estimate.")
        ratio = np.array([[np.exp(brentq(slope, low, high, xtol=1e-12))]])
        beta, _ = model.get_fe_params(ratio, np.array([]))
        within = float(model.get_scale(beta, ratio, np.array([])))
    except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        raise AnalysisError("mixed model: the likelihood has no top; no estimate.") from error
    if not within > 0:
        raise AnalysisError("mixed model: the columns explain every row; no test exists.")
    return within, within * float(ratio[0, 0]), np.asarray(beta, dtype=np.float64)


def _without_clusters(y: FloatArray, design: FloatArray) -> tuple[float, float, FloatArray]:
    """Least squares: the fit of clusters that do not differ."""
    beta: FloatArray = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=np.float64)
    within = float(((y - design @ beta) ** 2).sum() / (len(y) - design.shape[1]))
    if not within > 0:
        raise AnalysisError("mixed model: the columns explain every row; no test exists.")
    return within, 0.0, beta


def _covariance(design: FloatArray, index: IntArray, within: float, between: float) -> FloatArray:
    """That of the coefficients (k, k), given the two variances."""
    sums = np.zeros((int(index.max()) + 1, design.shape[1]))
    np.add.at(sums, index, design)
    shrunk = between / (within + np.bincount(index) * between)
    information = (design.T @ design - (sums * shrunk[:, None]).T @ sums) / within
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
