"""The Cox model: hazard ratios from right-censored, left-truncated or time-dependent data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import labelled
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.newton import Maximum
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox_exact import evaluate_exact, refuse_unfit
from ehrivig.stats.survival.cox_likelihood import CoxDesign, design, evaluate
from ehrivig.stats.survival.cox_score import robust_covariance
from ehrivig.stats.survival.follow_up_input import (
    case_weights,
    column_names,
    constant_columns,
    design_matrix,
    entry_time,
    event_indicator,
    follow_up_time,
)
from ehrivig.stats.survival.hazard_ratios import HazardRatios
from ehrivig.stats.survival.partial_likelihood import maximum
from ehrivig.stats.survival.risk_sets import build_risk_sets
from ehrivig.stats.wald import ratios

Ties = Literal["efron", "breslow", "exact"]
MODEL_VARIANCE = "model (inverse information)"
ROBUST_VARIANCE = "robust (infinitesimal jackknife by row)"
CLUSTER_VARIANCE = "robust (infinitesimal jackknife by cluster)"


@dataclass(frozen=True, repr=False)
class CoxFit(HazardRatios):
    """Log hazard ratios of a Cox model.

    score_test : chi-square (p degrees of freedom) that all coefficients are 0, from the model.
    """

    MEASURE: ClassVar[str] = "HR"

    design: CoxDesign = field(repr=False, compare=False)
    score_test: float
    n_strata: int
    n_clusters: int | None


def cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    robust: bool | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    timefix: bool = True,
    event_label: str = "event",
) -> CoxFit:
    """Return the maximum partial-likelihood fit, as R's `coxph(Surv(entry, time, event) ~ x)`.

    time, event, entry, strata, cluster, weights : (n,); x : (n,) or (n, p). A row is at risk in
        (entry, time], so a person with time-dependent covariates is several rows (give `cluster`
        when one person may have several events or the rows carry weights).
    ties : `efron` (default), `breslow` or `exact`.
    robust : infinitesimal-jackknife variance; None (default) means with `cluster` or with weights
        that are not whole numbers, as R. With weights the rows' dfbeta are weighted.

    Raises AnalysisError on unusable input, no event, constant or collinear covariates, an infinite
    coefficient, or no convergence. Memory about 3 n p numbers.
    Source: Cox 1972; Efron 1977; Lin and Wei 1989; R survival 3.5 `coxph`.
    """
    if ties not in get_args(Ties):
        raise AnalysisError(f"ties: {ties!r} is not one of {get_args(Ties)}.")
    t = follow_up_time(time)
    d = event_indicator(event, t.size)
    matrix = design_matrix(x, t.size)
    labels = column_names(names, matrix.shape[1])
    e = entry_time(entry, t)
    w = case_weights(weights, t.size)
    s = labelled("strata", strata, t.size)
    clusters = None if cluster is None else clusters_of(cluster, t.size)[1]
    if not d.any():
        raise AnalysisError("cox: there is no event, so no hazard ratio can be estimated.")
    _refuse_constant(matrix, labels)
    sets = build_risk_sets(t, d, stratum=s.codes, entry=e, timefix=timefix)
    data = design(matrix, t, e, w, sets, "breslow" if ties == "breslow" else "efron")
    best = _maximum(data, labels, ties)
    wants_robust = clusters is not None or (w is not None and bool(np.any(w != np.floor(w))))
    robust = wants_robust if robust is None else robust
    return _fit(data, best, labels, ties, robust, clusters, len(s.labels), level, event_label)


def _refuse_constant(matrix: FloatArray, names: tuple[str, ...]) -> None:
    """Raise AnalysisError naming the covariates that have one value only."""
    flat = [names[j] for j in constant_columns(matrix)]
    if flat:
        raise AnalysisError(f"cox: {', '.join(flat)}: constant. Leave the column out.")


def _maximum(data: CoxDesign, names: tuple[str, ...], ties: Ties) -> Maximum:
    """Return the maximum on the standardised scale."""
    total = float(data.mean_weight @ data.sets.tied())
    if ties != "exact":
        return maximum(partial(evaluate, data), names, method="cox", n_events=total)
    refuse_unfit(data)
    return maximum(partial(evaluate_exact, data), names, method="cox", n_events=total)


def _fit(
    data: CoxDesign,
    best: Maximum,
    names: tuple[str, ...],
    ties: Ties,
    robust: bool,
    clusters: IntArray | None,
    n_strata: int,
    level: float,
    event_label: str,
) -> CoxFit:
    """Return the fit on the scale of the covariates."""
    naive = best.covariance
    cov, variance = naive, MODEL_VARIANCE
    if robust:
        if ties == "exact":
            raise AnalysisError("cox: exact ties have no robust variance. Use ties='efron'.")
        cov = robust_covariance(data, best.beta, naive, clusters)
        variance = ROBUST_VARIANCE if clusters is None else CLUSTER_VARIANCE
    rescale = np.outer(data.scale, data.scale)
    coef, cov, naive = best.beta / data.scale, cov / rescale, naive / rescale
    hazards = ratios(coef, cov, level)
    return CoxFit(
        names=names,
        coef=coef,
        se=hazards.se,
        cov=cov,
        naive_se=np.sqrt(np.diag(naive)),
        hazard_ratio=hazards.ratio,
        lo=hazards.lo,
        hi=hazards.hi,
        z=hazards.z,
        p=hazards.p,
        loglik=best.loglik,
        loglik_null=best.first.loglik,
        score_test=best.score_test,
        iterations=best.iterations,
        n=data.shape[0],
        events=int(data.sets.n_tied.sum()),
        n_strata=n_strata,
        n_clusters=None if clusters is None else int(np.unique(clusters).size),
        method=f"Cox, {ties.capitalize()} ties" + (", stratified" if n_strata > 1 else ""),
        variance=variance,
        event_label=event_label,
        level=level,
        design=data,
    )
