"""The jackknife over groups of patients, left out one at a time. Source: Quenouille 1956."""

from __future__ import annotations

import numpy as np

from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.timezero.follow_up import FollowUp

N_GROUPS = 20


def groups_of(cohort: FollowUp, outcomes: FloatArray | None = None) -> IntArray:
    """A group of each patient (n,), at random, but the same whatever the order of the rows.

    Nor does it matter in which order and direction the covariates stand. outcomes : (n, K), what
    else is told apart by group.
    """
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    until = np.minimum(cohort.leaves_hours, cohort.time_hours)
    clock = np.column_stack((cohort.time_hours, cohort.event, start, until))
    place = np.unique(clock, axis=0, return_inverse=True)[1].reshape(cohort.n)
    parts = (cohort.x, None if cohort.course is None else cohort.course.values, outcomes)
    known = [one.reshape(cohort.n, -1) for one in parts if one is not None]
    turned = [_turned(column, place) for block in known for column in block.T]
    turned.sort(key=lambda one: one[0])
    order = np.lexsort([*(rank for _, rank in turned), place])
    group = np.empty(cohort.n, dtype=np.int64)
    group[order] = np.random.default_rng(0).permutation(cohort.n) % N_GROUPS
    return group


def _turned(column: FloatArray, place: IntArray) -> tuple[int, IntArray]:
    """The ranks of a column (n,), up or down, whichever has the smaller hash; and that hash."""
    rank = np.unique(column, return_inverse=True)[1].reshape(len(column))
    both = ((_hash(one, place), one) for one in (rank, rank.max() - rank))
    return min(both, key=lambda one: one[0])


def _hash(rank: IntArray, place: IntArray) -> int:
    """A number of the pairs of both (n,), whatever their order (splitmix64, summed)."""
    mixed = rank.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + place.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return int((mixed ^ (mixed >> np.uint64(31))).sum())


def jackknife(whole: FloatArray, left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values (k,) without their first-order bias, and their standard errors (k,).

    left : (20, k) the values without each group; without an error where they are all the same.
    """
    mean, share = left.mean(axis=0), (N_GROUPS - 1) / N_GROUPS
    spread = ((left - mean) ** 2).sum(axis=0) * (np.ptp(left, axis=0) > 0)
    return N_GROUPS * whole - (N_GROUPS - 1) * mean, np.sqrt(share * spread)
