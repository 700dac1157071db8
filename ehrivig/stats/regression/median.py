"""Median regression: the difference of medians, given the other columns.

Days of stay have a long tail, which a difference of means follows and a median does not. The fit
is that of statsmodels (`QuantReg`); the variance is Powell's kernel sandwich, whose residuals may
spread otherwise in each arm, or its clustered form.
Sources: Koenker & Bassett 1978; Hall & Sheather 1988 (bandwidth); Powell 1991; Parente & Santos
Silva 2016 (clusters). R: quantreg's `summary(rq(...), se = "ker")`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from ehrivig.errors import AnalysisError
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
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import quantile

MEDIAN_DIFFERENCE = "median difference"
_ON_THE_FIT = 1e-5  # of the spread: such a row lies on the fitted plane, on neither side
_MOST_ALIKE = 0.25
"""Of all rows on the fitted plane: a kernel smooths ties of whole days, not a heap of zeros."""
_STEPS, _CLOSE = 20_000, 1e-11
_FEWEST_BESIDE = 10
"""Rows beyond the coefficients: below it no density of residuals can be told."""


def median_regression(
    outcome: ArrayLike,
    x: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    outcome_label: str = "outcome",
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> LinearFit:
    """The median of `outcome` (n,), linear in the columns of `x` (n, p); in the outcome's unit.

    With `cluster` (n,) the variance is clustered. Where several planes halve the outcome alike, as
    with whole days, the one in their middle is taken. Raises AnalysisError for missing values,
    columns that others determine, fewer than ten rows beyond the coefficients, and an outcome of
    which more than a quarter is alike at the median, where it has no density.
    """
    width = quantile(checked_level(level))
    y = finite_vector(outcome, "outcome")
    columns = finite_matrix(x, "x", len(y))
    labels = column_names(names, columns.shape[1])
    if len(y) < columns.shape[1] + 1 + _FEWEST_BESIDE:
        raise AnalysisError(f"median: {len(y)} rows for {columns.shape[1] + 1} coefficients.")
    design, scale = standardised(columns, np.ones(len(y)))
    refuse_dependent(design.T @ design, (INTERCEPT, *labels), "median")
    unit, scaled = _scaled(y)
    beta = _fit(scaled, design)
    residual = scaled - design @ beta
    if (np.abs(residual) < _ON_THE_FIT).mean() > _MOST_ALIKE:
        raise AnalysisError("median: too many values are alike there; its variance has no end.")
    covariance, named = _covariance(design, residual, cluster)
    covariance = covariance[1:, 1:] * np.outer(unit / scale, unit / scale)
    coef, se = unit * beta[1:] / scale, np.sqrt(np.diag(covariance))
    return LinearFit(
        labels,
        coef,
        se,
        covariance,
        coef - width * se,
        coef + width * se,
        2 * ndtr(-np.abs(coef) / se),
        len(y),
        float("inf"),
        outcome_label,
        "median regression",
        named,
        level,
        MEDIAN_DIFFERENCE,
    )


def _scaled(y: FloatArray) -> tuple[float, FloatArray]:
    """The spread of the outcome, and the outcome less its median in spreads."""
    centred = y - np.median(y)
    unit = float(centred.std())
    if not unit > 1e-12 * float(np.abs(y).max(initial=0.0)):
        raise AnalysisError("median: the outcome does not vary; no test exists.")
    return unit, centred / unit


def _fit(y: FloatArray, design: FloatArray) -> FloatArray:
    """The coefficients (k,) of least absolute deviations."""
    from statsmodels.regression.quantile_regression import QuantReg

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = QuantReg(y, design).fit(q=0.5, max_iter=_STEPS, p_tol=_CLOSE)
        except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            raise AnalysisError("median: the fit does not come to an end; no estimate.") from error
    return _exact(y, design, np.asarray(found.params, dtype=np.float64))


def _exact(y: FloatArray, design: FloatArray, beta: FloatArray) -> FloatArray:
    """The coefficients with the rows on the plane wholly on it: the fit comes within 1e-6."""
    residual = y - design @ beta
    on = np.abs(residual) < _ON_THE_FIT
    moved = beta + np.linalg.lstsq(design[on], residual[on], rcond=None)[0]
    lies = np.abs(y[on] - design[on] @ moved) < 1e-3 * _ON_THE_FIT
    return moved if bool(lies.all()) else beta


def _covariance(
    design: FloatArray, residual: FloatArray, cluster: ArrayLike | None
) -> tuple[FloatArray, str]:
    """The kernel sandwich (k, k) and its name."""
    density = norm.pdf(residual / (h := _bandwidth(residual))) / h
    inner = (design * density[:, None]).T @ design
    if not np.linalg.cond(inner) < 1e12:
        raise AnalysisError("median: too few rows near it to tell its variance.")
    bread = np.linalg.inv(inner)
    if cluster is None:
        meat = 0.25 * design.T @ design
        return bread @ meat @ bread, "kernel sandwich (Powell)"
    groups, index = clusters_of(cluster, len(residual))
    side = np.where(np.abs(residual) < _ON_THE_FIT, 0.0, np.sign(residual)) / 2
    sums = np.zeros((groups, design.shape[1]))
    np.add.at(sums, index, design * side[:, None])
    return bread @ (sums.T @ sums) @ bread, f"kernel sandwich, clustered ({groups} clusters)"


def _bandwidth(residual: FloatArray) -> float:
    """Hall and Sheather's bandwidth of the density at the median, in the residuals' unit."""
    from statsmodels.regression.quantile_regression import hall_sheather

    h = float(hall_sheather(len(residual), 0.5))
    while h >= 0.5:
        h /= 2
    spread = min(
        residual.std(ddof=1), float(np.subtract(*np.quantile(residual, (0.75, 0.25)))) / 1.34
    )
    if not spread > _ON_THE_FIT:
        raise AnalysisError("median: half of the values are alike; its variance has no end.")
    return float(2 * ndtri(0.5 + h) * spread)
