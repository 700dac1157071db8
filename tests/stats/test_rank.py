"""Rank and t tests against SciPy's own code and by brute force; bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.tables import hodges_lehmann
from ehrivig.stats.tables.hodges_lehmann import paired_shift
from ehrivig.stats.tables.rank import (
    ancova,
    kruskal_wallis,
    quantiles,
    t_test,
    wilcoxon_signed_rank,
)

scores = st.lists(st.integers(-6, 6).map(float), min_size=4, max_size=30)


@given(scores, scores, scores)
def test_kruskal_wallis_is_scipys(a: list[float], b: list[float], c: list[float]) -> None:
    test = kruskal_wallis([a, b, c])
    if len({*a, *b, *c}) == 1:
        assert (test.p, test.note) == (1.0, "all values are equal")
        return
    expected = stats.kruskal(a, b, c)
    assert test.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert test.p == pytest.approx(expected.pvalue, rel=1e-8)


def test_two_samples_are_the_rank_sum_test_without_continuity_correction() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 40), rng.integers(1, 10, 50)
    u = stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
    assert kruskal_wallis([a, b]).p == pytest.approx(u.pvalue, rel=1e-10)


def test_signed_rank_by_hand() -> None:
    """Four pairs: without zeros the ranks sum to 10, their mean is 5."""
    test = wilcoxon_signed_rank([0.0, 2, 3, 4], [1.0, 0, 0, 1])  # d = -1, 2, 3, 3
    ranks, variance = 2 + 3.5 + 3.5, 4 * 5 * 9 / 24 - (2**3 - 2) / 48
    assert test.statistic == pytest.approx((ranks - 5) / variance**0.5)
    zero = wilcoxon_signed_rank([0.0, 1, 3, 7], [0.0, 0, 0, 8])  # d = 0, 1, 3, -1
    variance = (4 * 5 * 9 - 1 * 2 * 3) / 24 - (2**3 - 2) / 48
    assert zero.statistic == pytest.approx((2.5 + 4 - (20 - 2) / 4) / variance**0.5)
    assert zero.n == 4


@given(st.lists(st.integers(-4, 4), min_size=5, max_size=40))
def test_signed_rank_with_pratts_zeros_is_scipys(differences: list[int]) -> None:
    d = np.array(differences, dtype=float)
    test = wilcoxon_signed_rank(d + 3, np.full(len(d), 3.0))
    if not d.any():
        assert (test.p, test.note) == (1.0, "all differences are zero")
        return
    expected = stats.wilcoxon(d, zero_method="pratt", correction=False, method="asymptotic")
    assert test.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert abs(test.statistic) == pytest.approx(abs(expected.zstatistic), rel=1e-9, abs=1e-12)
    turned = wilcoxon_signed_rank(np.zeros(len(d)), d)
    assert turned.statistic == pytest.approx(-test.statistic, abs=1e-12)


@given(st.integers(0, 1000), st.integers(1, 45), st.booleans())
@settings(max_examples=60, deadline=None)
def test_hodges_lehmann_by_listing(seed: int, n: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n) * 9, rng.normal(size=n) * 9
    if whole:
        x, y = np.round(x), np.round(y)
    d = x - y
    walsh = ((d[:, None] + d) / 2)[np.triu_indices(n)]
    if len(np.unique(d)) == 1:
        with pytest.raises(AnalysisError, match="do not vary"):
            paired_shift(x, y)
        return
    got = paired_shift(x, y)
    assert got.shift == pytest.approx(np.median(walsh), abs=1e-12)
    assert got.lo <= got.shift <= got.hi
    assert got.lo < got.hi
    assert got.n == n


@pytest.mark.parametrize("whole", [False, True])
def test_hodges_lehmann_without_making_all_differences(
    monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=300) * 20, rng.normal(size=300) * 20 + 3
    if whole:
        x, y = np.round(x), np.round(y)
    listed = paired_shift(x, y)
    monkeypatch.setattr(hodges_lehmann, "LIST_ALL", 500)
    halved = paired_shift(x, y)
    expected = (halved.shift, halved.lo, halved.hi)
    assert (listed.shift, listed.lo, listed.hi) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kind", ["welch", "student", "paired"])
def test_t_tests_are_scipys(kind: str) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=20), rng.normal(size=20) * 3 + 0.5
    got = t_test(x, y, kind=kind)  # type: ignore[arg-type]
    expected = (
        stats.ttest_rel(x, y)
        if kind == "paired"
        else stats.ttest_ind(x, y, equal_var=kind[0] == "s")
    )
    assert (got.statistic, got.p, got.df) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.df), rel=1e-10
    )
    interval = expected.confidence_interval()
    assert (got.lo, got.hi) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_ancova_takes_out_the_baseline() -> None:
    rng = np.random.default_rng(0)
    baseline, arm = rng.normal(50, 10, 400), rng.integers(0, 2, 400)
    outcome = 5 + 0.8 * baseline - 3.0 * arm + rng.normal(0, 1, 400)
    got = ancova(outcome, baseline, arm)
    assert got.lo < -3.0 < got.hi
    assert got.hi - got.lo < 0.5
    mirror = ancova(outcome, baseline, 1 - arm)
    assert mirror.difference == pytest.approx(-got.difference)
    assert (got.n_first, got.n_second) == (int(arm.sum()), int(400 - arm.sum()))


def test_quantile_types_differ_and_the_default_is_seven() -> None:
    values = [1.0, 2.0, 3.0, 10.0]
    assert quantiles(values, [0.25]).tolist() == [1.75]
    assert quantiles(values, [0.25], 6).tolist() == [1.25]
    assert np.isnan(quantiles([], [0.25, 0.5])).all()
    with pytest.raises(UsageError, match="quantile type"):
        quantiles(values, 0.5, 10)


def test_bad_input_is_named() -> None:
    with pytest.raises(AnalysisError, match="empty"):
        kruskal_wallis([[1.0], []])
    with pytest.raises(AnalysisError, match="missing"):
        kruskal_wallis([[1.0, np.nan], [2.0]])
    with pytest.raises(AnalysisError, match="no pairs"):
        wilcoxon_signed_rank([], [])
    with pytest.raises(AnalysisError, match="do not vary"):
        t_test([1.0, 1.0], [1.0, 1.0])
    with pytest.raises(AnalysisError, match="at least two"):
        t_test([1.0], [1.0, 2.0])
    with pytest.raises(AnalysisError, match="exposed"):
        ancova([1.0, 2, 3, 4], [1.0, 2, 4, 3], [1, 1, 1, 1])
    with pytest.raises(AnalysisError, match="no pairs"):
        paired_shift([], [])
    with pytest.raises(UsageError, match="rows"):
        wilcoxon_signed_rank([1.0, 2.0], [1.0])


@pytest.mark.parametrize("value", [0.1, 37.1, 1e6 / 3])
def test_values_without_spread_have_no_t_test(value: float) -> None:
    x, y = np.full(7, value), np.full(9, value * 1.1)
    for kind in ("welch", "student"):
        with pytest.raises(AnalysisError, match="do not vary"):
            t_test(x, y, kind=kind)
    with pytest.raises(AnalysisError, match="do not vary"):
        t_test(x, x * 1.1, kind="paired")
    baseline, arm = np.arange(16.0), np.repeat([0, 1], 8)
    with pytest.raises(AnalysisError, match="without any spread"):
        ancova(value + 0.3 * baseline + arm, baseline, arm)


def test_two_pairs_have_a_test() -> None:
    """Differences 1 and 3: mean 2, standard error 1, one degree of freedom."""
    got = t_test([1.0, 3.0], [0.0, 0.0], kind="paired")
    assert (got.difference, got.df, got.statistic) == (2.0, 1, pytest.approx(2.0))
    assert got.p == pytest.approx(stats.t.sf(2, 1) * 2)
    half = stats.t.ppf(0.975, 1)
    assert (got.lo, got.hi) == pytest.approx((2 - half, 2 + half))
    with pytest.raises(AnalysisError, match="too few values"):
        t_test([1.0], [0.0], kind="paired")


def test_the_rank_of_the_normal_limits_is_beside_the_exact_one() -> None:
    """60 pairs: the limits are Walsh averages at ranks next to those of the exact distribution."""
    rng = np.random.default_rng(5)
    n, d = 60, rng.normal(0.3, 1, 60)
    counts = np.ones(1)
    for rank in range(1, n + 1):  # how many sign patterns have each sum of ranks
        longer = np.zeros(len(counts) + rank)
        longer[: len(counts)] += counts
        longer[rank:] += counts
        counts = longer
    exact = int(np.searchsorted(np.cumsum(counts) / counts.sum(), 0.025))
    i, j = np.triu_indices(n)
    walsh = np.sort((d[i] + d[j]) / 2)
    found = paired_shift(d, np.zeros(n))
    assert found.method == "normal ranks"
    low, high = np.searchsorted(walsh, [found.lo, found.hi]) + 1  # from 1
    assert abs(low - exact) <= 6  # of 1830
    assert low + high == len(walsh) + 1


def test_equal_values_have_no_statistic_and_a_p_of_1() -> None:
    for found in (kruskal_wallis([[2.0, 2.0], [2.0]]), wilcoxon_signed_rank([1.0, 2], [1.0, 2])):
        assert (found.statistic, found.p) == (0.0, 1.0)
        assert "all" in found.note
    assert kruskal_wallis([[2.0], [2.0], [2.0]]).df == 2
