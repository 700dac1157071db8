"""The tests that papers usually make of two arms, against SciPy and statsmodels."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from ehrivig.errors import UsageError
from ehrivig.stats.tables.usual_tests import p_of_counts, p_of_means

TABLE = np.array([[12, 30], [5, 41]])


def test_the_tests_of_a_table() -> None:
    found = p_of_counts(TABLE)
    assert found["Pearson"] == pytest.approx(stats.chi2_contingency(TABLE, correction=False)[1])
    assert found["Yates"] == pytest.approx(stats.chi2_contingency(TABLE)[1])
    fisher = stats.fisher_exact(TABLE)[1]
    assert found["Fisher"] == pytest.approx(fisher)
    own = stats.hypergeom.pmf(12, TABLE.sum(), TABLE[:, 0].sum(), TABLE[0].sum())
    assert found["mid-p"] == pytest.approx(fisher - own / 2)
    ratio = stats.chi2_contingency(TABLE, correction=False, lambda_="log-likelihood")[1]
    assert found["likelihood ratio"] == pytest.approx(ratio)
    chi2, n = stats.chi2_contingency(TABLE, correction=False)[0], TABLE.sum()
    less = stats.chi2.sf(chi2 * (n - 1) / n, 1)
    assert found["N - 1 chi-square (Wilcoxon, log-rank)"] == pytest.approx(less)
    events, arm = [1] * 12 + [0] * 30 + [1] * 5 + [0] * 41, [1] * 42 + [0] * 46
    logit = sm.Logit(events, sm.add_constant(arm)).fit(disp=0)
    assert found["Wald of the odds ratio"] == pytest.approx(logit.pvalues[1], rel=1e-5)
    p1, p0 = 12 / 42, 5 / 46
    z = (p1 - p0) / np.sqrt(p1 * (1 - p1) / 42 + p0 * (1 - p0) / 46)
    assert found["unpooled z"] == pytest.approx(2 * stats.norm.sf(z))
    assert found["Pearson"] == pytest.approx(proportions_ztest([12, 5], [42, 46])[1])
    y1, y0 = np.repeat([1, 0], [12, 30]), np.repeat([1, 0], [5, 41])
    assert found["Student t"] == pytest.approx(stats.ttest_ind(y1, y0).pvalue)
    assert found["Welch t"] == pytest.approx(stats.ttest_ind(y1, y0, equal_var=False).pvalue)


def test_a_gap_below_a_half_is_none_after_yates_correction() -> None:
    """5 of 11 against 5 of 10: each cell is within 0.24 of what is expected."""
    assert p_of_counts([[5, 6], [5, 5]])["Yates"] == 1.0


def test_an_empty_cell_has_no_odds_ratio_and_an_empty_arm_no_test() -> None:
    found = p_of_counts([[0, 10], [4, 6]])
    assert "Wald of the odds ratio" not in found
    assert found["unpooled z"] == pytest.approx(2 * stats.norm.sf(0.4 / np.sqrt(0.24 / 10)))
    certain = p_of_counts([[0, 10], [10, 0]])
    assert "unpooled z" not in certain
    assert "Student t" not in certain  # no spread in either arm
    assert set(p_of_counts([[0, 0], [4, 6]])) == {"Pearson", "Fisher"}
    with pytest.raises(UsageError, match="2 by 2"):
        p_of_counts([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("spread", [2.0, 0.0])
def test_means_are_tested_as_scipy_does(spread: float) -> None:
    first, second = (5.0, spread, 12), (4.0, 1.5, 30)
    found = p_of_means(first, second)
    plain = stats.ttest_ind_from_stats(*first, *second).pvalue
    welch = stats.ttest_ind_from_stats(*first, *second, equal_var=False).pvalue
    assert found["Student t"] == pytest.approx(plain)
    assert found["Welch t"] == pytest.approx(welch)
    z = 1 / np.sqrt(spread**2 / 12 + 1.5**2 / 30)
    assert found["z"] == pytest.approx(2 * stats.norm.sf(z))
    assert p_of_means(second, first) == pytest.approx(found)


def test_means_of_two_people_each_have_a_test_and_of_one_none() -> None:
    assert p_of_means((5.0, 1.0, 2), (4.0, 1.0, 2))
    assert p_of_means((5.0, 1.0, 1), (4.0, 1.0, 2)) == {}
    assert p_of_means((5.0, 1.0, 2), (4.0, 1.0, 1)) == {}
    assert p_of_means((5.0, 0.0, 9), (4.0, 0.0, 9)) == {}
    assert p_of_means((5.0, -1.0, 9), (4.0, 2.0, 9)) == {}
    with pytest.raises(UsageError):
        p_of_means((nan, 1.0, 2), (4.0, 1.0, 2))
