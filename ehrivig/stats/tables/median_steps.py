"""The test of two medians at every difference: it changes only where values pass each other.

With one arm moved by a difference, as many of the exposed as of the others should lie above the
common median. The differences at which a value of one arm passes one of the other there ("edges")
divide all differences into spans; within one, the answer stays.
Sources: Brown & Mood 1951; Gutenbrunner, Jureckova, Koenker & Portnoy 1993 (rank scores).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.wald import p_value

_MOST_LOOKED_AT = 1000
"""Edges and spans at which the test is made; of more, so many spread over all."""
_NEAR = 50
"""Edges and spans on a side of 0, and beyond a limit, that are all looked at: clusters move the
test up and down there."""
_CLOSE = 4 * float(np.finfo(np.float64).eps)
"""Of the numbers themselves: what subtraction leaves of two that are alike."""
_PAIR = 2
"""Rows at the median where a value passes another; more are a heap, as of whole days."""


@dataclass
class Steps:
    """The test of `y` (n,) by `arm` (n,) and cluster `index` (n,), at edges (m,) and in spans.

    Position 2 i is the span below edge i, 2 i + 1 the edge itself. Where values pass one by one all
    of a span are differences that can be; between two heaps (whole days) those of two values are,
    which may be none.
    `z` (2 m + 1,) holds how many standard errors more of the exposed lie
    above, NaN where nobody has looked; `heaped`, of an edge, whether it is one of heaps.
    """

    y: FloatArray
    arm: BoolArray
    index: IntArray
    edges: FloatArray = field(init=False)
    z: FloatArray = field(init=False)
    heaped: dict[int, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.edges = _edges(np.sort(self.y[self.arm])[::-1], np.sort(self.y[~self.arm])[::-1])
        self.z = np.full(2 * len(self.edges) + 1, np.nan)
        spread = np.linspace(0, len(self.z) - 1, _MOST_LOOKED_AT).astype(int)
        none = 2 * int(np.searchsorted(self.edges, 0.0)) + 1
        around = np.arange(max(none - _NEAR, 0), min(none + _NEAR, len(self.z)))
        for at in np.union1d(spread, around):
            self._look(int(at))

    def limits(self, estimate: float, width: float) -> tuple[float, float]:
        """The least and the largest difference that is not rejected at `width` standard errors."""
        seen = np.flatnonzero(np.abs(self.z) < width)
        if not len(seen):
            return estimate, estimate
        first, last = self._end(int(seen[0]), -1, width), self._end(int(seen[-1]), 1, width)
        while first <= last and not self._kept(first, width):
            first += 1
        while first <= last and not self._kept(last, width):
            last -= 1
        if first > last:
            return estimate, estimate
        lo, hi = self._bounds(first)[0], self._bounds(last)[1]
        if not (np.isfinite(lo) and np.isfinite(hi)):
            raise AnalysisError("median: so few rows that no difference could be rejected.")
        return min(lo, estimate), max(hi, estimate)

    def p_of_none(self, estimate: float) -> float:
        """The largest p of 0 and of any difference beyond it, seen from the estimate."""
        if estimate == 0:
            return 1.0
        far = [at for at in np.flatnonzero(~np.isnan(self.z)) if self._beyond(int(at), estimate)]
        return p_value(float(np.abs(self.z[far]).min())) if far else 0.0

    def _beyond(self, at: int, estimate: float) -> bool:
        lo, hi = self._bounds(at)
        return lo <= 0 if estimate > 0 else hi >= 0

    def _bounds(self, at: int) -> tuple[float, float]:
        """The least and the largest difference that can be at a position; NaN without one."""
        lo, hi = self._ends(at)
        beside = [one for one in (at - 1, at + 1) if 0 <= one < len(self.z)]
        if at % 2 or len(beside) < 2:
            return lo, hi
        for one in beside:
            self._look(one)
        return self._within(lo, hi) if all(self.heaped[one] for one in beside) else (lo, hi)

    def _ends(self, at: int) -> tuple[float, float]:
        """Where a position begins and ends."""
        if at % 2:
            return float(self.edges[at // 2]), float(self.edges[at // 2])
        i = at // 2
        lo = float(self.edges[i - 1]) if i else -np.inf
        return lo, float(self.edges[i]) if i < len(self.edges) else np.inf

    def _within(self, lo: float, hi: float) -> tuple[float, float]:
        """The least and the largest difference of two values between two others; NaN without.

        None at all (0) can always be: of arms that share no value, too.
        """
        a, b = (np.unique(self.y[side]) for side in (self.arm, ~self.arm))
        close = _CLOSE * float(np.abs(self.y).max())
        least = a - b[np.maximum(np.searchsorted(b, a - lo - close) - 1, 0)]
        most = a - b[np.minimum(np.searchsorted(b, a - hi + close, "right"), len(b) - 1)]
        found = np.concatenate([least, most, [0.0]])
        found = found[(found > lo + close / 2) & (found < hi - close / 2)]
        return (float(found.min()), float(found.max())) if len(found) else (np.nan, np.nan)

    def _kept(self, at: int, width: float) -> bool:
        return abs(self._look(at)) < width and not np.isnan(self._bounds(at)[0])

    def _look(self, at: int) -> float:
        """The test at a position."""
        if np.isnan(self.z[at]):
            lo, hi = self._ends(at)
            unit = float(np.ptp(self.y))
            shift = hi - unit if np.isinf(lo) else lo + unit if np.isinf(hi) else (lo + hi) / 2
            side = _side(self.y, np.where(self.arm, shift, 0.0))
            sums = np.bincount(self.index, (self.arm - self.arm.mean()) * side)
            spread = float(np.sqrt(sums @ sums))
            self.z[at] = float(sums.sum()) / spread if spread > 0 else 0.0
            self.heaped[at] = int((side == 0).sum()) > _PAIR
        return float(self.z[at])

    def _end(self, kept: int, towards: int, width: float) -> int:
        """The last position on a side before the test begins to reject, from one that it keeps.

        None of the `_NEAR` beyond it is kept, nor any that has been looked at.
        """
        while True:
            found = self._crossing(kept, towards, width)
            beyond = (found + towards * step for step in range(1, _NEAR + 1))
            near = [at for at in beyond if 0 <= at < len(self.z)]
            again = [at for at in near if abs(self._look(at)) < width]
            if not again:
                return found
            kept = again[-1]

    def _crossing(self, kept: int, towards: int, width: float) -> int:
        """From a position that is kept, the last before one that is not, towards the next seen."""
        seen = np.flatnonzero(~np.isnan(self.z))
        out = seen[seen > kept] if towards > 0 else seen[seen < kept]
        if not len(out):
            return kept
        far = int(out[0] if towards > 0 else out[-1])
        while abs(far - kept) > 1:
            middle = (kept + far) // 2
            kept, far = (middle, far) if abs(self._look(middle)) < width else (kept, middle)
        return kept


def _edges(exposed: FloatArray, others: FloatArray) -> FloatArray:
    """The differences at which a value of one arm passes one of the other at the common median.

    The values of each arm fall. With k of the exposed in the upper half, the k-th of them is the
    next that leaves it, for the first of the others that is not yet there.
    """
    n = len(exposed) + len(others)
    found, close = [], []
    for upper in {n // 2, (n + 1) // 2}:
        k = np.arange(max(1, upper - len(others) + 1), min(len(exposed), upper) + 1)
        a, b = exposed[k - 1], others[upper - k]
        close.append(_CLOSE * (np.abs(a) + np.abs(b)))
        found.append(np.where(np.abs(a - b) <= close[-1], 0.0, a - b))
    edges, tie = np.concatenate(found), np.concatenate(close)
    order = np.argsort(edges, kind="stable")
    edges, tie = edges[order], tie[order]
    apart = np.concatenate([[True], np.diff(edges) > tie[1:]])
    return np.asarray(edges[apart], dtype=np.float64)


def _side(y: FloatArray, shift: FloatArray) -> FloatArray:
    """1 above the median of what is moved, -1 below it, 0 at it.

    What moves loses digits: a row is at the median within those of either.
    """
    moved, size = y - shift, np.abs(y) + np.abs(shift)
    places = [(len(y) - 1) // 2, len(y) // 2]
    middle = np.argpartition(moved, places)[places]
    beyond = moved - moved[middle].mean()
    close = _CLOSE * np.maximum(size, size[middle].max())
    return np.where(np.abs(beyond) <= close, 0.0, np.sign(beyond))
