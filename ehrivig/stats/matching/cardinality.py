"""As many pairs within a caliper as can be, and among those the smallest total distance."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from ehrivig.errors import AnalysisError
from ehrivig.stats.matching.line import Line
from ehrivig.stats.result import FloatArray, IntArray


def largest_cardinality(line: Line, caliper: float) -> tuple[IntArray, IntArray]:
    """A largest set of pairs within the caliper (indices, the r-th with the r-th).

    Two pointers: all calipers have one width, so the lowest treated and the lowest control either
    fit, or the lower of the two fits nobody (Glover 1967).
    """
    at, control_at = line.treated_at.tolist(), line.control_at.tolist()
    pairs, i, j = [], 0, 0
    while i < len(at) and j < len(control_at):
        gap = control_at[j] - at[i]
        if abs(gap) <= caliper:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif gap > 0:
            i += 1
        else:
            j += 1
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def largest_then_nearest(line: Line, caliper: float) -> tuple[IntArray, IntArray]:
    """The matched of both arms (indices, the r-th with the r-th) of the problem of the module.

    A linear programme in the running counts of matched treated and matched controls along the
    line. The r-th matched treated is paired with the r-th matched control, so the total distance
    is the sum over gaps of gap times the difference of the counts, and the caliper says that every
    matched treated is outnumbered one caliper further on, and likewise for controls. All
    constraints are differences of two counts: the vertices are whole numbers.
    Raises AnalysisError when the solver stops or its answer is not whole.
    """
    pairs = len(largest_cardinality(line, caliper)[0])
    if pairs == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    nt, nc = len(line.treated_at), len(line.control_at)
    gaps, at_gap = _gaps(line)
    rows, limits = _constraints(line, caliper, at_gap)
    cost = np.concatenate([np.zeros(nt + nc), gaps / gaps.mean() if gaps.sum() > 0 else gaps])
    counts = [(0, pairs)] * (nt + nc)
    counts[nt - 1] = counts[-1] = (pairs, pairs)
    answer = linprog(
        cost, A_ub=rows, b_ub=limits, bounds=counts + [(0, None)] * len(gaps), method="highs"
    )
    if answer.status != 0:
        raise AnalysisError(f"optimal matching: the linear programme stopped: {answer.message}")
    return _chosen(line, answer.x[: nt + nc], pairs, caliper)


def _gaps(line: Line) -> tuple[FloatArray, IntArray]:
    """Widths of the gaps between neighbours (g,) and the counts of each arm before them (g, 2)."""
    place = np.concatenate([line.treated_at, line.control_at])
    position = np.concatenate([line.treated_position, line.control_position])
    order = np.argsort(position, kind="stable")
    arm = order < len(line.treated_at)
    before = np.column_stack([np.cumsum(arm), np.cumsum(~arm)])[:-1]
    return np.asarray(np.diff(place[order])), np.asarray(before, dtype=np.int64)


def _reach(near: FloatArray, far: FloatArray, caliper: float) -> IntArray:
    """For each of `near`, how many of `far` lie below it or within the caliper above it."""
    count = np.searchsorted(far, near + caliper, "right")
    padded = np.concatenate([far, [np.inf]])
    count = np.where(padded[count] - near <= caliper, count + 1, count)
    above = np.concatenate([[-np.inf], far])[count] - near > caliper
    return np.asarray(np.where(above, count - 1, count))


def _constraints(line: Line, caliper: float, at_gap: IntArray) -> tuple[csr_array, FloatArray]:
    """The rows and limits of: counts rise by 0 or 1; the caliper; gaps bound the difference."""
    nt, nc, g = len(line.treated_at), len(line.control_at), len(at_gap)
    treated, control = np.arange(nt), nt + np.arange(nc)
    reach_c = _reach(line.treated_at, line.control_at, caliper)
    reach_t = _reach(line.control_at, line.treated_at, caliper)
    before_t = np.where(at_gap[:, 0] > 0, at_gap[:, 0] - 1, -1)
    before_c = np.where(at_gap[:, 1] > 0, nt + at_gap[:, 1] - 1, -1)
    flow = nt + nc + np.arange(g)
    none = np.full(g, -1)
    size = nt + nc + g
    blocks = [
        _rows(treated[1:], treated[:-1], treated[1:] * 0 - 1, size),
        _rows(control[1:], control[:-1], control[1:] * 0 - 1, size),
        _rows(treated[:-1], treated[1:], treated[1:] * 0 - 1, size),
        _rows(control[:-1], control[1:], control[1:] * 0 - 1, size),
        _rows(treated[:1], none[:1], none[:1], size),
        _rows(control[:1], none[:1], none[:1], size),
        _rows(treated, np.where(reach_c > 0, nt + reach_c - 1, -1), treated * 0 - 1, size),
        _rows(control, np.where(reach_t > 0, reach_t - 1, -1), control * 0 - 1, size),
        _rows(before_t, before_c, flow, size),
        _rows(before_c, before_t, flow, size),
    ]
    rises = [np.ones(nt - 1), np.ones(nc - 1), np.zeros(nt - 1), np.zeros(nc - 1), np.ones(2)]
    return vstack(blocks, format="csr"), np.concatenate([*rises, np.zeros(nt + nc + 2 * g)])


def _rows(plus: IntArray, minus: IntArray, minus_too: IntArray, size: int) -> csr_array:
    """Rows with +1 at `plus` and -1 at both `minus`; an index of -1 is left out."""
    row = np.arange(len(plus))
    index = np.concatenate([plus, minus, minus_too])
    value = np.concatenate([np.ones(len(plus)), -np.ones(2 * len(plus))])
    keep = index >= 0
    where = (np.tile(row, 3)[keep], index[keep])
    return csr_array((value[keep], where), shape=(len(plus), size))


def _chosen(
    line: Line, counts: FloatArray, pairs: int, caliper: float
) -> tuple[IntArray, IntArray]:
    """The units at which the counts rise; raises AnalysisError when they are not whole."""
    nt = len(line.treated_at)
    whole = np.rint(counts)
    t = np.flatnonzero(np.diff(whole[:nt], prepend=0) > 0.5)
    c = np.flatnonzero(np.diff(whole[nt:], prepend=0) > 0.5)
    exact = bool((np.abs(counts - whole) < 1e-6).all()) and len(t) == len(c) == pairs
    if not exact or bool((np.abs(line.treated_at[t] - line.control_at[c]) > caliper).any()):
        raise AnalysisError("optimal matching: the linear programme gave no whole solution.")
    return t, c
