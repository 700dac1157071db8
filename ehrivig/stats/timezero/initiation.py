"""The chance of starting exposure in each interval of grace, by a pooled logistic model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.survival.risk_sets import sums_by
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.pooled_logistic import pooled_chance

_DUMMY_MINIMUM = 20
_IMPOSSIBLE = 1e-12  # a chance that is 0 but for rounding


@dataclass(frozen=True)
class Grace:
    """The grace period [0, hours], cut into K intervals ((k-1) width, k width], k = 1..K.

    `at_zero`: time zero is an interval of its own, the first, for those who start at that moment.
    Whoever does leaves WAIT at once, and those left must stand for them from then on: who dies
    within the hours after is not like everybody.
    """

    hours: float
    width_hours: float
    at_zero: bool = False

    @property
    def n_intervals(self) -> int:
        """Number K of intervals, with time zero where it is one."""
        return round(self.hours / self.width_hours) + self.at_zero

    @property
    def edges(self) -> FloatArray:
        """Where the intervals end, in hours, time zero first: shape (K + 1,)."""
        whole = self.n_intervals - self.at_zero
        edges = np.arange(whole + 1) * self.width_hours
        edges[whole] = self.hours
        return np.append(np.zeros(int(self.at_zero)), edges)

    def of(self, cohort: FollowUp) -> Grace:
        """The grace period of a cohort: with time zero by itself where somebody starts then."""
        return replace(self, at_zero=bool(np.equal(cohort.start_hours, 0).any()))


def grace_period(hours: float, width_hours: float) -> Grace:
    """Return the grace period. Raises AnalysisError unless it is a whole number of intervals."""
    hours, width_hours = above_zero(hours, "grace_hours"), above_zero(width_hours, "interval_hours")
    count = hours / width_hours
    if round(count) < 1 or abs(count - round(count)) > 1e-9:
        raise AnalysisError(
            f"clone-censor-weight: grace of {hours:g} h is not a whole number of intervals of "
            f"{width_hours:g} h."
        )
    return Grace(hours, width_hours)


def start_interval(cohort: FollowUp, grace: Grace) -> IntArray:
    """Return the interval 1..K in which exposure starts, K + 1 when not within grace, shape (n,).

    A start at time zero is in interval 1.
    """
    k = np.maximum(np.ceil(cohort.start_hours / grace.width_hours - 1e-9), 1) + grace.at_zero
    k = np.where(np.equal(cohort.start_hours, 0), 1, k)
    late = ~np.less_equal(cohort.start_hours, grace.hours)
    return np.where(late, grace.n_intervals + 1, np.where(late, 1, k)).astype(np.int64)


@dataclass(frozen=True)
class AtRiskOfStart:
    """One row per patient and interval at whose end the patient is followed, could still start and
    had not before it; every array is (m,). `interval` is 1..K, `started`: the start lies in it.

    begins_hours : (K,) when the intervals begin, of which covariates that move are taken.
    """

    patient: IntArray
    interval: IntArray
    started: BoolArray
    begins_hours: FloatArray


def at_risk_of_start(cohort: FollowUp, grace: Grace) -> AtRiskOfStart:
    """Return the rows on which the chance of starting is estimated.

    Patients who leave within the interval are not in its row: the weights represent, at the end of
    the interval, all who are then still followed.
    """
    started_in = start_interval(cohort, grace)
    parts = []
    for k in range(1, grace.n_intervals + 1):
        there = np.minimum(cohort.time_hours, cohort.leaves_hours) > grace.edges[k]
        rows = np.flatnonzero(there & (started_in >= k))
        parts.append((rows, np.full(rows.size, k), started_in[rows] == k))
    patient, interval, started = (np.concatenate(column) for column in zip(*parts, strict=True))
    return AtRiskOfStart(patient, interval, started, grace.edges[:-1])


def interval_terms(rows: AtRiskOfStart, grace: Grace) -> FloatArray:
    """Return the model columns of time, shape (K, q), row k - 1 for interval k.

    Indicators where every interval has at least 20 starts and 20 others, else k and k squared, and
    time zero by itself where it is an interval.
    """
    n_intervals = grace.n_intervals
    starts = np.bincount(rows.interval, rows.started, n_intervals + 1)[1:]
    others = np.bincount(rows.interval, ~rows.started, n_intervals + 1)[1:]
    if min(starts.min(), others.min()) >= _DUMMY_MINIMUM:
        return np.eye(n_intervals)[:, 1:]
    k = np.arange(1, n_intervals + 1, dtype=np.float64)
    smooth = np.column_stack((k, k**2))[:, : min(2, n_intervals - 1 - grace.at_zero)]
    return np.column_stack((np.equal(k, 1), smooth)) if grace.at_zero else smooth


def crude_chance(
    rows: AtRiskOfStart, frequency: FloatArray, n_intervals: int
) -> tuple[FloatArray, FloatArray]:
    """Return the share starting in each interval, (K,), and the number at risk of it, (K,).

    frequency : (n,) how often each patient counts.
    """
    weight = frequency[rows.patient]
    n = sums_by(rows.interval, weight, n_intervals + 1)[1:]
    started = sums_by(rows.interval, weight * rows.started, n_intervals + 1)[1:]
    return np.divide(started, n, out=np.zeros(n_intervals), where=n > 0), n


def modelled_chance(
    cohort: FollowUp,
    rows: AtRiskOfStart,
    terms: FloatArray,
    frequency: FloatArray,
    *,
    penalised: bool = False,
) -> FloatArray:
    """Return the chance of each patient of starting in each interval, shape (n, K).

    Pooled logistic regression on time, the baseline covariates and those that move, as they are
    when the interval begins, `penalised` or not; without any the crude share of each interval.
    Raises AnalysisError when the model cannot be
    fitted.
    """
    n_intervals = terms.shape[0]
    if cohort.x is None and cohort.course is None:
        crude, _ = crude_chance(rows, frequency, n_intervals)
        return np.broadcast_to(crude, (cohort.n, n_intervals)).copy()
    started = np.zeros((cohort.n, n_intervals), dtype=bool)
    weight = np.zeros((cohort.n, n_intervals))
    started[rows.patient, rows.interval - 1] = rows.started
    weight[rows.patient, rows.interval - 1] = frequency[rows.patient]
    x = np.zeros((cohort.n, 0)) if cohort.x is None else cohort.x
    moving, names = None, cohort.names
    if cohort.course is not None:
        moving = cohort.course.over(rows.begins_hours)
        names = (*names, *cohort.course.names)
    found = pooled_chance(started, weight, terms, x, names, penalised=penalised, moving=moving)
    # A patient whom a replicate did not draw may seem certain to start, or not to: weights of 0
    # times infinity would follow.
    return np.clip(found, _IMPOSSIBLE, 1 - _IMPOSSIBLE)
