"""Exposure as a time-dependent covariate: unexposed until the first dose, exposed after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray, IntArray
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.timezero.contrast import effect_of, two_arms
from ehrivig.stats.timezero.course import SHORTEST_HOURS, own_columns, pieces_of
from ehrivig.stats.timezero.follow_up import FollowUp

MOST_STEPS = 1_000_000  # of a person: a century of hours
THROUGH = "an effect of exposure that runs through it is not counted"


@dataclass(frozen=True)
class Spells:
    """Rows of one exposure state each, at risk in (entry, time]; every array is (m,).

    patient : row number in the cohort.
    """

    patient: IntArray
    entry_hours: FloatArray
    time_hours: FloatArray
    event: BoolArray
    exposed: BoolArray


def exposure_spells(cohort: FollowUp) -> Spells:
    """Return one row per patient and state: before the start, and from the start on.

    The time from a patient's entry to exit is conserved. The event belongs to the last row; an
    event at the very moment of the start would belong to the unexposed, so `follow_up` drops it.
    """
    start = cohort.start_hours
    rows = np.arange(cohort.n)
    split = np.greater(start, 0)
    first_stop = np.where(split, start, cohort.time_hours)
    second = np.flatnonzero(split)
    patient = np.concatenate((rows, second))
    order = np.argsort(patient, kind="stable")
    entry = np.concatenate((np.zeros(cohort.n), start[second]))
    stop = np.concatenate((first_stop, cohort.time_hours[second]))
    event = np.concatenate((cohort.event & ~split, cohort.event[second]))
    exposed = np.concatenate((np.equal(start, 0), np.ones(second.size, dtype=np.bool_)))
    return Spells(patient[order], entry[order], stop[order], event[order], exposed[order])


def _cut(spells: Spells, step_hours: float) -> Spells:
    """The spells cut where a step of the course begins; the event belongs to the last piece."""
    first = np.floor((spells.entry_hours + SHORTEST_HOURS) / step_hours)
    count = np.ceil((spells.time_hours - SHORTEST_HOURS) / step_hours) - first
    if float(count.max()) > MOST_STEPS:
        raise AnalysisError(
            f"time_hours: more than {MOST_STEPS:,} steps of {step_hours:g} h in one person. "
            "Mend the time, or take longer steps."
        )
    count = np.maximum(count, 1).astype(np.int64)
    row, at = pieces_of(count)
    begins = (first[row] + at) * step_hours
    last = at == count[row] - 1
    return Spells(
        spells.patient[row],
        np.where(at == 0, spells.entry_hours[row], begins),
        np.where(last, spells.time_hours[row], begins + step_hours),
        spells.event[row] & last,
        spells.exposed[row],
    )


def time_dependent_cox(cohort: FollowUp) -> Effect:
    """Return the hazard ratio of being exposed now, adjusted for the baseline covariates.

    With a course, for what moves as it is at each time too, after the start as before it: an effect
    that runs through it is not counted (the result says so).

    n and events: patients ever exposed and events while exposed; patients never exposed and events
    while unexposed. Raises AnalysisError when nobody is exposed or no event happens.
    """
    spells = exposure_spells(cohort)
    two_arms(spells.exposed, spells.event, "time-dependent Cox")
    notes = ["events counted by exposure at the event; n by exposure ever"]
    if cohort.course is not None:
        spells = _cut(spells, cohort.course.step_hours)
        notes.append(f"adjusted for {', '.join(cohort.course.names)} as it moves: {THROUGH}")
    columns = spells.exposed.astype(np.float64)[:, None]
    names = ("exposed", *cohort.names)
    if cohort.x is not None:
        columns = np.hstack((columns, cohort.x[spells.patient]))
    if cohort.course is not None:
        now = cohort.course.at(spells.patient, spells.entry_hours)
        day = np.floor(spells.entry_hours / cohort.course.step_hours + 1e-9).astype(np.int64)
        now, moved = own_columns(columns, now, cohort.course.names, day)
        columns = np.hstack((columns, now))
        names = (*names, *moved)
    fit = cox(spells.time_hours, spells.event, columns, entry=spells.entry_hours, names=names)
    events = int((spells.event & spells.exposed).sum())
    ever = int(cohort.ever.sum())
    return effect_of(
        "HR",
        float(fit.coef[0]),
        float(fit.se[0]),
        cohort.event_label,
        Arms(ever, events, cohort.n - ever, int(cohort.event.sum()) - events),
        "time-dependent Cox: " + fit.method,
        fit.variance,
        "instantaneous rate once exposed vs not yet exposed, among those still followed",
        notes=tuple(notes),
    )
