"""Sequential trials: at every hour of a grid, new starters against those not yet started."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, whole_number
from ehrivig.stats.result import BoolArray, Effect, FloatArray, IntArray, arms_of
from ehrivig.stats.survival.cox import CoxFit, cox
from ehrivig.stats.timezero.contrast import effect_of, two_arms
from ehrivig.stats.timezero.course import SHORTEST_HOURS, Course, own_columns, pieces_of
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.groups import N_GROUPS, groups_of, jackknife
from ehrivig.stats.timezero.standardised import (
    EXPOSED,
    Standardised,
    standardised,
    standardised_effects,
    that_vary,
    with_risks,
    without_separating,
)
from ehrivig.stats.timezero.start_weights import StartWeights, start_weights
from ehrivig.stats.wald import quantile

_ENOUGH_EVENTS = 5_000
_MOST_TRIALS = 10_000
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
    window_hours = above_zero(window_hours, "window_hours")
    n_trials = whole_number(n_trials, "n_trials", 1, _MOST_TRIALS)
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
    variance found, by the jackknife over 20 groups of patients (`_corrected`); beyond that the
    variance is robust, by patient.

    With a course each trial is adjusted for what moves as it was when the window of its starts
    began (its zero, the end of that window, is after them), and controls are weighted for those who
    started later (`start_weights`), with weights estimated anew in each jackknife group.

    Raises AnalysisError when no trial has both arms or there is no event. Source: Hernán et al.
    2008; Gran et al. 2010; Danaei et al. 2013 (what moves).
    """
    return _pooled(cohort, window_hours, n_trials)[0]


def sequential_effects(
    cohort: FollowUp,
    horizon_hours: float,
    *,
    window_hours: float = 24.0,
    n_trials: int = 7,
) -> tuple[Effect, ...]:
    """Return the hazard ratio of `sequential_trials`, and RD, RR and RMSTD (days) at the horizon.

    Their risks are of those who start: as they would be if they did, and if they did not, from each
    trial's zero until `horizon_hours` after time zero. Where the jackknife fails there is the
    hazard ratio with its risks alone.
    """
    horizon_hours = above_zero(horizon_hours, "horizon_hours")
    ratio, whole, left = _pooled(cohort, window_hours, n_trials, horizon_hours)
    if not left:
        return (with_risks(ratio, whole),)
    return standardised_effects(ratio, whole, left, horizon_hours, correct=few_events(cohort))


def few_events(cohort: FollowUp) -> bool:
    """Whether there are so few that the jackknife takes a bias off."""
    return int(cohort.event.sum()) < _ENOUGH_EVENTS


def _pooled(
    cohort: FollowUp, window_hours: float, n_trials: int, horizon_hours: float | None = None
) -> tuple[Effect, Standardised, list[Standardised]]:
    """The pooled hazard ratio, what the fit says, and what it says without each group."""
    rows = nested_trials(cohort, window_hours, n_trials)
    two_arms(rows.exposed, rows.event, "sequential trials")
    if horizon_hours is not None and not horizon_hours > rows.trial.max() * window_hours:
        raise AnalysisError("sequential trials: the horizon must be after the last time zero.")
    trials = Trials(cohort, rows, window_hours, horizon_hours)
    fit, said = trials.fit(np.ones(cohort.n, dtype=np.bool_))
    whole, left = trials.read(fit), list[Standardised]()
    value, se, variance, df = whole.log_ratio, float(fit.cox.se[0]), fit.cox.variance, math.inf
    notes = ["n and events count person-trials", *said]
    few = few_events(cohort)
    try:
        left = trials.without_each_group() if few or horizon_hours is not None else left
    except AnalysisError:
        lacks = "not corrected for the bias of few events" if few else "risks without limits"
        notes.append(f"{lacks}: no model without each of {N_GROUPS} groups of people")
    if few and left:
        value, se = _corrected(whole, left)
        variance, df = f"jackknife over {N_GROUPS} groups of patients, t interval", N_GROUPS - 1
        notes.append("corrected for the bias of few events")
    half = se * (float(stdtrit(df, 0.975)) if math.isfinite(df) else quantile(0.95))
    effect = effect_of(
        "HR",
        value,
        se,
        cohort.event_label,
        arms_of(rows.event, rows.exposed),
        f"sequential trials every {window_hours:g} h, {n_trials} trials: {fit.cox.method}",
        variance,
        f"start now vs not yet (and not later), pooled over {n_trials} times zero",
        limits=(value - half, value + half),
        notes=tuple(notes),
    )
    if math.isfinite(df):
        effect = replace(effect, p=2 * float(stdtr(df, -abs(value) / se)))
    return effect, whole, left


@dataclass(frozen=True)
class Fitted:
    """A Cox model, and the person-trials that it is of.

    columns : (m, p), exposure first. trial : (m,).
    """

    cox: CoxFit
    columns: FloatArray
    trial: IntArray


@dataclass(frozen=True)
class Trials:
    """Person-trials of a cohort, to be fitted for some of its patients.

    `horizon_hours`: until when risks are wanted; None: not.
    """

    cohort: FollowUp
    rows: PersonTrials
    window_hours: float
    horizon_hours: float | None

    def fit(self, kept: BoolArray, dropped: tuple[str, ...] = ()) -> tuple[Fitted, tuple[str, ...]]:
        """The model of the patients `kept` (n,) without some covariates; what to say of it."""
        cohort, rows = self.cohort, self.rows
        mine = kept[rows.patient]
        patient, trial = rows.patient[mine], rows.trial[mine]
        columns = rows.exposed[mine].astype(np.float64)[:, None]
        if cohort.x is not None:
            columns = np.hstack((columns, cohort.x[patient]))
        columns, names = that_vary(columns, (EXPOSED, *cohort.names), dropped)
        if cohort.course is None:
            time, event = rows.time_hours[mine], rows.event[mine]
            made = cox(time, event, columns, strata=trial, cluster=patient, names=names)
            return Fitted(made, columns, trial), ()
        known = cohort.course.at(patient, (trial - 1) * self.window_hours)
        known, moved = own_columns(columns, known, cohort.course.names, trial)
        columns = np.hstack((columns, known))
        weights = start_weights(cohort, kept.astype(np.float64))
        pieces = _pieces(rows, mine, weights, self.window_hours)
        made = cox(
            pieces.time_hours,
            pieces.event,
            columns[pieces.row],
            entry=pieces.entry_hours,
            strata=trial[pieces.row],
            cluster=patient[pieces.row],
            weights=pieces.weight,
            names=(*names, *moved),
        )
        return Fitted(made, columns, trial), _said(cohort.course, weights, pieces)

    def read(self, fit: Fitted) -> Standardised:
        """What a fit says; risks of the exposed person-trials."""
        if self.horizon_hours is None:
            nothing = np.full(2, math.nan)
            return Standardised(float(fit.cox.coef[0]), nothing, nothing, math.nan)
        trials = np.unique(fit.trial)
        exposed = fit.columns[:, 0] == 1
        return standardised(
            fit.cox,
            fit.columns[exposed],
            np.searchsorted(trials, fit.trial[exposed]),
            np.asarray(self.horizon_hours - trials * self.window_hours, dtype=np.float64),
        )

    def without_each_group(self) -> list[Standardised]:
        """What fits without each group of patients say."""
        group = groups_of(self.cohort)
        return [without_separating(partial(self.said_of, group != g)) for g in range(N_GROUPS)]

    def said_of(self, kept: BoolArray, dropped: tuple[str, ...]) -> Standardised:
        """What the fit of some patients (n,), without some covariates, says."""
        return self.read(self.fit(kept, dropped)[0])


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


def _corrected(whole: Standardised, left: list[Standardised]) -> tuple[float, float]:
    """The log hazard ratio without its first-order bias, and its standard error.

    A control's death counts in every trial that it was eligible for, so with few deaths the
    covariates fit the controls better than the exposed, and exposure looks protective. Leaving out
    a twentieth of the patients at a time shows by how much. Source: Quenouille 1956; Tukey 1958.
    """
    logs = np.array([[one.log_ratio] for one in left])
    value, se = jackknife(np.array([whole.log_ratio]), logs)
    return float(value[0]), float(se[0])
