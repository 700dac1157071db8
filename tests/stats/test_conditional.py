"""Conditional logistic regression against the likelihood written out, and bad input."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.regression import conditional
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import exposure_effect
from ehrivig.stats.regression.subset_sums import _likely_numbers, steps


def simulated(sizes: list[int], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    strata = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(len(strata), 2)) + rng.normal(size=len(sizes))[strata, None]
    eta = 0.6 * x[:, 0] - 0.4 * x[:, 1]
    event = rng.random(len(strata)) < 1 / (1 + np.exp(-eta + eta.mean()))
    return event.astype(int), x, strata


def written_out(event: np.ndarray, x: np.ndarray, strata: np.ndarray, b: np.ndarray) -> float:
    """The conditional log-likelihood by listing every choice of cases."""
    total = 0.0
    for s in np.unique(strata):
        y, eta = event[strata == s], x[strata == s] @ b
        choices = [sum(eta[list(c)]) for c in combinations(range(len(y)), int(y.sum()))]
        total += eta[y == 1].sum() - np.logaddexp.reduce(choices)
    return float(total)


@example([2, 2, 2, 3, 5, 3, 4, 3, 2, 3, 2, 2], 0)  # stuck on its way to infinity
@example([2, 2, 2, 2, 2, 4, 3, 2, 2, 2, 6, 4], 0)  # a step so far out that no chance is left
@given(st.lists(st.integers(2, 7), min_size=12, max_size=25), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_exact_likelihood_is_at_its_maximum(sizes: list[int], seed: int) -> None:
    event, x, strata = simulated(sizes, seed)
    try:
        fit = conditional_logistic(event, x, strata)
    except AnalysisError as error:
        assert "separation" in str(error) or "no stratum" in str(error)  # noqa: PT017
        return
    top = written_out(event, x, strata, fit.coef)
    assert fit.loglik == pytest.approx(top, rel=1e-10)
    assert fit.loglik_null == pytest.approx(written_out(event, x, strata, np.zeros(2)), rel=1e-10)
    h = 1e-4
    for j in range(2):
        step = np.eye(2)[j] * h
        up, down = (written_out(event, x, strata, fit.coef + s * step) for s in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(0, abs=1e-5)
        information = np.linalg.inv(fit.covariance)
        assert (2 * top - up - down) / h**2 == pytest.approx(information[j, j], rel=1e-3)


def test_the_fast_path_of_pairs_is_the_general_one() -> None:
    event, x, strata = simulated([2] * 200, 4)
    fast = conditional_logistic(event, x, strata)
    _, groups = conditional._informative(event.astype(float), strata)
    sets = [conditional._Sets(x[rows], cases) for rows, cases in groups]
    general = conditional._sets_fit(sets, ("x1", "x2"))
    np.testing.assert_allclose(fast.coef, general.coef, rtol=1e-9)
    np.testing.assert_allclose(fast.covariance, general.covariance, rtol=1e-8)
    expected = (general.loglik, general.loglik_null)
    assert (fast.loglik, fast.loglik_null) == pytest.approx(expected, rel=1e-12)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 20))
@settings(deadline=None)
def test_the_odds_ratio_of_pairs_is_b_over_c(b: int, c: int, concordant: int) -> None:
    pairs = [(1, 0)] * b + [(0, 1)] * c + [(1, 1)] * concordant  # events of exposed, of control
    event, n = np.array(pairs).ravel(), len(pairs)
    fit = conditional_logistic(event, np.tile([1, 0], n), np.repeat(np.arange(n), 2))
    assert fit.odds_ratio[0] == pytest.approx(b / c, rel=1e-9)
    assert fit.se[0] == pytest.approx(np.sqrt(1 / b + 1 / c), rel=1e-8)
    assert (fit.strata, fit.strata_used) == (n, b + c)


def test_order_of_rows_and_labels_of_strata_do_not_matter() -> None:
    event, x, strata = simulated([3] * 60, 2)
    fit = conditional_logistic(event, x, strata)
    order = np.random.default_rng(0).permutation(len(event))
    names = np.array([f"set {s}" for s in strata])
    other = conditional_logistic(event[order], x[order], names[order])
    np.testing.assert_allclose(other.coef, fit.coef, rtol=1e-9)


def test_the_majority_may_be_cases() -> None:
    event, x, strata = simulated([5] * 60, 3)
    turned = conditional_logistic(1 - event, x, strata)
    np.testing.assert_allclose(turned.coef, -conditional_logistic(event, x, strata).coef, rtol=1e-8)


def test_an_effect_of_the_exposure() -> None:
    event, x, strata = simulated([2] * 100, 4)
    arm = (x[:, 0] > 0).astype(int)
    fit = conditional_logistic(event, arm, strata, names=["treat"], event_label="death")
    effect = exposure_effect(fit, event, arm, "treat")
    assert (effect.event_label, effect.estimate) == ("death", fit.odds_ratio[0])
    assert effect.events_exposed == int(event[arm == 1].sum())
    assert "conditional" in effect.method


def test_bad_input_has_a_named_error() -> None:
    event, x, strata = simulated([2] * 50, 1)
    with pytest.raises(AnalysisError, match="no stratum"):
        conditional_logistic(np.zeros(100), x, strata)
    with pytest.raises(AnalysisError, match="no stratum"):
        conditional_logistic([], np.zeros((0, 1)), [])
    with pytest.raises(AnalysisError, match="age"):
        conditional_logistic(event, strata.astype(float), strata, names=["age"])
    with pytest.raises(AnalysisError, match="missing"):
        conditional_logistic(event, np.where(x > 2, np.nan, x), strata)
    with pytest.raises(UsageError, match="strata"):
        conditional_logistic(event, x, strata[:-1])
    with pytest.raises(AnalysisError, match="separation"):
        conditional_logistic(event, event.astype(float) + strata, strata)
    triples = np.repeat(np.arange(20), 3)
    cases = np.tile([1, 0, 0], 20)
    with pytest.raises(AnalysisError, match="separation"):
        conditional_logistic(cases, cases.astype(float), triples)


@pytest.mark.parametrize("cases", [100, 500, 900])
def test_the_work_is_foreseen_as_it_is_made(cases: int) -> None:
    """Numbers of chosen rows that the recursion goes through, against what `steps` foresees."""
    size = 1000
    through = _likely_numbers(np.full((1, size), cases / size), cases)
    made = sum(high - low + 1 for low, high in through)
    assert made < steps(1, size, cases) < 2 * made
    assert steps(3, size, cases) == pytest.approx(3 * steps(1, size, cases))
