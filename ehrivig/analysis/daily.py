"""What moves of each person, day by day, as the designs take it that start people after time zero.

The value in force on a day is of the 24 h before it. What is not known is not normal: such a day
has the median of the known ones, and a column that tells it apart, where enough people died and
started on such days, and on others, for a model to have one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ehrivig.dataset import Floats
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray
from ehrivig.stats.timezero import FollowUp, course
from ehrivig.study import Study
from ehrivig.study.registries import MOVING
from ehrivig.study.registries.daily import DAILY

HOURS_PER_DAY = 24.0
MOST_UNKNOWN = 0.4
"""A share of unknown values beyond which adjustment rests on what stands for them."""
_FEWEST = 5
"""Deaths, and starts, on days of unknown value, and on others, that a column of its own needs."""


def with_course(cohort: FollowUp, people: pl.DataFrame, study: Study) -> FollowUp:
    """The cohort of `people`, in their order, with what `analysis.time_varying` names.

    Raises AnalysisError where nobody has a value, or all have the same.
    """
    columns, names = [], []
    for name in study.analysis.time_varying:
        value, days = _by_day(people, name, cohort)
        known = value[days & ~np.isnan(value)]
        label = MOVING[name].caption
        if not known.size:
            raise AnalysisError(
                f"{label}: known of nobody on any day, so that it adjusts nothing. Send what "
                "it is made of, or remove it from time_varying"
            )
        if np.ptp(known) == 0:
            raise AnalysisError(
                f"{label}: the same on every day of everybody. Remove it from time_varying"
            )
        unknown = np.isnan(value)
        columns.append(np.where(unknown, np.median(known), value))
        names.append(label)
        if _told_apart(unknown, cohort):
            columns.append(unknown.astype(np.float64))
            names.append(f"{label} not known")
    if not columns:
        return cohort
    moves = course(np.dstack(columns), step_hours=HOURS_PER_DAY, names=names)
    return replace(cohort, course=moves.whole(cohort.time_hours))


def known_share(value: Floats, days: BoolArray) -> float:
    """The share of days in hospital of which a value is known; 0 without days."""
    return 1 - float(np.isnan(value[days]).mean()) if days.any() else 0.0


def mostly_unknown(people: pl.DataFrame, cohort: FollowUp, study: Study) -> dict[str, float]:
    """What is not known on more than `MOST_UNKNOWN` of days in hospital -> the share known."""
    shares = {
        MOVING[name].caption: known_share(*_by_day(people, name, cohort))
        for name in study.analysis.time_varying
    }
    return {name: share for name, share in shares.items() if share < 1 - MOST_UNKNOWN}


def said(cohort: FollowUp, people: pl.DataFrame, study: Study) -> str:
    """How much of it is known, and what stands for the rest; empty where nothing moves."""
    found = []
    for name in study.analysis.time_varying:
        value, days = _by_day(people, name, cohort)
        unknown = np.isnan(value)
        share = known_share(value, days)
        rest = "the median stands for the others"
        if _told_apart(unknown, cohort):
            rest += ", told apart"
        whole = f"known on {share:.0%} of days in hospital; {rest}"
        found.append(f"{MOVING[name].caption} {whole if unknown.any() else 'known on every day'}")
    return "; ".join(found)


def blind_within(people: pl.DataFrame, cohort: FollowUp, study: Study, grace_hours: float) -> str:
    """Why nothing of it adjusts within grace, though it is known later; else an empty text."""
    n_days = max(int(np.ceil(grace_hours / HOURS_PER_DAY - 1e-9)), 1)
    named = study.analysis.time_varying
    found = [_by_day(people, name, cohort) for name in named]
    if not named or any(_vary(value[:, :n_days], days[:, :n_days]) for value, days in found):
        return ""
    if not all(_vary(value, days) for value, days in found):
        return ""
    names = ", ".join(MOVING[name].caption for name in named)
    return f"not adjusted for {names}: within {grace_hours:g} h known of nobody, or the same of all"


def _vary(value: Floats, days: BoolArray) -> bool:
    """Whether known values differ on the days in hospital."""
    known = value[days & ~np.isnan(value)]
    return bool(known.size and np.ptp(known) > 0)


def _by_day(people: pl.DataFrame, name: str, cohort: FollowUp) -> tuple[Floats, BoolArray]:
    """Values (n, D), NaN where not known, and which of them are of days in the stay.

    After the stay the last value stands: nobody starts then, and nothing is measured.
    """
    column = f"{name}{DAILY}"
    if column not in people.columns:
        raise AnalysisError(f"no daily values of {MOVING[name].caption} in the analysis table")
    n_days = max(int(np.ceil(cohort.time_hours.max() / HOURS_PER_DAY - 1e-9)), 1)
    lists = people[column].list.head(n_days)
    length = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    day = np.arange(n_days)
    inside = day < length[:, None]
    value = np.full((people.height, n_days), np.nan)
    value[inside] = lists.filter(length > 0).explode().fill_null(float("nan")).to_numpy()
    last = np.minimum(day, np.maximum(length - 1, 0)[:, None])
    followed = day * HOURS_PER_DAY < cohort.time_hours[:, None]
    return np.take_along_axis(value, last, axis=1), inside & followed


def _told_apart(unknown: BoolArray, cohort: FollowUp) -> bool:
    """Whether a column of who has no known value could be fitted."""
    counts = []
    for who, hours in ((cohort.event, cohort.time_hours), (cohort.ever, cohort.start_hours)):
        day = np.ceil(hours[who] / HOURS_PER_DAY - 1e-9).astype(np.int64) - 1
        at = unknown[np.flatnonzero(who), np.clip(day, 0, unknown.shape[1] - 1)]
        counts += [int(at.sum()), int((~at).sum())]
    return min(counts) >= _FEWEST
