"""The same question with and without immortal time, side by side in one table and one figure."""

from __future__ import annotations

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
from ehrivig.analysis.survival import follow_up, followed, followed_up, horizon_of
from ehrivig.dataset import Floats, baseline_names, matrix, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import FollowUp
from ehrivig.stats.timezero import follow_up as checked
from ehrivig.stats.timezero.clone_censor_weight import CloneCensorWeight, clone_censor_weight
from ehrivig.stats.timezero.extreme_weights import WHOLE, extreme_weights
from ehrivig.stats.timezero.landmark import landmark
from ehrivig.stats.timezero.naive import ever_vs_never
from ehrivig.stats.timezero.sequential import sequential_trials
from ehrivig.stats.timezero.time_dependent import time_dependent_cox
from ehrivig.study import Study
from ehrivig.study.registries.sensitivity import TIME_ZERO, named_in

Compute = Callable[[], list[Effect]]
HOURS_PER_DAY = 24.0


@answers("time_zero")
def time_zero(sample: Sample, study: Study, rows: EffectRows) -> None:
    """The naive contrast, then every time-zero-safe design that the study file asks for."""
    wanted = [name for name in named_in(TIME_ZERO) if name in study.analysis.sensitivity]
    if not wanted:
        return
    horizon = horizon_of(study) * HOURS_PER_DAY
    label = study.exposure.label

    base = Question(
        "time_zero", "", study.primary.name, "all", study.primary.event_label, immortal=False
    )
    try:
        cohort, n_left = cohort_of(sample.table, study, moves=False)
        known = daily.said(cohort, followed_people(sample.table, study)[0], study)
    except AnalysisError as error:
        contrast = f"{label} by time-zero-safe designs"
        answer = study.answer if study.answer in wanted else ""
        rows.ask(replace(base, contrast=contrast, design=answer), partial(_refuse, error))
        return

    base = replace(base, note=left_out(n_left, cohort.n, study))

    def ask(contrast: str, compute: Compute, note: str = "", design: str = "") -> None:
        """Rows of one design: its unadjusted risks, then what is adjusted for covariates."""
        said = "; ".join(filter(None, (note, base.note)))
        question = replace(base, contrast=contrast, note=said)
        found = cache(compute)
        rows.ask(question, lambda: [e for e in found() if e.measure != "HR"])
        more = replace(question, adjusted=cohort.x is not None, design=design)
        rows.ask(more, lambda: [e for e in found() if e.measure == "HR"])

    def ask_adjusted(contrast: str, compute: Compute, design: str) -> None:
        adjusted = cohort.x is not None or bool(study.analysis.time_varying)
        note = "; ".join(filter(None, (known, base.note)))
        question = replace(base, contrast=contrast, adjusted=adjusted, design=design, note=note)
        rows.ask(question, compute)

    @cache
    def moves() -> FollowUp:
        """The cohort with what moves of its people, where the study file names any."""
        return daily.with_course(cohort, followed_people(sample.table, study)[0], study)

    ask(
        f"{label} ever vs never (naive)",
        lambda: by_day(list(ever_vs_never(cohort, horizon)), study),
        "immortal time",
    )
    for hours in study.analysis.landmark_hours if "landmark" in wanted else ():
        ask(
            f"{label} by {hours:g} h vs not yet (landmark)",
            partial(_landmark, cohort, hours, study),
            design="landmark",
        )
    if "time_dependent_cox" in wanted:
        ask_adjusted(
            f"{label} from its start on (time-dependent Cox)",
            lambda: [time_dependent_cox(moves())],
            "time_dependent_cox",
        )
    if "sequential_trials" in wanted:
        ask_adjusted(
            f"{label} starting now vs not yet (sequential trials)",
            lambda: [sequential_trials(moves())],
            "sequential_trials",
        )
    if "clone_censor_weight" in wanted:
        ask_adjusted(
            f"{label} within {study.grace_hours:g} h vs not (clone-censor-weight)",
            lambda: by_day(_cloned(moves(), study, horizon), study),
            "clone_censor_weight",
        )


def left_out(n_left: int, n: int, study: Study) -> str:
    """Whom the designs free of immortal time leave out, of whom; nothing to say of nobody."""
    if not n_left:
        return ""
    few = disclosure.small(n_left, study.report.smallest_cell)
    count = f"fewer than {study.report.smallest_cell}" if few else f"{n_left}"
    return (
        f"{count} of {n_left + n} admissions left out: exposed before time zero or a covariate "
        "missing"
    )


def by_day(effects: list[Effect], study: Study) -> list[Effect]:
    """Effects of a design with a horizon: their event by its day, where its words have none."""
    said = study.primary.event_label
    if study.primary.within_days and any(character.isdigit() for character in said):
        return effects
    words = f"{said} by day {study.horizon_days:g}"
    return [e if e.measure == "HR" else replace(e, event_label=words) for e in effects]


def _refuse(error: AnalysisError) -> list[Effect]:
    """No effects, for the reason that was found while the cohort was made."""
    raise error


def _landmark(cohort: FollowUp, hours: float, study: Study) -> list[Effect]:
    return by_day(list(landmark(cohort, hours, horizon_of(study) * HOURS_PER_DAY)), study)


def cohort_of(table: pl.DataFrame, study: Study, *, moves: bool = True) -> tuple[FollowUp, int]:
    """Follow-up in hours with baseline covariates, and how many admissions it had to leave out.

    Covariates are the matching variables that are known at time zero, and the hospitals; and what
    `moves`, where the study file names any.
    """
    people, names = followed_people(table, study)
    everybody = followed(table)
    time, event, _ = follow_up(people)
    cohort = checked(
        time * HOURS_PER_DAY,
        event,
        _starts(people),
        matrix(people, names) if names else None,
        leaves_hours=_leaves(people),
        names=names or None,
        event_label=study.primary.event_label,
    )
    if moves:
        cohort = daily.with_course(cohort, people, study)
    return cohort, everybody.height - people.height


def followed_people(table: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows of `table` that the cohort is of, and its covariates: those that vary among them."""
    if not followed_up(study):
        raise AnalysisError(
            "these designs follow people to a death; the primary outcome is none, and has no times"
        )
    people = followed(table)
    names = baseline_names(people, study)
    x = matrix(people, names)
    keep = ~np.isnan(x).any(axis=1) & ~(values(people, "hours_to_first_dose") < 0)
    varies = [len(np.unique(column[keep])) > 1 for column in x.T]
    return people.filter(keep), tuple(name for name, v in zip(names, varies, strict=True) if v)


def _starts(people: pl.DataFrame) -> Floats:
    """Hours from time zero to the first dose, also after the exposure window; NaN: never."""
    anywhere = "hours_to_any_dose" in people.columns
    return values(people, "hours_to_any_dose" if anywhere else "hours_to_first_dose")


def _leaves(people: pl.DataFrame) -> Floats:
    """Hours from time zero to the end of the stay, after which nobody starts; NaN if unknown."""
    if "discharge_days" not in people.columns:
        return np.full(people.height, np.nan)
    return values(people, "discharge_days") * HOURS_PER_DAY


def cloned(
    cohort: FollowUp, study: Study, horizon: float, lost_hours: Floats | None = None
) -> CloneCensorWeight:
    """Clone-censor-weight as a study asks for it, its weights as they are."""
    return clone_censor_weight(
        cohort,
        grace_hours=study.grace_hours,
        horizon_hours=horizon,
        truncate=WHOLE,
        bootstraps=study.analysis.bootstrap,
        seed=study.study.seed,
        lost_hours=lost_hours,
    )


def _cloned(cohort: FollowUp, study: Study, horizon: float) -> list[Effect]:
    result = cloned(cohort, study, horizon)
    seen = extreme_weights(cohort, grace_hours=study.grace_hours, horizon_hours=horizon)
    note = (
        f"weights as they are, the largest {seen.largest:.1f}; truncated at 1 and 99% the risk "
        f"difference is {seen.truncated_difference:+.3f}"
    )
    effects = result.risk_difference, result.risk_ratio
    return [replace(effect, notes=(*effect.notes, note)) for effect in effects]
