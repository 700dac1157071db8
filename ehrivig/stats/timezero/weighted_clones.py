"""What the weights of clone-censor-weight leave: how many people they are worth, and how alike.

After grace the weighted copies of both strategies stand for everybody who is still followed then.
Effective size: Kish 1965. Difference: Austin and Stuart 2015 (Stat Med 34:3661).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.result import FloatArray
from ehrivig.stats.timezero.clone_censor_weight import fittable
from ehrivig.stats.timezero.clone_risks import problem_of, risks_of
from ehrivig.stats.timezero.clones import START, WAIT
from ehrivig.stats.timezero.extreme_weights import WHOLE
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import grace_period


@dataclass(frozen=True)
class WeightedClones:
    """Of the worse strategy: the effective size as a share of its copies, and the largest
    standardised difference of a covariate from everybody followed after grace (NaN without one).
    """

    effective: float
    difference: float


def weighted_clones(
    cohort: FollowUp,
    *,
    grace_hours: float = 48.0,
    horizon_hours: float = 672.0,
    interval_hours: float = 6.0,
) -> WeightedClones:
    """Return what the untruncated weights leave after grace.

    Raises AnalysisError as clone_censor_weight.
    """
    grace = grace_period(grace_hours, interval_hours)
    problem = fittable(problem_of(cohort, grace, horizon_hours, WHOLE, "all_starters"))[0]
    weight = risks_of(problem, np.ones(cohort.n))[2]
    copies, followed = problem.copies, cohort.time_hours > grace.hours
    shares, gaps = [], []
    for arm in (START, WAIT):
        rows = np.flatnonzero((copies.arm == arm) & (copies.interval > grace.n_intervals))
        w = weight[rows]
        shares.append(float(w.sum() ** 2 / (w**2).sum() / rows.size) if rows.size else 0.0)
        if cohort.x is not None and rows.size:
            gaps.append(_difference(cohort.x[copies.patient[rows]], w, cohort.x[followed]))
    return WeightedClones(min(shares), max(gaps, default=float("nan")))


def _difference(x: FloatArray, weight: FloatArray, everybody: FloatArray) -> float:
    """The largest standardised difference of weighted means from those of everybody."""
    gap = np.abs(np.average(x, axis=0, weights=weight) - everybody.mean(axis=0))
    spread = everybody.std(axis=0)
    return float(np.max(np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 0)))
