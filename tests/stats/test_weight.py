"""Weights: their sums, exact balance, truncation, entropy balancing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.match.score import propensity
from ehrivig.stats.arrays import standardised
from ehrivig.stats.balance import BalanceTable, balance
from ehrivig.stats.weighting.weight import (
    _dual,
    effective_sample_size,
    entropy_balance,
    inverse_probability,
)


def cohort(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1, 5, 1] + [0, 60, 0]
    x[:, 2] = x[:, 2] > 0.3
    return (rng.random(n) < 1 / (1 + np.exp(-0.8 * x[:, 0]))).astype(int), x


def largest(table: BalanceTable) -> float:
    """The largest absolute standardised mean difference after weighting."""
    return max(abs(row.after.smd) for row in table.rows)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_overlap_weights_balance_the_means_exactly(seed: int) -> None:
    t, x = cohort(200, seed)
    w = inverse_probability(t, propensity(t, x), "ATO").weight
    assert largest(balance(t, x, weights=w)) < 1e-8
    assert w[t == 1].sum() == pytest.approx(w[t == 0].sum(), rel=1e-9)


@given(st.integers(0, 10_000), st.sampled_from(["ATE", "ATT", "ATC", "ATO"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_relabelling_arms_relabels_the_weights(seed: int, estimand: str, stable: bool) -> None:
    t, x = cohort(150, seed)
    e = propensity(t, x)
    other = {"ATT": "ATC", "ATC": "ATT"}.get(estimand, estimand)
    a = inverse_probability(t, e, estimand, stabilised=stable)  # type: ignore[arg-type]
    b = inverse_probability(1 - t, 1 - e, other, stabilised=stable)  # type: ignore[arg-type]
    np.testing.assert_allclose(a.weight, b.weight, rtol=1e-9)
    assert a.effective_treated == pytest.approx(b.effective_control)


def test_known_sums_of_saturated_weights() -> None:
    """With one binary covariate the model is saturated and the sums are exact."""
    rng = np.random.default_rng(0)
    g = rng.integers(0, 2, 300)
    t = (rng.random(300) < np.where(g == 1, 0.7, 0.2)).astype(int)
    e = propensity(t, g[:, None].astype(float))
    for arm in (0, 1):
        assert inverse_probability(t, e, "ATE").weight[t == arm].sum() == pytest.approx(300)
        assert inverse_probability(t, e, "ATT").weight[t == arm].sum() == pytest.approx(t.sum())
        assert inverse_probability(t, e, "ATC").weight[t == arm].sum() == pytest.approx(
            300 - t.sum()
        )
    stable = inverse_probability(t, e, "ATE", stabilised=True)
    assert stable.weight.sum() == pytest.approx(300)
    assert "stabilised" in stable.method


def test_by_hand_and_truncated() -> None:
    t, e = [1, 1, 0, 0], [0.8, 0.5, 0.5, 0.2]
    assert inverse_probability(t, e).weight.tolist() == [1.25, 2, 2, 1.25]
    assert inverse_probability(t, e, "ATT").weight.tolist() == [1, 1, 1, 0.25]
    assert inverse_probability(t, e, "ATC").weight.tolist() == pytest.approx([0.25, 1, 1, 1])
    assert inverse_probability(t, e, "ATO").weight.tolist() == pytest.approx([0.2, 0.5, 0.5, 0.2])
    cut = inverse_probability([1, 1, 1, 0], [0.01, 0.5, 0.5, 0.5], truncate=(0.0, 0.5))
    assert (cut.largest, cut.truncated) == (2.0, 1)
    assert "truncated at quantiles 0 and 0.5" in cut.method


def test_effective_sample_size() -> None:
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_sample_size([1.0, 0.0, 0.0]) == 1.0
    assert effective_sample_size([]) == 0.0
    assert effective_sample_size([1.0, 3.0]) == pytest.approx(16 / 10)


@pytest.mark.parametrize("estimand", ["ATT", "ATC", "ATE"])
@pytest.mark.parametrize("moments", [1, 2])
def test_entropy_balancing_is_exact_with_known_sums(estimand: str, moments: int) -> None:
    t, x = cohort(500, 3)
    got = entropy_balance(t, x, estimand, moments=moments)  # type: ignore[arg-type]
    table = balance(t, x, weights=got.weight)
    assert largest(table) < 1e-8
    target = {"ATT": t == 1, "ATC": t == 0, "ATE": np.ones(500, dtype=bool)}[estimand]
    for arm in (0, 1):
        assert got.weight[t == arm].sum() == pytest.approx(target.sum())
        mean = np.average(x[t == arm], axis=0, weights=got.weight[t == arm])
        np.testing.assert_allclose(mean, x[target].mean(0), rtol=1e-8)
        if moments == 2:
            square = np.average(x[t == arm] ** 2, axis=0, weights=got.weight[t == arm])
            np.testing.assert_allclose(square, (x[target] ** 2).mean(0), rtol=1e-7)
    assert (got.weight > 0).all()


def test_entropy_balancing_survives_collinear_columns_and_refuses_the_impossible() -> None:
    t, x = cohort(300, 4)
    plain = entropy_balance(t, x)
    twice = entropy_balance(t, np.column_stack([x, x[:, 0] * 2 + 1, np.ones(300)]))
    np.testing.assert_allclose(twice.weight, plain.weight, rtol=1e-6)
    apart = np.where(t == 1, 5.0, 0.0) + np.random.default_rng(0).random(300)
    with pytest.raises(AnalysisError, match="marker is furthest off"):
        entropy_balance(t, apart, names=["marker"])


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (([1, 0], [1.0, 0.5]), {}, AnalysisError),
        (([1, 0], [np.nan, 0.5]), {}, AnalysisError),
        (([1, 1], [0.5, 0.5]), {}, AnalysisError),
        (([1, 0], [0.5, 0.5], "ATX"), {}, UsageError),
        (([1, 0], [0.5, 0.5]), {"truncate": (0.9, 0.1)}, UsageError),
        (([1, 0, 1], [0.5, 0.5]), {}, UsageError),
    ],
)
def test_bad_input_is_named(arguments: tuple, options: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        inverse_probability(*arguments, **options)


def test_the_dual_of_balancing_has_the_slope_and_curvature_of_its_value() -> None:
    rng = np.random.default_rng(5)
    z, b = rng.normal(size=(60, 2)) + 0.7, np.array([0.3, -0.2])
    found, step = _dual(z, b), 1e-5
    slope, bend = np.empty(2), np.empty((2, 2))
    for j in range(2):
        up, down = (_dual(z, b + sign * step * np.eye(2)[j]) for sign in (1, -1))
        slope[j] = (up.loglik - down.loglik) / (2 * step)
        bend[j] = -(up.score - down.score) / (2 * step)
    np.testing.assert_allclose(found.score, slope, atol=1e-8)
    np.testing.assert_allclose(found.information, bend, atol=1e-7)


@pytest.mark.parametrize("unit", [1e-100, 1e-13, 1e-6, 1e100])
@pytest.mark.parametrize("moments", [1, 2])
def test_entropy_balances_numbers_of_any_unit(unit: float, moments: int) -> None:
    """In 1e-13 of a unit the arms stayed as far apart as they were, and nothing was said."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    arm = rng.random(200) < 1 / (1 + np.exp(-x[:, 0]))
    plain = entropy_balance(arm, x, moments=moments).weight
    other = entropy_balance(arm, x * unit, moments=moments).weight
    np.testing.assert_allclose(other, plain, rtol=1e-6)
    gap = np.average(x[~arm], axis=0, weights=other[~arm]) - x[arm].mean(axis=0)
    np.testing.assert_allclose(gap, 0, atol=1e-9)


def test_columns_are_standardised_by_others_whatever_the_unit() -> None:
    of = np.array([[1.0, 0.1, 0.0], [3.0, 0.1, 0.0], [5.0, 0.1, 0.0]])
    x = np.array([[3.0, 0.1, 0.0], [5.0, 7.0, 2.0]])
    expected = [[0, 0, 0], [2 / np.sqrt(8 / 3), 0, 0]]
    for unit in (1.0, 1e-160, 1e140):
        np.testing.assert_allclose(standardised(x * unit, of * unit), expected, atol=1e-12)
