"""The propensity score: each row's chance of the treatment by its covariates, and its overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.design_matrix import (
    arm_vector,
    binary_vector,
    column_names,
    finite_matrix,
    finite_vector,
    weight_vector,
)
from ehrivig.stats.regression.glm import CHUNK_ROWS, expit, maximise
from ehrivig.stats.regression.newton import INTERCEPT
from ehrivig.stats.result import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class PropensityScore:
    """The chance of treatment of each row, `score` (n,), with its `logit` (n,) and its model.

    `coef` and `se` (k,) are log odds ratios of treatment, intercept first, in the order of `names`.
    """

    score: FloatArray
    logit: FloatArray
    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    loglik: float
    iterations: int
    n: int
    n_treated: int
    method: str = "logistic, unpenalised maximum likelihood"


@dataclass(frozen=True)
class OverlapCell:
    """One decile of the score at one hospital: how many of each arm stand in it.

    The cell holds scores in (score_lo, score_hi], the lowest decile its lower end too. `positive`
    is false when it has rows of one arm only: there the effect rests on the model alone.
    """

    hospital: str
    decile: int
    score_lo: float
    score_hi: float
    n_treated: int
    n_control: int

    @property
    def positive(self) -> bool:
        """Whether both arms are in the cell, or nobody."""
        return (self.n_treated > 0) == (self.n_control > 0)


@dataclass(frozen=True)
class Overlap:
    """How far the scores of the arms overlap.

    [`support_lo`, `support_hi`] is where both arms have scores; `outside_*` count the rows beyond.
    `cells` are deciles by hospital, with hospital "all" first; `violations` counts the cells with
    one arm only and `rows_in_violation` the rows in them (hospitals apart, "all" left out).
    """

    support_lo: float
    support_hi: float
    outside_treated: int
    outside_control: int
    cells: tuple[OverlapCell, ...]
    violations: int
    rows_in_violation: int


def fit(
    treated: ArrayLike,
    x: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    weights: ArrayLike | None = None,
) -> PropensityScore:
    """The propensity score of each row by unpenalised logistic regression.

    `treated` (n,) 0/1, `x` (n, p) without an intercept column, `weights` (n,) >= 0. A penalty is
    left out on purpose: shrunken scores give other pairs. Raises UsageError for wrong shapes;
    AnalysisError for missing values, an empty arm, constant or collinear columns and separation
    (a covariate that decides the treatment).
    Source: Rosenbaum & Rubin 1983.
    """
    t = binary_vector(treated, "treated")
    matrix = finite_matrix(x, "x", len(t))
    labels = column_names(names, matrix.shape[1])
    if not 0 < t.sum() < len(t):
        raise AnalysisError("propensity score: one arm is empty; there is nothing to model.")
    try:
        ml = maximise(t, matrix, weights=weight_vector(weights, len(t)), names=labels)
    except AnalysisError as error:
        raise AnalysisError("propensity score: " + str(error)) from None
    eta = linear_predictor(ml.coef, matrix)
    return PropensityScore(
        score=expit(eta),
        logit=eta,
        names=(INTERCEPT, *labels),
        coef=ml.coef,
        se=np.sqrt(np.diag(ml.covariance)),
        loglik=ml.loglik,
        iterations=ml.iterations,
        n=len(t),
        n_treated=int(t.sum()),
    )


def linear_predictor(coef: FloatArray, x: FloatArray) -> FloatArray:
    """The log-odds at each row of x (n, p) by coefficients (p + 1,), intercept first.

    In chunks, in a fixed order: the same row gives the same digits wherever it stands.
    """
    eta = np.empty(x.shape[0])
    for start in range(0, x.shape[0], CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        eta[rows] = coef[0] + x[rows] @ coef[1:]
    return eta


def overlap(
    score: ArrayLike, treated: ArrayLike, hospital: ArrayLike | None = None, *, cells: int = 10
) -> Overlap:
    """The overlap of the arms: common support, and deciles of the score by hospital.

    `score` (n,), `treated` (n,) 0/1, `hospital` (n,) labels or None. Cut points are the quantiles
    of all scores (type 7); with ties some cells may be empty. Raises UsageError for wrong shapes,
    AnalysisError for missing scores or an empty arm.
    Source: Petersen et al. 2012 (diagnosing violations of positivity).
    """
    e = finite_vector(score, "propensity score")
    arm = arm_vector(treated, "treated", len(e))
    if not arm.any() or arm.all():
        raise AnalysisError("overlap: one arm is empty.")
    if cells < 1:
        raise UsageError(f"cells: {cells}; give at least 1.")
    lo, hi = max(e[arm].min(), e[~arm].min()), min(e[arm].max(), e[~arm].max())
    outside = (e < lo) | (e > hi)
    edges = np.quantile(e, np.linspace(0, 1, cells + 1))
    cell = np.clip(np.searchsorted(edges, e, "left") - 1, 0, cells - 1)
    table = _cells("all", cell, arm, edges)
    apart = table
    if hospital is not None:
        labels = np.asarray(hospital).astype(str)
        if labels.shape != e.shape:
            raise UsageError(f"hospital: expected {len(e)} labels, got shape {labels.shape}.")
        apart = [
            row
            for name in np.unique(labels).tolist()
            for row in _cells(name, cell[labels == name], arm[labels == name], edges)
        ]
        table = table + apart
    bad = [row for row in apart if not row.positive]
    return Overlap(
        support_lo=float(lo),
        support_hi=float(hi),
        outside_treated=int((outside & arm).sum()),
        outside_control=int((outside & ~arm).sum()),
        cells=tuple(table),
        violations=len(bad),
        rows_in_violation=sum(row.n_treated + row.n_control for row in bad),
    )


def _cells(hospital: str, cell: IntArray, arm: BoolArray, edges: FloatArray) -> list[OverlapCell]:
    """One row per decile of one hospital."""
    count = len(edges) - 1
    treated = np.bincount(cell[arm], minlength=count)
    control = np.bincount(cell[~arm], minlength=count)
    return [
        OverlapCell(
            hospital, k + 1, float(edges[k]), float(edges[k + 1]), int(treated[k]), int(control[k])
        )
        for k in range(count)
    ]
