"""A true effect of the dose: each day with one changes the hazard of dying in the hospital.

Without it the demo draws who dies first, and leaves the others to their published stays (`stays`).
That is, given X, one process with two hazards among those in the hospital on day t: of dying,
r f(t) / pool(t), and of leaving alive, (1 - r) g(t) / pool(t), where r is the risk of death by day
28 (`outcomes.risk_score`), f and F the density and the distribution of the day of death, g and G of
the day on which survivors leave, and pool(t) = r (1 - F(t)) + (1 - r) (1 - G(t)). An effect of the
dose multiplies the first by exp(log_hr) for each day with a dose so far; a dose acts from twelve
hours after it. Who has left dies no more before day 28. How many days are planned depends on
nothing, so whoever is dosed longer lived longer: groups by duration are biased, and the truth of
plans (`risk`) and of the hazard is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from ehrivig.demo import margins, outcomes
from ehrivig.demo.margins import CONTROL, IVIG, Floats, Ints

HORIZON, STEP = 28.0, 0.05
DELAY_DAYS = 0.5
PLANNED_DAYS = margins.Quartiles(3, 6, 10)
"""Days of a course, one after the other."""
PLANS = (0, 1, 3, 5, 7, 10)
"""Days in a row of the plans whose risks are told."""
START_DAY = 1.0
_EARLIEST, _LATEST = 1.5, 60.0
_GRID = np.arange(0.0, HORIZON + STEP / 2, STEP)
_QUANTILES = (np.arange(4000) + 0.5) / 4000


class Course(NamedTuple):
    """Days dosed as planned, whether they die by day 28, and the day of death or of leaving."""

    planned: Ints
    died: margins.Flags
    end: Floats


def _stay(arm: int) -> Floats:
    """The days of the stay of survivors at `_QUANTILES`, as published of an arm."""
    z = margins.normal_quantile(_QUANTILES)
    days = margins.positive(z, margins.LENGTH_OF_STAY[arm])
    return np.clip(days, _EARLIEST, _LATEST)


def left_by(days: Floats, arm: int) -> Floats:
    """G: the share of the survivors of an arm that has left by each day."""
    return np.asarray(np.interp(days, _stay(arm), _QUANTILES, left=0.0, right=1.0))


def increments(eta: Floats, arm: int) -> tuple[Floats, Floats]:
    """What the hazards of dying and of leaving gain in each step: (n, steps) each."""
    r = outcomes.expit(eta)[:, None]
    f, g = outcomes.death_by(_GRID), left_by(_GRID, arm)
    middle = r * (1 - (f[:-1] + f[1:]) / 2) + (1 - r) * (1 - (g[:-1] + g[1:]) / 2)
    return r * np.diff(f) / middle, (1 - r) * np.diff(g) / middle


def acting(start: Floats, planned: Ints) -> Floats:
    """The days with a dose that act in each step: (n, steps); none where `start` is NaN."""
    since = (_GRID[:-1] + STEP / 2)[None, :] - start[:, None] - DELAY_DAYS
    begun = np.floor(np.nan_to_num(since, nan=-1.0)) + 1
    return np.asarray(np.clip(begun, 0, planned[:, None]), dtype=np.float64)


def risk(eta: Floats, arm: int, start: Floats, planned: Ints, log_hr: float) -> Floats:
    """P(death by day 28 | X) of those in the hospital from day 0 on under a plan of doses.

    `start`: the day of the first dose, of those who are still there; `planned`: days in a row with
    one; (n,) each.
    """
    dies, leaves = increments(eta, arm)
    dies = dies * np.exp(log_hr * acting(start, planned))
    there = np.exp(-np.cumsum(dies + leaves, axis=1))
    before = np.column_stack((np.ones(len(eta)), there[:, :-1]))
    return np.asarray(((before - there) * dies / np.maximum(dies + leaves, 1e-300)).sum(axis=1))


def planned_days(n: int, rng: np.random.Generator) -> Ints:
    """The days of a course as it is planned, at least one."""
    drawn = margins.positive(rng.standard_normal(n), PLANNED_DAYS)
    return np.maximum(np.rint(drawn), 1).astype(np.int64)


def course(eta: Floats, arm: int, start: Floats, log_hr: float, rng: np.random.Generator) -> Course:
    """What becomes of people who are in the hospital at `start`, their first dose: (n,) each."""
    planned = planned_days(len(eta), rng)
    dies, leaves = increments(eta, arm)
    dies = dies * np.exp(log_hr * acting(start, planned))
    later = _GRID[:-1][None, :] >= start[:, None]  # whole steps after it
    dies, leaves = np.where(later, dies, 0.0), np.where(later, leaves, 0.0)
    death = first(np.cumsum(dies, axis=1), rng.exponential(size=len(eta)))
    leave = first(np.cumsum(leaves, axis=1), rng.exponential(size=len(eta)))
    died = death < leave
    u = rng.random(len(eta))
    there = float(left_by(np.array([HORIZON]), arm)[0])
    late = np.interp(there + (1 - there) * u, _QUANTILES, _stay(arm))
    left = np.where(np.isfinite(leave), leave, np.maximum(late, HORIZON))
    return Course(planned, died, np.where(died, death, left))


def first(total: Floats, threshold: Floats) -> Floats:
    """The day on which a sum over the steps reaches its threshold; infinite where never."""
    reached = total >= threshold[:, None]
    step = reached.argmax(axis=1)
    day = _GRID[step] + STEP / 2
    return np.where(reached.any(axis=1), day, np.inf)


def columns(
    treated: pl.DataFrame, start: Floats, log_hr: float, rng: np.random.Generator
) -> outcomes.Columns:
    """The course of the exposed, whose first dose is on day `start`, as columns of their frame."""
    found = course(outcomes.risk_score(treated), IVIG, start, log_hr, rng)
    return {
        "died_28d": found.died,
        "death_day": np.where(found.died, found.end, np.nan),
        "left_day": np.where(found.died, np.nan, found.end),
        "planned_days": found.planned,
    }


def plan_risks(treated: pl.DataFrame, untreated: pl.DataFrame, log_hr: float) -> tuple[float, ...]:
    """The sum of the risks of both arms under each of `PLANS`."""
    people = [(IVIG, outcomes.risk_score(treated)), (CONTROL, outcomes.risk_score(untreated))]

    def total(days: int) -> float:
        start = START_DAY if days else np.nan
        return sum(
            float(risk(eta, arm, np.full(len(eta), start), np.full(len(eta), days), log_hr).sum())
            for arm, eta in people
        )

    return tuple(total(days) for days in PLANS)
