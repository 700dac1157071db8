"""Contingency tables: policies, exactness, and effects of a table by hand and by property."""

from __future__ import annotations

from itertools import product
from math import comb, lgamma, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.tables.contingency import (
    categorical_test,
    discordant,
    fisher_exact,
    mcnemar,
    pearson_chi_square,
)
from ehrivig.stats.tables.two_by_two import (
    risk_difference,
    risk_ratio,
    wilson,
)

small = st.integers(0, 6)


def listed_fisher(table: np.ndarray) -> float:
    """The exact p by listing every table of the same margins (two rows)."""
    rows, columns = table.sum(1), table.sum(0)

    def likelihood(top: tuple[int, ...]) -> float:
        cells = [*top, *(c - t for c, t in zip(columns, top, strict=True))]
        return -sum(lgamma(v + 1) for v in cells)

    observed = likelihood(tuple(table[0]))
    tops = [t for t in product(*(range(c + 1) for c in columns)) if sum(t) == rows[0]]
    values = np.array([likelihood(t) for t in tops])
    mass = np.exp(values - values.max())
    return float(mass[values <= observed + 1e-7].sum() / mass.sum())


@given(st.lists(st.tuples(small, small), min_size=3, max_size=5))
@settings(deadline=None, max_examples=60)
def test_fisher_of_wide_tables_is_the_listed_one(cells: list[tuple[int, int]]) -> None:
    table = np.array(cells).T
    kept = table[:, table.sum(0) > 0]
    result = fisher_exact(table)
    if kept.shape[1] < 2 or 0 in table.sum(1):
        assert (result.p, result.test) == (1.0, "none")
    else:
        assert result.p == pytest.approx(listed_fisher(kept), rel=1e-9)
        assert fisher_exact(table.T).p == pytest.approx(result.p, rel=1e-9)


def test_a_huge_table_is_sampled_and_says_so() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(1, 60, size=(5, 6))
    result = fisher_exact(table)
    assert result.test == "Fisher, Monte Carlo (100,000 tables)"
    assert result.p == fisher_exact(table).p
    assert 0 < result.p <= 1


def test_sampled_and_exact_agree() -> None:
    from ehrivig.stats.tables import exact_table

    table = np.array([[12, 3, 4], [5, 9, 1], [2, 2, 7]])
    exact, is_exact = exact_table.fisher_p(table, 1)
    limit = exact_table.MAX_ENTRIES
    exact_table.MAX_ENTRIES = 0
    try:
        sampled, still = exact_table.fisher_p(table, 1)
    finally:
        exact_table.MAX_ENTRIES = limit
    assert (is_exact, still) == (True, False)
    assert sampled == pytest.approx(exact, abs=5 * sqrt(exact / 100_000))


def test_margins_too_large_to_code_are_not_miscounted() -> None:
    table = np.array([[10**6] * 5, [10**6] * 5, [10**6] * 5, [10**6] * 4 + [10**6 + 1]])
    from ehrivig.stats.tables.exact_table import _fill_column, _Partial

    state = _Partial(table.sum(1)[np.newaxis], np.zeros(1), np.ones(1))
    assert _fill_column(state, 4 * 10**6) is None


def test_policies() -> None:
    table = [[1, 20], [9, 14]]
    assert categorical_test(table, "liu").test == "Pearson chi-square"
    assert categorical_test([[30, 20], [25, 25]]).test == "Pearson chi-square"
    few = [[1, 20], [4, 14]]
    assert categorical_test(few).test == "Fisher exact"
    assert categorical_test(few, "liu").smallest_expected < 5
    with pytest.raises(UsageError, match="policy"):
        categorical_test(table, "yates")  # type: ignore[arg-type]


def test_liu_in_hospital_death_has_its_own_p() -> None:
    assert pearson_chi_square([[158, 429 - 158], [166, 421 - 166]]).p == pytest.approx(
        0.435, abs=5e-4
    )


@pytest.mark.parametrize("table", [[[0, 0], [3, 4]], [[5, 0], [3, 0]], [[0, 0], [0, 0]], [[1, 2]]])
def test_nothing_to_compare_has_p_one_and_says_why(table: list[list[int]]) -> None:
    for test in (pearson_chi_square(table), fisher_exact(table), categorical_test(table)):
        assert (test.p, test.test) == (1.0, "none")
        assert test.note


@pytest.mark.parametrize("table", [[[1, -1], [2, 3]], [[1.5, 1], [2, 3]], [1, 2], [[np.nan, 1]]])
def test_what_is_not_counts_is_refused(table: object) -> None:
    with pytest.raises(UsageError, match="counts"):
        pearson_chi_square(table)  # type: ignore[arg-type]


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_exact_is_the_binomial_sum(b: int, c: int) -> None:
    n = b + c
    expected = 1.0 if not n else min(1.0, 2 * sum(comb(n, k) for k in range(min(b, c) + 1)) / 2**n)
    assert mcnemar(b, c).p == pytest.approx(expected, rel=1e-9)
    assert mcnemar(b, c).p == mcnemar(c, b).p
    if n:
        assert mcnemar(b, c, "chi_square").statistic == pytest.approx((b - c) ** 2 / n)


def test_discordant_counts() -> None:
    assert discordant([1, 1, 0, 0, 1], [1, 0, 1, 0, 0]) == (1, 2, 1, 1)


cells = st.integers(1, 50)


@given(cells, cells, cells, cells)
def test_effects_of_a_table_and_their_mirror(a: int, b: int, c: int, d: int) -> None:
    n1, n0 = a + b, c + d
    table, mirror = (a, n1, c, n0), (c, n0, a, n1)
    effect, other = risk_ratio(*table), risk_ratio(*mirror)
    assert effect.estimate == pytest.approx((a / n1) / (c / n0))
    assert effect.estimate * other.estimate == pytest.approx(1)
    assert effect.lo * other.hi == pytest.approx(1)
    assert effect.p == pytest.approx(other.p)
    difference, other = risk_difference(*table), risk_difference(*mirror)
    assert difference.estimate == pytest.approx(-other.estimate, abs=1e-15)
    assert difference.lo == pytest.approx(-other.hi, abs=1e-12)
    pearson = pearson_chi_square([[a, b], [c, d]])
    assert difference.p == pytest.approx(pearson.p, rel=1e-9)
    assert -1 <= difference.lo <= difference.estimate <= difference.hi <= 1


def test_newcombe_published_example() -> None:
    """Newcombe 1998, table II (a) and (h): method 10."""
    effect = risk_difference(56, 70, 48, 80)
    assert (effect.lo, effect.hi) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    effect = risk_difference(10, 10, 0, 10)
    assert (effect.lo, effect.hi) == pytest.approx((0.6075, 1.0), abs=5e-5)
    assert wilson(0, 10)[0] == 0.0


def test_wald_difference_by_hand() -> None:
    effect = risk_difference(30, 100, 20, 100, interval="wald")
    assert effect.se == pytest.approx(sqrt(0.3 * 0.7 / 100 + 0.2 * 0.8 / 100))
    assert effect.hi == pytest.approx(0.1 + 1.959963984540054 * effect.se)


def test_zero_cells_and_empty_arms_are_named() -> None:
    with pytest.raises(AnalysisError, match="zero"):
        risk_ratio(2, 10, 0, 10)
    with pytest.raises(AnalysisError, match="empty"):
        risk_difference(0, 0, 3, 10)
    with pytest.raises(UsageError, match="events"):
        risk_ratio(11, 10, 3, 10)
    corrected = risk_ratio(0, 10, 3, 10, correction=0.5)
    assert corrected.estimate == pytest.approx((0.5 / 11) / (3.5 / 11))
    assert "0.5 added" in corrected.method
    nobody = risk_difference(0, 10, 0, 10)
    assert (nobody.estimate, nobody.p) == (0.0, 1.0)
    assert nobody.hi > 0
    assert nobody.se == pytest.approx((nobody.hi - nobody.lo) / (2 * 1.959963984540054))


def test_an_interval_without_width_is_refused() -> None:
    with pytest.raises(AnalysisError, match="no width"):
        risk_difference(0, 10, 0, 10, interval="wald")
    with pytest.raises(AnalysisError, match="no width"):
        risk_ratio(10, 10, 7, 7)
    assert risk_ratio(10, 10, 7, 7, correction=0.5).se > 0


def test_five_expected_in_each_cell_are_enough_for_pearson() -> None:
    assert categorical_test([[5, 5], [5, 5]]).test == "Pearson chi-square"  # 5 expected
    assert categorical_test([[5, 5], [4, 5]]).test == "Fisher exact"  # 4.3 expected at least
    assert categorical_test([[5, 5], [4, 5]], "liu").test == "Pearson chi-square"
