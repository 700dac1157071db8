"""Weights for whoever starts later, where what makes people start moves.

A control who starts is followed no longer. Those who have not started yet stand for them, by one
over the chance of not having started, given what was known at each step; stabilised by the share of
all who do not start in it. A numerator that knows covariates leaves their part to the outcome
model, and where that is wrong (what was known at time zero matters less each day) it leans: log
hazard ratio -0.04 in a simulated null, by the share of all -0.01. The chance within a step is taken
as even, so a weight is known at every hour.
Source: Robins and Finkelstein 2000; Danaei et al. 2013.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.timezero.course import Course, Hours
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.pooled_logistic import pooled_chance

_FEWEST = 20
"""Steps with so many starts, and others, have an effect of their own; else a smooth course."""
_SURE = 1 - 1e-12


@dataclass(frozen=True)
class StartWeights:
    """By how much the log weight of who has not started grows until each step: (n, D + 1).

    until_hours : (n,) when each left, after which nobody starts. penalised : the models were.
    """

    log_weight: FloatArray
    step_hours: float
    until_hours: FloatArray
    penalised: bool

    @property
    def last_hours(self) -> float:
        """When the last step in which somebody starts ends."""
        return float((self.log_weight.shape[1] - 1) * self.step_hours)

    def between(self, patient: IntArray, first: Hours, last: Hours) -> FloatArray:
        """Weights (m,) at `last` of patients (m,) who had not started at `first`, in hours."""
        return np.asarray(np.exp(self._at(patient, last) - self._at(patient, first)))

    def _at(self, patient: IntArray, hours: Hours) -> FloatArray:
        within = np.minimum(np.minimum(hours, self.until_hours[patient]), self.last_hours)
        step = np.minimum(
            np.floor(within / self.step_hours).astype(np.int64), self.log_weight.shape[1] - 2
        )
        share = within / self.step_hours - step
        low, high = self.log_weight[patient, step], self.log_weight[patient, step + 1]
        return np.asarray(low + share * (high - low))


def start_weights(cohort: FollowUp, frequency: FloatArray) -> StartWeights:
    """Return the weights of a cohort with a course, and somebody who starts.

    frequency : (n,) how often each patient counts. The chance is a pooled logistic model of the
    steps of the course; a step left before its end counts for its share. Where covariates separate
    who starts from who does not, it is penalised (log-F). Raises AnalysisError without a course,
    and when the model cannot be fitted.
    """
    moves = cohort.course
    if moves is None:
        raise AnalysisError("start weights: there are no covariates that move.")
    step, n_steps = moves.step_hours, _n_steps(cohort, moves, frequency)
    begins = np.arange(n_steps) * step
    started, weight = _at_risk(cohort, begins, step)
    weight *= frequency[:, None]
    terms = _terms(started, weight)
    x = np.zeros((cohort.n, 0)) if cohort.x is None else cohort.x
    model = partial(
        pooled_chance,
        started,
        weight,
        terms,
        x,
        (*cohort.names, *moves.names),
        moving=moves.over(begins),
    )
    try:
        chance, penalised = model(), False
    except SeparationError:
        chance, penalised = model(penalised=True), True
    at_risk, starts = weight.sum(axis=0), (started * weight).sum(axis=0)
    share = np.divide(starts, at_risk, out=np.zeros(n_steps), where=at_risk > 0)
    grows = np.log1p(-np.minimum(share, _SURE)) - np.log1p(-np.minimum(chance, _SURE))
    log_weight = np.hstack((np.zeros((cohort.n, 1)), np.cumsum(grows, axis=1)))
    return StartWeights(log_weight, step, cohort.leaves_hours, penalised)


def _n_steps(cohort: FollowUp, moves: Course, frequency: FloatArray) -> int:
    """How many steps there are until the last start."""
    starts = cohort.start_hours[cohort.ever & (frequency > 0)]
    if not starts.size:
        raise AnalysisError("start weights: nobody starts.")
    return math.floor(float(starts.max()) / moves.step_hours + 1e-9) + 1


def _at_risk(cohort: FollowUp, begins: Hours, step: float) -> tuple[BoolArray, FloatArray]:
    """Who starts in each step, and for how much of it each could: both (n, D)."""
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)[:, None]
    there = np.minimum(cohort.time_hours, cohort.leaves_hours)[:, None]
    started = (start >= begins) & (start < begins + step)
    share = np.clip((there - begins) / step, 0.0, 1.0)
    return started, np.asarray(np.where(started, 1.0, share * (start >= begins)))


def _terms(started: BoolArray, weight: FloatArray) -> FloatArray:
    """Columns of time of the steps, shape (D, q): an indicator of each where many start."""
    n_steps = started.shape[1]
    starts, all_ = (started * weight).sum(axis=0), weight.sum(axis=0)
    if min(starts.min(), (all_ - starts).min()) >= _FEWEST:
        return np.asarray(np.eye(n_steps)[:, 1:])
    day = np.arange(1, n_steps + 1, dtype=np.float64)
    return np.column_stack((day, day**2, np.log(day)))[:, : min(3, n_steps - 1)]
