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
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.groups import N_GROUPS, groups_of
from ehrivig.stats.wald import quantile

_ENOUGH_EVENTS = 5_000


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
    variance is robust, by patient. Raises AnalysisError when no trial has both arms or there is no
    event. Source: Hernán et al. 2008; Gran et al. 2010.
    """
    rows = nested_trials(cohort, window_hours, n_trials)
    two_arms(rows.exposed, rows.event, "sequential trials")
    everybody = np.ones(rows.patient.size, dtype=np.bool_)
    fit = _fit(cohort, rows, everybody)
    value, se, variance, df = float(fit.coef[0]), float(fit.se[0]), fit.variance, math.inf
    notes = ["n and events count person-trials"]
    if int(cohort.event.sum()) < _ENOUGH_EVENTS:
        try:
            value, se = _jackknife(cohort, rows, value)
            variance, df = f"jackknife over {N_GROUPS} groups of patients, t interval", N_GROUPS - 1
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


def _fit(cohort: FollowUp, rows: PersonTrials, kept: BoolArray) -> CoxFit:
    """The Cox model of the person-trials `kept` (m,)."""
    patient = rows.patient[kept]
    columns = rows.exposed[kept].astype(np.float64)[:, None]
    if cohort.x is not None:
        columns = np.hstack((columns, cohort.x[patient]))
    return cox(
        rows.time_hours[kept], rows.event[kept], columns, strata=rows.trial[kept], cluster=patient
    )


def _jackknife(cohort: FollowUp, rows: PersonTrials, whole: float) -> tuple[float, float]:
    """The log hazard ratio without its first-order bias, and its standard error.

    A control's death counts in every trial that it was eligible for, so with few deaths the
    covariates fit the controls better than the exposed, and exposure looks protective. Leaving out
    a twentieth of the patients at a time shows by how much. Source: Quenouille 1956; Tukey 1958.
    """
    group = groups_of(cohort)
    without = np.array(
        [_fit(cohort, rows, group[rows.patient] != g).coef[0] for g in range(N_GROUPS)]
    )
    share = (N_GROUPS - 1) / N_GROUPS
    value = N_GROUPS * whole - (N_GROUPS - 1) * float(without.mean())
    return value, math.sqrt(share * float(np.sum((without - without.mean()) ** 2)))
