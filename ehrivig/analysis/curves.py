"""The curves of a study: survival, or incidence of death in the hospital; and clearance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.clearance import CAUSES, clearance_ends
from ehrivig.analysis.competing import Ends
from ehrivig.analysis.models import set_weights
from ehrivig.analysis.survival import (
    STAY_ENDS,
    follow_up,
    followed,
    followed_up,
    horizon_of,
    in_the_stay,
    stay_ends,
)
from ehrivig.dataset import Floats
from ehrivig.errors import AnalysisError
from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.timezero.clone_curves import HOURS_PER_DAY, STRATEGIES, StrategyCurves
from ehrivig.stats.timezero.clones import START
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time

SCHEMA: dict[str, Any] = {
    "curve": pl.String,
    "population": pl.String,
    "group": pl.String,
    "cause": pl.String,
    "time": pl.Float64,
    "estimate": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "at_risk": pl.Int64,
    "events": pl.Int64,
    "note": pl.String,
}
GRID_POINTS = 225  # eight a day over four weeks
CLEARANCE_DAYS = 60.0
GROUPS = ("control", "exposed")


def curves(frame: pl.DataFrame, matched: pl.DataFrame, study: Study) -> pl.DataFrame:
    """All curves of a study, of everybody and of the matched.

    `note` holds the warning of immortal time where the arms are ever and never exposed.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    for population, people in (("all", frame), ("matched", matched)):
        if in_the_stay(study):
            parts.append(_attempt(partial(_in_hospital, people, population, study)))
        elif followed_up(study):
            parts.append(_attempt(partial(_survival, people, population, study)))
        for outcome in study.outcomes.variables:
            if outcome.source == "clearance":
                parts.append(_attempt(partial(_clearance, people, population)))
    return pl.concat(parts).with_columns(note=pl.lit(immortal_time(study) or None, pl.String))


def of_strategies(strategies: dict[str, StrategyCurves]) -> pl.DataFrame:
    """The risks under both strategies of clone-censor-weight by each day, outcome by outcome.

    `at_risk` is told at time zero only, when everybody is in both.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    for outcome, found in strategies.items():
        at_risk: list[int | None] = [found.n, *[None] * (found.hours.size - 1)]
        for place, strategy in enumerate(STRATEGIES):
            group = GROUPS[int(strategy == START)]
            ends = found.risk[place], found.lo[place], found.hi[place]
            events = found.events[place].tolist()
            key = ("ccw", "all", group, outcome)
            parts.append(_rows(key, found.hours / HOURS_PER_DAY, *ends, at_risk, events))
    return pl.concat(parts)


def _attempt(compute: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """A curve, or no rows where there is none to draw."""
    try:
        return compute()
    except AnalysisError:
        return pl.DataFrame(schema=SCHEMA)


def _survival(frame: pl.DataFrame, population: str, study: Study) -> pl.DataFrame:
    """Kaplan-Meier curves of both arms on a fixed grid of days; at risk is blank when small."""
    time, event, arm = follow_up(frame)
    weights = set_weights(followed(frame))
    fit = kaplan_meier(time, event, group=arm.astype(int), conf_type="log-log", weights=weights)
    grid = np.linspace(0, horizon_of(study), GRID_POINTS)
    parts = []
    for curve in fit.curves:
        at = curve.at(grid)
        key = ("km", population, GROUPS[int(str(curve.group))], "death")
        risk = _shown(at.n_risk, study)
        had = _until(grid, time[event & (arm == bool(int(str(curve.group))))])
        parts.append(_rows(key, grid, at.survival, at.lower, at.upper, risk, had))
    return pl.concat(parts)


def _in_hospital(frame: pl.DataFrame, population: str, study: Study) -> pl.DataFrame:
    """Aalen-Johansen curves of death in the hospital and of leaving it alive, from time zero.

    `at_risk`: still in the hospital; blank when small.
    """
    ends = stay_ends(frame)
    grid = np.linspace(0, horizon_of(study), GRID_POINTS)
    return _incidence(ends, STAY_ENDS, population, grid, study)


def _clearance(frame: pl.DataFrame, population: str) -> pl.DataFrame:
    """Aalen-Johansen curves of clearance and of death before it, from symptom onset."""
    grid = np.linspace(0, CLEARANCE_DAYS, GRID_POINTS)
    return _incidence(clearance_ends(frame), CAUSES, population, grid, None)


def _incidence(
    ends: Ends, causes: dict[int, str], population: str, grid: Floats, study: Study | None
) -> pl.DataFrame:
    """Curves of every cause in both arms; at risk only with a study that says what is small."""
    arm = ends.arm.astype(int)
    fit = cumulative_incidence(ends.time, ends.status, entry=ends.entry, group=arm)
    parts = []
    for curve in fit.curves:
        at, group = curve.at(grid), int(str(curve.group))
        risk: list[int | None] = [None] * len(grid)
        if study is not None:
            time = ends.time[arm == group]
            risk = _shown((time[:, None] >= grid).sum(axis=0), study)
        key = ("cif", population, GROUPS[group], causes[curve.cause])
        had = _until(grid, ends.time[(ends.status == curve.cause) & (arm == group)])
        parts.append(_rows(key, grid, at.incidence, at.lower, at.upper, risk, had))
    return pl.concat(parts)


def _until(grid: Floats, times: Floats) -> list[int]:
    """How many have had the event at each time of a grid."""
    return [int(n) for n in np.searchsorted(np.sort(times), grid, side="right")]


def _shown(counts: np.ndarray, study: Study) -> list[int | None]:
    smallest = study.report.smallest_cell
    return [None if disclosure.small(int(n), smallest) else int(n) for n in counts]


def _rows(
    key: tuple[str, str, str, str],
    grid: Floats,
    estimate: Floats,
    lo: Floats,
    hi: Floats,
    at_risk: list[int | None],
    events: list[int],
) -> pl.DataFrame:
    """One curve as rows of `curves.csv`; before the first event there is no interval."""
    constant = dict(zip(("curve", "population", "group", "cause"), key, strict=True))
    points = {"time": grid, "estimate": estimate, "lo": lo, "hi": hi, "at_risk": at_risk}
    points |= {"events": events}
    frame = pl.DataFrame(points, schema_overrides={"at_risk": pl.Int64})
    return (
        frame.with_columns(pl.lit(value).alias(name) for name, value in constant.items())
        .with_columns(pl.col("estimate", "lo", "hi").fill_nan(None))
        .with_columns(note=pl.lit(None, pl.String))
        .select(list(SCHEMA))
    )
