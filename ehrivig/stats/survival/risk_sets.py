"""Who is at risk when: the one piece of bookkeeping that all survival estimators share.

Every estimator here is written with three sums over risk sets, each O(n):

* `at_risk(v)`: for each event time, the sum of v over the rows at risk (entry < t <= time);
* `tied(v)`: for each event time, the sum of v over the rows whose event falls on it;
* `until(h)`: for each row, the sum of h over the event times in (entry, time].

`at_risk` and `until` are transposes of each other, so a sum over rows of a sum over event times
may always be exchanged: that is what makes Cox and Fine-Gray models O(n p^2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

TIE_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
_FEW_STRATA = 64


@dataclass(frozen=True)
class RiskSets:
    """The J event times (by stratum, then time) and where each of n rows stands among them.

    event_time : (J,) the marked times, ascending within each stratum.
    stratum : (J,) stratum code of each event time.
    n_tied : (J,) number of marked rows at each event time.
    slot : (n,) 1 + index of the last event time <= time in the row's stratum; 0 when none.
    entry_slot : (n,) the same for the entry time, or None when all rows enter at the origin.
    event_rows, event_index : (m,) the marked rows and the event time on which each falls.
    first_of_stratum : (S,) index of the first event time of each stratum that has any.
    """

    event_time: FloatArray
    stratum: IntArray
    n_tied: IntArray
    slot: IntArray
    entry_slot: IntArray | None
    event_rows: IntArray
    event_index: IntArray
    first_of_stratum: IntArray

    @cached_property
    def order(self) -> IntArray:
        """Rows by slot, so that sums run through memory in order; shape (n,)."""
        return np.argsort(self.slot, kind="stable")

    @property
    def size(self) -> int:
        """Number J of event times."""
        return int(self.event_time.size)

    def at_risk(self, values: FloatArray | None = None) -> FloatArray:
        """Sum of `values` (n,) over the rows at risk at each event time, shape (J,)."""
        net = sums_by(self.slot, values, self.size + 1)
        if self.entry_slot is not None:
            net -= sums_by(self.entry_slot, values, self.size + 1)
        return self.cumulate(net[1:], backward=True)

    def tied(self, values: FloatArray | None = None) -> FloatArray:
        """Sum of `values` (n,) over the rows with their event at each event time, shape (J,)."""
        if values is None:
            return self.n_tied.astype(np.float64)
        return sums_by(self.event_index, values[self.event_rows], self.size)

    def until(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (J,) over the event times in (entry, time] of each row, shape (n,)."""
        running = np.concatenate(([0.0], self.cumulate(values)))
        if self.entry_slot is None:
            return running[self.slot]
        return running[self.slot] - running[self.entry_slot]

    def cumulate(self, values: FloatArray, *, backward: bool = False) -> FloatArray:
        """Running sum of `values` (J,) within each stratum, from its start (or from its end)."""
        if self.first_of_stratum.size <= 1:
            return np.cumsum(values[::-1])[::-1] if backward else np.cumsum(values)
        ends = np.append(self.first_of_stratum[1:], self.size)
        if backward:
            return segmented_cumsum(values[::-1], (self.size - ends)[::-1])[::-1]
        return segmented_cumsum(values, self.first_of_stratum)

    def in_order(self) -> RiskSets:
        """Return the same risk sets for rows that have been put in `order`."""
        rank = np.empty_like(self.order)
        rank[self.order] = np.arange(self.order.size)
        rows = rank[self.event_rows]
        by_row = np.argsort(rows)
        return replace(
            self,
            slot=self.slot[self.order],
            entry_slot=None if self.entry_slot is None else self.entry_slot[self.order],
            event_rows=rows[by_row],
            event_index=self.event_index[by_row],
        )


def sums_by(index: IntArray, values: FloatArray | None, size: int) -> FloatArray:
    """Return the sum of `values` (all 1 when None) at each index 0..size-1, shape (size,)."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


def segmented_cumsum(values: FloatArray, starts: IntArray) -> FloatArray:
    """Running sum of `values` that begins anew at each index in `starts` (ascending, first is 0).

    With many short segments the sum is built by doubling, so that no segment ever sees the
    rounding error of the ones before it (a difference of one global running sum would).
    """
    lengths = np.diff(np.append(starts, values.size))
    if starts.size <= _FEW_STRATA:
        pieces = np.split(values, starts[1:])
        return np.concatenate([np.cumsum(piece) for piece in pieces])
    position = np.arange(values.size) - np.repeat(starts, lengths)
    total = np.array(values, dtype=np.float64)
    active = np.flatnonzero(position >= 1)
    step = 1
    while active.size:
        total[active] = total[active] + total[active - step]
        step *= 2
        active = active[position[active] >= step]
    return total


def time_ranks(
    time: FloatArray, entry: FloatArray | None, *, timefix: bool
) -> tuple[IntArray, IntArray | None, FloatArray]:
    """Return the rank of each time, of each entry, and the distinct times that the ranks number.

    With `timefix`, times closer than 1.5e-8 (absolutely, or relative to the mean of the distinct
    times) are one time, as R's `survival::aeqSurv`; rounding error in a subtraction of dates would
    otherwise break ties. Raises AnalysisError when that leaves an interval of length 0.
    """
    stacked = time if entry is None else np.concatenate((time, entry))
    order = np.argsort(stacked)
    ascending = stacked[order]
    new = np.concatenate(([True], ascending[1:] != ascending[:-1]))
    distinct = ascending[new]
    fresh = _not_near_tied(distinct) if timefix else np.ones(distinct.size, dtype=np.bool_)
    rank = np.empty(stacked.size, dtype=np.int64)
    rank[order] = (np.cumsum(fresh) - 1)[np.cumsum(new) - 1]
    if entry is None:
        return rank, None, distinct[fresh]
    rank_time, rank_entry = rank[: time.size], rank[time.size :]
    if np.any(rank_entry >= rank_time):
        raise AnalysisError("entry: an interval (entry, time] is too short to tell from length 0.")
    return rank_time, rank_entry, distinct[fresh]


def _not_near_tied(distinct: FloatArray) -> BoolArray:
    """Return True where a distinct time starts a new group of nearly equal times."""
    gap = np.diff(distinct)
    scale = float(np.mean(np.abs(distinct)))
    near = gap <= TIE_TOLERANCE
    if scale > 0:
        near |= gap / scale <= TIE_TOLERANCE
    return np.concatenate(([True], ~near))


def build_risk_sets(
    time: FloatArray,
    marked: BoolArray,
    *,
    stratum: IntArray | None = None,
    entry: FloatArray | None = None,
    timefix: bool = True,
) -> RiskSets:
    """Return the risk sets at the distinct times of the `marked` rows, within strata.

    time, marked, stratum (codes from 0), entry : (n,). Times are ranked once for all strata.
    """
    rank, entry_rank, times = time_ranks(time, entry, timefix=timefix)
    n_times = times.size
    stratum = np.zeros(time.size, dtype=np.int64) if stratum is None else stratum
    key = stratum * n_times + rank
    event_rows = np.flatnonzero(marked)
    event_key, event_index = _distinct(key[event_rows], _dense_space(stratum, n_times))
    event_stratum = event_key // n_times
    first = np.flatnonzero(np.diff(event_stratum, prepend=-1))
    entry_slot = None
    if entry_rank is not None:
        entry_slot = _slots(stratum, stratum * n_times + entry_rank, event_key, n_times)
    return RiskSets(
        event_time=times[event_key % n_times],
        stratum=event_stratum,
        n_tied=np.bincount(event_index, minlength=event_key.size),
        slot=_slots(stratum, key, event_key, n_times),
        entry_slot=entry_slot,
        event_rows=event_rows,
        event_index=event_index,
        first_of_stratum=first,
    )


def _dense_space(stratum: IntArray, n_times: int) -> int:
    """Return the number of (stratum, time) keys when a table of them all is small, else 0."""
    space = (int(stratum.max(initial=0)) + 1) * n_times
    return space if space <= 4 * stratum.size + 1024 else 0


def _distinct(key: IntArray, space: int) -> tuple[IntArray, IntArray]:
    """Return the distinct keys, ascending, and the position of each key among them."""
    if not space:
        distinct, index = np.unique(key, return_inverse=True)
        return distinct, index.astype(np.int64).reshape(-1)
    present = np.zeros(space, dtype=np.bool_)
    present[key] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[key]


def _slots(stratum: IntArray, key: IntArray, event_key: IntArray, n_times: int) -> IntArray:
    """Return 1 + the index of the last event key <= key in the same stratum, or 0."""
    space = _dense_space(stratum, n_times)
    if space:
        present = np.zeros(space, dtype=np.int64)
        present[event_key] = 1
        slot = np.cumsum(present)[key]
    else:
        slot = np.searchsorted(event_key, key, side="right").astype(np.int64)
    if event_key.size == 0:
        return np.zeros(key.size, dtype=np.int64)
    found_in = event_key[slot - 1] // n_times
    return np.where((slot > 0) & (found_in == stratum), slot, 0)
