"""M30: dose and duration where severity drives start, dose, stop, leaving and death.

Simulated cohorts of 850 people over 28 days. Severity keeps 0.85 of itself from day to day; a day's
severity drives who dies, leaves, starts, goes on and gets how much on it; a dose acts from the next
day on. Three worlds: `null`, where the dose does nothing; `days`, where each day dosed takes 0.12
off the log odds of dying; `grams`, where each 10 g do. Asked are the groups of the reference study
(told apart by what was given until the end), clone-censor-weight over plans, the structural model
and the g-formula, also by the metric that is not the world's. All numbers of the stored table are
simulated; truths are those of the same process (`truths`).

    python -m tests.dose_worlds [--cohorts N] [--workers N]
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import ndtr

from ehrivig.errors import AnalysisError
from ehrivig.stats import logistic
from ehrivig.stats.dose_plans import (
    DoseDays,
    DosePlan,
    dose_clone_censor_weight,
    dose_days,
    dose_g_formula,
    dose_structural_model,
)
from ehrivig.stats.dose_plans.clone_censor_weight import planned_starts
from ehrivig.stats.dose_plans.days import Metric, history
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import course
from tests import simulated_worlds

STORED = Path(__file__).with_name("dose_worlds.csv")
FIRST = Path(__file__).with_name("dose_worlds_first.csv")
"""Every row of the first cohort of each world: what is stored must be what runs."""
PATIENTS, COHORTS, BOOTSTRAPS, MANY = 850, 29, 40, 400_000
DAYS, HOURS, GRACE = 28, 24.0, 3
KEPT, SICK = 0.85, 1.0
AMOUNTS = np.array([5.0, 10.0, 15.0, 20.0])
PER_DAY, PER_GRAM = -0.12, -0.012
WORLDS = {"null": (0.0, 0.0), "days": (PER_DAY, 0.0), "grams": (0.0, PER_GRAM)}
LONG = DosePlan("5 days or more", days_at_least=5)
SHORT = DosePlan("up to 4 days", days_at_most=4)
NEVER = DosePlan("never", days_at_most=0)
HIGH = DosePlan("15 g or more", days_at_least=2, grams_at_least=15.0)
LOW = DosePlan("10 g or less", days_at_least=2, grams_at_most=10.0)

STARTS = (0.61376, 0.66862, 1.0)
SLOPES = {"null": 0.0, "days": -0.1179, "grams": -0.1176}
RISKS = {
    "null": dict.fromkeys((p.name for p in (LONG, SHORT, NEVER, HIGH, LOW)), 0.33369),
    "days": {
        LONG.name: 0.22232,
        SHORT.name: 0.27003,
        NEVER.name: 0.33369,
        HIGH.name: 0.23406,
        LOW.name: 0.23406,
    },
    "grams": {
        LONG.name: 0.20626,
        SHORT.name: 0.25541,
        NEVER.name: 0.33369,
        HIGH.name: 0.19325,
        LOW.name: 0.24754,
    },
}
"""Of `planned`, `risks` and `slope`."""


def chance(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


class World:
    """People living through the days; `plan` None: dosed as severity has it."""

    def __init__(
        self,
        n: int,
        seed: object,
        effect: tuple[float, float],
        plan: DosePlan | None = None,
        starts: np.ndarray | None = None,
        *,
        by_lot: bool = False,
    ) -> None:
        rng = np.random.default_rng(seed)  # type: ignore[arg-type]
        severity = SICK + rng.normal(size=n)
        self.severity, self.grams = np.empty((n, DAYS)), np.zeros((n, DAYS))
        self.time, self.leaves = np.full(n, DAYS * HOURS), np.full(n, np.nan)
        self.died = np.zeros(n, dtype=bool)
        dosed, total, last, yesterday = np.zeros((4, n))
        inside = np.ones(n, dtype=bool)
        for day in range(DAYS):
            u = rng.random((6, n))
            if day:
                moved = KEPT * severity + math.sqrt(1 - KEPT**2) * rng.normal(size=n)
                severity = np.where(inside, moved, severity)
            self.severity[:, day] = severity
            odds = 0.8 * severity + effect[0] * dosed + effect[1] * total
            dies = ~self.died & (u[0] < chance(odds - np.where(inside, 4.2, 6.0)))
            self.time[dies] = (day + u[1][dies]) * HOURS
            self.died |= dies
            goes = inside & ~self.died & (u[2] < chance(-2.6 - 0.6 * severity)) & (not by_lot)
            self.leaves[goes] = (day + u[3][goes]) * HOURS
            inside &= ~goes & ~self.died
            gives = u[4] < self._dosing(
                plan, starts, day, severity * (not by_lot), dosed, yesterday
            )
            grams = self._amounts(plan, severity * (not by_lot), last, u[5])
            given = np.where(inside & gives, grams, 0.0)
            self.grams[:, day] = given
            dosed, total = dosed + (given > 0), total + given
            last, yesterday = np.where(given > 0, given, last), (given > 0) * 1.0

    @staticmethod
    def _dosing(plan, starts, day, severity, dosed, yesterday):  # type: ignore[no-untyped-def]
        goes_on = chance(1.8 * yesterday - 3.0 * (1 - yesterday) + 0.4 * severity)
        nature = np.where(dosed > 0, goes_on, chance(-0.9 + 0.5 * severity - 0.4 * day))
        if plan is None:
            return nature
        if plan.never:
            return 0.0 * nature
        begin = starts[day] if day < GRACE else 0.0
        most = math.inf if plan.days_at_most is None else plan.days_at_most
        after = np.where(dosed < plan.days_at_least, 1.0, np.where(dosed >= most, 0.0, nature))
        return np.where(dosed == 0, begin, after)

    @staticmethod
    def _amounts(plan, severity, last, uniform):  # type: ignore[no-untyped-def]
        """5, 10, 15 or 20 g, near the last amount; of a plan, as drawn in its range."""
        mean = np.where(last > 0, last / 5 + 0.05 * severity, 2.0 + 0.5 * severity)
        spread = np.where(last > 0, 0.3, 1.0)
        below = ndtr((np.array([1.5, 2.5, 3.5]) - mean[:, None]) / spread[:, None])
        share = np.diff(below, axis=1, prepend=0.0, append=1.0)
        if plan is not None and plan.grams is not None:
            low, high = plan.grams
            share = share * ((low <= AMOUNTS) & (high >= AMOUNTS)) + 1e-300
        running = np.cumsum(share, axis=1)
        place = (uniform[:, None] * running[:, -1:] >= running).sum(axis=1)
        return AMOUNTS[np.minimum(place, 3)]

    def days(self) -> DoseDays:
        """As the package takes it, with severity at time zero as the covariate."""
        return dose_days(
            self.time,
            self.died,
            self.leaves,
            self.grams,
            self.severity[:, :1],
            horizon_days=DAYS,
            names=["severity at time zero"],
            course=course(self.severity, names=["severity"]),
        )


def planned() -> np.ndarray:
    """When those start who start within grace, in many people of the null world."""
    grid = World(MANY, [30, 0], WORLDS["null"]).days()
    return planned_starts(grid, np.ones(grid.n), GRACE)


def risks(world: str, plans: tuple[DosePlan, ...], n: int = MANY) -> dict[str, float]:
    """The risk by day 28 if everybody keeps to each plan, simulated."""
    starts = np.array(STARTS)
    return {
        plan.name: float(World(n, [30, 1], WORLDS[world], plan, starts).died.mean())
        for plan in plans
    }


def slope(world: str, metric: str, n: int = MANY // 4) -> float:
    """What a structural model finds where dosing is by lot and nobody leaves: plain logistic."""
    grid = World(n, [30, 2], WORLDS[world], by_lot=True).days()
    past = history(grid)
    rows = np.nonzero(grid.present)
    so_far = past.dosed_days if metric == "dose_days" else past.grams / 10
    columns = np.column_stack((rows[1], rows[1] ** 2, so_far[rows]))
    return float(logistic(grid.died[rows], columns).coef[-1])


def answers(name: str, grid: DoseDays) -> Iterator[tuple[str, float, tuple[float, float, float]]]:
    """What is asked, its truth, and the estimate with its limits (logs of ratios)."""
    by_days, by_grams = (LONG, SHORT, NEVER), (HIGH, LOW)
    plans = by_grams if name == "grams" else by_days
    yield from _contrasts("clone-censor-weight", name, plans, partial(_cloned, grid))
    right = "grams" if name == "grams" else "dose_days"
    yield from _contrasts(f"g-formula of {right}", name, plans, partial(_simulated, grid, right))
    if name == "days":
        wrong = partial(_simulated, grid, "grams")
        yield from _contrasts("g-formula of grams", name, by_grams, wrong)
    metrics = ("dose_days", "grams") if name == "null" else (right,)
    for metric in metrics:
        found = dose_structural_model(grid, metric=metric, bootstraps=BOOTSTRAPS).effect  # type: ignore[arg-type]
        limits = tuple(map(math.log, (found.estimate, found.lo, found.hi)))
        yield f"structural model of {metric}, log HR", SLOPES[name], limits  # type: ignore[misc]
    yield from _naive(name, grid)


def _contrasts(how, name, plans, ask):  # type: ignore[no-untyped-def]
    for other, found in zip(plans[1:], ask(plans), strict=True):
        true = RISKS[name][plans[0].name] - RISKS[name][other.name]
        asked = f"{how}, RD, {plans[0].name} vs {other.name}"
        if isinstance(found, AnalysisError):
            yield asked, true, (math.nan,) * 3
        else:
            yield asked, true, (found[0].estimate, found[0].lo, found[0].hi)


def _cloned(
    grid: DoseDays, plans: tuple[DosePlan, ...]
) -> list[tuple[Effect, ...] | AnalysisError]:
    return dose_clone_censor_weight(
        grid, plans, grace_days=GRACE, horizon_days=DAYS, bootstraps=BOOTSTRAPS
    )


def _simulated(
    grid: DoseDays, metric: Metric, plans: tuple[DosePlan, ...]
) -> list[tuple[Effect, ...] | AnalysisError]:
    return dose_g_formula(
        grid, plans, metric=metric, grace_days=GRACE, horizon_days=DAYS, bootstraps=BOOTSTRAPS
    ).effects


def _naive(name, grid):  # type: ignore[no-untyped-def]
    """The groups of the reference study, among the dosed, adjusted for severity at time zero."""
    n_days = grid.dosed.sum(axis=1)
    mean = grid.grams.sum(axis=1) / np.maximum(n_days, 1)
    dosed = n_days > 0
    begins = grid.dosed.argmax(axis=1)
    groups = {
        "more than 8 days": n_days > 8,
        "more than 10 g a day": mean > 10,
        "from 48 h on": begins >= 2,
    }
    died = grid.died.any(axis=1)
    for label, group in groups.items():
        columns = np.column_stack((grid.x[dosed], group[dosed]))
        found = logistic(died[dosed], columns)
        half = 1.96 * float(found.se[-1])
        value = float(found.coef[-1])
        yield (
            f"naive group, log OR, {label}",
            0.0 if name == "null" else math.nan,
            (value, value - half, value + half),
        )


def cohort(task: tuple[str, int]) -> list[dict[str, object]]:
    """A row per way of asking one simulated cohort; nan where there is no estimate."""
    name, seed = task
    warnings.simplefilter("ignore")
    grid = World(PATIENTS, [30, 9, list(WORLDS).index(name), seed], WORLDS[name]).days()
    return [
        {
            "world": name,
            "seed": seed,
            "asked": asked,
            "truth": true,
            **dict(zip(("estimate", "lo", "hi"), numbers, strict=True)),
        }
        for asked, true, numbers in answers(name, grid)
    ]


def simulated(seeds: range, workers: int) -> Iterator[list[dict[str, object]]]:
    """The rows of every world and seed, in order."""
    tasks = [(name, seed) for seed in seeds for name in WORLDS]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(cohort, tasks, chunksize=2)


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Per world and way of asking: bias, its error, spread, coverage, and how often it rejects."""
    off = pl.col("estimate") - pl.col("truth")
    return (
        rows.filter(pl.col("estimate").is_not_nan())
        .group_by("world", "asked", maintain_order=True)
        .agg(
            pl.len().alias("cohorts"),
            pl.col("truth").first().round(4),
            pl.col("estimate").mean().round(4).alias("mean"),
            off.mean().round(4).alias("bias"),
            (off.std() / pl.len().sqrt()).round(4).alias("its_error"),
            pl.col("estimate").std().round(4).alias("spread"),
            pl.col("truth").is_between("lo", "hi").mean().round(3).alias("coverage"),
            (~pl.lit(0.0).is_between("lo", "hi")).mean().round(3).alias("rejects"),
        )
    )


if __name__ == "__main__":
    simulated_worlds.main(__doc__ or "", COHORTS, simulated, summary, (STORED, FIRST))
