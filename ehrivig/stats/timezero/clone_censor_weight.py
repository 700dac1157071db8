"""Clone, censor, weight: "start within g hours" against "do not start within g hours".

Every patient is copied into both strategies, each copy is censored when the patient departs from
its strategy, and the copies left are weighted up to stand for those censored. Nobody is credited
with time survived, because until departure a patient counts in both arms.
Source: Hernán and Robins 2016; Cain et al. 2010 (grace period); Maringe et al. 2020.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.arrays import checked_level, one_of
from ehrivig.stats.result import BoolArray, Effect, FloatArray
from ehrivig.stats.timezero.clone_curves import Incidence, StrategyCurves
from ehrivig.stats.timezero.clone_effects import (
    MOST_FAILED,
    contrasts,
    curves_of,
    days_free,
    departed,
    measured,
)
from ehrivig.stats.timezero.clone_risks import (
    Problem,
    bootstrap,
    incidence_at,
    problem_of,
    risks_of,
)
from ehrivig.stats.timezero.clones import START, WAIT, StandIn
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import grace_period
from ehrivig.stats.timezero.lost_weights import lost_weights, until_lost
from ehrivig.stats.weighting.weight import effective_sample_size

PENALISED = "the weight model is penalised (log-F): in many replicates it is separated"


@dataclass(frozen=True)
class CloneCensorWeight:
    """Risks at the horizon under both strategies, their contrasts, and what the weights did.

    rmst_difference : days free of the event until the horizon, START minus WAIT. curves : the risks
    by each day. replicates : (B, 2) bootstrap risks (START, WAIT), nan where a replicate failed.
    max_weight : largest weight of each arm (START, WAIT). n_censored : copies censored for
    departing, by arm. effective_n : Kish's effective sample size of each arm after grace.
    max_lost_weight : largest weight for being lost, 1 where nobody is.
    """

    risk_start: float
    risk_wait: float
    risk_difference: Effect
    risk_ratio: Effect
    rmst_difference: Effect
    curves: StrategyCurves
    replicates: FloatArray
    n_failed: int
    max_weight: tuple[float, float]
    n_censored: tuple[int, int]
    effective_n: tuple[float, float]
    max_lost_weight: float = 1.0

    @property
    def effects(self) -> tuple[Effect, Effect, Effect]:
        """Risk difference, risk ratio, and difference in restricted mean time in days."""
        return self.risk_difference, self.risk_ratio, self.rmst_difference


def clone_censor_weight(
    cohort: FollowUp,
    *,
    grace_hours: float = 48.0,
    horizon_hours: float = 672.0,
    interval_hours: float = 6.0,
    truncate: tuple[float, float] = (0.01, 0.99),
    stand_in: StandIn = "all_starters",
    bootstraps: int = 500,
    seed: int = 0,
    workers: int = 1,
    level: float = 0.95,
    lost_hours: ArrayLike | None = None,
) -> CloneCensorWeight:
    """Return risk difference and ratio at the horizon, "start within grace" minus "not within".

    Beside them the difference in restricted mean time free of the event, and the risks by each day.

    Intervals are percentiles of the bootstrap (at rank tail x (B + 1)), which draws patients before
    cloning; each replicate has its own seed, so the numbers do not depend on `workers` (processes).
    Standard errors are of the replicates (log scale for the ratio). The chance of starting is a
    pooled logistic model of the 6-hour intervals on time and the baseline covariates, refitted in
    each replicate. Where covariates separate who starts from who does not, here or in more than 5%
    of the replicates, it is penalised in all of them, and a note says so.

    lost_hours : (n,) when each was lost to follow-up (left, and nobody knows of a death after it),
    nan where not. The rest is weighted for them too, by day, covariates and strategy
    (`lost_weights`); nothing after it is used. None: whose follow-up ends early is like the others.

    With a course the chances of starting and of being lost know what moves as each interval begins.
    START is then "at a time drawn from those of the people who started within grace" (Cain et al.
    2010): a time chosen by severity of after a start could not be stood in for.

    Where a strategy has no event, here or in more than 5% of the replicates, the ratio is `without`
    numbers. Raises AnalysisError when a strategy has nobody to stand in for those censored, when
    neither has an event, or when more than 5% of replicates fail all the same.
    """
    one_of("stand_in", stand_in, get_args(StandIn))
    checked_level(level)
    grace = grace_period(grace_hours, interval_hours)
    cohort, lost = (cohort, None) if lost_hours is None else until_lost(cohort, lost_hours)
    problem = problem_of(cohort, grace, horizon_hours, truncate, stand_in, lost)
    _refuse_unreached(problem, horizon_hours)
    problem, note = fittable(problem)
    start, wait, weight = risks_of(problem, np.ones(cohort.n))
    if max(start, wait) <= 0:
        raise AnalysisError("clone-censor-weight: neither strategy has an event.")
    drawn = bootstrap(problem, bootstraps, seed, workers)
    if _failed(drawn) > MOST_FAILED * bootstraps and not problem.penalised:
        problem, note = replace(problem, penalised=True), PENALISED
        start, wait, weight = risks_of(problem, np.ones(cohort.n))
        drawn = bootstrap(problem, bootstraps, seed, workers)
    _refuse_failed(drawn, bootstraps)
    found, good = incidence_at(problem, np.ones(cohort.n)), _usable(drawn)
    risks = good.risk[:, :, -1]
    make = measured(problem, (start, wait), risks, level, (grace_hours, horizon_hours))
    followed = _effective_n(problem, weight, START), _effective_n(problem, weight, WAIT)
    effects = tuple(
        replace(effect, notes=(*effect.notes, note)) if note else effect
        for effect in (
            *contrasts((start, wait), risks, followed, make),
            days_free(found, good, make),
        )
    )
    return CloneCensorWeight(
        risk_start=start,
        risk_wait=wait,
        risk_difference=effects[0],
        risk_ratio=effects[1],
        rmst_difference=effects[2],
        curves=curves_of(problem, found, good, level),
        replicates=drawn.risk[:, :, -1],
        n_failed=_failed(drawn),
        max_weight=(_largest(problem, weight, START), _largest(problem, weight, WAIT)),
        n_censored=departed(problem),
        effective_n=followed,
        max_lost_weight=_largest_lost(problem),
    )


def _refuse_failed(drawn: Incidence, bootstraps: int) -> None:
    """Raise AnalysisError where too many replicates have no risks."""
    n_failed = _failed(drawn)
    if n_failed > MOST_FAILED * bootstraps:
        raise AnalysisError(
            f"clone-censor-weight: {n_failed} of {bootstraps} bootstrap replicates failed: in them "
            "a strategy has nobody. Name another analysis in [study.estimand], or a "
            "longer grace_hours."
        )


def _refuse_unreached(problem: Problem, horizon_hours: float) -> None:
    """Raise AnalysisError where nobody of a strategy is followed to the horizon and some live."""
    copies = problem.copies
    for arm, words in ((START, "starting within grace"), (WAIT, "not starting within grace")):
        mine = copies.arm == arm
        end = float(copies.time_hours[mine].max(initial=0.0))
        last = mine & (copies.time_hours == end)
        if end < horizon_hours - 1e-6 and not copies.event[last].all():
            raise AnalysisError(
                f"clone-censor-weight: of the strategy of {words} nobody is seen beyond {end:g} "
                f"h, and the horizon is {horizon_hours:g} h. Shorten it."
            )


def fittable(problem: Problem, *, penalised: bool = False) -> tuple[Problem, str]:
    """The problem with a weight model that can be fitted, and what is unusual about it.

    `penalised`: as the replicates of the answer need it, where this fit alone would not.
    """
    if penalised:
        return replace(problem, penalised=True), PENALISED
    try:
        risks_of(problem, np.ones(problem.cohort.n))
    except SeparationError as error:
        note = f"the weight model is penalised (log-F): separation by {error.columns}"
        return replace(problem, penalised=True), note
    return problem, ""


def _failures(drawn: Incidence) -> BoolArray:
    """Which replicates (B,) have no risks."""
    return np.asarray(np.isnan(drawn.free).any(axis=1))


def _usable(drawn: Incidence) -> Incidence:
    """The replicates that did not fail."""
    good = ~_failures(drawn)
    return Incidence(drawn.risk[good], drawn.free[good])


def _failed(drawn: Incidence) -> int:
    return int(_failures(drawn).sum())


def _final(problem: Problem, weight: FloatArray, arm: int) -> FloatArray:
    """Return the weights of an arm's copies that are followed beyond grace."""
    copies = problem.copies
    final = (copies.arm == arm) & (copies.interval == problem.terms.shape[0] + 1)
    return np.asarray(weight[final], dtype=np.float64)


def _largest(problem: Problem, weight: FloatArray, arm: int) -> float:
    """Return the largest weight of an arm after grace."""
    return float(_final(problem, weight, arm).max(initial=0.0))


def _largest_lost(problem: Problem) -> float:
    """Return the largest weight with which somebody stands for people who were lost."""
    if problem.lost is None:
        return 1.0
    weight = lost_weights(problem.lost, np.ones(problem.cohort.n), penalised=problem.penalised)
    return float(weight.max())


def _effective_n(problem: Problem, weight: FloatArray, arm: int) -> float:
    """Return Kish's effective sample size of an arm after grace."""
    return effective_sample_size(_final(problem, weight, arm))
