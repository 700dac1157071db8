"""A linear mixed model: a mean difference with a level of its own for each hospital.

The fit is that of statsmodels (`MixedLM`, restricted maximum likelihood).
Sources: Laird & Ware 1982. R: `nlme::lme(random = ~ 1 | hospital, method = "REML")`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import checked_level, explained
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import design_of, finite_vector
from ehrivig.stats.regression.linear import LinearFit
from ehrivig.stats.result import FloatArray, IntArray

FEWEST_CLUSTERS, _FEW = 3, 10
_RATIOS = np.linspace(-16, 24, 21)
"""Of the log of the variance between clusters in that within them: where its top is looked for."""


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
    columns = design_of(x, names, len(y), "mixed model")
    design, scale = columns.matrix, columns.scale
    groups, index = clusters_of(cluster, len(y), corrected=True)
    df = len(y) - groups - len(scale)
    if groups < FEWEST_CLUSTERS or df < 1:
        raise AnalysisError(
            f"mixed model: {len(y)} rows of {groups} clusters for {len(scale) + 1} "
            f"coefficients; it needs {FEWEST_CLUSTERS} clusters, and rows beyond both."
        )
    if groups < _FEW:
        warnings.warn(
            f"mixed model of {groups} clusters: below {_FEW}, how far clusters differ is poorly "
            "known",
            NumericalWarning,
            stacklevel=2,
        )
    unit = float(y.std())
    if not unit > 1e-12 * float(np.abs(y).max()):
        raise AnalysisError("mixed model: the outcome does not vary; no test exists.")
    apart = y - y.mean()
    if explained(apart - design @ np.linalg.lstsq(design, apart, rcond=None)[0], y):
        raise AnalysisError("mixed model: the columns explain every row; no test exists.")
    within, between, beta = _fit(apart / unit, design, index)
    covariance = unit**2 * columns.covariance(_covariance(design, index, within, between))
    coef = unit * columns.slopes(beta)
    se = np.sqrt(np.diag(covariance))
    half = stdtrit(df, 0.5 + level / 2) * se
    return LinearFit(
        columns.names,
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
    from statsmodels.regression.mixed_linear_model import MixedLM

    order = np.argsort(index, kind="stable")
    model = MixedLM(y[order], design[order], groups=index[order], use_sqrt=False)
    model.reml, model.cov_pen, model.fe_pen = True, None, None

    try:
        ratio = np.array([[_best_ratio(model, y, design, index)]])
        if not ratio[0, 0] > 0:
            return _without_clusters(y, design)
        beta, _ = model.get_fe_params(ratio, np.array([]))
        within = float(model.get_scale(beta, ratio, np.array([])))
    except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        raise AnalysisError("mixed model: the likelihood has no top; no estimate.") from error
    if not within > 0:
        raise AnalysisError("mixed model: the columns explain every row; no test exists.")
    return within, within * float(ratio[0, 0]), np.asarray(beta, dtype=np.float64)


def _best_ratio(model: Any, y: FloatArray, design: FloatArray, index: IntArray) -> float:
    """The variance between clusters in that within them; 0 where no other is likelier.

    A restricted likelihood may have two tops: the highest of those that are looked at, and from
    there where its slope vanishes.
    """
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    def at(log_ratio: float) -> Any:
        ratio = np.array([[np.exp(log_ratio)]])
        beta, _ = model.get_fe_params(ratio, np.array([]))
        return MixedLMParams.from_components(fe_params=beta, cov_re=ratio)

    def slope(log_ratio: float) -> float:
        return float(model.score_full(at(log_ratio), calc_fe=False)[1][0])

    best = int(np.argmax([_height(y, design, index, float(np.exp(one))) for one in _RATIOS]))
    low, high = _RATIOS[max(best - 1, 0)], _RATIOS[min(best + 1, len(_RATIOS) - 1)]
    if best == 0 and slope(low) <= 0:
        return 0.0
    if best == len(_RATIOS) - 1 and slope(high) >= 0:
        raise AnalysisError("mixed model: clusters differ without end; no estimate.")
    return float(np.exp(brentq(slope, low, high, xtol=1e-12)))


def _height(y: FloatArray, design: FloatArray, index: IntArray, ratio: float) -> float:
    """The restricted log-likelihood of a ratio of variances, all else at its best."""
    sizes, sums = np.bincount(index), _sums(design, index)
    shrunk = (ratio / (1 + sizes * ratio))[:, None]
    information = design.T @ design - (sums * shrunk).T @ sums
    beta = np.linalg.solve(information, design.T @ y - (sums * shrunk).T @ np.bincount(index, y))
    residual = y - design @ beta
    squares = residual @ residual - shrunk[:, 0] @ np.bincount(index, residual) ** 2
    df = len(y) - design.shape[1]
    spread = df * np.log(squares) + np.log1p(sizes * ratio).sum()
    return -float(spread + np.linalg.slogdet(information)[1]) / 2 if squares > 0 else -np.inf


def _sums(design: FloatArray, index: IntArray) -> FloatArray:
    """The sums of the columns over each cluster (G, k)."""
    sums = np.zeros((int(index.max()) + 1, design.shape[1]))
    np.add.at(sums, index, design)
    return sums


def _without_clusters(y: FloatArray, design: FloatArray) -> tuple[float, float, FloatArray]:
    """Least squares: the fit of clusters that do not differ."""
    beta: FloatArray = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=np.float64)
    within = float(((y - design @ beta) ** 2).sum() / (len(y) - design.shape[1]))
    if not within > 0:
        raise AnalysisError("mixed model: the columns explain every row; no test exists.")
    return within, 0.0, beta


def _covariance(design: FloatArray, index: IntArray, within: float, between: float) -> FloatArray:
    """That of the coefficients (k, k), given the two variances."""
    sums = _sums(design, index)
    shrunk = between / (within + np.bincount(index) * between)
    information = (design.T @ design - (sums * shrunk[:, None]).T @ sums) / within
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
