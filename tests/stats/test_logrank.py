"""The log-rank test."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.logrank import logrank


def _data(n: int = 300, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    time = rng.exponential(np.where(group, 12, 8))
    return np.minimum(time, 15), (time < 15) & (rng.random(n) < 0.9), group


def test_by_hand() -> None:
    """Times 1 (A), 2 (B), 3 (A), 4 (B): E(A) = 2/4 + 1/3 + 1/2, V = 1/4 + 2/9 + 1/4."""
    test = logrank([1, 2, 3, 4], [1, 1, 1, 1], ["A", "B", "A", "B"])
    expected = 0.5 + 1 / 3 + 0.5
    variance = 0.25 + 2 / 9 + 0.25
    np.testing.assert_allclose(test.observed, [2, 2])
    np.testing.assert_allclose(test.expected[0], expected)
    np.testing.assert_allclose(test.chi2, (2 - expected) ** 2 / variance)
    assert test.groups == ("A", "B")
    assert test.df == 1


def test_it_is_the_score_test_of_a_cox_model_without_ties() -> None:
    time, event, group = _data()
    entry = time * 0.3
    for late in (None, entry):
        test = logrank(time, event, group, entry=late)
        fit = cox(time, event, group, entry=late)
        np.testing.assert_allclose(test.chi2, fit.score_test, rtol=1e-9)


def test_names_and_row_order_do_not_matter() -> None:
    time, event, group = _data()
    base = logrank(np.ceil(time), event, group)
    order = np.random.default_rng(2).permutation(time.size)
    again = logrank(np.ceil(time)[order], event[order], np.array(["b", "a"])[group][order])
    np.testing.assert_allclose(again.chi2, base.chi2, rtol=1e-12)
    np.testing.assert_allclose(again.expected, base.expected[::-1], rtol=1e-12)


def test_pairs_as_strata_are_a_sign_test() -> None:
    """Within pairs only the first death counts: with all seen, McNemar's (b - c)^2 / (b + c)."""
    rng = np.random.default_rng(3)
    pairs = 200
    time = rng.exponential(1, (pairs, 2)) * [1.0, 1.5]
    first_exposed = int((time[:, 0] < time[:, 1]).sum())
    test = logrank(
        time.ravel(),
        np.ones(2 * pairs),
        np.tile([1, 0], pairs),
        strata=np.repeat(np.arange(pairs), 2),
    )
    expected = (2 * first_exposed - pairs) ** 2 / pairs
    np.testing.assert_allclose(test.chi2, expected)
    assert test.n_strata == pairs


def test_p_stays_above_zero() -> None:
    n = 4000
    group = np.arange(n) % 2
    time = np.random.default_rng(4).exponential(1 / (1 + 2 * group))
    assert 0 < logrank(time, np.ones(n), group).p < 1e-100


def test_refusals() -> None:
    with pytest.raises(AnalysisError, match="only one group"):
        logrank([1, 2], [1, 1], [0, 0])
    with pytest.raises(AnalysisError, match="no event"):
        logrank([1, 2], [0, 0], [0, 1])
    with pytest.raises(AnalysisError, match=r"only one group was at risk|singular"):
        logrank([1, 2, 3], [1, 0, 0], [0, 0, 1], strata=[0, 0, 1])
    with pytest.raises(AnalysisError, match=r"only one group was at risk|singular"):
        logrank([1, 5, 6], [0, 1, 1], [0, 1, 1])
    with pytest.raises(AnalysisError, match="missing or infinite"):
        logrank([1, np.nan], [1, 1], [0, 1])
    with pytest.raises(UsageError, match="one label per row"):
        logrank([1, 2], [1, 1], [0])


def test_the_test_says_which_of_its_family_it_is() -> None:
    time, event, group = _data()
    assert logrank(time, event, group).method == "log-rank"
    assert logrank(time, event, group, rho=1).method == "G-rho, rho = 1"


def test_one_of_three_groups_alone_in_its_stratum_is_refused() -> None:
    """It is at risk with nobody else: its share of the events is certain, the others' is not."""
    with pytest.raises(AnalysisError, match="variance is singular"):
        logrank([1, 2, 3, 4, 5, 6], [1] * 6, [0, 1, 0, 1, 2, 2], strata=[0, 0, 0, 0, 1, 1])
