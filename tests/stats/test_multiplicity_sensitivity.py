"""Corrected p-values, E-values, negative controls, Rubin's rules."""

from __future__ import annotations

import gc
from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as t_distribution

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.imputation.rubin import pool, pool_effects
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.tables.sensitivity import e_value

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(p_values)
def test_adjusted_p_are_ordered_and_never_below_the_raw_ones(p: list[float]) -> None:
    raw = np.array(p)
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= raw - 1e-15).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= -1e-15).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


def test_a_correction_leaves_the_garbage_collector_as_it_was() -> None:
    """It looks at none of what is there, and everything is looked at again afterwards."""
    before = gc.get_freeze_count()
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            seen.append(gc.get_freeze_count())

    gc.callbacks.append(note)
    try:
        holm([0.01, 0.2])
    finally:
        gc.callbacks.remove(note)
    assert min(seen) > 10_000
    assert gc.get_freeze_count() == before


def test_one_of_seven_contrasts() -> None:
    """Liu 2020: p = 0.011, the smallest of seven contrasts, is not below 0.05 after Holm."""
    adjusted = holm([0.011, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert adjusted[0] == pytest.approx(0.077)


def test_unknown_p_values_stay_unknown_and_leave_the_family() -> None:
    adjusted = holm([0.02, np.nan, 0.03])
    assert adjusted[0] == pytest.approx(0.04)
    assert np.isnan(adjusted[1])
    with pytest.raises(UsageError):
        holm([0.5, 1.2])


def test_e_value_golden() -> None:
    e = e_value(3.9, 2.4, 6.2)
    assert (e.estimate, e.limit) == pytest.approx((7.263, 4.233), abs=5e-4)


@given(st.floats(0.05, 20))
def test_e_value_of_a_ratio_and_its_inverse(ratio: float) -> None:
    a = e_value(ratio, ratio / 1.2, ratio * 1.2)
    b = e_value(1 / ratio, 1 / (ratio * 1.2), 1.2 / ratio)
    assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
    assert a.limit == pytest.approx(b.limit, rel=1e-6)
    assert 1 <= a.limit <= a.estimate * (1 + 1e-12)


def test_e_value_conversions() -> None:
    assert e_value(1.4, 0.9, 2.0).limit == 1.0
    assert np.isnan(e_value(2.0).limit)
    assert e_value(4.0, measure="OR", common=True).risk_ratio == pytest.approx(2.0)
    assert e_value(4.0, measure="OR").risk_ratio == 4.0
    hazard = e_value(0.5, measure="HR", common=True).risk_ratio
    assert hazard == pytest.approx((1 - 0.5 ** sqrt(0.5)) / (1 - 0.5 ** sqrt(2)))
    with pytest.raises(UsageError):
        e_value(2.0, 2.5, 3.0)
    with pytest.raises(UsageError):
        e_value(-1.0)


def test_negative_controls_take_the_bias_out() -> None:
    rng = np.random.default_rng(0)
    se = rng.uniform(0.05, 0.2, 400)
    null = fit_null(rng.normal(0.3, np.sqrt(0.2**2 + se**2)), se)
    assert null.mean == pytest.approx(0.3, abs=0.05)
    assert null.sd == pytest.approx(0.2, abs=0.04)
    raw = 2 * 0.4
    read = calibrate(null, raw, 0.1)
    assert read.estimate == pytest.approx(exp(raw - null.mean), rel=1e-3)
    assert read.p > read.p_uncalibrated
    width = log(read.hi / read.lo) / (2 * 1.959963984540054)
    assert width == pytest.approx(
        sqrt(null.sd**2 + 0.01), rel=0.02
    )  # many controls know the spread


def test_controls_without_bias_leave_the_effect_alone() -> None:
    null = fit_null([0.05, -0.05, 0.02, -0.02], [0.5, 0.5, 0.5, 0.5])
    assert (null.mean, null.sd) == pytest.approx((0.0, 0.0), abs=1e-9)
    read = calibrate(null, 0.7, 0.2)
    assert read.estimate == pytest.approx(exp(0.7), rel=1e-6)
    assert read.p > read.p_uncalibrated  # four vague controls prove no absence of bias
    with pytest.raises(AnalysisError, match="at least 3"):
        fit_null([0.1, 0.2], [0.1, 0.1])
    with pytest.raises(UsageError, match="above 0"):
        fit_null([0.1, 0.2, 0.1], [0.1, 0.0, 0.1])


def _rejected(controls: int, cohorts: int = 1500) -> float:
    """Share of nulls rejected after calibration where biases are N(0.4, 0.2^2) (simulated)."""
    rng, rejected = np.random.default_rng(controls), 0
    for _ in range(cohorts):
        biases = rng.normal(0.4, np.hypot(0.2, 0.2), controls)
        null = fit_null(biases, np.full(controls, 0.2))
        rejected += calibrate(null, rng.normal(0.4, np.hypot(0.2, 0.1)), 0.1).p < 0.05
    return rejected / cohorts


@pytest.mark.parametrize(("controls", "most"), [(3, 0.02), (5, 0.04), (10, 0.065), (30, 0.07)])
def test_few_controls_reject_no_more_than_they_may(controls: int, most: float) -> None:
    """M25: by the most likely spread alone 24, 17, 14 and 8% were rejected."""
    assert _rejected(controls) < most


def test_the_prediction_against_draws() -> None:
    """The posterior of the spread by brute force: a grid of mean and spread together."""
    y, s, raw, se = np.array([0.5, 0.1, 0.3, 0.9]), np.array([0.2, 0.3, 0.25, 0.4]), 0.8, 0.15
    mean, sd = np.meshgrid(np.linspace(-6, 6, 2401), np.linspace(0, 2, 401), indexing="ij")
    log_posterior = -0.5 * (sd / 0.5) ** 2
    for one, error in zip(y, s, strict=True):
        variance = sd**2 + error**2
        log_posterior += -0.5 * (np.log(variance) + (one - mean) ** 2 / variance)
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    total = np.sqrt(sd**2 + se**2)
    below = float((weight * norm.cdf((raw - mean) / total)).sum())
    read = calibrate(fit_null(y, s), raw, se)
    assert read.p == pytest.approx(2 * min(below, 1 - below), rel=1e-4)
    assert log(read.estimate) == pytest.approx(raw - float((weight * mean).sum()), rel=1e-4)
    for limit, tail in ((read.lo, 0.975), (read.hi, 0.025)):
        at = raw - log(limit)
        assert float((weight * norm.cdf((at - mean) / total)).sum()) == pytest.approx(
            tail, rel=1e-4
        )


def test_rubin_by_hand() -> None:
    q, u = np.linspace(0.3, 0.5, 20), np.full(20, 0.2)
    pooled = pool(q, u)
    between = np.var(q, ddof=1)
    assert pooled.estimate == pytest.approx(0.4)
    assert pooled.se == pytest.approx(sqrt(0.04 + 1.05 * between))
    assert pooled.df == pytest.approx(19 * (1 + 0.04 / (1.05 * between)) ** 2)
    same = pool(np.full(20, 0.4), u)
    assert (same.se, same.fraction_missing) == pytest.approx((0.2, 0.0))
    assert pool(q, u, df_complete=50).df < min(50, pooled.df)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("df_complete", [float("inf"), 30.0])
def test_rubin_interval_and_p_are_those_of_t(level: float, df_complete: float) -> None:
    q, u = np.linspace(0.3, 0.5, 20), np.full(20, 0.2)
    pooled = pool(q, u, level=level, df_complete=df_complete)
    half = t_distribution.ppf(0.5 + level / 2, pooled.df) * pooled.se
    assert (pooled.lo, pooled.hi) == pytest.approx((0.4 - half, 0.4 + half), rel=1e-9)
    assert pooled.p == pytest.approx(2 * t_distribution.sf(0.4 / pooled.se, pooled.df), rel=1e-9)
    assert (pooled.level, pooled.m) == (level, 20)


def test_rubin_without_variance_between_is_normal() -> None:
    pooled = pool(np.full(20, 0.5), np.full(20, 0.25), level=0.9)
    assert pooled.df == float("inf")
    half = 1.6448536269514722 * 0.25
    assert (pooled.lo, pooled.hi) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)
    assert pooled.p == pytest.approx(0.04550026389635842, rel=1e-9)  # z = 2


def test_rubin_of_a_known_example() -> None:
    """q 1, 2, 3 with variance 1: T = 1 + 4/3, lambda = 4/7, df_obs = 12/14 * 11 * 3/7."""
    with pytest.warns(NumericalWarning, match="3 imputations"):
        pooled = pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], df_complete=11)
    old, observed = 2 / (4 / 7) ** 2, 12 / 14 * 11 * (3 / 7)
    assert (pooled.within, pooled.between) == pytest.approx((1.0, 1.0))
    assert pooled.df == pytest.approx(old * observed / (old + observed))
    riv = 4 / 3
    assert pooled.fraction_missing == pytest.approx((riv + 2 / (pooled.df + 3)) / (riv + 1))


def test_few_imputations_warn_and_one_is_refused() -> None:
    with pytest.warns(NumericalWarning, match="5 imputations"):
        pool([0.1, 0.2, 0.3, 0.2, 0.1], [0.1] * 5)
    with pytest.raises(AnalysisError, match="two or more"):
        pool([0.1], [0.1])


def effect(estimate: float, n: int = 50) -> Effect:
    return Effect("OR", estimate, 0.1, 9, 0.2, 0.5, "death", n, 10, 60, 12, "logistic", "model")


def test_pooled_effects_are_pooled_on_the_log() -> None:
    values = np.exp(np.linspace(-0.1, 0.3, 20))
    got = pool_effects([effect(v) for v in values], df_complete=100)
    assert log(got.estimate) == pytest.approx(0.1)
    assert (got.n_exposed, got.notes, got.event_label) == (50, (), "death")
    assert "20 imputations" in got.method
    assert "Barnard-Rubin" in got.variance
    wide = pool_effects([replace(effect(v), level=0.8) for v in values], df_complete=100)
    narrow = pool([log(v) for v in values], [0.2] * 20, df_complete=100, level=0.8)
    assert (wide.lo, wide.hi) == pytest.approx((exp(narrow.lo), exp(narrow.hi)))
    assert (wide.level, wide.p, wide.se) == (0.8, narrow.p, narrow.se)
    assert got.lo < wide.lo
    uneven = pool_effects([effect(v, 50 + i) for i, v in enumerate(values)])
    assert uneven.n_exposed == 60
    assert uneven.notes
    other = Effect("RD", 0.1, 0, 1, 0.2, 0.5, "death", 50, 10, 60, 12, "logistic", "model")
    with pytest.raises(UsageError, match="one measure"):
        pool_effects([effect(1.0), other])


def test_estimates_without_a_variance_of_their_own_are_all_missing_information() -> None:
    """Standard errors of 0: all that is known of the spread is that between the imputations."""
    pooled = pool(np.arange(20.0), np.zeros(20))
    assert (pooled.within, pooled.fraction_missing) == (0.0, 1.0)
    assert pooled.se == pytest.approx(sqrt((1 + 1 / 20) * np.var(np.arange(20.0), ddof=1)))


@pytest.mark.parametrize(
    ("measure", "logs"),
    [(name, True) for name in ("OR", "RR", "HR", "SHR", "mean ratio")]
    + [(name, False) for name in ("RD", "MD", "RMSTD", "median difference")],
)
def test_ratios_are_pooled_on_the_log_and_differences_as_they_are(measure: str, logs: bool) -> None:
    """The standard error of a ratio is that of its log, so no other scale goes with it."""
    values = np.linspace(0.5, 2.0, 20)
    got = pool_effects([replace(effect(v), measure=measure) for v in values])
    plain = pool(np.log(values) if logs else values, [0.2] * 20)
    ends = (plain.estimate, plain.lo, plain.hi)
    expected = tuple(np.exp(ends)) if logs else ends
    assert (got.estimate, got.lo, got.hi) == pytest.approx(expected)
