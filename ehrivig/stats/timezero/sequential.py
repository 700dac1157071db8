"""Sequential trials: at every hour of a grid, new starters against those not yet started."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, Effect, FloatArray, IntArray, arms_of
from ehrivig.stats.survival.cox import CoxFit, cox
from ehrivig.stats.timezero.contrast import effect_of, two_arms
from ehrivig.stats.timezero.course import SHORTEST_HOURS, Course, own_columns, pieces_of
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.start_weights import StartWeights, start_weights
from ehrivig.stats.wald import quantile

_GROUPS, _ENOUGH_EVENTS = 20, 5_000
PENALISED = "the models of starting are penalised (log-F): covariates separate who starts"


@dataclass(frozen=True)
class PersonTrials:
    """One row per patient and trial in which the patient is eligible; every array is (m,).

    time_hours runs from the time zero of the trial.
    """

    patient: IntArray
    trial: IntArray
    time_hours: FloatArray
    event: BoolArray
    exposed: BoolArray


def nested_trials(cohort: FollowUp, window_hours: float, n_trials: int) -> PersonTrials:
    """Return the person-trials of trials 1..n_trials.

    Time zero of trial k is k * window, the end of its window. Eligible: followed beyond it, still
    where exposure could start, and not started before the window. Exposed: started in
    [(k - 1) window, k window). The others are followed as unexposed until they start (then
    censored). Everybody has survived the window, so no time is immortal.
    """
    if not (window_hours > 0 and n_trials >= 1):
        raise AnalysisError("sequential trials: window_hours must be > 0 and n_trials at least 1.")
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    parts = []
    for k in range(1, n_trials + 1):
        zero = k * window_hours
        there = (cohort.time_hours > zero) & (cohort.leaves_hours > zero)
        eligible = there & (start >= zero - window_hours) & (start != zero)
        rows = np.flatnonzero(eligible)
        exposed = start[rows] < zero
        stop = np.where(exposed, np.inf, start[rows])
        end = np.minimum(cohort.time_hours[rows], stop)
        event = cohort.event[rows] & (cohort.time_hours[rows] <= stop)
        parts.append((rows, np.full(rows.size, k), end - zero, event, exposed))
    return PersonTrials(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def sequential_trials(cohort: FollowUp, *, window_hours: float = 24.0, n_trials: int = 7) -> Effect:
    """Return the hazard ratio pooled over nested trials.

    Cox model stratified by trial, adjusted for the baseline covariates. Controls are censored when
    they start: that is non-informative only given the covariates in the model. n and events count
    person-trials. With fewer than 5,000 deaths the estimate is corrected for its bias, and its
    variance found, by the jackknife over 20 groups of patients (`_jackknife`); beyond that the
    variance is robust, by patient.

    With a course each trial is adjusted for what moves as it was when the window of its starts
    began (its zero, the end of that window, is after them), and controls are weighted for those who
    started later (`start_weights`), with weights estimated anew in each jackknife group.

    Raises AnalysisError when no trial has both arms or there is no event. Source: Hernán et al.
    2008; Gran et al. 2010; Danaei et al. 2013 (what moves).
    """
    rows = nested_trials(cohort, window_hours, n_trials)
    two_arms(rows.exposed, rows.event, "sequential trials")
    everybody = np.ones(cohort.n, dtype=np.bool_)
    fit, said = _fit(cohort, rows, everybody, window_hours)
    value, se, variance, df = float(fit.coef[0]), float(fit.se[0]), fit.variance, math.inf
    notes = ["n and events count person-trials", *said]
    if int(cohort.event.sum()) < _ENOUGH_EVENTS:
        try:
            value, se = _jackknife(cohort, rows, value, window_hours)
            variance, df = f"jackknife over {_GROUPS} groups of patients, t interval", _GROUPS - 1
            notes.append("corrected for the bias of few events")
        except AnalysisError as error:
            notes.append(f"not corrected for the bias of few events: {error}")
    half = se * (float(stdtrit(df, 0.975)) if math.isfinite(df) else quantile(0.95))
    effect = effect_of(
        "HR",
        value,
        se,
        cohort.event_label,
        arms_of(rows.event, rows.exposed),
        f"sequential trials every {window_hours:g} h, {n_trials} trials: {fit.method}",
        variance,
        f"start now vs not yet (and not later), pooled over {n_trials} times zero",
        limits=(value - half, value + half),
        notes=tuple(notes),
    )
    if not math.isfinite(df):
        return effect
    return replace(effect, p=2 * float(stdtr(df, -abs(value) / se)))


def _fit(
    cohort: FollowUp, rows: PersonTrials, kept: BoolArray, window_hours: float
) -> tuple[CoxFit, tuple[str, ...]]:
    """The Cox model of the patients `kept` (n,), and what is to be said of it."""
    mine = kept[rows.patient]
    patient, trial = rows.patient[mine], rows.trial[mine]
    columns = rows.exposed[mine].astype(np.float64)[:, None]
    if cohort.x is not None:
        columns = np.hstack((columns, cohort.x[patient]))
    if cohort.course is None:
        time, event = rows.time_hours[mine], rows.event[mine]
        return cox(time, event, columns, strata=trial, cluster=patient), ()
    known = cohort.course.at(patient, (trial - 1) * window_hours)
    known, moved = own_columns(columns, known, cohort.course.names, trial)
    columns = np.hstack((columns, known))
    weights = start_weights(cohort, kept.astype(np.float64))
    pieces = _pieces(rows, mine, weights, window_hours)
    fit = cox(
        pieces.time_hours,
        pieces.event,
        columns[pieces.row],
        entry=pieces.entry_hours,
        strata=trial[pieces.row],
        cluster=patient[pieces.row],
        weights=pieces.weight,
        names=("exposed", *cohort.names, *moved),
    )
    return fit, _said(cohort.course, weights, pieces)


def _said(course: Course, weights: StartWeights, pieces: Pieces) -> tuple[str, ...]:
    """What the row says of the covariates that moved."""
    named = ", ".join(course.names)
    notes = (
        f"adjusted for {named} as each trial's window began; controls weighted for those who "
        f"started later by {named} of each {course.step_hours:g} h, largest weight "
        f"{pieces.weight.max():.1f}",
    )
    return (*notes, PENALISED) if weights.penalised else notes


@dataclass(frozen=True)
class Pieces:
    """Follow-up of person-trials with one weight each, at risk in (entry, time]; (m,) each.

    row : of the person-trials.
    """

    row: IntArray
    entry_hours: FloatArray
    time_hours: FloatArray
    event: BoolArray
    weight: FloatArray


def _pieces(
    rows: PersonTrials, mine: BoolArray, weights: StartWeights, window_hours: float
) -> Pieces:
    """The person-trials `mine` (m,) cut where a control's weight changes.

    Within a step a weight grows evenly; each piece has the one at its middle.
    """
    patient, zero = rows.patient[mine], rows.trial[mine] * window_hours
    end, step = zero + rows.time_hours[mine], weights.step_hours
    settled = np.minimum(np.minimum(end, weights.until_hours[patient]), weights.last_hours)
    settled = np.where(rows.exposed[mine], zero, np.maximum(settled, zero))
    first = np.floor((zero + SHORTEST_HOURS) / step)
    cuts = np.ceil((settled - SHORTEST_HOURS) / step) - 1 - first
    cuts = np.maximum(cuts, 0).astype(np.int64)
    count = cuts + 1 + ((settled - zero > SHORTEST_HOURS) & (end - settled > SHORTEST_HOURS))
    row, at = pieces_of(count)
    entry = np.where(at <= cuts[row], (first[row] + at) * step, settled[row])
    entry = np.where(at == 0, zero[row], entry)
    last = at == count[row] - 1
    stop = np.where(last, np.maximum(end, zero + SHORTEST_HOURS)[row], np.roll(entry, -1))
    weight = np.ones(row.size)
    own = ~rows.exposed[mine][row]
    weight[own] = weights.between(patient[row[own]], zero[row[own]], (entry + stop)[own] / 2)
    return Pieces(row, entry - zero[row], stop - zero[row], rows.event[mine][row] & last, weight)


def _jackknife(
    cohort: FollowUp, rows: PersonTrials, whole: float, window_hours: float
) -> tuple[float, float]:
    """The log hazard ratio without its first-order bias, and its standard error.

    A control's death counts in every trial that it was eligible for, so with few deaths the
    covariates fit the controls better than the exposed, and exposure looks protective. Leaving out
    a twentieth of the patients at a time shows by how much. Source: Quenouille 1956; Tukey 1958.
    """
    group = _groups(cohort)
    fits = (_fit(cohort, rows, group != g, window_hours)[0] for g in range(_GROUPS))
    without = np.array([fit.coef[0] for fit in fits])
    share = (_GROUPS - 1) / _GROUPS
    value = _GROUPS * whole - (_GROUPS - 1) * float(without.mean())
    return value, math.sqrt(share * float(np.sum((without - without.mean()) ** 2)))


def _groups(cohort: FollowUp) -> IntArray:
    """A group of each patient (n,), at random, but the same whatever the order of the rows."""
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    keys = [] if cohort.x is None else list(cohort.x.T)
    order = np.lexsort([*keys, start, cohort.event, cohort.time_hours])
    group = np.empty(cohort.n, dtype=np.int64)
    group[order] = np.random.default_rng(0).permutation(cohort.n) % _GROUPS
    return group
