"""A competing-risks data set rewritten so that a weighted Cox model is a Fine-Gray model.

This is R's `finegray` + `coxph`: it allows Efron ties, strata and time-dependent effects, but makes
up to (competing events) x (censoring times) rows; `fine_gray` needs no expansion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.survival.follow_up_input import event_status, follow_up_time
from ehrivig.stats.survival.risk_sets import time_ranks

_BEFORE_ORIGIN = -1.0


@dataclass(frozen=True)
class Expansion:
    """Rows at risk in (start, stop] with a weight; every array is (m,).

    row : the original row of each (take x[row], and cluster on it). event : the cause of interest.
    """

    row: IntArray
    start: FloatArray
    stop: FloatArray
    event: BoolArray
    weight: FloatArray


def fine_gray_expansion(
    time: ArrayLike, status: ArrayLike, cause: int = 1, *, timefix: bool = True
) -> Expansion:
    """Return the expanded rows, as R's `survival::finegray` without entry times.

    time, status : (n,). Use as `cox(e.stop, e.event, x[e.row], entry=e.start, weights=e.weight,
    cluster=e.row)`. The censoring distribution leaves out of the risk set at a censoring time the
    rows whose event falls on it, as R does; `crr` keeps them, so the two differ with ties.

    Raises AnalysisError on unusable input or no event of the cause.
    """
    t = follow_up_time(time)
    s = event_status(status, t.size)
    if not np.any(s == cause):
        raise AnalysisError(f"Fine-Gray: there is no event of cause {cause}.")
    rank, _, times = time_ranks(t, None, timefix=timefix)
    t = times[rank]
    cuts, curve = _uncensored(t, s)
    interval = np.unique(np.searchsorted(cuts, t[s == cause], side="left"))
    competing = np.flatnonzero((s != 0) & (s != cause))
    home = np.searchsorted(cuts, t[competing], side="left")
    pieces = [_own_rows(t, s == cause)]
    ends = np.append(cuts, t.max())
    for i, k in zip(competing, home, strict=True):
        later = interval[interval >= k]
        if later.size and t[i] < ends[later[-1]]:
            pieces.append(_later_rows(int(i), float(t[i]), int(k), later, ends, curve))
    return Expansion(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


_Columns = tuple[IntArray, FloatArray, FloatArray, BoolArray, FloatArray]


def _uncensored(time: FloatArray, status: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the censoring times (C,) and G on the C + 1 intervals that they end; (C + 1,)."""
    censored, counts = np.unique(time[status == 0], return_counts=True)
    n_later = time.size - np.searchsorted(np.sort(time), censored, side="right")
    return censored, np.append(1.0, np.cumprod(1 - counts / (n_later + counts)))


def _own_rows(time: FloatArray, event: BoolArray) -> _Columns:
    """Return each row's own time at risk, from before the origin to its time, with weight 1."""
    n = time.size
    return np.arange(n), np.full(n, _BEFORE_ORIGIN), time, event, np.ones(n)


def _later_rows(
    i: int, time: float, home: int, interval: IntArray, ends: FloatArray, curve: FloatArray
) -> _Columns:
    """Return the time at risk of a competing row after its event, one row per kept interval."""
    start = np.where(interval == home, time, ends[np.maximum(interval - 1, 0)])
    stop = ends[interval]
    keep = (stop > start) & (curve[interval] > 0)
    m = int(keep.sum())
    return (
        np.full(m, i),
        start[keep],
        stop[keep],
        np.zeros(m, dtype=np.bool_),
        curve[interval[keep]] / curve[home],
    )
