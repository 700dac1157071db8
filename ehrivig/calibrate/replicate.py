"""One simulated cohort through the analyses of a study file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ehrivig.analysis import subgroups, survival
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.main_effects import main_effects
from ehrivig.analysis.model_tables import table3, table_s2
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.hospitals import by_hospital
from ehrivig.analysis.sensitivity.time_zero import time_zero
from ehrivig.analysis.sensitivity.weighting import weighting
from ehrivig.calibrate.readings import reading
from ehrivig.calibrate.worlds import Draw, Model, draw
from ehrivig.dataset import KEY, Floats, with_splines
from ehrivig.errors import AnalysisError
from ehrivig.match import comparison
from ehrivig.study import Study
from ehrivig.study.registries import SENSITIVITY

MOST_BOOTSTRAPS = 100
_NUMBER = re.compile(r"\d+(\.\d+)? (?=covariates|replicates)")

Slot = tuple[str, ...]
"""Which analysis a number belongs to: analysis, contrast, population, model, variance, measure."""


@dataclass(frozen=True)
class Answer:
    """One estimate with its interval and test."""

    estimate: float
    lo: float
    hi: float
    se: float
    p: float


@dataclass(frozen=True)
class Replicate:
    """All answers of one cohort, and the mean true risks (exposed, unexposed) of three peoples."""

    answers: dict[Slot, Answer]
    estimands: dict[Slot, str]
    risks: dict[str, tuple[float, float]]


def trimmed(study: Study) -> Study:
    """The study with what calibration runs: the analyses of the primary outcome, all counts shown.

    Bootstraps are capped at `MOST_BOOTSTRAPS`. Nothing moves after time zero in these worlds.
    """
    plan = study.analysis
    changes = {
        "sensitivity": tuple(n for n in plan.sensitivity if SENSITIVITY[n].calibrated),
        "bootstrap": min(plan.bootstrap, MOST_BOOTSTRAPS),
        "negative_controls": (),
        "missing": "complete_case",
        "time_varying": (),
    }
    kept = {study.primary.name, *study.match.covariates, *plan.adjust}
    kept |= {s.variable for s in plan.subgroups}
    outcomes = tuple(v for v in study.outcomes.variables if v.name in kept)
    return study.model_copy(
        update={
            "analysis": plan.model_copy(update=changes),
            "outcomes": study.outcomes.model_copy(update={"variables": outcomes}),
            "report": study.report.model_copy(update={"smallest_cell": 0}),
        }
    )


def batch(world: Model, patients: int, seeds: Sequence[np.random.SeedSequence]) -> list[Replicate]:
    """One replicate per seed; each has its own stream, so batches may be of any size."""
    return [one(world, patients, np.random.default_rng(seed)) for seed in seeds]


def one(world: Model, patients: int, rng: np.random.Generator) -> Replicate:
    """One cohort through every analysis."""
    cohort = draw(world, patients, rng)
    study = _seeded(world.study, rng)
    cohort = replace(cohort, table=with_splines(cohort.table, study))
    rows = EffectRows(0)
    risks: dict[str, tuple[float, float]] = {}
    try:
        matched, score = comparison.match_again(cohort.table, study)
    except AnalysisError:
        matched, score = cohort.table.head(0), np.full(patients, np.nan)
    else:
        paired = cohort.table.join(matched, on=KEY, how="left", maintain_order="left")
        in_set = paired["pair_id"].is_not_null().to_numpy()
        risks = _risks(cohort, in_set)
        table3(matched, study, rows)
        main_effects(cohort.table, matched, study, rows)
        survival.survival_effects(cohort.table, matched, study, rows)
        subgroups.forest(matched, subgroups.cut_at_medians(study, cohort.table), rows)
        weighting(cohort.table, score, study, rows)
        by_hospital(Sample(cohort.table, matched, score, _never), study, rows)
    table_s2(cohort.table, study, rows)
    if world.world == "delayed":
        time_zero(Sample(cohort.table, matched, score, _never), study, rows)
    return _collected(rows, study, world, risks)


def _never(table: pl.DataFrame) -> tuple[pl.DataFrame, Floats]:
    raise AnalysisError("not calibrated")


def _seeded(study: Study, rng: np.random.Generator) -> Study:
    """The study with a seed of its own, for the bootstraps of this cohort."""
    info = study.study.model_copy(update={"seed": int(rng.integers(2**31))})
    return study.model_copy(update={"study": info})


def _risks(cohort: Draw, in_set: np.ndarray) -> dict[str, tuple[float, float]]:
    """Mean true risks, exposed and unexposed, over each people that an analysis speaks of."""
    exposed = cohort.table["exposed"].to_numpy()
    people: dict[str, Floats] = {
        "all": np.ones(len(exposed)),
        "matched": (exposed & in_set).astype(float),
        "overlap": cohort.score * (1 - cohort.score),
    }
    return {
        name: (
            float(np.average(cohort.risk_exposed, weights=w)),
            float(np.average(cohort.risk_control, weights=w)),
        )
        for name, w in people.items()
        if np.isfinite(w).all() and w.sum() > 0
    }


def _collected(
    rows: EffectRows, study: Study, world: Model, risks: dict[str, tuple[float, float]]
) -> Replicate:
    """The rows with a number, by slot."""
    answers: dict[Slot, Answer] = {}
    estimands: dict[Slot, str] = {}
    for row in rows.frame().iter_rows(named=True):
        if row["estimate"] is None or row["lo"] is None or reading(row, study, world.world) is None:
            continue
        slot = _slot(row)
        answers.setdefault(slot, Answer(*(_number(row[k]) for k in Answer.__dataclass_fields__)))
        estimands[slot] = row["estimand"]
    return Replicate(answers, estimands, risks)


def _slot(row: dict[str, str]) -> Slot:
    """The row's place in the table of results, the same in every replicate."""
    names = ("analysis", "contrast", "population", "model", "variance", "measure")
    return tuple(_NUMBER.sub("", row[name]) for name in names)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
