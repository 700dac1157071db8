"""Survival curves, quantiles, restricted means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.rmst import rmst_difference


def test_by_hand() -> None:
    """Times 1, 2+, 3, 3, 4+: S = 4/5, then 4/5 x 1/3."""
    curve = kaplan_meier([1, 2, 3, 3, 4], [1, 0, 1, 1, 0]).curves[0]
    np.testing.assert_allclose(curve.survival, [0.8, 0.8, 0.8 / 3, 0.8 / 3])
    np.testing.assert_allclose(curve.n_risk, [5, 4, 3, 1])
    np.testing.assert_allclose(curve.n_event, [1, 0, 2, 0])
    np.testing.assert_allclose(curve.n_censor, [0, 1, 0, 1])
    greenwood = 1 / (5 * 4) + 2 / (3 * 1)
    np.testing.assert_allclose(curve.se[2], 0.8 / 3 * np.sqrt(greenwood))
    at = curve.at([0.5, 1, 2.9, 3, 9])
    np.testing.assert_allclose(at.survival, [1, 0.8, 0.8, 0.8 / 3, 0.8 / 3])
    np.testing.assert_allclose(at.n_risk, [5, 5, 3, 3, 0])
    assert (curve.n, curve.events) == (5, 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(0, 9999))
def test_without_censoring_it_is_the_empirical_distribution(times: list[int], seed: int) -> None:
    time = np.array(times, float)
    curve = kaplan_meier(time, np.ones(time.size)).curves[0]
    expected = [(time > t).mean() for t in curve.time]
    np.testing.assert_allclose(curve.survival, expected, atol=1e-12)
    shuffled = np.random.default_rng(seed).permutation(time)
    np.testing.assert_array_equal(
        kaplan_meier(shuffled, np.ones(time.size)).curves[0].survival, curve.survival
    )


def test_whole_weights_are_repeated_rows() -> None:
    rng = np.random.default_rng(3)
    time, event = rng.integers(1, 15, 60).astype(float), rng.random(60) < 0.5
    weight = rng.integers(1, 4, 60)
    a = kaplan_meier(time, event, weights=weight).curves[0]
    row = np.repeat(np.arange(60), weight)
    b = kaplan_meier(time[row], event[row]).curves[0]
    np.testing.assert_allclose(a.survival, b.survival)
    np.testing.assert_allclose(a.se, b.se)
    np.testing.assert_allclose(a.n_risk, b.n_risk)


def test_jackknife_without_weights_is_close_to_greenwood() -> None:
    rng = np.random.default_rng(4)
    time, event = rng.exponential(1, 3000), rng.random(3000) < 0.7
    a = kaplan_meier(time, event, robust=True).curves[0]
    b = kaplan_meier(time, event).curves[0]
    early = a.survival > 0.1
    np.testing.assert_allclose(a.se[early], b.se[early], rtol=0.01)
    assert a.variance != b.variance


def test_jackknife_is_the_leave_one_out_sum_of_squares() -> None:
    """Each row's influence by a numerical derivative in its weight."""
    rng = np.random.default_rng(5)
    n = 25
    time, event = rng.integers(1, 10, n).astype(float), rng.random(n) < 0.6
    entry, weight = time - rng.integers(1, 8, n), rng.uniform(0.5, 2, n)
    event[np.argmax(time)] = False
    at, step = 6.0, 1e-6
    kw = {"entry": np.minimum(entry, 0.0)}
    influence = np.empty(n)
    for i in range(n):
        up, down = weight.copy(), weight.copy()
        up[i] += step
        down[i] -= step
        values = [
            kaplan_meier(time, event, weights=w, **kw).curves[0].at(at).survival[0]
            for w in (up, down)
        ]
        influence[i] = (values[0] - values[1]) / (2 * step)
    expected = np.sqrt(np.sum((weight * influence) ** 2))
    curve = kaplan_meier(time, event, weights=weight, **kw).curves[0]
    np.testing.assert_allclose(curve.at(at).se[0], expected, rtol=1e-5)


def test_late_entry_counts_only_from_entry() -> None:
    curve = kaplan_meier([2, 3, 5, 6], [1, 1, 0, 1], entry=[0, 2, 1, 4]).curves[0]
    np.testing.assert_allclose(curve.n_risk, [2, 2, 2, 1])
    np.testing.assert_allclose(curve.survival, [0.5, 0.25, 0.25, 0])
    assert np.isnan(curve.se[-1])


def test_a_risk_set_that_runs_empty_is_named() -> None:
    with pytest.warns(NumericalWarning, match="stays at 0"):
        kaplan_meier([1, 5, 6], [1, 1, 0], entry=[0, 2, 3])


def test_quantiles() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).curves[0]
    assert curve.quantile(0.5).time == 2.5
    assert curve.quantile(0.6).time == 3
    flat = kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0]).curves[0]
    assert np.isnan(flat.quantile(0.5).time)
    with pytest.raises(UsageError, match="between 0 and 1"):
        flat.quantile(1.0)


def test_restricted_mean_by_hand() -> None:
    """Area: 1 until day 1, 0.8 until 3, 0.8/3 until 4."""
    curve = kaplan_meier([1, 2, 3, 3, 4], [1, 0, 1, 1, 0]).curves[0]
    assert curve.restricted_mean(4).mean == pytest.approx(1 + 0.8 * 2 + 0.8 / 3)
    assert curve.restricted_mean(0.5).mean == 0.5
    assert curve.restricted_mean(0.5).se == 0
    with pytest.warns(NumericalWarning, match="past the last follow-up"):
        curve.restricted_mean(6)
    with pytest.raises(UsageError):
        curve.restricted_mean(0)


def test_rmst_contrasts() -> None:
    rng = np.random.default_rng(6)
    arm = np.arange(400) % 2
    time = rng.exponential(10 * (1 + arm))
    fit = kaplan_meier(np.minimum(time, 28), time <= 28, group=arm)
    a, b = fit[1], fit[0]
    difference = rmst_difference(a, b, 28.0)
    ma, mb = a.restricted_mean(28), b.restricted_mean(28)
    assert difference.estimate == pytest.approx(ma.mean - mb.mean)
    assert difference.se == pytest.approx(np.hypot(ma.se, mb.se))
    assert difference.p < 0.01
    assert (difference.n_exposed, difference.n_control) == (200, 200)
    swapped = rmst_difference(b, a, 28.0)
    assert (swapped.estimate, swapped.lo) == pytest.approx((-difference.estimate, -difference.hi))
    with pytest.raises(AnalysisError, match="no event before"):
        rmst_difference(a, b, 1e-6)


@pytest.mark.parametrize(("level", "z"), [(0.95, 1.959963984540054), (0.9, 1.6448536269514722)])
def test_limits_of_the_rmst_difference(level: float, z: float) -> None:
    """Symmetric about the difference; p from the same standard error."""
    rng = np.random.default_rng(8)
    arm = np.arange(60) % 2
    time = rng.exponential(10 * (1 + arm))
    fit = kaplan_meier(np.minimum(time, 28), time <= 28, group=arm, level=level)
    found = rmst_difference(fit[1], fit[0], 20.0)
    assert found.level == level
    assert found.lo == pytest.approx(found.estimate - z * found.se, rel=1e-12)
    assert found.hi == pytest.approx(found.estimate + z * found.se, rel=1e-12)
    assert found.p == pytest.approx(2 * norm.sf(abs(found.estimate) / found.se), rel=1e-12)


BAD = [
    ([], [], "no row"),
    ([1, np.nan], [1, 0], "missing or infinite"),
    ([1, np.inf], [1, 0], "missing or infinite"),
    ([1, -2], [1, 0], "negative"),
    ([1, 2], [1, 2], "values other than 0 and 1"),
    ([1, 2], [1], "1 rows where time has 2"),
    ([[1, 2]], [1, 0], "dimensions"),
]


@pytest.mark.parametrize(("time", "event", "message"), BAD)
def test_bad_input_is_named(time: list[float], event: list[float], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        kaplan_meier(time, event)


def test_bad_options_are_named() -> None:
    with pytest.raises(AnalysisError, match="conf_type"):
        kaplan_meier([1.0], [1], conf_type="logit")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="entry >= time"):
        kaplan_meier([1, 2], [1, 0], entry=[0, 2])
    with pytest.raises(AnalysisError, match="not above 0"):
        kaplan_meier([1, 2], [1, 0], weights=[1, 0])
    with pytest.raises(AnalysisError, match="labels are missing or infinite"):
        kaplan_meier([1, 2], [1, 0], group=["a", None])
    with pytest.raises(AnalysisError, match="no group"):
        kaplan_meier([1, 2], [1, 0])["b"]


def test_time_zero_is_kept_and_named() -> None:
    with pytest.warns(NumericalWarning, match="exactly 0"):
        curve = kaplan_meier([0, 1, 2, 3], [1, 0, 1, 0]).curves[0]
    np.testing.assert_allclose(curve.survival, [0.75, 0.75, 0.375, 0.375])


@pytest.mark.parametrize("n", [1, 2])
def test_tiny(n: int) -> None:
    curve = kaplan_meier(np.arange(1, n + 1), np.ones(n)).curves[0]
    np.testing.assert_allclose(curve.survival, [0.0] if n == 1 else [0.5, 0.0])
    no_event = kaplan_meier(np.arange(1, n + 1), np.zeros(n)).curves[0]
    assert (no_event.survival == 1).all()
    assert (no_event.se == 0).all()


def test_a_curve_that_stays_at_a_half_has_its_median_in_the_middle_of_that() -> None:
    """From the first death on until the last that is seen, or until the next death."""
    flat = kaplan_meier([1, 1, 2, 7], [1, 1, 0, 0])
    assert flat.curves[0].quantile(0.5).time == 4.0
    falls = kaplan_meier([1, 1, 3, 7], [1, 1, 1, 0])
    assert falls.curves[0].quantile(0.5).time == 2.0
