"""What the weights of clone-censor-weight leave: how many people they are worth, and how alike.

After grace the weighted copies of both strategies stand for everybody who is still followed then.
Effective size: Kish 1965. Difference: Austin and Stuart 2015 (Stat Med 34:3661).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.stats.arrays import standardised
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.timezero.clone_censor_weight import fittable
from ehrivig.stats.timezero.clone_risks import Problem, problem_of, risks_of
from ehrivig.stats.timezero.clones import START, WAIT
from ehrivig.stats.timezero.extreme_weights import WHOLE
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import grace_period, modelled_chance, start_interval
from ehrivig.stats.timezero.lost_weights import lost_weights, until_lost


@dataclass(frozen=True)
class WeightedClones:
    """Of the worse strategy: the effective size as a share of its copies, and the largest
    standardised difference of a covariate from everybody followed after grace (NaN without one).

    people : the effective size itself. score : (m,) the chance of starting within grace, of those
    who did or could still at its end; started : (m,) who did.
    """

    effective: float
    difference: float
    people: float
    score: FloatArray
    started: BoolArray


def weighted_clones(
    cohort: FollowUp,
    *,
    grace_hours: float = 48.0,
    horizon_hours: float = 672.0,
    interval_hours: float = 6.0,
    lost_hours: ArrayLike | None = None,
    penalised: bool = False,
) -> WeightedClones:
    """Return what the untruncated weights leave after grace.

    With `lost_hours` the weights for who was lost are in the effective size, of the worst day.
    `penalised` as in `extreme_weights`. Raises AnalysisError as clone_censor_weight.
    """
    grace = grace_period(grace_hours, interval_hours)
    cohort, lost = (cohort, None) if lost_hours is None else until_lost(cohort, lost_hours)
    made = problem_of(cohort, grace, horizon_hours, WHOLE, "all_starters", lost)
    problem = fittable(made, penalised=penalised)[0]
    weight = risks_of(problem, np.ones(cohort.n))[2]
    copies, followed = problem.copies, cohort.time_hours > grace.hours
    shares, gaps, people = [], [], []
    for arm in (START, WAIT):
        rows = np.flatnonzero((copies.arm == arm) & (copies.interval > problem.grace.n_intervals))
        w = weight[rows]
        shares.append(_share(w))
        people.append(_share(w) * w.size)
        shares += _by_day(problem, weight, arm, grace.hours)
        if cohort.x is not None and rows.size:
            gaps.append(_difference(cohort.x[copies.patient[rows]], w, cohort.x[followed]))
    score, started = _start_score(problem)
    return WeightedClones(min(shares), max(gaps, default=np.nan), min(people), score, started)


def _start_score(problem: Problem) -> tuple[FloatArray, BoolArray]:
    """The chance of starting within grace, and who did, where the strategy of a person is known."""
    cohort, grace = problem.cohort, problem.grace
    chance = modelled_chance(
        cohort, problem.rows, problem.terms, np.ones(cohort.n), penalised=problem.penalised
    )
    started = start_interval(cohort, grace) <= grace.n_intervals
    known = started | (np.minimum(cohort.time_hours, cohort.leaves_hours) > grace.hours)
    score = 1 - np.prod(1 - chance, axis=1)
    return score[known], started[known]


def _share(weight: FloatArray) -> float:
    """Kish's effective size as a share of the rows."""
    return float(weight.sum() ** 2 / (weight**2).sum() / weight.size) if weight.size else 0.0


def _by_day(problem: Problem, weight: FloatArray, arm: int, grace_hours: float) -> list[float]:
    """The share of each day after grace, with the weights for who was lost before it."""
    lost = problem.lost
    if lost is None:
        return []
    followed = lost_weights(lost, np.ones(problem.cohort.n), penalised=problem.penalised)
    both = weight[lost.piece] * followed
    mine = (problem.copies.arm[lost.piece] == arm) & (lost.entry_hours >= grace_hours)
    return [_share(both[mine & (lost.day == day)]) for day in np.unique(lost.day[mine])]


def _difference(x: FloatArray, weight: FloatArray, everybody: FloatArray) -> float:
    """The largest standardised difference of weighted means from those of everybody."""
    return float(np.abs(np.average(standardised(x, everybody), axis=0, weights=weight)).max())
