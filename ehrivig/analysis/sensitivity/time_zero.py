"""The same question with and without immortal time, side by side in one table and one figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis import daily
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.analysis.sensitivity.left_out import Left, left_out
from ehrivig.analysis.survival import follow_up, followed, followed_up, horizon_of
from ehrivig.dataset import Floats, baseline_names, matrix, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import FollowUp
from ehrivig.stats.timezero import follow_up as checked
from ehrivig.stats.timezero.clone_censor_weight import CloneCensorWeight, clone_censor_weight
from ehrivig.stats.timezero.extreme_weights import WHOLE, extreme_weights
from ehrivig.stats.timezero.landmark import landmark, landmark_adjusted
from ehrivig.stats.timezero.naive import ever_vs_never
from ehrivig.stats.timezero.sequential import sequential_effects
from ehrivig.stats.timezero.time_dependent import time_dependent_cox
from ehrivig.study import Study
from ehrivig.study.registries.sensitivity import TIME_ZERO, named_in

HOURS_PER_DAY = 24.0


@answers("time_zero")
def time_zero(sample: Sample, study: Study, rows: EffectRows) -> None:
    """The naive contrast, then every time-zero-safe design that the study file asks for."""
    wanted = [name for name in named_in(TIME_ZERO) if name in study.analysis.sensitivity]
    if not wanted:
        return
    base = Question(
        "time_zero", "", study.primary.name, "all", study.primary.event_label, immortal=False
    )
    try:
        cohort, left = cohort_of(sample.table, study, moves=False)
        people = followed_people(sample.table, study)[0]
        known = daily.said(cohort, people, study)
    except AnalysisError as error:
        contrast = f"{study.exposure.label} by time-zero-safe designs"
        answer = study.answer if study.answer in wanted else ""
        rows.ask(replace(base, contrast=contrast, design=answer), partial(refused, error))
        return
    base = replace(base, note=left_out(left, cohort.n, study))
    clock = Clock(cohort, people, study, rows, base, known)
    _naive(clock)
    for name in wanted:
        _DESIGNS[name](clock)


@dataclass(frozen=True)
class Clock:
    """The cohort on the clock from time zero, the rows of its designs, and how they are asked for.

    `people`: its rows of the analysis table; `known`: how much is known of what moves.
    """

    cohort: FollowUp
    people: pl.DataFrame
    study: Study
    rows: EffectRows
    base: Question
    known: str

    @property
    def horizon(self) -> float:
        """Hours from time zero until when people are followed."""
        return horizon_of(self.study) * HOURS_PER_DAY

    @cached_property
    def moves(self) -> FollowUp:
        """The cohort with what moves of its people, where the study file names any."""
        return daily.with_course(self.cohort, self.people, self.study)

    def question(self, contrast: str, *notes: str) -> Question:
        """What is asked of the exposure, unadjusted."""
        note = "; ".join(filter(None, (*notes, self.base.note)))
        contrast = f"{self.study.exposure.label} {contrast}"
        return replace(self.base, contrast=contrast, note=note)

    def ask_moving(
        self,
        contrast: str,
        design: str,
        compute: Callable[[], list[Effect]],
        known: str | None = None,
    ) -> None:
        """The rows of a design that adjusts for covariates, and for what moves of them.

        `known`: what to say of what moves, where it is not how much of it is known.
        """
        adjusted = self.cohort.x is not None or bool(self.study.analysis.time_varying)
        question = self.question(contrast, self.known if known is None else known)
        self.rows.ask(
            replace(question, adjusted=adjusted, design=design),
            lambda: by_day(compute(), self.study),
        )


def _naive(clock: Clock) -> None:
    """Ever against never: its unadjusted risks, then its hazard ratio."""
    found = cache(lambda: by_day(list(ever_vs_never(clock.cohort, clock.horizon)), clock.study))
    question = clock.question("ever vs never (naive)", "immortal time")
    clock.rows.ask(question, lambda: [e for e in found() if e.measure != "HR"])
    more = replace(question, adjusted=clock.cohort.x is not None)
    clock.rows.ask(more, lambda: [e for e in found() if e.measure == "HR"])


def _landmarks(clock: Clock) -> None:
    """Of each hour the unadjusted risks, then what is adjusted; the first may be the answer."""
    cohort, study, x = clock.cohort, clock.study, clock.cohort.x
    for number, hours in enumerate(study.analysis.landmark_hours):
        question = clock.question(f"by {hours:g} h vs not yet (landmark)")
        if x is not None:
            clock.rows.ask(question, partial(_crude_landmark, clock, hours))
        design = "" if number else "landmark"
        fixed = replace(question, adjusted=x is not None, design=design)
        safe = partial(landmark_adjusted, cohort, hours, clock.horizon)
        clock.rows.ask(fixed, partial(_by_day, safe, study))


def _crude_landmark(clock: Clock, hours: float) -> list[Effect]:
    """The unadjusted risks of a landmark."""
    found = landmark(clock.cohort, hours, clock.horizon)
    return by_day([effect for effect in found if effect.measure != "HR"], clock.study)


def _by_day(compute: Callable[[], tuple[Effect, ...]], study: Study) -> list[Effect]:
    return by_day(list(compute()), study)


def _time_dependent(clock: Clock) -> None:
    clock.ask_moving(
        "from its start on (time-dependent Cox)",
        "time_dependent_cox",
        lambda: [time_dependent_cox(clock.moves)],
    )


def _sequential(clock: Clock) -> None:
    clock.ask_moving(
        "starting now vs not yet (sequential trials)",
        "sequential_trials",
        lambda: list(sequential_effects(clock.moves, clock.horizon)),
    )


def _strategies(clock: Clock) -> None:
    """Clone-censor-weight; without what moves, where nothing of it is known within grace."""
    grace = clock.study.grace_hours
    blind = daily.blind_within(clock.people, clock.cohort, clock.study, grace)
    clock.ask_moving(
        f"within {grace:g} h vs not (clone-censor-weight)",
        "clone_censor_weight",
        lambda: _cloned(
            clock.cohort if blind else clock.moves, clock.study, clock.horizon, clock.rows
        ),
        blind or None,
    )


_DESIGNS: dict[str, Callable[[Clock], None]] = {
    "landmark": _landmarks,
    "time_dependent_cox": _time_dependent,
    "sequential_trials": _sequential,
    "clone_censor_weight": _strategies,
}
"""What asks for the rows of each design of `registries.sensitivity.TIME_ZERO`."""


def by_day(effects: list[Effect], study: Study) -> list[Effect]:
    """Effects of a design with a horizon: their event by its day, where its words have none."""
    said = study.primary.event_label
    if study.primary.within_days and any(character.isdigit() for character in said):
        return effects
    words = f"{said} by day {study.horizon_days:g}"
    return [e if e.measure == "HR" else replace(e, event_label=words) for e in effects]


def refused(error: AnalysisError) -> list[Effect]:
    """No effects, for the reason that was found while the cohort was made."""
    raise error


def cohort_of(table: pl.DataFrame, study: Study, *, moves: bool = True) -> tuple[FollowUp, Left]:
    """Follow-up in hours with baseline covariates, and how many admissions it had to leave out.

    Covariates are the matching variables that are known at time zero, and the hospitals; and what
    `moves`, where the study file names any and it is known of people within grace.
    """
    people, names = followed_people(table, study)
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
    if moves and not daily.blind_within(people, cohort, study, study.grace_hours):
        cohort = daily.with_course(cohort, people, study)
    everybody = followed(table)
    treated = int(_treated_before(everybody).sum())
    return cohort, Left(treated, everybody.height - people.height - treated)


def followed_people(table: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows of `table` that the cohort is of, and its covariates: those that vary among them."""
    if not followed_up(study):
        raise AnalysisError(
            "these designs follow people to a death; the primary outcome is none, and has no times"
        )
    people = followed(table)
    names = baseline_names(people, study)
    x = matrix(people, names)
    keep = ~np.isnan(x).any(axis=1) & ~_treated_before(people)
    varies = [len(np.unique(column[keep])) > 1 for column in x.T]
    return people.filter(keep), tuple(name for name, v in zip(names, varies, strict=True) if v)


def _treated_before(people: pl.DataFrame) -> NDArray[np.bool_]:
    """Who is exposed before time zero, or from a moment on that nobody knows."""
    before: NDArray[np.bool_] = values(people, "hours_to_first_dose") < 0
    if "start_unread" in people.columns:
        before = before | people["start_unread"].fill_null(False).to_numpy()
    return before


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


def _cloned(cohort: FollowUp, study: Study, horizon: float, rows: EffectRows) -> list[Effect]:
    result = cloned(cohort, study, horizon)
    rows.strategies.setdefault(study.primary.name, result.curves)  # the answer's came first
    seen = extreme_weights(cohort, grace_hours=study.grace_hours, horizon_hours=horizon)
    note = (
        f"weights as they are, the largest {seen.largest:.1f}; truncated at 1 and 99% the risk "
        f"difference is {seen.truncated_difference:+.3f}"
    )
    return [replace(effect, notes=(*effect.notes, note)) for effect in result.effects]
