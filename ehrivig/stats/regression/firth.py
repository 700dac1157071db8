"""Firth's penalised likelihood: finite odds ratios where the events are separated.

The log-likelihood plus half the log determinant of the Fisher information (the Jeffreys prior).
Sources: Firth 1993; Heinze & Schemper 2002 (penalised profile intervals and tests).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, chdtri

from ehrivig.errors import AnalysisError
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.newton import Maximum, little_gain
from ehrivig.stats.regression.firth_likelihood import (
    WHAT,
    Scaled,
    climbed,
    fisher_information,
    prepare,
    solved,
)
from ehrivig.stats.regression.glm import MaximumLikelihood, expit, maximise
from ehrivig.stats.regression.logistic_fit import LogisticFit, wald_fit
from ehrivig.stats.regression.logistic_input import Problem
from ehrivig.stats.regression.profile import alongside, profile_interval
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import exponential

PARABOLA = 0.1
"""Limits so near to Wald's, as a share of their distance, are of a profile with one top."""
STARTS = (1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0)
"""How far out the places lie from which a profile with several tops is climbed."""
SAME_HEIGHT = 1e-6
"""In log-likelihood: tops nearer to each other are one."""


def firth_fit(problem: Problem, *, limits: bool = True) -> LogisticFit:
    """Firth's fit with penalised profile intervals and penalised likelihood-ratio tests.

    Without `limits` neither is sought: they cost most of the time, and scores need none.
    """
    names = problem.names
    top = penalised(problem.event, problem.x, None, names)
    k = len(names)
    lo, hi, p = (np.full(k, np.nan) for _ in range(3))
    notes: tuple[str, ...] = ()
    for j in range(k if limits else 0):
        try:
            lo[j], hi[j], p[j] = _profile(problem, top, j)
        except AnalysisError as error:
            if j:
                raise
            notes = (f"no interval of the intercept: {error}",)  # nobody reads it as an effect
    return replace(
        wald_fit(problem, top, top.covariance, "inverse Fisher information (Heinze & Schemper)"),
        lo=exponential(lo),
        hi=exponential(hi),
        p=p,
        method="logistic, Firth's penalised likelihood",
        interval="profile penalised likelihood" if limits else "none",
        notes=notes,
    )


def _profile(problem: Problem, top: MaximumLikelihood, j: int) -> tuple[float, float, float]:
    """The penalised profile limits of coefficient j, and p of its likelihood-ratio test.

    Held far out, the others may have several tops. A profile like the parabola at the maximum has
    one; of another one the ends are climbed to from many places, and all of it where that is
    higher.
    """
    data = prepare(problem.event, problem.x, None, centred=j > 0)
    estimate, se = float(top.coef[j]), float(np.sqrt(top.covariance[j, j]))

    def ends(highest: Callable[[float], float]) -> tuple[float, float]:
        return profile_interval(highest, estimate, se, top.loglik, problem.level)

    once = _Heights(data, top, j, [])
    often = _Heights(data, top, j, _directions(len(top.coef)))
    at_zero = once(0.0)  # first: what follows depends on the level
    root, away = np.sqrt(max(0.0, 2.0 * (top.loglik - at_zero))), abs(estimate) / se
    if abs(root - away) > PARABOLA * max(away, 1.0):
        at_zero = max(at_zero, often(0.0))
    fall = 0.5 * float(chdtri(1, 1.0 - problem.level))
    try:
        lo, hi = ends(once)
    except AnalysisError:
        lo, hi = ends(often)
    else:
        steps, wald = np.array([estimate - lo, hi - estimate]), se * np.sqrt(2.0 * fall)
        bent = np.abs(steps - wald).max() > PARABOLA * wald
        if bent and max(often(lo), often(hi)) > top.loglik - fall + SAME_HEIGHT:
            lo, hi = ends(often)
    return lo, hi, float(chdtrc(1, max(0.0, 2.0 * (top.loglik - at_zero))))


def _directions(k: int) -> list[FloatArray]:
    """Places (k,) to climb from, on the scale of columns with unit spread."""
    rng = np.random.default_rng(0)
    return [width * rng.normal(size=k) for width in (0.0, *STARTS)]


@dataclass
class _Heights:
    """The highest penalised log-likelihood with coefficient j held, by its value.

    Each climb begins where the one before ended, moved along the ridge; and from `others` (k,),
    about no effect and about the ridge.
    """

    data: Scaled
    top: MaximumLikelihood
    j: int
    others: list[FloatArray]

    def __post_init__(self) -> None:
        self.last = self.top.coef

    def __call__(self, value: float) -> float:
        ridge = alongside(replace(self.top, coef=self.last), self.j, value)
        starts = [ridge]
        for k, other in enumerate(self.others):
            start = self.data.outward() @ other
            starts.append(start if k % 2 == 0 else ridge + start)
        found, failures = [], []
        for start in starts:
            try:
                found.append(penalised_profile(self.data, self.j, value, start))
            except AnalysisError as error:
                failures.append(error)
        if not found:
            raise failures[0]
        height, self.last = max(found, key=lambda one: one[0])
        return height


def penalised(
    event: FloatArray, x: FloatArray, weights: FloatArray | None, names: tuple[str, ...]
) -> MaximumLikelihood:
    """Firth's fit of P(event) = expit(intercept + x b); `names` has the intercept first.

    `covariance` is the inverse Fisher information at the maximum (Heinze & Schemper 2002), `loglik`
    penalised, `loglik_null` NaN. Raises AnalysisError for constant or collinear columns and when it
    does not converge.
    """
    data = prepare(event, x, weights)
    p = np.full(len(event), 0.5)
    refuse_dependent(fisher_information(data, p)[0], names, WHAT)
    top = max(_tops(data, event, x, weights), key=lambda found: found.loglik)
    information, _ = fisher_information(data, expit(data.z @ top.beta))
    outward = data.outward()
    covariance = outward @ solved(information, np.eye(len(names))) @ outward.T
    return MaximumLikelihood(
        outward @ top.beta, covariance, top.loglik, float("nan"), top.iterations
    )


def _tops(
    data: Scaled, event: FloatArray, x: FloatArray, weights: FloatArray | None
) -> list[Maximum]:
    """The maxima that are reached from no effect and, where it exists, from the unpenalised fit.

    The penalised likelihood may have two tops, with a covariate that has an outlier for example.
    """
    free = np.ones(data.z.shape[1], dtype=bool)
    starts = [np.zeros(data.z.shape[1])]
    with contextlib.suppress(AnalysisError):
        starts.append(data.inward(maximise(event, x, weights=weights).coef))
    tops, failures = [], []
    for start in starts:
        try:
            tops.append(climbed(data, start, free))
        except AnalysisError as error:
            failures.append(error)
    if not tops:
        raise failures[0]
    return tops


def penalised_profile(
    data: Scaled, j: int, value: float, start: FloatArray
) -> tuple[float, FloatArray]:
    """The highest penalised log-likelihood with coefficient j held at value, and where it is (k,).

    The penalty keeps the column that is held, as Heinze & Schemper have it. `start` (k,) are the
    coefficients to begin from, that of column j at `value`. `data` is not centred where j is 0.
    """
    free = np.arange(data.z.shape[1]) != j
    beta = data.inward(start)
    beta[j] = value * data.scale[j] if j else value
    # Only the height is wanted: a step short against the standard errors is short enough.
    top = climbed(data, beta, free, little_gain)
    return top.loglik, np.asarray(data.outward() @ top.beta)
