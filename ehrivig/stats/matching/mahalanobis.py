"""Nearest control by Mahalanobis distance among those within the caliper on the score."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.collinear import dependent_columns
from ehrivig.stats.design_matrix import finite_matrix
from ehrivig.stats.matching.line import Line
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

_EXTREME = 1e50


def whitened(covariates: ArrayLike, treated: BoolArray) -> FloatArray:
    """Covariates (n, p) turned so that their Euclidean distance is the Mahalanobis distance.

    With the covariance pooled within the arms (Rubin 1980), divisor n - 2, as MatchIt. Raises
    AnalysisError when the columns are constant or collinear within the arms.
    """
    x = finite_matrix(covariates, "mahalanobis", len(treated)).copy()
    spread = np.ptp(x, axis=0)
    extreme = (spread > _EXTREME) | ((spread > 0) & (spread < 1 / _EXTREME))
    x /= np.where(extreme, spread, 1.0)  # no unit changes a distance, but squares run over
    within = x.copy()
    for arm in (treated, ~treated):
        if arm.any():
            within[arm] -= within[arm].mean(axis=0)
    covariance = within.T @ within / max(len(x) - 2, 1)
    dependent = dependent_columns(covariance)
    if dependent:
        columns = ", ".join(str(j + 1) for j in dependent)
        raise AnalysisError(f"mahalanobis: column {columns} is constant or collinear; drop it.")
    root = np.linalg.cholesky(covariance)
    return np.asarray(np.linalg.solve(root, x.T).T)


class Candidates:
    """The free controls of a line within the caliper of a treated unit, nearest in covariates."""

    def __init__(self, line: Line, position: FloatArray, caliper: float) -> None:
        self.treated_x = position[line.treated_row]
        self.control_x = position[line.control_row]
        self.line, self.caliper = line, caliper
        slack = 1e-9 * (1.0 + np.abs(line.treated_at))
        self.first = np.searchsorted(line.control_at, line.treated_at - caliper - slack, "left")
        self.last = np.searchsorted(line.control_at, line.treated_at + caliper + slack, "right")
        self.free = np.ones(len(line.control_row), dtype=bool)

    def nearest(self, t: int, without: IntArray) -> tuple[int, float]:
        """The nearest free control (-1: none) that is not in `without`, and its distance.

        Equally near ones: the one nearer on the score, then the lower position.
        """
        window = slice(int(self.first[t]), int(self.last[t]))
        gap = np.abs(self.line.control_at[window] - self.line.treated_at[t])
        allowed = self.free[window] & (gap <= self.caliper)
        mine = without[(without >= window.start) & (without < window.stop)] - window.start
        allowed[mine] = False
        choice = np.flatnonzero(allowed)
        if not len(choice):
            return -1, np.inf
        square = np.square(self.control_x[window][choice] - self.treated_x[t]).sum(axis=1)
        near = choice[square == square.min()]
        best = near[np.argmin(gap[near])]
        return int(best) + window.start, float(square.min())


def match_mahalanobis(
    line: Line, order: IntArray, position: FloatArray, caliper: float, ratio: int, replace: bool
) -> IntArray:
    """The control of each treated unit per round, (treated, ratio), or -1, in the given order."""
    mates = np.full((len(line.treated_row), ratio), -1, dtype=np.int64)
    candidates = Candidates(line, position, caliper)
    for r in range(ratio):
        for t in order.tolist():
            if r and mates[t, r - 1] < 0:
                continue
            mates[t, r], _ = candidates.nearest(t, mates[t, :r])
            if mates[t, r] >= 0 and not replace:
                candidates.free[mates[t, r]] = False
    return mates


def match_mahalanobis_closest(
    line: Line, position: FloatArray, caliper: float, ratio: int
) -> IntArray:
    """The control of each treated unit per round, (treated, ratio): the nearest pair goes first."""
    mates = np.full((len(line.treated_row), ratio), -1, dtype=np.int64)
    candidates = Candidates(line, position, caliper)
    for r in range(ratio):
        heap = []
        for turn, t in enumerate(np.argsort(line.treated_row, kind="stable").tolist()):
            if r and mates[t, r - 1] < 0:
                continue
            mate, distance = candidates.nearest(t, mates[t, :r])
            if mate >= 0:
                heap.append((distance, turn, t, mate))
        heapify(heap)
        again = 0
        while heap:
            _, _, t, mate = heappop(heap)
            if candidates.free[mate]:
                mates[t, r] = mate
                candidates.free[mate] = False
                continue
            mate, distance = candidates.nearest(t, mates[t, :r])
            if mate >= 0:
                again -= 1
                heappush(heap, (distance, again, t, mate))
    return mates
