"""Linear regression of a number, with variances that do not take equal spread for granted.

The mean difference that a number as an outcome is judged by: days of stay, points of a score.
Sources: MacKinnon & White 1985 (HC3); Zeileis, Koell & Graham 2020 (clustered, type HC1, as R's
sandwich 3.0); t with n - k, or with clusters less one, degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import explained, one_of
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import (
    arm_vector,
    design_of,
    finite_vector,
    weight_vector,
)
from ehrivig.stats.regression.few_clusters import reduced_bias
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import p_value, quantile

MEAN_DIFFERENCE = "MD"


@dataclass(frozen=True, repr=False)
class LinearFit(Shown):
    """Mean differences of the outcome per unit of each column.

    `coef`, `se`, `lo`, `hi`, `p` have shape (k,), `covariance` (k, k), in the order of `names`,
    without the intercept. `df` are the degrees of freedom of t, the fewest of any column.
    """

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    covariance: FloatArray
    lo: FloatArray
    hi: FloatArray
    p: FloatArray
    n: int
    df: float
    outcome_label: str
    method: str
    variance: str
    level: float
    notes: tuple[str, ...] = ()

    def effect(self, term: str, exposed: ArrayLike, *, estimand: str = "") -> Effect:
        """The mean difference of one column as an Effect.

        `exposed` (n,) are the rows that were fitted. A number has no events: the counts of events
        are those of the rows, so that only arms can be small.
        """
        arm, j = arm_vector(exposed, "exposed", self.n), self.names.index(term)
        rows = int(arm.sum()), int((~arm).sum())
        return Effect.between(
            Arms(rows[0], rows[0], rows[1], rows[1]),
            MEAN_DIFFERENCE,
            (self.coef[j], self.lo[j], self.hi[j], self.se[j], self.p[j]),
            event_label=self.outcome_label,
            method=self.method,
            variance=self.variance,
            estimand=estimand,
            level=self.level,
            notes=self.notes,
        )


@dataclass(frozen=True)
class WeightedMeans:
    """Weighted means of a number in the exposed and the unexposed, (2,), with what each row gives.

    `influence` (n, 2) are their influence values, `exposed` (n,) the arms; `variance` names what
    the influence accounts for.
    """

    means: FloatArray
    influence: FloatArray
    exposed: BoolArray
    variance: str

    def difference(self, label: str, *, method: str, estimand: str) -> Effect:
        """Exposed less unexposed, with Wald's 95% interval; AnalysisError without any variance."""
        each = self.influence[:, 0] - self.influence[:, 1]
        se = float(np.sqrt((each**2).sum()) / len(each))
        if explained(each, self.means):
            raise AnalysisError("weighted means: the outcome does not vary; no test exists.")
        estimate, half = float(self.means[0] - self.means[1]), quantile(0.95) * se
        rows = int(self.exposed.sum()), int((~self.exposed).sum())
        return Effect.between(
            Arms(rows[0], rows[0], rows[1], rows[1]),
            MEAN_DIFFERENCE,
            (estimate, estimate - half, estimate + half, se, p_value(estimate / se)),
            event_label=label,
            method=method,
            variance=self.variance,
            estimand=estimand,
        )


def linear(
    outcome: ArrayLike,
    x: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    outcome_label: str = "outcome",
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    variance: Literal["HC3", "cluster", "CR2"] | None = None,
    level: float = 0.95,
) -> LinearFit:
    """Least squares of `outcome` (n,) on an intercept and the columns of `x` (n, p).

    The variance is HC3, or clustered on `cluster` (n,) with R's small-sample factors; below 40
    clusters best by `variance` "CR2" (bias reduced, t with Satterthwaite's degrees of freedom; no
    weights). With `weights` (n,) the squares are weighted and the variance stays a sandwich. Raises
    AnalysisError
    for missing values, columns that others determine, and fewer rows than columns; UsageError for
    a level that does not lie between 0 and 1.
    """
    if not (isinstance(level, float) and 0 < level < 1):
        raise UsageError(f"level: {level!r}; a level lies between 0 and 1, such as 0.95.")
    _refuse_contradictions(variance, cluster, weights)
    y = finite_vector(outcome, "outcome")
    w = weight_vector(weights, len(y))
    w = np.ones(len(y)) if w is None else w
    columns = design_of(x, names, len(y), "linear", w)
    design = columns.matrix
    gram = design.T @ (design * w[:, None])
    bread: FloatArray = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    centred = y - (w @ y) / w.sum()  # only the intercept, which nobody reads, knows the zero
    beta = bread @ (design.T @ (w * centred))
    left: FloatArray = centred - design @ beta
    residual: FloatArray = w * left
    if explained(left[w > 0], y[w > 0]):
        raise AnalysisError("linear: the outcome does not vary beyond the columns; no test exists.")
    df: float | FloatArray
    if cluster is not None and variance == "CR2":
        few = reduced_bias(design, residual, bread, cluster)
        whole, df, named = few.covariance, few.df[1:], few.variance
    elif cluster is not None:
        meat, df, named = _by_cluster(design, residual, cluster)
        whole = bread @ meat @ bread
    else:
        meat, df, named = _by_row(design, w, bread, residual)
        whole = bread @ meat @ bread
    covariance = columns.covariance(whole)
    coef, se = columns.slopes(beta), np.sqrt(np.diag(covariance))
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
        float(np.min(df)),
        outcome_label,
        "linear regression" if weights is None else "weighted linear regression",
        named,
        level,
    )


def _refuse_contradictions(
    variance: str | None, cluster: ArrayLike | None, weights: ArrayLike | None
) -> None:
    """Raise UsageError for options that exclude each other."""
    if variance is None:
        return
    one_of("variance", variance, ("HC3", "cluster", "CR2"))
    if (variance == "HC3") != (cluster is None):
        raise UsageError('linear: variance="cluster" or "CR2" and cluster= belong together.')
    if variance == "CR2" and weights is not None:
        raise UsageError('linear: variance="CR2" takes no weights.')


def _by_row(
    design: FloatArray, w: FloatArray, bread: FloatArray, residual: FloatArray
) -> tuple[FloatArray, float, str]:
    """The middle of HC3, its degrees of freedom, and its name."""
    leverage = w * np.einsum("ij,jk,ik->i", design, bread, design)
    left_out = 1 - leverage
    if bool((left_out < 1e-10).any()):
        raise AnalysisError("linear: a row alone decides a coefficient; HC3 does not exist.")
    scores = design * (residual / left_out)[:, None]
    return scores.T @ scores, float(len(design) - design.shape[1]), "robust (HC3), t"


def _by_cluster(
    design: FloatArray, residual: FloatArray, cluster: ArrayLike
) -> tuple[FloatArray, float, str]:
    """The middle of the clustered sandwich, its degrees of freedom, and its name."""
    n, k = design.shape
    groups, index = clusters_of(cluster, n, reducible=True)
    sums = np.zeros((groups, k))
    np.add.at(sums, index, design * residual[:, None])
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    return factor * (sums.T @ sums), float(groups - 1), f"clustered ({groups} clusters), t"
