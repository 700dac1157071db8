"""Sequential trials: at every hour of a grid, new starters against those not yet started."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.cox import cox
from ehrivig.stats.result import BoolArray, Effect, FloatArray, IntArray
from ehrivig.timezero.contrast import effect_of, two_arms
from ehrivig.timezero.follow_up import FollowUp


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

    Time zero of trial k is k * window, the end of its window. Eligible: followed beyond it and not
    started before the window. Exposed: started in [(k - 1) window, k window). The others are
    followed as unexposed until they start (then censored). Everybody has survived the window, so
    no time is immortal.
    """
    if not (window_hours > 0 and n_trials >= 1):
        raise AnalysisError("sequential trials: window_hours must be > 0 and n_trials at least 1.")
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    parts = []
    for k in range(1, n_trials + 1):
        zero = k * window_hours
        eligible = (cohort.time_hours > zero) & (start >= zero - window_hours) & (start != zero)
        rows = np.flatnonzero(eligible)
        exposed = start[rows] < zero
        stop = np.where(exposed, np.inf, start[rows])
        end = np.minimum(cohort.time_hours[rows], stop)
        event = cohort.event[rows] & (cohort.time_hours[rows] <= stop)
        parts.append((rows, np.full(rows.size, k), end - zero, event, exposed))
    return PersonTrials(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def sequential_trials(cohort: FollowUp, *, window_hours: float = 24.0, n_trials: int = 7) -> Effect:
    """Return the hazard ratio pooled over nested trials, robust variance by patient.

    Cox model stratified by trial, adjusted for the baseline covariates. Controls are censored when
    they start: that is non-informative only given the covariates in the model. n and events count
    person-trials. Raises AnalysisError when no trial has both arms or there is no event.
    Source: Hernán et al. 2008; Gran et al. 2010.
    """
    rows = nested_trials(cohort, window_hours, n_trials)
    two_arms(rows.exposed, rows.event, "sequential trials")
    columns = rows.exposed.astype(np.float64)[:, None]
    if cohort.x is not None:
        columns = np.hstack((columns, cohort.x[rows.patient]))
    fit = cox(rows.time_hours, rows.event, columns, strata=rows.trial, cluster=rows.patient)
    arms = rows.exposed, ~rows.exposed
    counts = tuple(int(v) for arm in arms for v in (arm.sum(), (arm & rows.event).sum()))
    return effect_of(
        "HR",
        float(fit.coef[0]),
        float(fit.se[0]),
        cohort.event_label,
        (counts[0], counts[1], counts[2], counts[3]),
        f"sequential trials every {window_hours:g} h, {n_trials} trials: {fit.method}",
        fit.variance,
        f"start now vs not yet (and not later), pooled over {n_trials} times zero",
        notes=("n and events count person-trials",),
    )
