"""Logistic regression: odds ratios of a named event, with a named variance and interval."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.design_matrix import (
    INTERCEPT,
    binary_vector,
    column_names,
    finite_matrix,
    weight_vector,
)
from ehrivig.stats.regression.firth import penalised, penalised_profile
from ehrivig.stats.regression.glm import MaximumLikelihood, expit, maximise
from ehrivig.stats.regression.logistic_fit import (
    LogisticFit,
    exposure_effect,
    likelihood_ratio,
    predicted,
)
from ehrivig.stats.regression.profile import profile_interval
from ehrivig.stats.regression.sandwich import clustered, heteroscedastic
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import ratios

__all__ = ["LogisticFit", "exposure_effect", "likelihood_ratio", "logistic", "predicted"]

Variance = Literal["model", "quasi", "HC0", "HC1", "HC2", "HC3", "cluster"]

VARIANCE_NAMES = {
    "model": "model (inverse Fisher information)",
    "quasi": "model times Pearson dispersion (R quasibinomial)",
    "HC0": "HC0 (White)",
    "HC1": "HC1 (HC0 times n/(n-k))",
    "HC2": "HC2 (leverage)",
    "HC3": "HC3 (squared leverage)",
    "cluster": "cluster HC1 (statsmodels, R vcovCL type HC1)",
}


@dataclass(frozen=True)
class _Problem:
    """Checked input of one fit."""

    event: FloatArray
    x: FloatArray
    weights: FloatArray | None
    names: tuple[str, ...]
    level: float


def logistic(
    event: ArrayLike,
    x: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    variance: Variance | None = None,
    interval: Literal["wald", "profile"] = "wald",
    firth: bool | Literal["auto"] = False,
    event_label: str = "event",
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> LogisticFit:
    """Odds ratios of the event by unpenalised maximum likelihood, an intercept included.

    `event` (n,) 0/1; `x` (n, p) without an intercept column; `weights` (n,) >= 0 (rows of weight
    zero are left out); `cluster` (n,) labels. `variance` defaults to "cluster" with clusters, to
    "HC0" with weights (they are sampling weights) and to "model" otherwise. `interval="profile"`
    inverts the likelihood-ratio test (model variance, no weights). `firth=True` penalises the
    likelihood; `firth="auto"` does so only when the events are separated, with a NumericalWarning.

    Raises UsageError for wrong shapes and options that exclude each other; AnalysisError for
    missing or infinite values, no event or nothing but events, constant or collinear columns (an
    empty arm is one), separation, and no convergence.
    Source: McCullagh & Nelder 1989; Firth 1993; sandwich: Zeileis et al. 2020.
    """
    _refuse_contradictions(weights, cluster, variance, interval, firth, level)
    problem, labels = _checked(event, x, weights, cluster, names, level)
    kind = variance or (
        "cluster" if labels is not None else "HC0" if weights is not None else "model"
    )
    if firth is True:
        return replace(_firth_fit(problem), event_label=event_label)
    try:
        ml = maximise(problem.event, problem.x, weights=problem.weights, names=problem.names[1:])
    except AnalysisError as error:
        if firth != "auto" or "separation" not in str(error):
            raise
        return replace(_firth_instead(problem, str(error)), event_label=event_label)
    fit = _assemble(problem, ml, _covariance(problem, ml, kind, labels), VARIANCE_NAMES[kind])
    if interval == "profile":
        fit = _with_profile(problem, fit)
    return replace(fit, event_label=event_label)


def _refuse_contradictions(
    weights: ArrayLike | None,
    cluster: ArrayLike | None,
    variance: str | None,
    interval: str,
    firth: bool | str,
    level: float,
) -> None:
    """Raise UsageError for options that exclude each other."""
    if variance is not None and variance not in VARIANCE_NAMES:
        raise UsageError(f"variance: {variance!r} is none of {', '.join(VARIANCE_NAMES)}.")
    if (variance == "cluster") != (cluster is not None) and not (
        cluster is not None and variance is None
    ):
        raise UsageError('variance="cluster" and cluster= belong together.')
    if interval not in ("wald", "profile") or firth not in (True, False, "auto"):
        raise UsageError('interval is "wald" or "profile"; firth is True, False or "auto".')
    robust = variance not in (None, "model") or weights is not None or cluster is not None
    if robust and (interval == "profile" or firth is True):
        raise UsageError("profile intervals and Firth's fit use the model variance, no weights.")
    if not 0 < level < 1:
        raise UsageError("level: must lie between 0 and 1, like 0.95.")


def _checked(
    event: ArrayLike,
    x: ArrayLike,
    weights: ArrayLike | None,
    cluster: ArrayLike | None,
    names: Sequence[str] | None,
    level: float,
) -> tuple[_Problem, ArrayLike | None]:
    """The input as arrays without rows of weight zero, and the clusters of those rows."""
    y = binary_vector(event, "event")
    matrix = finite_matrix(x, "x", len(y))
    w = weight_vector(weights, len(y))
    labels: ArrayLike | None = cluster
    if w is not None and bool((w == 0).any()):
        used = w > 0
        y, matrix, w = y[used], matrix[used], w[used]
        labels = None if cluster is None else np.asarray(cluster)[used]
    if len(y) == 0:
        raise AnalysisError("logistic regression: no rows.")
    if not 0 < y.sum() < len(y):
        kind = "no event" if y.sum() == 0 else "nothing but events"
        raise AnalysisError(
            f"logistic regression: {kind} among {len(y)} rows; there is no odds ratio."
        )
    if len(y) <= matrix.shape[1]:
        raise AnalysisError(
            f"logistic regression: {len(y)} rows cannot carry {matrix.shape[1] + 1} coefficients."
        )
    full = (INTERCEPT, *column_names(names, matrix.shape[1]))
    return _Problem(y, matrix, w, full, level), labels


def _covariance(
    problem: _Problem, ml: MaximumLikelihood, kind: Variance, labels: ArrayLike | None
) -> FloatArray:
    """The (k, k) covariance of the named kind."""
    y, x, w = problem.event, problem.x, problem.weights
    if kind == "model":
        return ml.covariance
    if kind == "quasi":
        return ml.covariance * _dispersion(problem, ml)
    if kind == "cluster":
        assert labels is not None
        return clustered(y, x, w, ml.coef, ml.covariance, labels)
    return heteroscedastic(y, x, w, ml.coef, ml.covariance, kind)


def _dispersion(problem: _Problem, ml: MaximumLikelihood) -> float:
    """Pearson's chi-square over its degrees of freedom."""
    p = expit(ml.coef[0] + problem.x @ ml.coef[1:])
    w = np.ones(len(p)) if problem.weights is None else problem.weights
    pearson = float(np.sum(w * (problem.event - p) ** 2 / (p * (1 - p))))
    return pearson / (len(p) - len(ml.coef))


def _assemble(
    problem: _Problem, ml: MaximumLikelihood, covariance: FloatArray, variance: str
) -> LogisticFit:
    """The fit with Wald intervals and tests."""
    odds = ratios(ml.coef, covariance, problem.level)
    return LogisticFit(
        names=problem.names,
        coef=ml.coef,
        se=odds.se,
        covariance=covariance,
        odds_ratio=odds.ratio,
        lo=odds.lo,
        hi=odds.hi,
        p=odds.p,
        n=len(problem.event),
        events=int(problem.event.sum()),
        event_label="event",
        method="logistic, maximum likelihood" + ("" if problem.weights is None else ", weighted"),
        variance=variance,
        interval="Wald",
        level=problem.level,
        loglik=ml.loglik,
        loglik_null=ml.loglik_null,
        iterations=ml.iterations,
    )


def _with_profile(problem: _Problem, fit: LogisticFit) -> LogisticFit:
    """The same fit with likelihood-ratio intervals in place of Wald's (p stays Wald's)."""
    ends = [_profile_ends(problem, fit, j) for j in range(len(fit.coef))]
    return replace(
        fit,
        lo=np.exp(np.array([lo for lo, _ in ends])),
        hi=np.exp(np.array([hi for _, hi in ends])),
        interval="profile likelihood",
    )


def _profile_ends(problem: _Problem, fit: LogisticFit, j: int) -> tuple[float, float]:
    """The profile interval of coefficient j, on the log scale."""
    held = np.ones(len(problem.event)) if j == 0 else problem.x[:, j - 1]
    others = problem.x if j == 0 else np.delete(problem.x, j - 1, axis=1)

    def highest(value: float) -> float:
        ml = maximise(problem.event, others, offset=value * held, intercept=j != 0)
        return ml.loglik

    return profile_interval(
        highest, float(fit.coef[j]), float(fit.se[j]), fit.loglik, problem.level
    )


def _firth_instead(problem: _Problem, why: str) -> LogisticFit:
    """Firth's fit with the reason in its notes, and a warning."""
    if problem.weights is not None:
        raise AnalysisError(why + " (Firth's fit does not take sampling weights.)")
    warnings.warn(why.split(": the events")[0] + "; Firth's penalised fit is reported",
                  NumericalWarning, stacklevel=3)  # fmt: skip
    return replace(_firth_fit(problem), notes=(why.split(". Use firth")[0],))


def _firth_fit(problem: _Problem) -> LogisticFit:
    """Firth's fit with penalised profile intervals and penalised likelihood-ratio tests."""
    y, x, names = problem.event, problem.x, problem.names
    top = penalised(y, x, None, names)
    se = np.sqrt(np.diag(top.covariance))
    lo, hi, p = np.empty_like(se), np.empty_like(se), np.empty_like(se)
    for j in range(len(se)):
        last = top.coef

        def highest(value: float, j: int = j) -> float:
            nonlocal last
            loglik, last = penalised_profile(y, x, None, j, value, last)
            return loglik

        lo[j], hi[j] = profile_interval(
            highest, float(top.coef[j]), float(se[j]), top.loglik, problem.level
        )
        p[j] = chdtrc(1, max(0.0, 2.0 * (top.loglik - highest(0.0))))
    ml = MaximumLikelihood(
        top.coef, top.covariance, top.loglik, float("nan"), top.iterations, len(y)
    )
    return replace(
        _assemble(problem, ml, top.covariance, "inverse Fisher information (Heinze & Schemper)"),
        lo=np.exp(lo),
        hi=np.exp(hi),
        p=p,
        method="logistic, Firth's penalised likelihood",
        interval="profile penalised likelihood",
    )
