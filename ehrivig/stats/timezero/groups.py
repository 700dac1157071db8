"""Groups of patients that the jackknife leaves out, one at a time."""

from __future__ import annotations

import numpy as np

from ehrivig.stats.result import IntArray
from ehrivig.stats.timezero.follow_up import FollowUp

N_GROUPS = 20


def groups_of(cohort: FollowUp) -> IntArray:
    """A group of each patient (n,), at random, but the same whatever the order of the rows."""
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    keys = [] if cohort.x is None else list(cohort.x.T)
    order = np.lexsort([*keys, start, cohort.event, cohort.time_hours])
    group = np.empty(cohort.n, dtype=np.int64)
    group[order] = np.random.default_rng(0).permutation(cohort.n) % N_GROUPS
    return group
