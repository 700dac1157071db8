"""The risk by each day under both strategies, and the time free of the event until the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.risk_sets import RiskSets
from ehrivig.stats.timezero.clones import START, WAIT

HOURS_PER_DAY = 24.0
STRATEGIES = (START, WAIT)
"""The order of the strategies in every array of risks."""


@dataclass(frozen=True)
class Incidence:
    """What happens under START and WAIT until the horizon; of replicates with one axis before.

    risk : (2, G) by each moment of a grid, whose last is the horizon. free : (2,) mean hours until
    the event or the horizon.
    """

    risk: FloatArray
    free: FloatArray


@dataclass(frozen=True, repr=False)
class StrategyCurves(Shown):
    """The risks by each day with their limits, and how many copies have had the event by then.

    n : people. hours : (G,) whole days and the horizon. risk, lo, hi, events : (2, G), in the order
    of `STRATEGIES`.
    """

    n: int
    hours: FloatArray
    risk: FloatArray
    lo: FloatArray
    hi: FloatArray
    events: FloatArray


def days_until(horizon_hours: float) -> FloatArray:
    """Hours of every whole day from time zero on, and the horizon; ascending, (G,)."""
    days = np.arange(0, horizon_hours, HOURS_PER_DAY)
    return np.append(days, horizon_hours)


def incidence_of(sets: RiskSets, hazard: FloatArray, grid: FloatArray) -> Incidence:
    """The incidence that follows from the hazards at the event times of both strategies.

    hazard : (J,) of `sets`, whose strata are START and WAIT. grid : (G,) hours, ascending.
    """
    risk, free = np.empty((2, grid.size)), np.empty(2)
    for place, arm in enumerate(STRATEGIES):
        mine = sets.stratum == arm
        time = sets.event_time[mine]
        survival = np.append(1.0, np.cumprod(1 - np.minimum(hazard[mine], 1.0)))
        risk[place] = 1 - survival[np.searchsorted(time, grid, side="right")]
        free[place] = float(survival @ np.diff(time, prepend=0.0, append=grid[-1]))
    return Incidence(risk, free)


def unknown_incidence(grid: FloatArray) -> Incidence:
    """The incidence of a replicate whose model fails."""
    return Incidence(np.full((2, grid.size), np.nan), np.full(2, np.nan))


def stacked(drawn: Sequence[Incidence]) -> Incidence:
    """The incidence of B replicates in one: risk (B, 2, G), free (B, 2)."""
    return Incidence(np.stack([c.risk for c in drawn]), np.stack([c.free for c in drawn]))
