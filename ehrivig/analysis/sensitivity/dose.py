"""Dose and duration without immortal time: plans compared, and the hazard by the dose so far.

Beside them the groups of Table 3, told apart by what was given until the end, keep their bias; this
table refers to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis import daily
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.analysis.sensitivity.left_out import left_out
from ehrivig.analysis.sensitivity.time_zero import (
    by_day,
    cohort_of,
    followed_people,
    refused,
)
from ehrivig.analysis.survival import horizon_of
from ehrivig.dataset import Floats, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import (
    DoseDays,
    DosePlan,
    dose_clone_censor_weight,
    dose_days,
    dose_g_formula,
    dose_structural_model,
)
from ehrivig.stats.result import Effect
from ehrivig.study import Study
from ehrivig.study.registries.daily import DAILY
from ehrivig.study.registries.sensitivity import DOSE, SENSITIVITY, named_in

HOURS_PER_DAY = 24.0
COLUMN = f"dose{DAILY}"
"""Of the analysis table: a list of grams for each day from time zero to the last with a dose."""
Made = list[tuple[Effect, ...] | AnalysisError]


@answers("dose")
def dose(sample: Sample, study: Study, rows: EffectRows) -> None:
    """The rows of every design of doses that the study file asks for."""
    wanted = [name for name in named_in(DOSE) if name in study.analysis.sensitivity]
    base = Question(
        "dose",
        study.exposure.label,
        study.primary.name,
        "all",
        study.primary.event_label,
        adjusted=True,
        immortal=False,
        counted=False,
    )
    try:
        days, note = days_of(sample.table, study)
    except AnalysisError as error:
        for name in wanted:
            contrast = f"{study.exposure.label}: {SENSITIVITY[name].caption.lower()}"
            rows.ask(replace(base, contrast=contrast), partial(refused, error))
        return
    base = replace(base, note=note)
    for name in wanted:
        _ASKS[name](days, study, rows, base)


def days_of(table: pl.DataFrame, study: Study) -> tuple[DoseDays, str]:
    """Doses day by day of everybody that the designs from time zero follow, and what to say."""
    cohort, left = cohort_of(table, study, moves=False)
    people = followed_people(table, study)[0]
    moves = daily.with_course(cohort, people, study).course
    horizon = horizon_of(study)
    days = dose_days(
        cohort.time_hours,
        cohort.event,
        _leaves(people),
        _grams(people, math.ceil(horizon - 1e-9)),
        cohort.x,
        horizon_days=horizon,
        names=cohort.names or None,
        course=moves,
        event_label=study.primary.event_label,
    )
    said = (
        daily.said(cohort, people, study),
        _unknown(days, study),
        left_out(left, cohort.n, study),
    )
    return days, "; ".join(filter(None, said))


def _unknown(days: DoseDays, study: Study) -> str:
    """How many had a dose of unknown amount, where anything asks for grams."""
    plan = study.analysis
    asks = plan.dose_metric == "grams" or any(one.grams is not None for one in plans_of(study))
    if not days.n_unknown or not asks:
        return ""
    count = disclosure.shown(days.n_unknown, study.report.smallest_cell)
    return f"{count} of {days.n:,} people had a dose of unknown amount"


def _grams(people: pl.DataFrame, n_days: int) -> Floats:
    """Grams of each day (n, D): 0 without a dose, NaN where nobody knows how much."""
    if COLUMN not in people.columns:
        raise AnalysisError("no doses by day in the analysis table")
    lists = people[COLUMN].list.head(n_days)
    length = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    grams = np.zeros((people.height, n_days))
    inside = np.arange(n_days) < length[:, None]
    grams[inside] = lists.filter(length > 0).explode().fill_null(float("nan")).to_numpy()
    return grams


def _leaves(people: pl.DataFrame) -> Floats:
    """Hours from time zero until each left alive; NaN for whoever died there, or is unknown."""
    hours = values(people, "discharge_days") * HOURS_PER_DAY
    died = (people["discharge_status"] == "died").fill_null(False).to_numpy()
    return np.where(died, np.nan, hours)


def plans_of(study: Study) -> tuple[DosePlan, ...]:
    """The plans of the study file, by the words of tables."""
    return tuple(
        DosePlan(
            plan.label or plan.name,
            days_at_least=plan.days_at_least,
            days_at_most=plan.days_at_most,
            grams_at_least=plan.grams_per_day_at_least,
            grams_at_most=plan.grams_per_day_at_most,
        )
        for plan in study.analysis.dose_plans
    )


def _ask_plans(
    compute: Callable[[], Made], words: str, study: Study, rows: EffectRows, base: Question
) -> None:
    """A question for each plan but the first; the plans are computed once."""
    found = cache(compute)
    first, *others = plans_of(study)
    for place, plan in enumerate(others):
        contrast = f"{study.exposure.label}: {first.name} vs {plan.name} ({words})"
        rows.ask(replace(base, contrast=contrast), partial(_of_place, found, place, study))


def _of_place(found: Callable[[], Made], place: int, study: Study) -> list[Effect]:
    made = found()[place]
    if isinstance(made, AnalysisError):
        raise made
    return by_day(list(made), study)


def _cloned(days: DoseDays, study: Study, rows: EffectRows, base: Question) -> None:
    def compute() -> Made:
        return dose_clone_censor_weight(
            days,
            plans_of(study),
            grace_days=_grace_days(study),
            horizon_days=horizon_of(study),
            bootstraps=study.analysis.bootstrap,
            seed=study.study.seed,
        )

    _ask_plans(compute, "clone-censor-weight", study, rows, base)


def _simulated(days: DoseDays, study: Study, rows: EffectRows, base: Question) -> None:
    def compute() -> Made:
        return dose_g_formula(
            days,
            plans_of(study),
            metric=study.analysis.dose_metric,
            grace_days=_grace_days(study),
            horizon_days=horizon_of(study),
            bootstraps=study.analysis.bootstrap,
            seed=study.study.seed,
        ).effects

    _ask_plans(compute, "g-formula", study, rows, base)


def _structural(days: DoseDays, study: Study, rows: EffectRows, base: Question) -> None:
    metric = study.analysis.dose_metric
    per = "per 10 g" if metric == "grams" else "per day with a dose"
    contrast = f"{study.exposure.label}: {per} so far (structural model)"
    rows.ask(
        replace(base, contrast=contrast),
        lambda: (
            dose_structural_model(
                days,
                metric=metric,
                bootstraps=study.analysis.bootstrap,
                seed=study.study.seed,
            ).effect
        ),
    )


def _grace_days(study: Study) -> int:
    return round(study.grace_hours / HOURS_PER_DAY)


_ASKS: dict[str, Callable[[DoseDays, Study, EffectRows, Question], None]] = {
    "dose_clone_censor_weight": _cloned,
    "dose_g_formula": _simulated,
    "dose_structural_model": _structural,
}
"""What asks for the rows of each design of `registries.sensitivity.DOSE`."""
