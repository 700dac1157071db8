"""Hospitals as clusters: estimating equations whose rows of a hospital resemble each other.

The effect is that of the whole population (population averaged), not of a hospital. The fit is
that of statsmodels (`GEE`) with one correlation for all pairs of rows of a hospital; few hospitals
make its sandwich too small, so that it is corrected (Mancl & DeRouen) or scaled, and its tests are
of t.
Sources: Liang & Zeger 1986; Mancl & DeRouen 2001. R: `gee::gee(corstr = "exchangeable")` for the
coefficients and the uncorrected sandwich.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import (
    binary_vector,
    column_names,
    finite_matrix,
    standardised,
)
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.odds_ratios import OddsRatios
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.wald import ratios

FEWEST_CLUSTERS = 10
_LARGEST_CORRECTED = 1_000
"""Rows of a cluster: the correction makes a matrix of all its pairs."""


def gee(
    event: ArrayLike,
    x: ArrayLike,
    cluster: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> OddsRatios:
    """Log odds ratios of `event` (n,) 0/1 per unit of the columns of `x` (n, p), given `cluster`.

    Exchangeable working correlation; t with as many degrees of freedom as clusters beyond the
    coefficients. Raises AnalysisError for missing values, fewer than ten clusters, fewer clusters
    than coefficients, columns that others determine, separation, and a fit that does not end.
    """
    checked_level(level)
    y = binary_vector(event, "event")
    columns = finite_matrix(x, "x", len(y))
    labels = column_names(names, columns.shape[1])
    groups, index = clusters_of(cluster, len(y), corrected=True)
    _refuse(y, groups, columns.shape[1] + 1)
    logistic(y, columns, names=labels)  # names what separates, or is determined by others
    design, scale = standardised(columns, np.ones(len(y)))
    found, variance = _fit(y, design, index)
    covariance = np.asarray(found.cov_params(), dtype=np.float64)[1:, 1:] / np.outer(scale, scale)
    coef = np.asarray(found.params, dtype=np.float64)[1:] / scale
    df = groups - columns.shape[1] - 1
    if variance != "bias_reduced":
        covariance *= groups / (groups - 1)
    told = ratios(coef, covariance, level, np.full(len(coef), float(df)))
    how = "bias reduced" if variance == "bias_reduced" else "sandwich x G / (G - 1)"
    correlation = float(found.cov_struct.dep_params)
    return OddsRatios(
        names=labels,
        coef=coef,
        se=told.se,
        covariance=covariance,
        odds_ratio=told.ratio,
        lo=told.lo,
        hi=told.hi,
        p=told.p,
        n=len(y),
        events=int(y.sum()),
        event_label=event_label,
        method="GEE, exchangeable correlation",
        variance=f"{how} ({groups} clusters), t with {df} df",
        interval="wald",
        level=level,
        loglik=float("nan"),
        loglik_null=float("nan"),
        iterations=len(found.fit_history["params"]),
        notes=(f"correlation within a cluster {correlation:.3f}",),
    )


def _refuse(y: FloatArray, groups: int, k: int) -> None:
    """Raise AnalysisError where no variance can be trusted."""
    if groups < max(FEWEST_CLUSTERS, k + 2):
        raise AnalysisError(
            f"GEE: {groups} clusters for {k} coefficients; its variance needs "
            f"{max(FEWEST_CLUSTERS, k + 2)} at least. See the effects pooled over hospitals."
        )
    if not 0 < float(y.sum()) < len(y):
        raise AnalysisError("GEE: all rows have the event, or none; there is no odds ratio.")


def _fit(y: FloatArray, design: FloatArray, index: IntArray) -> tuple[Any, str]:
    """The fit, and the name of its variance."""
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    largest = int(np.bincount(index).max())
    variance = "bias_reduced" if largest <= _LARGEST_CORRECTED else "robust"
    order = np.argsort(index, kind="stable")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model = GEE(
                y[order],
                design[order],
                groups=index[order],
                family=Binomial(),
                cov_struct=Exchangeable(),
            )
            found = model.fit(maxiter=200, ctol=1e-10, cov_type=variance)
        except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            raise AnalysisError(
                "GEE: the fit does not come to an end. See the effects pooled over hospitals."
            ) from error
    if not bool((np.diag(found.cov_params()) > 0).all()):
        raise AnalysisError("GEE: the fit has no finite variance.")
    return found, variance
