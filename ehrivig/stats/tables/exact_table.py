"""The two-sided p of Fisher's exact test of a table of any shape.

The table is filled cell by cell, all partial tables at once. Those that agree in what remains of
the margins and in their likelihood are one entry with a count; entries whose completions are all
likelier than the observed table are dropped, and entries whose completions all count are summed
in closed form (the idea of the network algorithm of Mehta & Patel 1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln
from scipy.stats import fisher_exact, random_table

from ehrivig.stats.result import FloatArray, IntArray

MAX_ENTRIES = 3_000_000  # before merging; about 0.3 GB
RELATIVE_ERROR = 1e-7  # a table counts as no likelier within this, as in R
GRAIN = 1e-10  # log-likelihoods that agree so far are one
SAMPLES = 100_000


@dataclass(frozen=True)
class _Partial:
    """Partial tables: row totals that remain (m, r), log-likelihood (m,), how many tables (m,)."""

    remaining: IntArray
    loglik: FloatArray
    count: FloatArray


def fisher_p(table: IntArray, seed: int) -> tuple[float, bool]:
    """The p of the table (r, c) of counts, and whether it is exact (else sampled with seed)."""
    if table.shape == (2, 2):
        return float(fisher_exact(table).pvalue), True
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows, columns = table.sum(axis=1), np.sort(table.sum(axis=0))[::-1]
    constant = _factorials(rows) + _factorials(columns) - _factorials(rows.sum())
    limit = constant - _factorials(table) + float(np.log1p(RELATIVE_ERROR))
    exact = _mass_below(rows, columns, constant, limit)
    if exact is not None:
        return min(1.0, exact), True
    draws = random_table(rows, columns, seed=np.random.default_rng(seed)).rvs(SAMPLES)
    likelihood = constant - gammaln(draws + 1.0).sum(axis=(1, 2))
    return float((1 + (likelihood <= limit).sum()) / (1 + SAMPLES)), False


def _factorials(counts: IntArray) -> float:
    """The sum of the logarithms of the factorials."""
    return float(gammaln(np.asarray(counts) + 1.0).sum())


def _mass_below(rows: IntArray, columns: IntArray, constant: float, limit: float) -> float | None:
    """The probability of all tables no likelier than `limit`; None when there are too many."""
    state = _Partial(rows[np.newaxis, :], np.array([constant]), np.ones(1))
    total = 0.0
    for j in range(len(columns) - 1):
        if not len(state.count):
            return total
        filled = _fill_column(state, int(columns[j]))
        if filled is None:
            return None
        state, mass = _settled(filled, columns[j + 1 :], limit)
        total += mass
    # What remains is the last column: one completion each.
    final = state.loglik - gammaln(state.remaining + 1.0).sum(axis=1)
    low = final <= limit
    return total + float((state.count[low] * np.exp(final[low])).sum())


def _fill_column(state: _Partial, total: int) -> _Partial | None:
    """Every way to lay down one column of this total; None when there are too many."""
    if float(np.prod(state.remaining.max(axis=0) + 1.0)) * (total + 1.0) > 2.0**62:
        return None  # the code by which entries are merged would not be one of each
    left = np.full(len(state.count), total, dtype=np.int64)
    last = state.remaining.shape[1] - 1
    for i in range(last + 1):
        room = state.remaining[:, i]
        others = state.remaining[:, i + 1 :].sum(axis=1)
        low, high = np.maximum(0, left - others), np.minimum(room, left)
        ways = high - low + 1
        if int(ways.sum()) > MAX_ENTRIES:
            return None
        parent = np.repeat(np.arange(len(ways)), ways)
        start = np.cumsum(ways) - ways
        cell = np.arange(len(parent)) - start[parent] + low[parent]
        remaining = state.remaining[parent]
        remaining[:, i] -= cell
        loglik = state.loglik[parent] - gammaln(cell + 1.0)
        state, left = _merged(_Partial(remaining, loglik, state.count[parent]), left[parent] - cell)
    return state


def _merged(state: _Partial, left: IntArray) -> tuple[_Partial, IntArray]:
    """Entries that agree in what remains and in likelihood, as one."""
    code = left.copy()
    for i in range(state.remaining.shape[1]):
        code = code * (int(state.remaining[:, i].max()) + 1) + state.remaining[:, i]
    grain = np.rint(state.loglik / GRAIN).astype(np.int64)
    order = np.lexsort((grain, code))
    code, grain = code[order], grain[order]
    first = np.append(True, (code[1:] != code[:-1]) | (grain[1:] != grain[:-1]))
    kept = order[first]
    count = np.add.reduceat(state.count[order], np.flatnonzero(first))
    return _Partial(state.remaining[kept], state.loglik[kept], count), left[kept]


def _settled(state: _Partial, columns: IntArray, limit: float) -> tuple[_Partial, float]:
    """The entries still open, and the mass of those whose every completion counts.

    The completions of an entry are bounded by concavity of -log n!: each margin spread evenly is
    the likeliest, each in one cell the least likely. All completions of remaining row totals r and
    column totals c have together the likelihood N! / (r! c!).
    """
    r, many, k = state.remaining, len(columns), state.remaining.shape[1]
    by_rows = -(many * gammaln(r / many + 1.0)).sum(axis=1)
    by_columns = -float((k * gammaln(columns / k + 1.0)).sum())
    highest = state.loglik + np.minimum(by_rows, by_columns)
    factorials = gammaln(r + 1.0).sum(axis=1)
    lowest = state.loglik + np.maximum(-factorials, -_factorials(columns))
    counts = highest <= limit
    together = state.loglik + _factorials(columns.sum()) - factorials - _factorials(columns)
    mass = float((state.count[counts] * np.exp(together[counts])).sum())
    open_ = ~counts & (lowest <= limit)
    return _Partial(r[open_], state.loglik[open_], state.count[open_]), mass
