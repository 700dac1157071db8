"""The Hodges-Lehmann shift: the median of all differences, without making all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level, constant
from ehrivig.stats.design_matrix import finite_vector
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import quantile

LIST_ALL = 2_000_000  # so many numbers are simply made and partitioned
EXACT_BELOW = 50  # sample sizes with an exact rank distribution, as R's wilcox.test


@dataclass(frozen=True, repr=False)
class Shift(Shown):
    """The Hodges-Lehmann estimate of a shift, first minus second, with its rank interval.

    `lo` and `hi` are order statistics of the same differences, so the interval needs no
    distribution; `method` says whether their ranks are exact or normal. `n` counts the pairs.
    """

    shift: float
    lo: float
    hi: float
    n: int
    level: float
    method: str


@dataclass(frozen=True)
class _Sums:
    """All sums left[i] + right[j] with j in [first[i], n): implicit, both ascending."""

    left: FloatArray
    right: FloatArray
    first: IntArray

    @property
    def size(self) -> int:
        """How many sums there are."""
        return int((len(self.right) - self.first).sum())


def paired_shift(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Shift:
    """The median of the Walsh averages of the differences first - second of pairs.

    Its interval is that of the signed-rank test: exact ranks for fewer than 50 pairs without equal
    or zero differences, else normal. Raises AnalysisError where no two
    differences differ.
    Source: Hodges & Lehmann 1963.
    """
    x = finite_vector(first, "first of the pairs")
    d = np.sort(x - finite_vector(second, "second of the pairs", len(x)))
    n = len(d)
    if n == 0:
        raise AnalysisError("Hodges-Lehmann: there are no pairs.")
    if constant(d):
        raise AnalysisError("Hodges-Lehmann: the differences do not vary; no interval exists.")
    sums = _Sums(d / 2, d / 2, np.arange(n))
    plain = n < EXACT_BELOW and len(np.unique(np.abs(d))) == n and not bool((d == 0).any())
    count = n * (n + 1) // 2
    rank = _exact_rank(n, level) if plain else _normal_rank(n, level)
    lo, hi = _order_statistics(sums, [rank, count + 1 - rank])
    return Shift(_median(sums), lo, hi, n, level, "exact ranks" if plain else "normal ranks")


def _exact_rank(n: int, level: float) -> int:
    """The rank (from 1) of the lower limit among the Walsh averages of n pairs.

    The smallest value of the signed-rank statistic whose probability of it or less reaches half of
    1 - level (R's qsignrank), at least 1.
    """
    weight = _signed_rank_counts(n)
    below = np.cumsum(weight) / weight.sum()
    return max(1, int(np.searchsorted(below, (1 - checked_level(level)) / 2 - 1e-14)))


def _normal_rank(n: int, level: float) -> int:
    """The same rank by the normal approximation (Lehmann 1975)."""
    count, variance = n * (n + 1) // 2, n * (n + 1) * (2 * n + 1) / 24
    return max(1, int(np.floor(count / 2 - quantile(level) * np.sqrt(variance) + 0.5)))


def _signed_rank_counts(n: int) -> FloatArray:
    """How many sign patterns have each value of the signed-rank statistic."""
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1.0
    for k in range(1, n + 1):
        counts[k:] += counts[:-k].copy()
    return counts


def _median(sums: _Sums) -> float:
    """The median of the sums: the mean of the two in the middle."""
    middle = [(sums.size + 1) // 2, sums.size // 2 + 1]
    low, high = _order_statistics(sums, middle)
    return 0.5 * (low + high)


def _order_statistics(sums: _Sums, ranks: list[int]) -> list[float]:
    """The sums of the given ranks (from 1, ascending)."""
    if sums.size <= LIST_ALL:
        every = np.sort(_between(sums, sums.first, np.full(len(sums.left), len(sums.right))))
        return [float(every[rank - 1]) for rank in ranks]
    return [_order_statistic(sums, rank) for rank in ranks]


def _order_statistic(sums: _Sums, rank: int) -> float:
    """The sum of one rank: halve the range of values until few sums are in it, then list those."""
    low = float(sums.left[0] + sums.right[sums.first[0]]) - 1.0
    high = float(sums.left[-1] + sums.right[-1])
    at_low, at_high = sums.first, np.full(len(sums.left), len(sums.right))
    below = 0
    while int((at_high - at_low).sum()) > LIST_ALL:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high
        at = np.maximum(np.searchsorted(sums.right, middle - sums.left, "right"), sums.first)
        at = np.clip(at, at_low, at_high)
        count = int((at - sums.first).sum())
        if count >= rank:
            high, at_high = middle, at
        else:
            low, at_low, below = middle, at, count
    rest = _between(sums, at_low, at_high)
    return float(np.partition(rest, rank - below - 1)[rank - below - 1])


def _between(sums: _Sums, start: IntArray, stop: IntArray) -> FloatArray:
    """The sums left[i] + right[j] with start[i] <= j < stop[i], in no order."""
    size = stop - start
    i = np.repeat(np.arange(len(sums.left)), size)
    j = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size) + start[i]
    return np.asarray(sums.left[i] + sums.right[j])
