"""Hospitals as clusters: estimating equations whose rows of a hospital resemble each other.

The effect is that of the whole population (population averaged), not of a hospital. The fit is
that of statsmodels (`GEE`) with one correlation for all pairs of rows of a hospital. Few hospitals,
or one of nearly all rows, make its sandwich too small: it is corrected (Mancl & DeRouen), and its
tests are of t.
Sources: Liang & Zeger 1986; Mancl & DeRouen 2001. R: `gee::gee(corstr = "exchangeable")` for the
coefficients and the uncorrected sandwich.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import binary_vector, design_of
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.odds_ratios import OddsRatios
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.wald import ratios

FEWEST_CLUSTERS = 10
_INDEPENDENT = "no correlation within a cluster that all its rows can have was found: none is taken"


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

    Exchangeable working correlation, or none where it has no estimate; t with as many degrees of
    freedom as clusters beyond the coefficients. Raises AnalysisError for missing values, fewer than
    ten clusters, fewer clusters than coefficients, columns that others determine, separation, and a
    cluster that alone tells a coefficient.
    """
    checked_level(level)
    y = binary_vector(event, "event")
    columns = design_of(x, names, len(y), "GEE")
    design = columns.matrix
    groups, index = clusters_of(cluster, len(y), corrected=True)
    df = groups - design.shape[1]
    _refuse(y, groups, design.shape[1])
    logistic(y, x, names=columns.names)  # names what separates
    beta, correlation, steps = _fit(y, design, index)
    alike = np.isfinite(correlation)
    clusters = _of_clusters(y, design, index, beta, correlation if alike else 0.0)
    coef, covariance = columns.slopes(beta), columns.covariance(_covariance(clusters))
    told = ratios(coef, covariance, level, np.full(len(coef), float(df)))
    return OddsRatios(
        names=columns.names,
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
        method=f"GEE, {'exchangeable correlation' if alike else 'independent rows'}",
        variance=f"bias reduced ({groups} clusters), t with {df} df",
        interval="wald",
        level=level,
        loglik=float("nan"),
        loglik_null=float("nan"),
        iterations=steps,
        notes=(f"correlation within a cluster {correlation:.3f}" if alike else _INDEPENDENT,),
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


def _fit(y: FloatArray, design: FloatArray, index: IntArray) -> tuple[FloatArray, float, int]:
    """The coefficients (k,), the correlation within a cluster, and the steps to both.

    The correlation is a mean of products, which nothing keeps within bounds: where one large
    cluster makes it one that its rows cannot have, or the search for it has no end, it is NaN, and
    the rows count as independent. The sandwich is right of both.
    """
    from statsmodels.genmod.cov_struct import Exchangeable, Independence

    largest = int(np.bincount(index).max())
    try:
        found = _ended(y, design, index, Exchangeable())
        correlation = float(found.cov_struct.dep_params)
        if not _possible(correlation, largest):
            raise ArithmeticError
    except (Warning, ArithmeticError, ValueError, np.linalg.LinAlgError):
        found, correlation = _ended(y, design, index, Independence()), float("nan")
    beta = np.asarray(found.params, dtype=np.float64)
    return beta, correlation, len(found.fit_history["params"])


def _ended(y: FloatArray, design: FloatArray, index: IntArray, rows: Any) -> Any:
    """The fit of statsmodels, `rows` being how those of a cluster resemble each other."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    order = np.argsort(index, kind="stable")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GEE(
            y[order], design[order], groups=index[order], family=Binomial(), cov_struct=rows
        )
        return model.fit(maxiter=200, ctol=1e-10 * len(y) ** 0.5, cov_type="naive")


def _possible(correlation: float, largest: int) -> bool:
    """Whether each two of `largest` rows can have a correlation."""
    return correlation < 1 and 1 + (largest - 1) * correlation > 0


def _of_clusters(
    y: FloatArray, design: FloatArray, index: IntArray, beta: FloatArray, correlation: float
) -> tuple[FloatArray, FloatArray]:
    """Of each cluster its score (G, k) and its information (G, k, k).

    The inverse of a matrix of one correlation is known: sums over the rows of a cluster do.
    """
    mean = expit(design @ beta)
    spread = np.sqrt(mean * (1 - mean))
    certain = spread == 0  # to the last digit: such a row has no residual
    rows, residual = design * spread[:, None], (y - mean) / np.where(certain, 1.0, spread)
    groups, k = int(index.max()) + 1, design.shape[1]
    sums: FloatArray = np.zeros((groups, k))
    score: FloatArray = np.zeros((groups, k))
    information: FloatArray = np.zeros((groups, k, k))
    np.add.at(sums, index, rows)
    np.add.at(score, index, rows * residual[:, None])
    for i in range(k):
        for j in range(k):
            information[:, i, j] = np.bincount(index, rows[:, i] * rows[:, j], groups)
    shared = correlation / (1 + (np.bincount(index) - 1) * correlation)
    score -= (shared * np.bincount(index, residual))[:, None] * sums
    information -= shared[:, None, None] * sums[:, :, None] * sums[:, None, :]
    return score / (1 - correlation), information / (1 - correlation)


def _covariance(clusters: tuple[FloatArray, FloatArray], *, corrected: bool = True) -> FloatArray:
    """The sandwich (k, k); `corrected`: each score divided by what its cluster leaves to others.

    Raises AnalysisError where a cluster leaves nothing, or the rest of it is not positive.
    """
    score, information = clusters
    with np.errstate(all="ignore"):
        try:
            bread = np.linalg.inv(information.sum(axis=0))
            if corrected:
                left = np.eye(len(bread)) - information @ bread
                score = np.asarray(
                    np.linalg.solve(left, score[:, :, None])[:, :, 0], dtype=np.float64
                )
        except np.linalg.LinAlgError as error:
            raise _without_variance() from error
        found = bread @ score.T @ score @ bread
    if not (np.isfinite(found).all() and (np.diag(found) > 0).all()):
        raise _without_variance()
    return np.asarray(found, dtype=np.float64)


def _without_variance() -> AnalysisError:
    return AnalysisError(
        "GEE: one cluster tells a coefficient alone; it has no variance. See the effects pooled "
        "over hospitals."
    )
