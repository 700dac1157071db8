"""M24: severity that moves drives start and death, and every design is asked with and without it.

Simulated cohorts of 850 people over 28 days. Severity keeps 0.85 of itself from day to day; a day's
severity drives who starts on it and who dies on it. Baseline severity is in every model, the course
of it in every other one. Two worlds: `null`, where the drug does nothing, and `effect`, where it
multiplies the hazard by 0.6 (asked of the hazard ratios alone: a difference of risks is of its own
strategies, and `truth` gives those). All numbers of the stored table are simulated.

    python -m tests.severity_worlds [--cohorts N] [--workers N]
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import (
    FollowUp,
    clone_censor_weight,
    course,
    follow_up,
    sequential_trials,
    time_dependent_cox,
)
from tests import simulated_worlds

STORED = Path(__file__).with_name("severity_worlds.csv")
FIRST = Path(__file__).with_name("severity_worlds_first.csv")
"""Every row of the first cohort of each world: what is stored must be what runs."""
PATIENTS, COHORTS, BOOTSTRAPS = 850, 100, 60
DAYS, HOURS = 28, 24.0
KEPT, PULL = 0.85, 0.8
START_ODDS, DEATH_RATE = -2.3, 0.015
WORLDS = {"null": 1.0, "effect": 0.6}


def world(n: int, seed: object, hazard_ratio: float) -> FollowUp:
    """A cohort with the course of its severity."""
    rng = np.random.default_rng(seed)
    severity = rng.normal(size=n)
    course_of = np.empty((n, DAYS))
    start, death = np.full((2, n), np.inf)
    for day in range(DAYS):
        if day:
            severity = KEPT * severity + math.sqrt(1 - KEPT**2) * rng.normal(size=n)
        course_of[:, day] = severity
        goes = rng.random(n) < 1 / (1 + np.exp(-(START_ODDS + PULL * severity)))
        start = np.where(np.isinf(start) & goes, day + rng.random(n), start)
        died = day + _lived(rng, severity, np.clip(start - day, 0, 1), hazard_ratio)
        death = np.where(np.isinf(death) & (died < day + 1), died, death)
    end = np.minimum(death, DAYS)
    return follow_up(
        end * HOURS,
        death <= DAYS,
        np.where(start < end, start * HOURS, np.nan),
        course_of[:, :1],
        names=["severity at time zero"],
        course=course(course_of, names=["severity"]),
    )


def _lived(
    rng: np.random.Generator, severity: np.ndarray, free: np.ndarray, hazard_ratio: float
) -> np.ndarray:
    """How much of a day each lives: its hazard is of severity, and changes once exposed."""
    rate = DEATH_RATE * np.exp(PULL * severity)
    borne = rng.exponential(size=severity.size)
    return np.asarray(
        np.where(
            borne < rate * free, borne / rate, free + (borne - rate * free) / (rate * hazard_ratio)
        )
    )


def truth(cohort: FollowUp, grace_days: int, hazard_ratio: float, seed: int) -> float:
    """The difference of risks by day 28 of the strategies of clone-censor-weight, simulated.

    START: by the day of grace at times like those of who started in `cohort`, whatever the
    severity. WAIT: nobody within grace, later as nature has it. As many people as `cohort` has.
    """
    n_intervals = grace_days * 4
    interval = np.ceil(cohort.start_hours / 6)
    followed, plan, alone = cohort.time_hours, np.zeros(n_intervals), 1.0
    for k in range(1, n_intervals + 1):
        at_risk = (followed > k * 6) & ~(interval < k)
        share = float((interval[at_risk] == k).mean())
        plan[k - 1], alone = alone * share, alone * (1 - share)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(n_intervals, cohort.n, p=plan / plan.sum())
    planned = (drawn + rng.random(cohort.n)) / 4
    risks = [_risk(cohort.n, grace_days, hazard_ratio, seed, s) for s in (planned, None)]
    return risks[0] - risks[1]


def _risk(
    n: int, grace_days: int, hazard_ratio: float, seed: int, planned: np.ndarray | None
) -> float:
    """Who dies by day 28 if all start as planned, or as they would after grace."""
    rng = np.random.default_rng([seed, 1])
    severity = rng.normal(size=n)
    start = np.full(n, np.inf) if planned is None else planned
    alive = np.ones(n, dtype=bool)
    for day in range(DAYS):
        if day:
            severity = KEPT * severity + math.sqrt(1 - KEPT**2) * rng.normal(size=n)
        goes = rng.random(n) < 1 / (1 + np.exp(-(START_ODDS + PULL * severity)))
        moment = day + rng.random(n)
        if planned is None and day >= grace_days:
            start = np.where(np.isinf(start) & goes, moment, start)
        alive &= _lived(rng, severity, np.clip(start - day, 0, 1), hazard_ratio) >= 1
    return float(1 - alive.mean())


Ask = Callable[[FollowUp], Effect]


def _cloned(grace_hours: float) -> Ask:
    return lambda cohort: (
        clone_censor_weight(
            cohort, grace_hours=grace_hours, truncate=(0.0, 1.0), bootstraps=BOOTSTRAPS
        ).risk_difference
    )


RATIOS: dict[str, Ask] = {
    "sequential trials, log HR": sequential_trials,
    "time-dependent Cox, log HR": time_dependent_cox,
}
DIFFERENCES = {
    "clone-censor-weight 48 h, RD": _cloned(48.0),
    "clone-censor-weight 168 h, RD": _cloned(168.0),
}


def cohort(task: tuple[str, int]) -> list[dict[str, object]]:
    """A row per way of asking one simulated cohort; nan where there is no estimate."""
    name, seed = task
    warnings.simplefilter("ignore")
    ratio = WORLDS[name]
    made = world(PATIENTS, [24, list(WORLDS).index(name), seed], ratio)
    rows: list[dict[str, object]] = []
    for asked, ask in (RATIOS | (DIFFERENCES if ratio == 1 else {})).items():
        for known, people in (("moving", made), ("at time zero alone", replace(made, course=None))):
            numbers = _numbers(ask, people, log=asked in RATIOS)
            true = math.log(ratio) if asked in RATIOS else 0.0
            kept = {"world": name, "seed": seed, "asked": asked, "severity": known, "truth": true}
            rows.append(kept | numbers)
    return rows


def _numbers(ask: Ask, people: FollowUp, *, log: bool) -> dict[str, float]:
    names = ("estimate", "lo", "hi")
    try:
        effect = ask(people)
    except AnalysisError:
        return dict.fromkeys(names, math.nan)
    found = {name: getattr(effect, name) for name in names}
    return {name: math.log(value) if log else value for name, value in found.items()}


def simulated(seeds: range, workers: int) -> Iterator[list[dict[str, object]]]:
    """The rows of every world and seed, in order."""
    tasks = [(name, seed) for seed in seeds for name in WORLDS]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(cohort, tasks, chunksize=2)


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Per world and way of asking: bias, its error, spread, and how often the truth is covered."""
    off = pl.col("estimate") - pl.col("truth")
    return (
        rows.filter(pl.col("estimate").is_not_nan())
        .group_by("world", "asked", "severity", maintain_order=True)
        .agg(
            pl.len().alias("cohorts"),
            off.mean().round(4).alias("bias"),
            (off.std() / pl.len().sqrt()).round(4).alias("its_error"),
            off.std().round(4).alias("spread"),
            pl.col("truth").is_between("lo", "hi").mean().round(3).alias("coverage"),
        )
    )


if __name__ == "__main__":
    simulated_worlds.main(__doc__ or "", COHORTS, simulated, summary, (STORED, FIRST))
