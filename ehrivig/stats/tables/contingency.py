"""Tests of contingency tables, and the effects of a 2x2 table with the name of their interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, chdtrc

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import count_of, numbers, one_of, random_seed
from ehrivig.stats.design_matrix import arm_vector
from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.tables.exact_table import fisher_p


@dataclass(frozen=True, repr=False)
class TableTest(Shown):
    """The p of independence of a table's rows and columns.

    `statistic` and `df` are of the chi-square (NaN and 0 for an exact test); `smallest_expected`
    is over the rows and columns that have anybody in them; `p` is 1 when fewer than two rows or
    columns do, and `note` then says so.
    """

    test: str
    statistic: float
    df: int
    p: float
    n: int
    smallest_expected: float
    note: str = ""


def pearson_chi_square(counts: ArrayLike) -> TableTest:
    """Pearson's chi-square of a table of counts (r, c), without continuity correction.

    Empty rows and columns are left out. Raises UsageError for counts that are negative, not whole,
    or not a table. Source: Pearson 1900.
    """
    table = _counts(counts)
    if _undefined(table):
        return _no_test(table)
    expected = _expected(table)
    statistic = float(((table - expected) ** 2 / expected).sum())
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    p = float(chdtrc(df, statistic))
    return TableTest(
        "Pearson chi-square", statistic, df, p, int(table.sum()), float(expected.min())
    )


def fisher_exact(counts: ArrayLike, *, seed: int = 20200401) -> TableTest:
    """Fisher's exact test of a table of counts (r, c), two-sided: tables no likelier than ours.

    Exact by enumeration over the columns; a table with too many possibilities is sampled 100,000
    times with `seed`, and the test's name says so. Source: Fisher 1934; Freeman & Halton 1951.
    """
    table = _counts(counts)
    if _undefined(table):
        return _no_test(table)
    p, exact = fisher_p(table.astype(np.int64), random_seed(seed) or 0)
    name = "Fisher exact" if exact else "Fisher, Monte Carlo (100,000 tables)"
    smallest = float(_expected(table).min())
    return TableTest(name, float("nan"), 0, p, int(table.sum()), smallest)


def categorical_test(counts: ArrayLike, policy: Literal["liu", "default"] = "default") -> TableTest:
    """The test of a table of counts (r, c) by policy.

    `liu` (Liu 2020): Pearson's chi-square without continuity correction, whatever the counts.
    `default`: Fisher's exact test where any expected count is below 5, else Pearson's.
    """
    one_of("test_policy", policy, ("liu", "default"))
    pearson = pearson_chi_square(counts)
    if policy == "liu" or pearson.note or pearson.smallest_expected >= 5:
        return pearson
    return fisher_exact(counts)


def mcnemar(
    b: int, c: int, variant: Literal["exact", "chi_square", "chi_square_cc"] = "exact"
) -> TableTest:
    """McNemar's test of `b` pairs with the event in the exposed only and `c` in the control only.

    `exact`: two-sided binomial; `chi_square`: (b-c)^2/(b+c); `chi_square_cc`: (|b-c|-1)^2/(b+c)
    as R's default. p is 1 without a discordant pair. Source: McNemar 1947; Edwards 1948.
    """
    one_of("McNemar: variant", variant, ("exact", "chi_square", "chi_square_cc"))
    b, c = count_of(b, "McNemar: pairs"), count_of(c, "McNemar: pairs")
    n = b + c
    if n == 0:
        return TableTest(f"McNemar {variant}", float("nan"), 0, 1.0, 0, 0.0, "no discordant pair")
    if variant == "exact":
        p = _binomial_half(min(b, c), n)
        return TableTest("McNemar exact", float("nan"), 0, p, n, n / 2)
    gap = abs(b - c) - (1 if variant == "chi_square_cc" and b != c else 0)
    statistic = gap**2 / n
    return TableTest(f"McNemar {variant}", statistic, 1, float(chdtrc(1, statistic)), n, n / 2)


def discordant(event_exposed: ArrayLike, event_control: ArrayLike) -> tuple[int, int, int, int]:
    """Counts (a, b, c, d) of pairs: event in both, exposed only, control only, neither.

    Both arguments (m,) 0/1, the r-th of each from the r-th pair. Raises AnalysisError for a missing
    event: a pair with an unknown outcome is no pair without one.
    """
    e = arm_vector(event_exposed, "event of the exposed")
    c = arm_vector(event_control, "event of the controls")
    if e.shape != c.shape:
        raise UsageError(f"pairs: shapes {e.shape} and {c.shape}; need the same (m,).")
    return (int((e & c).sum()), int((e & ~c).sum()), int((~e & c).sum()), int((~e & ~c).sum()))


def _counts(counts: ArrayLike) -> FloatArray:
    """The table without its empty rows and columns."""
    table = numbers(counts, "counts")
    if table.ndim != 2 or not bool(np.isfinite(table).all()):
        raise UsageError(f"counts: expected a table (r, c) of numbers, got shape {table.shape}.")
    if bool((table < 0).any()) or bool((table != np.rint(table)).any()):
        raise UsageError("counts: must be whole numbers from 0.")
    return np.asarray(table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0])


def _undefined(table: FloatArray) -> bool:
    """Whether fewer than two rows or columns have anybody in them."""
    return bool(min(table.shape) < 2)


def _no_test(table: FloatArray) -> TableTest:
    """The result of a table with nothing to compare: p is 1, and says why."""
    note = "fewer than two rows or columns with counts"
    return TableTest("none", float("nan"), 0, 1.0, int(table.sum()), 0.0, note)


def _expected(table: FloatArray) -> FloatArray:
    """Counts expected under independence, same shape."""
    return np.asarray(np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum())


def _binomial_half(k: int, n: int) -> float:
    """The two-sided p of k or fewer of n at one half."""
    return float(min(1.0, 2.0 * bdtr(k, n, 0.5)))
