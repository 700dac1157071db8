"""Clone, censor, weight: "start within g hours" against "do not start within g hours".

Every patient is copied into both strategies, each copy is censored when the patient departs from
its strategy, and the copies left are weighted up to stand for those censored. Nobody is credited
with time survived, because until departure a patient counts in both arms.
Source: Hernán and Robins 2016; Cain et al. 2010 (grace period); Maringe et al. 2020.
"""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import get_args

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Arms, Effect, FloatArray
from ehrivig.stats.survival.risk_sets import RiskSets, build_risk_sets
from ehrivig.stats.timezero.clones import START, WAIT, Clones, StandIn, clone_weights, clones
from ehrivig.stats.timezero.contrast import effect_of
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import (
    AtRiskOfStart,
    Grace,
    at_risk_of_start,
    grace_period,
    interval_terms,
)

_MOST_FAILED = 0.05


@dataclass(frozen=True)
class _Problem:
    """All that a bootstrap replicate needs; built once."""

    cohort: FollowUp
    copies: Clones
    rows: AtRiskOfStart
    terms: FloatArray
    sets: RiskSets
    truncate: tuple[float, float]
    stand_in: StandIn


def _risks(problem: _Problem, frequency: FloatArray) -> tuple[float, float, FloatArray]:
    """Return the risk at the horizon under START and WAIT, and the weights of the pieces."""
    weight = clone_weights(
        problem.cohort,
        problem.copies,
        problem.rows,
        problem.terms,
        frequency,
        problem.truncate,
        problem.stand_in,
    )
    counted = weight * frequency[problem.copies.patient]
    n_risk, n_event = problem.sets.at_risk(counted), problem.sets.tied(counted)
    hazard = np.divide(n_event, n_risk, out=np.zeros_like(n_risk), where=n_event > 0)
    survival = {
        arm: float(np.prod(1 - np.minimum(hazard[problem.sets.stratum == arm], 1.0)))
        for arm in (START, WAIT)
    }
    return 1 - survival[START], 1 - survival[WAIT], weight


def _replicates(
    problem: _Problem, seeds: list[np.random.SeedSequence]
) -> list[tuple[float, float]]:
    """Return the risks of patients drawn anew with each seed; nan where the model fails."""
    out = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        n = problem.cohort.n
        frequency = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        try:
            start, wait, _ = _risks(problem, frequency)
        except AnalysisError:
            start, wait = float("nan"), float("nan")
        out.append((start, wait))
    return out


@dataclass(frozen=True)
class CloneCensorWeight:
    """Risks at the horizon under both strategies, their contrasts, and what the weights did.

    replicates : (B, 2) bootstrap risks (START, WAIT), nan where a replicate failed.
    max_weight : largest weight of each arm (START, WAIT). n_censored : copies censored for
    departing, by arm. effective_n : Kish's effective sample size of each arm after grace.
    """

    risk_start: float
    risk_wait: float
    risk_difference: Effect
    risk_ratio: Effect
    replicates: FloatArray
    n_failed: int
    max_weight: tuple[float, float]
    n_censored: tuple[int, int]
    effective_n: tuple[float, float]


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
) -> CloneCensorWeight:
    """Return risk difference and ratio at the horizon, "start within grace" minus "not within".

    Intervals are percentiles of the bootstrap (at rank tail x (B + 1)), which draws patients before
    cloning; each replicate has its own seed, so the numbers do not depend on `workers` (processes).
    Standard errors are of the replicates (log scale for the ratio). The chance of starting is a
    pooled logistic model of the 6-hour intervals on time and the baseline covariates, refitted in
    each replicate.

    Raises AnalysisError when a strategy has nobody to stand in for those censored, when an arm has
    no event, or when more than 5% of replicates fail.
    """
    if stand_in not in get_args(StandIn):
        raise AnalysisError(f"stand_in: {stand_in!r} is not one of {get_args(StandIn)}.")
    grace = grace_period(grace_hours, interval_hours)
    problem = _problem(cohort, grace, horizon_hours, truncate, stand_in)
    ones = np.ones(cohort.n)
    start, wait, weight = _risks(problem, ones)
    if min(start, wait) <= 0:
        raise AnalysisError("clone-censor-weight: a strategy has no event, so no risk ratio.")
    replicates = _bootstrap(problem, bootstraps, seed, workers)
    good = replicates[~np.isnan(replicates).any(axis=1) & (replicates > 0).all(axis=1)]
    n_failed = bootstraps - good.shape[0]
    if n_failed > _MOST_FAILED * bootstraps:
        raise AnalysisError(
            f"clone-censor-weight: {n_failed} of {bootstraps} bootstrap replicates failed; the "
            "weight model is too rich for these data. Use fewer covariates or longer intervals."
        )
    effects = _contrasts(problem, (start, wait), good, level, (grace_hours, horizon_hours))
    return CloneCensorWeight(
        risk_start=start,
        risk_wait=wait,
        risk_difference=effects[0],
        risk_ratio=effects[1],
        replicates=replicates,
        n_failed=n_failed,
        max_weight=(_largest(problem, weight, START), _largest(problem, weight, WAIT)),
        n_censored=_departed(problem),
        effective_n=(_effective_n(problem, weight, START), _effective_n(problem, weight, WAIT)),
    )


def _problem(
    cohort: FollowUp,
    grace: Grace,
    horizon_hours: float,
    truncate: tuple[float, float],
    stand_in: StandIn,
) -> _Problem:
    """Return the copies and risk sets. Raises AnalysisError where a strategy has no stand-in."""
    if not horizon_hours > grace.hours:
        raise AnalysisError("clone-censor-weight: the horizon must be after the end of grace.")
    rows = at_risk_of_start(cohort, grace)
    chosen = rows.interval == grace.n_intervals
    started = rows.started[chosen] if stand_in == "last_interval" else rows.started
    if not started.any() or not np.any(~rows.started[chosen]):
        raise AnalysisError(
            "clone-censor-weight: nobody (or everybody) still followed starts within grace, so one "
            "strategy has no stand-in. Choose another grace period or longer intervals."
        )
    copies = clones(cohort, grace, horizon_hours)
    sets = build_risk_sets(
        copies.time_hours, copies.event, stratum=copies.arm, entry=copies.entry_hours
    )
    terms = interval_terms(rows, grace.n_intervals)
    return _Problem(cohort, copies, rows, terms, sets, truncate, stand_in)


def _bootstrap(problem: _Problem, bootstraps: int, seed: int, workers: int) -> FloatArray:
    """Return the bootstrap risks, shape (B, 2), in the order of the seeds."""
    if bootstraps < 2:
        raise AnalysisError("clone-censor-weight: needs at least 2 bootstraps.")
    seeds = np.random.SeedSequence(seed).spawn(bootstraps)
    if workers <= 1:
        return np.array(_replicates(problem, seeds))
    share = -(-bootstraps // workers)
    chunks = [seeds[i : i + share] for i in range(0, bootstraps, share)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = pool.map(_replicates, [problem] * len(chunks), chunks)
        return np.array([pair for chunk in done for pair in chunk])


def _contrasts(
    problem: _Problem,
    risks: tuple[float, float],
    replicates: FloatArray,
    level: float,
    hours: tuple[float, float],
) -> tuple[Effect, Effect]:
    """Return the risk difference and ratio with percentile limits."""
    copies, label = problem.copies, problem.cohort.event_label
    events = [int(copies.event[copies.arm == arm].sum()) for arm in (START, WAIT)]
    n = problem.cohort.n
    estimand = (
        f"everybody has started by {hours[0]:g} h (as observed, the others at its end) vs nobody "
        f"starts within {hours[0]:g} h (later start allowed); {label} by {hours[1]:g} h; all "
        "patients from time zero"
    )
    tails = ((1 - level) / 2, (1 + level) / 2)
    effects = []
    for measure, value, draws in (
        ("RD", risks[0] - risks[1], replicates[:, 0] - replicates[:, 1]),
        ("RR", math.log(risks[0] / risks[1]), np.log(replicates[:, 0] / replicates[:, 1])),
    ):
        low, high = np.quantile(draws, tails, method="weibull")
        effects.append(
            effect_of(
                measure,
                value,
                float(draws.std(ddof=1)),
                label,
                Arms(n, events[0], n, events[1]),
                f"clone-censor-weight, grace {hours[0]:g} h",
                f"bootstrap of patients, {replicates.shape[0]} replicates, percentile limits",
                estimand,
                limits=(float(low), float(high)),
                notes=("every patient is in both arms until departing from one",),
                level=level,
            )
        )
    return effects[0], effects[1]


def _final(problem: _Problem, weight: FloatArray, arm: int) -> FloatArray:
    """Return the weights of an arm's copies that are followed beyond grace."""
    copies = problem.copies
    final = (copies.arm == arm) & (copies.interval == problem.terms.shape[0] + 1)
    return np.asarray(weight[final], dtype=np.float64)


def _largest(problem: _Problem, weight: FloatArray, arm: int) -> float:
    """Return the largest weight of an arm after grace."""
    return float(_final(problem, weight, arm).max(initial=0.0))


def _effective_n(problem: _Problem, weight: FloatArray, arm: int) -> float:
    """Return Kish's effective sample size of an arm after grace."""
    final = _final(problem, weight, arm)
    return float(final.sum() ** 2 / np.sum(final**2)) if final.size else 0.0


def _departed(problem: _Problem) -> tuple[int, int]:
    """Return the copies censored for departing: START at the end of grace, WAIT at a start."""
    n_intervals = problem.terms.shape[0]
    waiting = (problem.rows.interval == n_intervals) & ~problem.rows.started
    starters = problem.copies.patient[problem.copies.started_in <= n_intervals]
    return int(waiting.sum()), int(np.unique(starters).size)
