"""Risks under dose plans, their replicates, and the contrasts of the first plan with the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import MOST_REPEATED, checked_level, random_seed, whole_number
from ehrivig.stats.dose_plans.plan import DosePlan
from ehrivig.stats.result import Arms, Effect, FloatArray, Risk, Risks
from ehrivig.stats.timezero.contrast import effect_of, event_by, no_event, without

HOURS_PER_DAY = 24.0
MOST_FAILED = 0.05
"""The share of replicates in which a plan may have no risk."""
FEWEST_BOOTSTRAPS = 40
"""Of fewer replicates there is no 95% percentile interval."""
HEAVY = 20.0
"""Where a weight is above it, few stand for so many that no interval holds (Cole, Hernán 2008)."""
Statistic = Callable[[FloatArray, int], FloatArray]
"""Risks (..., P) of patients who count some times (n,), and the number of the replicate."""


@dataclass(frozen=True)
class PlanRisks:
    """The risk by the horizon under each of P plans, and whom it rests on.

    risk : (P,), nan where a plan has none. reasons : P, why; empty where it has. n, events : (P,)
    people who never departed from a plan, and those of them who died. notes : P, what to read each
    by. common : of all.
    """

    plans: tuple[DosePlan, ...]
    risk: FloatArray
    reasons: tuple[str, ...]
    n: tuple[int, ...]
    events: tuple[int, ...]
    notes: tuple[tuple[str, ...], ...]
    common: tuple[str, ...] = ()


def bootstrapped(statistic: Statistic, n: int, bootstraps: int, seed: int) -> FloatArray:
    """The statistic of patients drawn anew, (B, ...); nan where its models fail.

    Each replicate has its own seed. Raises AnalysisError for fewer than 40 replicates.
    """
    bootstraps = whole_number(bootstraps, "bootstraps", 0, MOST_REPEATED)
    if bootstraps < FEWEST_BOOTSTRAPS:
        raise AnalysisError(
            f"dose plans: {bootstraps} bootstrap samples give no limits. Write at least "
            f"{FEWEST_BOOTSTRAPS} (analysis.bootstrap)."
        )
    found: list[FloatArray | None] = []
    for number, child in enumerate(np.random.SeedSequence(random_seed(seed)).spawn(bootstraps)):
        drawn = np.random.default_rng(child).integers(0, n, n)
        try:
            frequency = np.bincount(drawn, minlength=n).astype(np.float64)
            found.append(statistic(frequency, number + 1))
        except AnalysisError:
            found.append(None)
    known = next((one for one in found if one is not None), None)
    if known is None:
        raise AnalysisError("dose plans: the models fail in every bootstrap sample.")
    empty = np.full(known.shape, np.nan)
    return np.stack([empty if one is None else one for one in found])


def plan_effects(
    found: PlanRisks,
    replicates: FloatArray,
    *,
    words: tuple[str, str, str],
    horizon_days: float,
    level: float,
) -> list[tuple[Effect, ...] | AnalysisError]:
    """Of each other plan the risk difference and ratio, the first plan minus or over it.

    replicates : (B, P) risks. words : event, method, and how plans are defined. Where a plan has no
    risk, here or in more than 5% of replicates, there is the reason in place of its effects.
    """
    return [
        _pair(found, replicates, place, words, horizon_days, level)
        for place in range(1, len(found.plans))
    ]


def _pair(
    found: PlanRisks,
    replicates: FloatArray,
    place: int,
    words: tuple[str, str, str],
    horizon_days: float,
    level: float,
) -> tuple[Effect, ...] | AnalysisError:
    for k in (0, place):
        if found.reasons[k]:
            return AnalysisError(f"plan {found.plans[k].name}: {found.reasons[k]}")
    both = replicates[:, [0, place]]
    good = both[~np.isnan(both).any(axis=1)]
    failed = len(both) - len(good)
    if failed > MOST_FAILED * len(both):
        return AnalysisError(
            f"{failed} of {len(both)} bootstrap samples have no risk: in them a plan has nobody, "
            "or a model of the deaths has too few"
        )
    if max(found.risk[0], found.risk[place]) <= 0:
        return AnalysisError("neither plan has an event")
    if np.ptp(good[:, 0] - good[:, 1]) == 0:
        return AnalysisError("the plans differ by the same in every bootstrap sample")
    label, method, estimand = words
    tails = ((1 - checked_level(level)) / 2, (1 + level) / 2)
    lo, hi = np.quantile(good, tails, axis=0, method="weibull")
    first, second = float(found.risk[0]), float(found.risk[place])
    risks: Risks = (
        Risk(first, float(lo[0]), float(hi[0])),
        Risk(second, float(lo[1]), float(hi[1])),
    )
    names = f"{found.plans[0].name} vs {found.plans[place].name}"
    until = event_by(label, horizon_days * HOURS_PER_DAY)
    notes = (*found.notes[0], *found.notes[place], *found.common)
    if failed:
        notes = (*notes, f"{failed} of {len(both)} bootstrap samples without a risk")

    def make(measure: str, value: float, draws: FloatArray) -> Effect:
        low, high = np.quantile(draws, tails, method="weibull")
        return effect_of(
            measure,
            value,
            float(draws.std(ddof=1)),
            label,
            Arms(found.n[0], found.events[0], found.n[place], found.events[place]),
            method,
            f"bootstrap of patients, {draws.size} replicates, percentile limits",
            f"{names}: {estimand}; {until}; all patients from time zero",
            limits=(float(low), float(high)),
            notes=tuple(dict.fromkeys(notes)),
            risks=risks,
            level=level,
        )

    if rare := no_event(first, second, (found.n[0], found.n[place])):
        notes = (*notes, *rare)
    difference = make("RD", first - second, good[:, 0] - good[:, 1])
    positive = good[(good > 0).all(axis=1)]
    if min(first, second) <= 0 or len(positive) < (1 - MOST_FAILED) * len(good):
        reason = "a plan has no event, here or in many replicates, so no risk ratio"
        return difference, without("RR", reason, difference)
    ratios = np.log(positive[:, 0] / positive[:, 1])
    return difference, make("RR", math.log(first / second), ratios)


def largest_said(weight: FloatArray) -> str:
    """The largest of weights (m,) in words: whether few people stand for many."""
    largest = float(weight.max(initial=0.0))
    if largest <= HEAVY:
        return f"{largest:.1f}"
    return f"{largest:.1f}, above {HEAVY:g}: few stand for many, do not read this as an effect"


def checked_plans(plans: Sequence[DosePlan], grace_days: int, n_days: int) -> tuple[DosePlan, ...]:
    """The plans. Raises AnalysisError for fewer than two, names twice, or a grace that is none."""
    grace_days = whole_number(grace_days, "grace_days", 0)
    if not all(isinstance(plan, DosePlan) for plan in plans):
        raise UsageError("plans: needs plans of doses (DosePlan).")
    names = [plan.name for plan in plans]
    if len(names) < 2 or len(set(names)) < len(names):
        raise AnalysisError("dose plans: needs at least two, each with a name of its own.")
    if not 1 <= grace_days < n_days:
        raise AnalysisError(
            f"dose plans: a grace of {grace_days} days must have a whole day at least, and end "
            f"before the horizon of {n_days} days."
        )
    return tuple(plans)
