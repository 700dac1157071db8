"""The jackknife over groups of patients, left out one at a time. Source: Quenouille 1956."""

from __future__ import annotations

import numpy as np

from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.timezero.follow_up import FollowUp

N_GROUPS = 20


def groups_of(cohort: FollowUp) -> IntArray:
    """A group of each patient (n,), at random, but the same whatever the order of the rows."""
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    moves = () if cohort.course is None else cohort.course.values.reshape(cohort.n, -1).T
    keys = [*moves, cohort.leaves_hours, *(() if cohort.x is None else cohort.x.T)]
    order = np.lexsort([*keys, start, cohort.event, cohort.time_hours])
    group = np.empty(cohort.n, dtype=np.int64)
    group[order] = np.random.default_rng(0).permutation(cohort.n) % N_GROUPS
    return group


def jackknife(whole: FloatArray, left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values (k,) without their first-order bias, and their standard errors (k,).

    left : (20, k) the values without each group.
    """
    mean, share = left.mean(axis=0), (N_GROUPS - 1) / N_GROUPS
    spread = ((left - mean) ** 2).sum(axis=0)
    return N_GROUPS * whole - (N_GROUPS - 1) * mean, np.sqrt(share * spread)
