"""Limits of cells that follow from facts one by one, before any program is asked.

Each fact says of each of its cells what the limits of the others leave to it; again and again until
nothing changes. What is left out is possible of no cell, though not all that is left is possible.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csc_array

_SWEEPS = 50
_ROUNDING = 1e-6


def narrowed(
    matrix: csc_array, limits: np.ndarray, lo: np.ndarray, hi: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The limits (n,) of cells, where the sums `matrix` (m, n) of them lie in `limits` (m, 2).

    Those given where the facts contradict each other.
    """
    if not matrix.nnz:
        return lo, hi
    entries = coo_array(matrix)
    there = entries.data != 0  # a fact may name a cell with no weight
    (row, column), weight = (place[there] for place in entries.coords), entries.data[there]
    upward = weight > 0
    first, last = lo.copy(), hi.copy()
    for _ in range(_SWEEPS):
        least = weight * np.where(upward, first[column], last[column])
        most = weight * np.where(upward, last[column], first[column])
        others_least = np.bincount(row, least, len(limits))[row] - least
        others_most = np.bincount(row, most, len(limits))[row] - most
        ends = np.array([limits[row, 0] - others_most, limits[row, 1] - others_least]) / weight
        ends = np.where(upward, ends, ends[::-1])
        slack = _ROUNDING * np.maximum(1.0, np.abs(others_most) * 1e-6)
        new = first.copy(), last.copy()
        np.maximum.at(new[0], column, np.ceil(ends[0] - slack))
        np.minimum.at(new[1], column, np.floor(ends[1] + slack))
        if (new[0] > new[1]).any():
            return lo, hi
        if (new[0] == first).all() and (new[1] == last).all():
            break
        first, last = new
    return first, last
