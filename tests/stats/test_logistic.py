"""Logistic regression: hand values, bad input, separation, and symmetries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.regression.glm import CHUNK_ROWS, WARM_START_ROWS, maximise
from ehrivig.stats.regression.logistic import exposure_effect, likelihood_ratio, logistic, predicted

cells = st.integers(1, 40)


def two_by_two(a: int, b: int, c: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Events and exposure of a table: exposed with a events of a + b, controls c of c + d."""
    event = np.repeat([1, 0, 1, 0], [a, b, c, d])
    exposed = np.repeat([1, 1, 0, 0], [a, b, c, d])
    return event, exposed


def simulated(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.1, 30, p) + rng.uniform(-100, 100, p)
    eta = (x - x.mean(0)) / x.std(0) @ rng.normal(size=p) * 0.4 - 0.5
    return (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float), x


@given(cells, cells, cells, cells)
def test_one_binary_column_is_the_odds_ratio_of_the_table(a: int, b: int, c: int, d: int) -> None:
    event, exposed = two_by_two(a, b, c, d)
    fit = logistic(event, exposed)
    assert fit.odds_ratio[1] == pytest.approx(a * d / (b * c), rel=1e-10)
    assert fit.se[1] == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), rel=1e-9)
    assert (fit.n, fit.events) == (a + b + c + d, a + c)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_relabelling_arms_inverts_the_ratio_and_turning_the_event_too(seed: int) -> None:
    y, x = simulated(200, 2, seed)
    x[:, 0] = x[:, 0] > np.median(x[:, 0])
    fit = logistic(y, x)
    other_arm = x.copy()
    other_arm[:, 0] = 1 - x[:, 0]
    swapped, turned = logistic(y, other_arm), logistic(1 - y, x)
    assert fit.odds_ratio[1] * swapped.odds_ratio[1] == pytest.approx(1, rel=1e-9)
    assert fit.lo[1] * swapped.hi[1] == pytest.approx(1, rel=1e-9)
    np.testing.assert_allclose(turned.coef, -fit.coef, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(turned.se, fit.se, rtol=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_and_the_unit_of_a_column_do_not_matter(seed: int) -> None:
    y, x = simulated(150, 3, seed)
    fit = logistic(y, x)
    order = np.random.default_rng(seed).permutation(len(y))
    shuffled = logistic(y[order], x[order] * [1000.0, 1e-6, 1.0])
    np.testing.assert_allclose(shuffled.coef[1:] * [1000.0, 1e-6, 1.0], fit.coef[1:], rtol=1e-7)


def test_whole_weights_are_repeated_rows() -> None:
    y, x = simulated(120, 2, 3)
    times = np.random.default_rng(1).integers(0, 4, len(y))
    weighted = logistic(y, x, weights=times, variance="model")
    repeated = logistic(np.repeat(y, times), np.repeat(x, times, axis=0))
    np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=1e-9)
    np.testing.assert_allclose(weighted.se, repeated.se, rtol=1e-9)
    assert weighted.n == int((times > 0).sum())


def test_chunks_and_the_warm_start_change_nothing() -> None:
    n = 4 * WARM_START_ROWS + CHUNK_ROWS // 3
    y, x = simulated(n, 4, 5)
    fit = maximise(y, x)
    eta = fit.coef[0] + x @ fit.coef[1:]
    p = 1 / (1 + np.exp(-eta))
    design = np.column_stack([np.ones(n), x])
    assert np.abs(design.T @ (y - p) / np.abs(design).sum(0)).max() < 1e-11  # the score is zero
    information = (design * (p * (1 - p))[:, None]).T @ design
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(information), rtol=1e-6)
    assert fit.loglik == pytest.approx(float(np.sum(y * eta - np.logaddexp(0, eta))), rel=1e-12)


def test_a_far_mean_costs_no_digits() -> None:
    y, x = simulated(400, 1, 8)
    near = logistic(y, x - x.mean())
    far = logistic(y, x + 1e7)
    assert far.coef[1] == pytest.approx(near.coef[1], rel=1e-6)
    assert far.se[1] == pytest.approx(near.se[1], rel=1e-6)


def test_the_result_says_what_it_is() -> None:
    y, x = simulated(200, 2, 1)
    fit = logistic(y, x, event_label="28-day death", names=["ivig", "age"], variance="HC3")
    assert fit.names == ("(intercept)", "ivig", "age")
    assert (fit.event_label, fit.interval, fit.level) == ("28-day death", "Wald", 0.95)
    assert "HC3" in fit.variance
    np.testing.assert_allclose(predicted(fit, x).sum(), fit.events, rtol=1e-9)


def test_an_effect_counts_both_arms_and_refuses_other_rows() -> None:
    event, exposed = two_by_two(3, 7, 5, 6)
    fit = logistic(event, exposed, names=["treat"], event_label="death")
    effect = exposure_effect(fit, event, exposed, "treat", estimand="ATT")
    assert (effect.n_exposed, effect.events_exposed) == (10, 3)
    assert (effect.n_control, effect.events_control) == (11, 5)
    assert effect.estimate == pytest.approx(3 * 6 / (7 * 5))
    assert (effect.event_label, effect.estimand, effect.measure) == ("death", "ATT", "OR")
    noted = replace(fit, notes=("separated",), level=0.9)
    told = exposure_effect(noted, event, exposed, "treat")
    assert (told.notes, told.level, told.estimand) == (("separated",), 0.9, "")
    assert told.method == f"{fit.method}, Wald interval"
    assert told.variance == fit.variance
    with pytest.raises(UsageError, match="not the rows of the fit"):
        exposure_effect(fit, 1 - event, exposed, "treat")
    with pytest.raises(UsageError, match="no column"):
        exposure_effect(fit, event, exposed, "age")


def test_profile_interval_inverts_the_likelihood_ratio_test() -> None:
    y, x = simulated(80, 2, 2)
    fit = logistic(y, x, interval="profile")
    for end in (fit.lo[1], fit.hi[1]):
        held = maximise(y, x[:, 1:], offset=float(np.log(end)) * x[:, 0])
        assert 2 * (fit.loglik - held.loglik) == pytest.approx(3.841458820694124, rel=1e-7)


def test_likelihood_ratio_of_nested_fits() -> None:
    y, x = simulated(100, 3, 4)
    larger, smaller = logistic(y, x), logistic(y, x[:, :1])
    chi2, df, p = likelihood_ratio(larger, smaller)
    assert df == 2
    assert chi2 == pytest.approx(2 * (larger.loglik - smaller.loglik))
    assert p == pytest.approx(np.exp(-chi2 / 2), rel=1e-10)
    with pytest.raises(UsageError):
        likelihood_ratio(smaller, larger)


@pytest.mark.parametrize("table", [(10, 0, 5, 5), (0, 10, 5, 5), (5, 5, 0, 10), (10, 0, 0, 10)])
def test_all_events_in_one_arm_is_separation_and_firth_answers(
    table: tuple[int, int, int, int],
) -> None:
    event, exposed = two_by_two(*table)
    with pytest.raises(AnalysisError, match="separation by treat"):
        logistic(event, exposed, names=["treat"])
    with pytest.warns(NumericalWarning, match="Firth"):
        fit = logistic(event, exposed, names=["treat"], firth="auto")
    assert "Firth" in fit.method
    assert "separation" in fit.notes[0]
    a, b, c, d = (v + 0.5 for v in table)  # with one binary column Firth adds half to each cell
    assert fit.odds_ratio[1] == pytest.approx(a * d / (b * c), rel=1e-7)
    assert 0 < fit.lo[1] < fit.odds_ratio[1] < fit.hi[1] < np.inf


@given(cells, cells, cells, cells)
@settings(max_examples=20, deadline=None)
def test_firth_with_one_binary_column_adds_half_to_each_cell(
    a: int, b: int, c: int, d: int
) -> None:
    event, exposed = two_by_two(a, b, c, d)
    fit = logistic(event, exposed, firth=True)
    expected = (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
    assert fit.odds_ratio[1] == pytest.approx(expected, rel=1e-7)


def test_separation_by_a_continuous_column_is_named() -> None:
    rng = np.random.default_rng(0)
    marker, age = rng.normal(size=100), rng.normal(size=100)
    with pytest.raises(AnalysisError, match=r"separation by .*marker"):
        logistic(marker > 0.3, np.column_stack([age, marker]), names=["age", "marker"])


def test_auto_firth_leaves_an_ordinary_fit_alone() -> None:
    y, x = simulated(100, 2, 9)
    np.testing.assert_array_equal(logistic(y, x, firth="auto").coef, logistic(y, x).coef)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["event", "x", "weights"])
def test_missing_and_infinite_values_are_refused(value: float, place: str) -> None:
    y, x = simulated(30, 2, 0)
    w = np.ones(30)
    {"event": y, "x": x[:, 1], "weights": w}[place][7] = value
    with pytest.raises(AnalysisError, match="missing or infinite"):
        logistic(y, x, weights=w)


@pytest.mark.parametrize(
    ("event", "x", "why"),
    [
        ([], np.zeros((0, 1)), "no rows"),
        ([1], [[0.0]], "nothing but events"),
        ([0], [[0.0]], "no event"),
        ([0, 1], [[0.0], [1.0]], "separation"),
        ([0, 1, 1], [[0.0, 1], [1.0, 0], [1, 1]], "cannot carry|separation"),
        ([0, 0, 0, 0], [[0.0], [1.0], [0.0], [1.0]], "no event"),
        ([1, 1, 1, 1], [[0.0], [1.0], [0.0], [1.0]], "nothing but events"),
        ([0, 1, 1, 0], [[1.0], [1.0], [1.0], [1.0]], "constant or collinear"),
    ],
)
def test_tiny_and_one_sided_data_have_a_named_error(event: list[int], x: object, why: str) -> None:
    with pytest.raises(AnalysisError, match=why):
        logistic(event, np.asarray(x))


def test_collinear_columns_are_named() -> None:
    y, x = simulated(60, 2, 0)
    with pytest.raises(AnalysisError, match=r"collinear.*: total"):
        logistic(y, np.column_stack([x, x.sum(1)]), names=["a", "b", "total"])
    with pytest.raises(AnalysisError, match="treat"):
        logistic(y, np.column_stack([x, np.zeros(60)]), names=["a", "b", "treat"])


@pytest.mark.parametrize(
    "options",
    [
        {"variance": "HC4"},
        {"variance": "cluster"},
        {"interval": "exact"},
        {"interval": "profile", "variance": "HC0"},
        {"firth": True, "weights": np.ones(40)},
        {"level": 1.5},
        {"names": ["a"]},
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, object]) -> None:
    y, x = simulated(40, 2, 0)
    with pytest.raises(UsageError):
        logistic(y, x, **options)  # type: ignore[arg-type]


def test_few_clusters_warn_and_one_is_refused() -> None:
    y, x = simulated(60, 1, 0)
    with pytest.warns(NumericalWarning, match="4 clusters"):
        logistic(y, x, cluster=np.arange(60) % 4)
    with pytest.raises(AnalysisError, match="fewer than two clusters"):
        logistic(y, x, cluster=np.zeros(60))


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_clusters_of_one_row_are_hc0_with_its_factors(seed: int) -> None:
    y, x = simulated(60, 2, seed)
    assume(10 < y.sum() < 50)
    n, k = 60, 3
    clustered = logistic(y, x, cluster=np.arange(n))
    plain = logistic(y, x, variance="HC0")
    factor = n / (n - 1) * (n - 1) / (n - k)
    np.testing.assert_allclose(clustered.covariance, factor * plain.covariance, rtol=1e-8)


def test_p_of_a_profile_is_the_likelihood_ratio_test_without_the_column() -> None:
    y, x = simulated(120, 2, 3)
    fit = logistic(y, x, interval="profile")
    for j in (1, 2):
        less = logistic(y, np.delete(x, j - 1, axis=1))
        assert fit.p[j] == pytest.approx(chi2.sf(2 * (fit.loglik - less.loglik), 1), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-15, 1e-6, 1e12])
def test_firths_estimates_are_those_of_any_unit(unit: float) -> None:
    """Of a column far from 0 and of one about it; nothing is flat because its numbers are small."""
    y, x = simulated(80, 2, 5)
    x[:, 1] -= x[:, 1].mean()
    plain, other = logistic(y, x, firth=True), logistic(y, x * unit, firth=True)
    np.testing.assert_allclose(other.coef[1:] * unit, plain.coef[1:], rtol=1e-6)
    np.testing.assert_allclose(other.p[1:], plain.p[1:], rtol=1e-5)


def test_fits_of_other_rows_are_not_compared() -> None:
    """Neither of as many rows with other events, nor of more rows with as many events."""
    y, x = simulated(100, 2, 8)
    smaller = logistic(y, x[:, :1])
    other = np.concatenate([y[:-1], [1 - y[-1]]])
    longer = logistic(np.append(y, 0.0), np.vstack([x, x[:1]]))
    for larger in (logistic(other, x), longer):
        with pytest.raises(UsageError, match="of the same rows"):
            likelihood_ratio(larger, smaller)


def test_a_fit_says_whether_it_is_weighted() -> None:
    y, x = simulated(100, 2, 8)
    assert logistic(y, x).method == "logistic, maximum likelihood"
    assert logistic(y, x, weights=np.ones(100) * 2).method.endswith("likelihood, weighted")
