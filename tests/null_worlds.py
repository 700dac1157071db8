"""Null worlds: how often the declared answer sees an effect where there is none, and the naive one.

Simulated cohorts of 850 in three worlds in which the drug does nothing, fixed before summaries were
seen. `hospitals`: five that differ in whom they treat and in how patients fare (SD 1, correlation
0.9). `discharge`: the better the prognosis, the earlier people leave alive, and nobody knows of
deaths after that; asked is death in hospital by day 28. `late_eligibility`: the criterion is met up
to 58 h after admission, and many are treated before. The answer is that of a study file (clone-
censor-weight, risk difference) by the functions that run; what a naive reader would do stands
beside it. What is simulated is the analysis table: that a dump gives such tables is tested
elsewhere.

    python -m tests.null_worlds [--cohorts N] [--workers N]
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig import dataset
from ehrivig import study as studies
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity import ANSWERS
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.two_by_two import risk_difference
from tests import simulated_worlds

STORED = Path(__file__).with_name("null_worlds.csv")
FIRST = Path(__file__).with_name("null_worlds_first.csv")
"""Every row of the first cohort of each world: what is stored must be what runs."""
PATIENTS, COHORTS, BOOTSTRAPS = 850, 1000, 200
HORIZON, NAMES = 28.0, ("age", "sofa")
HOURS = 6.0
DAYS_OF_STARTS = 14


def plan(source: str, hospital: str = "model") -> studies.Study:
    """A new study of two covariates: death of the kind that can be known, every count shown."""
    full = studies.load("tocilizumab_covid19")
    kept = tuple(v for v in full.covariates.variables if v.name in NAMES)
    primary = full.primary.model_copy(update={"source": source})
    others = tuple(primary if v.name == primary.name else v for v in full.outcomes.variables)
    asked = {
        "sensitivity": ("clone_censor_weight",),
        "bootstrap": BOOTSTRAPS,
        "grace_hours": 48.0,
        "subgroups": (),
    }
    return full.model_copy(
        update={
            "covariates": full.covariates.model_copy(update={"variables": kept}),
            "outcomes": full.outcomes.model_copy(update={"variables": others}),
            "match": full.match.model_copy(update={"covariates": NAMES, "hospital": hospital}),
            "analysis": full.analysis.model_copy(update=asked),
            "report": full.report.model_copy(update={"smallest_cell": 0}),
        }
    )


@dataclass(frozen=True)
class People:
    """Severity and age, standardised; what hospitals add to the log-odds of start and of death."""

    hospital: np.ndarray
    severity: np.ndarray
    age: np.ndarray
    start: np.ndarray
    death: np.ndarray


def people(rng: np.random.Generator, *, differ: bool) -> People:
    """A cohort of five hospitals, alike or not."""
    where = rng.integers(0, 5, PATIENTS)
    shift = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 5) * float(differ)
    severity, age = rng.normal(size=(2, PATIENTS))
    start = 0.5 * severity - 0.2 * age + shift[where, 0]
    return People(where, severity, age, start, 0.7 * severity + 0.4 * age + shift[where, 1])


def first_start(who: People, rng: np.random.Generator, intercept: float) -> np.ndarray:
    """The day on which each would start: a chance per six hours that falls over the days."""
    day = np.arange(int(DAYS_OF_STARTS * 24 / HOURS)) * HOURS / 24
    chance = 1 / (1 + np.exp(-(intercept + who.start[:, None] - 0.3 * day)))
    starts = rng.random(chance.shape) < chance
    first = (starts.argmax(axis=1) + rng.random(PATIENTS)) * HOURS / 24
    return np.where(starts.any(axis=1), first, np.inf)


def death_day(who: People, rng: np.random.Generator, scale: float) -> np.ndarray:
    """The day of death under a hazard that rises or falls with nothing but the patient."""
    borne = rng.exponential(size=PATIENTS) / np.exp(who.death)
    return np.asarray(HORIZON * (borne / scale) ** (1 / 1.2))


def table(
    who: People, start: np.ndarray, death: np.ndarray, leave: np.ndarray, *, in_stay: bool
) -> pl.DataFrame:
    """The analysis table: exposure while in hospital and alive, death by the horizon."""
    stay = np.minimum(death, leave)
    given = start < np.minimum(stay, HORIZON)
    seen = death <= (np.minimum(leave, HORIZON) if in_stay else HORIZON)
    frame = pl.DataFrame(
        {
            "hospital_id": [f"H{one}" for one in who.hospital],
            "admission_id": np.arange(len(start)),
            "exposed": given,
            "time_days": np.where(seen, death, HORIZON),
            "event": seen,
            "death_28d": seen,
            "sofa": who.severity,
            "age": who.age,
            "hours_to_first_dose": np.where(given, start * 24, np.nan),
            "discharge_days": stay,
        }
    )
    return dataset.with_hospitals(frame.with_columns(pl.col("hours_to_first_dose").fill_nan(None)))


def answer(frame: pl.DataFrame, study: studies.Study) -> dict[str, float]:
    """Estimate, limits and p of the risk difference by clone-censor-weight; empty if none."""
    rows = EffectRows(0)
    sample = Sample(frame, frame.head(0), np.full(frame.height, np.nan), _never)
    ANSWERS["time_zero"](sample, study, rows)
    found = [r for r in rows.rows if r["design"] == "clone_censor_weight"]
    (row,) = [r for r in found if r.get("measure") == "RD"] or [{}]
    return {name: row[name] for name in ("estimate", "lo", "hi")} if row else {}


def _never(_: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    raise AnalysisError("not matched here")


def crude(frame: pl.DataFrame) -> dict[str, float]:
    """Deaths of whoever was ever exposed beside the others', of those whose fate is known."""
    known = frame.filter(pl.col("death_28d").is_not_null())
    arm, died = known["exposed"].to_numpy(), known["death_28d"].to_numpy().astype(bool)
    cells = (int(died[arm].sum()), int(arm.sum()), int(died[~arm].sum()), int((~arm).sum()))
    return _of(risk_difference(*cells))


def _of(effect: Effect) -> dict[str, float]:
    return {"estimate": effect.estimate, "lo": effect.lo, "hi": effect.hi}


Found = dict[str, dict[str, float]]


def hospitals(rng: np.random.Generator) -> Found:
    """M21: the hospital decides on treatment and on death."""
    who = people(rng, differ=True)
    start, death = first_start(who, rng, -3.2), death_day(who, rng, 0.35)
    frame = table(who, start, death, 4 + rng.exponential(14, PATIENTS), in_stay=False)
    return {
        "answer": answer(frame, plan("death")),
        "the same, hospitals in no model": answer(frame, plan("death", "ignore")),
        "ever against never": crude(frame),
    }


def discharge(rng: np.random.Generator) -> Found:
    """M1, M3: who does well leaves early, and nobody knows of deaths after that."""
    who = people(rng, differ=False)
    start, death = first_start(who, rng, -3.2), death_day(who, rng, 0.4)
    leave = 3 + rng.exponential(12, PATIENTS) * np.exp(0.7 * who.severity)
    frame = table(who, start, death, leave, in_stay=True)
    left = (pl.col("discharge_days") < HORIZON) & ~pl.col("event")
    unknown = frame.with_columns(
        death_28d=pl.when(left).then(None).otherwise(pl.col("death_28d")),
        time_days=pl.when(left).then(pl.col("discharge_days")).otherwise(pl.col("time_days")),
    )
    return {
        "answer": answer(frame, plan("in_hospital_death")),
        "the same, leaving alive censors": answer(unknown, plan("death")),
        "ever against never, of known fate": crude(unknown),
    }


def late_eligibility(rng: np.random.Generator) -> Found:
    """M6 of eligibility: severe up to 58 h after admission, treated before or after that."""
    who = people(rng, differ=False)
    start, death = first_start(who, rng, -3.4), death_day(who, rng, 0.4)
    met = rng.uniform(0, 58 / 24, PATIENTS) * (rng.random(PATIENTS) < 0.7)
    leave = met + 2 + rng.exponential(14, PATIENTS)
    alive = death > met  # who dies before meeting the criterion is in no cohort
    since = np.where(start < met, -1.0, start - met)
    told = table(who, since, death - met, leave - met, in_stay=False)
    naive = table(who, start, death, leave, in_stay=False)
    return {
        "answer": answer(told.filter(alive), plan("death")),
        "the same, from admission": answer(naive.filter(alive), plan("death")),
        "ever against never, from admission": crude(naive.filter(alive)),
    }


WORLDS: dict[str, Callable[[np.random.Generator], Found]] = {
    one.__name__: one for one in (hospitals, discharge, late_eligibility)
}


def cohort(task: tuple[str, int]) -> list[dict[str, object]]:
    """A row per way of asking one simulated cohort; nan where there is no estimate."""
    world, seed = task
    warnings.simplefilter("ignore")
    number = list(WORLDS).index(world)
    found = WORLDS[world](np.random.default_rng([71, number, seed]))
    empty = dict.fromkeys(("estimate", "lo", "hi"), math.nan)
    return [
        {"world": world, "seed": seed, "asked": asked, **empty, **numbers}
        for asked, numbers in found.items()
    ]


def simulated(seeds: range, workers: int) -> Iterator[list[dict[str, object]]]:
    """The rows of every world and seed, in order."""
    tasks = [(world, seed) for seed in seeds for world in WORLDS]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(cohort, tasks, chunksize=3)


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Per world and way of asking: bias, its error, spread, and how often an effect is seen."""
    sees = ~pl.lit(0.0).is_between("lo", "hi")
    known = pl.col("estimate").is_not_nan()
    spread = pl.col("estimate").std()
    return (
        rows.filter(known)
        .group_by("world", "asked", maintain_order=True)
        .agg(
            pl.len().alias("cohorts"),
            pl.col("estimate").mean().round(4).alias("bias"),
            (pl.col("estimate").mean() / (spread / pl.len().sqrt())).round(1).alias("bias_in_se"),
            spread.round(4).alias("spread"),
            sees.mean().round(4).alias("type_1_error"),
        )
    )


if __name__ == "__main__":
    simulated_worlds.main(__doc__ or "", COHORTS, simulated, summary, (STORED, FIRST))
