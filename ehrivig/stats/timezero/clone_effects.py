"""The effects of clone-censor-weight: contrasts of its risks, with percentiles of replicates."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.result import Arms, Effect, FloatArray, Risk
from ehrivig.stats.timezero.clone_curves import (
    HOURS_PER_DAY,
    STRATEGIES,
    Incidence,
    StrategyCurves,
    days_until,
)
from ehrivig.stats.timezero.clone_risks import Problem
from ehrivig.stats.timezero.clones import START, WAIT
from ehrivig.stats.timezero.contrast import effect_of, event_by, no_event, without

MOST_FAILED = 0.05
"""The share of replicates that may have no risks, or a strategy without an event."""
Measured = Callable[..., Effect]
"""Makes the effect of a measure from its value, its replicates, and notes."""


def contrasts(
    risks: tuple[float, float],
    replicates: FloatArray,
    followed: tuple[float, float],
    make: Measured,
) -> tuple[Effect, Effect]:
    """Return the risk difference and ratio; `followed`: how many people a strategy is worth."""
    draws = replicates[:, 0] - replicates[:, 1]
    difference = make("RD", risks[0] - risks[1], draws, *no_event(*risks, followed))
    positive = replicates[(replicates > 0).all(axis=1)]
    if min(risks) <= 0 or len(positive) < (1 - MOST_FAILED) * len(replicates):
        reason = "a strategy has no event, here or in many replicates, so no risk ratio"
        return difference, without("RR", reason, difference)
    ratios = np.log(positive[:, 0] / positive[:, 1])
    return difference, make("RR", math.log(risks[0] / risks[1]), ratios)


def days_free(found: Incidence, drawn: Incidence, make: Measured) -> Effect:
    """The difference in mean days free of the event until the horizon, START minus WAIT."""
    days = (found.free[0] - found.free[1]) / HOURS_PER_DAY
    return make("RMSTD", float(days), (drawn.free[:, 0] - drawn.free[:, 1]) / HOURS_PER_DAY)


def curves_of(problem: Problem, found: Incidence, drawn: Incidence, level: float) -> StrategyCurves:
    """The risks by each day, with percentiles of the replicates as limits."""
    tails = ((1 - checked_level(level)) / 2, (1 + level) / 2)
    lo, hi = np.quantile(drawn.risk, tails, axis=0, method="weibull")
    hours, copies = days_until(problem.horizon_hours), problem.copies
    events = [
        np.searchsorted(
            np.sort(copies.time_hours[copies.event & (copies.arm == arm)]), hours, side="right"
        )
        for arm in STRATEGIES
    ]
    return StrategyCurves(problem.cohort.n, hours, found.risk, lo, hi, np.stack(events))


def measured(
    problem: Problem,
    risks: tuple[float, float],
    replicates: FloatArray,
    level: float,
    hours: tuple[float, float],
) -> Measured:
    """What all effects share: arms, words, the limits of the risks, percentiles as limits."""
    copies, label, n = problem.copies, problem.cohort.event_label, problem.cohort.n
    events = [int(copies.event[copies.arm == arm].sum()) for arm in (START, WAIT)]
    moves = problem.cohort.course
    when = "as observed, the others at its end"
    if moves is not None and problem.stand_in == "all_starters":
        when = "at times like those of who did, whatever the severity"
    estimand = (
        f"everybody has started by {hours[0]:g} h ({when}) vs nobody "
        f"starts within {hours[0]:g} h (later start allowed); {event_by(label, hours[1])}; all "
        "patients from time zero"
    )
    tails = ((1 - checked_level(level)) / 2, (1 + level) / 2)
    ends = np.quantile(replicates, tails, axis=0, method="weibull")
    both = tuple(Risk(risks[arm], float(ends[0, arm]), float(ends[1, arm])) for arm in (0, 1))
    told = ["every patient is in both arms until departing from one"]
    told.append(f"{departed(problem)[1]} of {n} start within {hours[0]:g} h")
    if moves is not None:
        width = problem.grace.width_hours
        told.append(f"weights by {', '.join(moves.names)} as each {width:g} h of grace begin")

    def make(measure: str, value: float, draws: FloatArray, *notes: str) -> Effect:
        if not np.ptp(draws) > 0:
            raise AnalysisError(
                f"clone-censor-weight: {measure} is the same in every bootstrap sample, so it has "
                "no interval: nothing else can happen in these people."
            )
        low, high = np.quantile(draws, tails, method="weibull")
        return effect_of(
            measure,
            value,
            float(draws.std(ddof=1)),
            label,
            Arms(n, events[0], n, events[1]),
            f"clone-censor-weight, grace {hours[0]:g} h",
            f"bootstrap of patients, {draws.size} replicates, percentile limits; p by their SE",
            estimand,
            limits=(float(low), float(high)),
            notes=(*told, *notes),
            risks=(both[0], both[1]),
            level=level,
        )

    return make


def departed(problem: Problem) -> tuple[int, int]:
    """Return the copies censored for departing: START at the end of grace, WAIT at a start."""
    n_intervals = problem.terms.shape[0]
    waiting = (problem.rows.interval == n_intervals) & ~problem.rows.started
    starters = problem.copies.patient[problem.copies.started_in <= n_intervals]
    return int(waiting.sum()), int(np.unique(starters).size)
