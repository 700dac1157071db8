"""A cohort in which exposure does nothing, to show what each analysis makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.timezero.contrast import HOURS_PER_DAY
from ehrivig.stats.timezero.follow_up import FollowUp, follow_up

HORIZON_DAYS = 28.0
DEATH_RISK = 0.374
START_MEDIAN_DAYS, START_LOG_SD = 2.0, 0.9
DURATION_MEDIAN_DAYS, DURATION_LOG_SD = 9.0, 0.7
SHARE_INTENDED = 0.5
LONG_DAYS, LATE_DAYS = 8.0, 2.0


@dataclass(frozen=True)
class NullCohort:
    """A simulated cohort of n patients in which exposure has no effect on death.

    follow_up : death within 28 days, else followed to day 28. intended : (n,) meant to be exposed.
    duration_days : (n,) exposed time lived, nan for the unexposed.
    """

    follow_up: FollowUp
    intended: BoolArray
    duration_days: FloatArray


def simulate_null(n: int, seed: int) -> NullCohort:
    """Return n patients: exponential death (37.4% by day 28), and exposure that does nothing.

    Half are meant to be exposed, from a lognormal(ln 2, 0.9) day on, for lognormal(ln 9, 0.7) days.
    Death comes first for some: they stay unexposed, and it cuts short the exposure of others
    (exposed time ends at death or day 28). This reading of the published parameters, with all
    contrasts against the unexposed, gives the biases that `naive_biases` states.
    """
    rng = np.random.default_rng(seed)
    rate = -math.log1p(-DEATH_RISK) / HORIZON_DAYS
    death = rng.exponential(1 / rate, n)
    start = rng.lognormal(math.log(START_MEDIAN_DAYS), START_LOG_SD, n)
    duration = rng.lognormal(math.log(DURATION_MEDIAN_DAYS), DURATION_LOG_SD, n)
    intended = rng.random(n) < SHARE_INTENDED
    end = np.minimum(death, HORIZON_DAYS)
    exposed = intended & (start < end)
    cohort = follow_up(
        end * HOURS_PER_DAY,
        death <= HORIZON_DAYS,
        np.where(exposed, start * HOURS_PER_DAY, np.nan),
    )
    lived = np.where(exposed, np.minimum(duration, end - start), np.nan)
    return NullCohort(cohort, intended, lived)


@dataclass(frozen=True)
class NaiveBiases:
    """What naive contrasts with the never exposed report where the truth is 1.

    ever_rr : risk ratio, ever exposed. The others are odds ratios of death: exposed more than 8
    days, at most 8 days, from later than 48 h, from within 48 h. risk_* : risks behind them.
    """

    ever_rr: float
    long_or: float
    short_or: float
    late_or: float
    early_or: float
    risk_exposed: float
    risk_control: float


def naive_biases(cohort: NullCohort) -> NaiveBiases:
    """Return the naive contrasts of a null cohort (expected: 0.85, 0.49, 1.14, 0.71, 0.84)."""
    dead, ever = cohort.follow_up.event, cohort.follow_up.ever
    late = np.greater(cohort.follow_up.start_hours, LATE_DAYS * HOURS_PER_DAY)
    long = np.greater(cohort.duration_days, LONG_DAYS)
    control = float(dead[~ever].mean())

    def odds_ratio(group: BoolArray) -> float:
        risk = float(dead[group].mean())
        return risk / (1 - risk) / (control / (1 - control))

    risk_exposed = float(dead[ever].mean())
    return NaiveBiases(
        ever_rr=risk_exposed / control,
        long_or=odds_ratio(ever & long),
        short_or=odds_ratio(ever & ~long),
        late_or=odds_ratio(ever & late),
        early_or=odds_ratio(ever & ~late),
        risk_exposed=risk_exposed,
        risk_control=control,
    )
