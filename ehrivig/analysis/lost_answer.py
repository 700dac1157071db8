"""A death anywhere that nobody could know, answered by weights for who left the hospital alive.

Only where the study file says so (`after_discharge = "unknown"`): that those who left would have
fared like those of the same covariates who stayed is an assumption that no data show. The bounds
without it stand beside (`analysis.lost`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ehrivig.analysis import daily
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.sensitivity.left_out import left_out
from ehrivig.analysis.sensitivity.time_zero import (
    HOURS_PER_DAY,
    cloned,
    cohort_of,
    followed_people,
)
from ehrivig.analysis.survival import horizon_of
from ehrivig.concepts.follow_up import LEFT_ALIVE, Answerable
from ehrivig.dataset import Floats, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import FollowUp
from ehrivig.stats.timezero.clone_censor_weight import CloneCensorWeight
from ehrivig.study import Study

LOST = "lost_hours"


def weighted(table: pl.DataFrame, answerable: Answerable, rows: EffectRows) -> None:
    """The rows of the answer: risk difference, ratio and days free of the death asked for."""
    if not answerable.weighted_for_lost:
        return
    asked, study = answerable.asked.primary, answerable.study
    question = Question(
        "follow_up",
        f"{study.exposure.label} within {study.grace_hours:g} h vs not (clone-censor-weight, "
        "weighted for who left alive)",
        asked.name,
        "all",
        asked.event_label,
        immortal=False,
        adjusted=True,
        design=study.answer,
    )
    note = _left_out(table, study)

    def compute() -> list[Effect]:
        found = _found(table, study, asked.event_label)
        rows.strategies[asked.name] = found.curves
        return _effects(found)

    rows.ask(replace(question, note=note), compute)


def _left_out(table: pl.DataFrame, study: Study) -> str:
    """Whom the answer leaves out; nothing where there is no cohort, which its row says."""
    try:
        cohort, left = cohort_of(table, study, moves=False)
        people = followed_people(table, study)[0]
        blind = daily.blind_within(people, cohort, study, study.grace_hours)
        known = blind or daily.said(cohort, people, study)
    except AnalysisError:
        return ""
    return "; ".join(filter(None, (known, left_out(left, cohort.n, study))))


def _found(table: pl.DataFrame, study: Study, label: str) -> CloneCensorWeight:
    cohort, lost = followed_to_discharge(table, study)
    named = replace(cohort, event_label=label)
    return cloned(named, study, horizon_of(study) * HOURS_PER_DAY, lost)


def followed_to_discharge(table: pl.DataFrame, study: Study) -> tuple[FollowUp, Floats]:
    """The cohort of the designs without immortal time, and the hour at which each left alive.

    (n,) hours, NaN for whoever did not leave alive before the horizon.
    """
    left = pl.col("discharge_status").is_in(LEFT_ALIVE) & ~pl.col("event").fill_null(False)
    hours = pl.when(left).then(pl.col("discharge_days") * HOURS_PER_DAY)
    people, _ = followed_people(table.with_columns(hours.alias(LOST)), study)
    lost = values(people, LOST)
    cohort, _ = cohort_of(table, study)
    return cohort, np.where(lost < horizon_of(study) * HOURS_PER_DAY, lost, np.nan)


def _effects(found: CloneCensorWeight) -> list[Effect]:
    note = (
        "taken: who left alive would have fared like who stayed, of the same covariates and "
        f"strategy; the largest weight for that is {found.max_lost_weight:.1f}"
    )
    return [
        replace(
            effect,
            method=f"{effect.method}, inverse probability of being followed",
            notes=(*effect.notes, note),
        )
        for effect in found.effects
    ]
