"""Logistic regression: odds ratios of a named event, with a named variance and interval."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.regression.few_clusters import reduced_bias
from ehrivig.stats.regression.firth import firth_fit
from ehrivig.stats.regression.glm import MaximumLikelihood, expit, maximise
from ehrivig.stats.regression.logistic_fit import (
    LogisticFit,
    likelihood_ratio,
    predicted,
    wald_fit,
)
from ehrivig.stats.regression.logistic_input import (
    VARIANCE_NAMES,
    Problem,
    Variance,
    checked,
    refuse_contradictions,
)
from ehrivig.stats.regression.odds_ratios import exposure_effect
from ehrivig.stats.regression.profile import with_profile
from ehrivig.stats.regression.sandwich import clustered, heteroscedastic, working
from ehrivig.stats.result import FloatArray

__all__ = ["LogisticFit", "exposure_effect", "likelihood_ratio", "logistic", "predicted"]

Interval = Literal["wald", "profile", "none"]


def logistic(
    event: ArrayLike,
    x: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    variance: Variance | None = None,
    interval: Interval = "wald",
    firth: bool | Literal["auto"] = False,
    event_label: str = "event",
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> LogisticFit:
    """Odds ratios of the event by unpenalised maximum likelihood, an intercept included.

    `event` (n,) 0/1; `x` (n, p) without an intercept column; `weights` (n,) >= 0 (rows of weight
    zero are left out); `cluster` (n,) labels. `variance` defaults to "cluster" with clusters, to
    "HC0" with weights (they are sampling weights) and to "model" otherwise; below 40 clusters "CR2"
    is best (bias reduced, t with Satterthwaite's degrees of freedom; no weights).
    `interval="profile"` inverts the likelihood-ratio test (model variance, no weights).
    `firth=True` penalises the likelihood; `firth="auto"` does so only when the events are
    separated, with a NumericalWarning; its limits are profiles, and `interval="none"` leaves them
    out, as predictions need none.

    Raises UsageError for wrong shapes and options that exclude each other; AnalysisError for
    missing or infinite values, no event or nothing but events, constant or collinear columns (an
    empty arm is one), separation, and no convergence.
    Source: McCullagh & Nelder 1989; Firth 1993; sandwich: Zeileis et al. 2020.
    """
    refuse_contradictions(weights, cluster, variance, interval, firth, level)
    problem, labels = checked(event, x, weights, cluster, names, level)
    kind = variance or (
        "cluster" if labels is not None else "HC0" if weights is not None else "model"
    )
    if firth is True:
        fit = firth_fit(problem, limits=interval != "none")
        return replace(fit, event_label=event_label)
    try:
        ml = maximise(problem.event, problem.x, weights=problem.weights, names=problem.names[1:])
    except AnalysisError as error:
        if firth != "auto" or "separation" not in str(error):
            raise
        fit = _firth_instead(problem, str(error), limits=interval != "none")
        return replace(fit, event_label=event_label)
    if kind == "CR2":
        assert labels is not None
        x, coef, bread, outward = _in_place(problem, ml)
        few = reduced_bias(*working(problem.event, x, coef), bread, labels, outward)
        fit = wald_fit(problem, ml, few.covariance, few.variance, df=few.df)
    else:
        fit = wald_fit(problem, ml, _covariance(problem, ml, kind, labels), VARIANCE_NAMES[kind])
    if interval == "profile":
        fit = with_profile(problem, fit)
    return replace(fit, event_label=event_label)


def _firth_instead(problem: Problem, why: str, *, limits: bool) -> LogisticFit:
    """Firth's fit with the reason in its notes, and a warning."""
    if problem.weights is not None:
        raise AnalysisError(why + " (Firth's fit does not take sampling weights.)")
    warnings.warn(why.split(": the events")[0] + "; Firth's penalised fit is reported",
                  NumericalWarning, stacklevel=3)  # fmt: skip
    fit = firth_fit(problem, limits=limits)
    return replace(fit, notes=(why.split(". Use firth")[0], *fit.notes))


def _covariance(
    problem: Problem, ml: MaximumLikelihood, kind: Variance, labels: ArrayLike | None
) -> FloatArray:
    """The (k, k) covariance of the named kind."""
    if kind == "model":
        return ml.covariance
    assert kind != "CR2"
    y, w = problem.event, problem.weights
    x, coef, bread, outward = _in_place(problem, ml)
    if kind == "quasi":
        return ml.covariance * _dispersion(problem, ml, expit(coef[0] + x @ coef[1:]))
    if kind == "cluster":
        assert labels is not None
        found = clustered(y, x, w, coef, bread, labels)
    else:
        found = heteroscedastic(y, x, w, coef, bread, kind)
    return found if outward is None else outward @ found @ outward.T


def _in_place(
    problem: Problem, ml: MaximumLikelihood
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]:
    """Columns on which a sandwich keeps its digits, the fit on them (coefficients, bread), and what
    takes that to the columns as given (None: they are those)."""
    if ml.moved is None:
        return problem.x, ml.coef, ml.covariance, None
    moved = ml.moved
    return moved.columns(problem.x), moved.coef, moved.covariance, moved.outward


def _dispersion(problem: Problem, ml: MaximumLikelihood, p: FloatArray) -> float:
    """Pearson's chi-square over its degrees of freedom, with chances p (n,)."""
    w = np.ones(len(p)) if problem.weights is None else problem.weights
    pearson = float(np.sum(w * (problem.event - p) ** 2 / (p * (1 - p))))
    return pearson / (len(p) - len(ml.coef))
