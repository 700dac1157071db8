"""The Fine-Gray model: subdistribution hazard ratios with competing events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import whole_number
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.newton import Maximum
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.fine_gray_likelihood import (
    FineGrayDesign,
    design,
    evaluate,
    pieces,
    score_rows,
)
from ehrivig.stats.survival.follow_up_input import (
    column_names,
    constant_columns,
    design_matrix,
    entry_time,
    event_status,
    follow_up_time,
)
from ehrivig.stats.survival.hazard_ratios import HazardRatios
from ehrivig.stats.survival.partial_likelihood import maximum
from ehrivig.stats.survival.risk_sets import time_ranks
from ehrivig.stats.wald import ratios

FineGrayVariance = Literal["crr", "naive", "robust"]
_VARIANCE_NAMES = {
    "crr": "robust with censoring correction (as cmprsk crr)",
    "naive": "model (inverse information, weights taken as known)",
    "robust": "robust (weights taken as known)",
}


@dataclass(frozen=True, repr=False)
class FineGrayFit(HazardRatios):
    """Log subdistribution hazard ratios of `cause`.

    n rows: events of the cause, competing events, censored rows.
    """

    MEASURE: ClassVar[str] = "SHR"

    design: FineGrayDesign = field(repr=False, compare=False)
    cause: int
    competing: int
    censored: int

    def baseline(self) -> tuple[FloatArray, FloatArray]:
        """Return the J event times and the cumulative subdistribution hazard at x = 0."""
        piece = pieces(self.design, self.coef * self.design.scale)
        offset = -float(self.coef @ self.design.center) - piece.shift
        hazard = self.design.sets.tied() / piece.s0 * np.exp(offset)
        return self.design.sets.event_time, np.cumsum(hazard)

    def predict(self, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the event times (J,) and the predicted incidence (J, m) at covariates x (m, p)."""
        rows = np.atleast_2d(np.asarray(x, dtype=np.float64))
        if rows.shape[1] != self.coef.size:
            raise AnalysisError(f"predict: x needs {self.coef.size} columns, has {rows.shape[1]}.")
        time, hazard = self.baseline()
        return time, -np.expm1(-np.outer(hazard, np.exp(rows @ self.coef)))


def fine_gray(
    time: ArrayLike,
    status: ArrayLike,
    x: ArrayLike,
    cause: int = 1,
    *,
    entry: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    variance: FineGrayVariance | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    timefix: bool = True,
    event_label: str | None = None,
) -> FineGrayFit:
    """Return the Fine-Gray fit of `cause`, as R's `cmprsk::crr(time, status, x, cause)`.

    time, status, entry, cluster : (n,); x : (n,) or (n, p). status is 0 for censored, 1, 2, ...
        for the cause. Ties by Breslow, censoring weights from all rows together, as crr.
    variance : `crr` (default) has the correction for the estimated censoring distribution;
        `robust` takes the weights as known (R's `finegray` + `coxph`); `naive` is the inverse
        information. With `entry` (left truncation, weights of Geskus 2011) the default, and the
        most that is defined here, is `robust`. `cluster` sums the rows of `crr` or `robust`.

    Raises AnalysisError on unusable input, no event of the cause, constant or collinear covariates,
    an infinite coefficient, or no convergence. Source: Fine and Gray 1999; Zhou 2012 (clusters).
    """
    t = follow_up_time(time)
    s = event_status(status, t.size)
    matrix = design_matrix(x, t.size)
    labels = column_names(names, matrix.shape[1])
    e = entry_time(entry, t)
    kind = _variance_kind(variance, e is not None, cluster is not None)
    cause = whole_number(cause, "cause", 1)
    if not np.any(s == cause):
        raise AnalysisError(f"Fine-Gray: there is no event of cause {cause}.")
    flat = [labels[j] for j in constant_columns(matrix)]
    if flat:
        raise AnalysisError(f"Fine-Gray: {', '.join(flat)}: constant. Leave the column out.")
    rank, entry_rank, times = time_ranks(t, e, timefix=timefix)
    e = None if entry_rank is None else times[entry_rank]
    data = design(matrix, times[rank], s, cause, e)
    n_events = float(np.sum(s == cause))
    # no last step: crr ends at the iterate that passes its test, and this is the same iterate
    best = maximum(
        partial(evaluate, data), labels, method="Fine-Gray", n_events=n_events, last_step=False
    )
    clusters = None if cluster is None else clusters_of(cluster, t.size)[1]
    cov = _covariance(data, best, kind, clusters)
    name = _VARIANCE_NAMES[kind] + (", by cluster" if clusters is not None else "")
    return _fit(data, best, cov, labels, (cause, s), name, level, event_label)


def _variance_kind(
    variance: FineGrayVariance | None, truncated: bool, clustered: bool
) -> FineGrayVariance:
    """Return the variance to compute; raises AnalysisError for one that is not defined."""
    if variance is None:
        return "robust" if truncated else "crr"
    if variance not in get_args(FineGrayVariance):
        raise AnalysisError(f"variance: {variance!r} is not one of {get_args(FineGrayVariance)}.")
    if variance == "crr" and truncated:
        raise AnalysisError(
            "Fine-Gray: the censoring correction is not defined here with entry times. "
            "Use variance='robust'."
        )
    if variance == "naive" and clustered:
        raise AnalysisError("Fine-Gray: the naive variance ignores clusters. Use 'crr'.")
    return variance


def _covariance(
    data: FineGrayDesign, best: Maximum, kind: FineGrayVariance, clusters: IntArray | None
) -> FloatArray:
    """Return the covariance (p, p) on the standardised scale."""
    naive = best.covariance
    if kind == "naive":
        return naive
    rows = score_rows(data, best.beta, censoring=kind == "crr")
    if clusters is not None:
        codes = clusters[data.row]
        size = int(codes.max()) + 1
        rows = np.column_stack([np.bincount(codes, rows[:, j], size) for j in range(rows.shape[1])])
    return np.asarray(naive @ (rows.T @ rows) @ naive)


def _fit(
    data: FineGrayDesign,
    best: Maximum,
    cov: FloatArray,
    names: tuple[str, ...],
    outcome: tuple[int, IntArray],
    variance: str,
    level: float,
    event_label: str | None,
) -> FineGrayFit:
    """Return the fit on the scale of the covariates."""
    rescale = np.outer(data.scale, data.scale)
    cause, status = outcome
    coef, cov = best.beta / data.scale, cov / rescale
    hazards = ratios(coef, cov, level)
    events, censored = int(np.sum(status == cause)), int(np.sum(status == 0))
    return FineGrayFit(
        names=names,
        cause=cause,
        coef=coef,
        se=hazards.se,
        cov=cov,
        naive_se=np.sqrt(np.diag(best.covariance / rescale)),
        hazard_ratio=hazards.ratio,
        lo=hazards.lo,
        hi=hazards.hi,
        z=hazards.z,
        p=hazards.p,
        loglik=best.loglik,
        loglik_null=best.first.loglik,
        iterations=best.iterations,
        n=status.size,
        events=events,
        competing=int(status.size) - events - censored,
        censored=censored,
        variance=variance,
        event_label=event_label or f"cause {cause}",
        level=level,
        method="Fine-Gray, Breslow ties",
        design=data,
    )
