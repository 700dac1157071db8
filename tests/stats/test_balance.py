"""Balance: values by hand, weights, missing covariates, every denominator, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.balance import DENOMINATORS, balance


def test_by_hand() -> None:
    treated = [1, 1, 1, 0, 0, 0]
    age = [60.0, 70.0, 80.0, 50.0, 60.0, 70.0]
    copd = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    table = balance(treated, np.column_stack([age, copd]), names=["age", "copd"])
    a, c = table.rows
    assert (a.before.mean_treated, a.before.mean_control) == (70, 60)
    got = (a.before.sd_treated, a.before.smd, a.before.variance_ratio)
    assert got == pytest.approx((10, 1, 1))
    # Distribution functions at 50, 60, 70, 80: gaps of 1/3, 1/3, 1/3, 0.
    assert (a.before.ks, a.before.ecdf_mean) == pytest.approx((1 / 3, 1 / 4))
    assert c.binary
    assert np.isnan(c.before.variance_ratio)
    assert c.before.smd == pytest.approx((1 / 3) / np.sqrt(1 / 3))
    assert c.before.ks == pytest.approx(1 / 3)
    share = balance(treated, copd, denominator="proportion_unmatched").rows[0]
    assert share.before.smd == pytest.approx((1 / 3) / np.sqrt(2 / 9))
    assert balance(treated, copd, denominator="none").rows[0].before.smd == pytest.approx(1 / 3)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_whole_weights_are_repeated_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, x = rng.random(60) < 0.5, np.round(rng.normal(size=(60, 2)), 1)
    x[:, 1] = x[:, 1] > 0
    times = rng.integers(0, 3, 60)
    times[[np.flatnonzero(t)[0], np.flatnonzero(~t)[0]]] = 1
    weighted = balance(t, x, weights=times, denominator="none")
    repeated = balance(np.repeat(t, times), np.repeat(x, times, axis=0), denominator="none")
    for a, b in zip(weighted.rows, repeated.rows, strict=True):
        assert a.after.mean_treated == pytest.approx(b.before.mean_treated)
        assert a.after.smd == pytest.approx(b.before.smd, abs=1e-12)
        assert a.after.ks == pytest.approx(b.before.ks, abs=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_relabelling_arms_turns_the_sign_and_inverts_the_ratio(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, x, w = rng.random(50) < 0.5, rng.normal(size=50), rng.random(50)
    a = balance(t, x, weights=w).rows[0].after
    b = balance(~t, x, weights=w).rows[0].after
    assert a.smd == pytest.approx(-b.smd, rel=1e-9)
    assert a.variance_ratio * b.variance_ratio == pytest.approx(1, rel=1e-9)
    assert (a.ks, a.ecdf_mean) == pytest.approx((b.ks, b.ecdf_mean))
    shuffled = np.random.default_rng(0).permutation(50)
    c = balance(t[shuffled], x[shuffled], weights=w[shuffled]).rows[0].after
    assert c.smd == pytest.approx(a.smd, rel=1e-9)
    assert balance(t, 7 * x - 3, weights=w).rows[0].after.smd == pytest.approx(a.smd, rel=1e-9)


def test_the_scale_of_the_weights_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    t, x, w = rng.random(80) < 0.5, rng.normal(size=80), rng.random(80)
    for name in DENOMINATORS:
        a = balance(t, x, weights=w, denominator=name).rows[0].after  # type: ignore[arg-type]
        b = balance(t, x, weights=w * 1000, denominator=name).rows[0].after  # type: ignore[arg-type]
        assert a.smd == pytest.approx(b.smd, rel=1e-12)
        assert a.sd_treated == pytest.approx(b.sd_treated, rel=1e-12)


def test_the_unmatched_denominator_is_fixed_before_weighting() -> None:
    rng = np.random.default_rng(1)
    t, x = rng.random(200) < 0.5, rng.normal(size=200)
    keep = (np.abs(x) < 0.5).astype(float)  # a matched sample with little spread
    fixed = balance(t, x, weights=keep).rows[0]
    moving = balance(t, x, weights=keep, denominator="pooled_matched").rows[0]
    difference = fixed.after.mean_treated - fixed.after.mean_control
    scale = np.sqrt((x[t].var(ddof=1) + x[~t].var(ddof=1)) / 2)
    assert fixed.after.smd == pytest.approx(difference / scale)
    assert abs(moving.after.smd) > 2 * abs(fixed.after.smd)
    assert moving.before.smd == fixed.before.smd


def test_missing_values_leave_their_covariate_only() -> None:
    t = np.array([1, 1, 1, 0, 0, 0])
    x = np.column_stack([[1.0, 2, np.nan, 4, 5, 7], [1.0, 0, 1, 0, 0, 1]])
    rows = balance(t, x).rows
    assert (rows[0].missing, rows[1].missing) == (1, 0)
    assert rows[0].before.mean_treated == 1.5
    assert rows[1].before.mean_treated == pytest.approx(2 / 3)
    with pytest.raises(AnalysisError, match="crp is missing in all rows of one arm"):
        balance(t, [1.0, 2, 3, np.nan, np.nan, np.nan], names=["crp"])


def test_a_constant_has_no_smd_unless_the_arms_agree() -> None:
    t = [1, 1, 0, 0]
    assert balance(t, [5.0, 5, 5, 5]).rows[0].before.smd == 0.0
    assert np.isnan(balance(t, [5.0, 5, 6, 6]).rows[0].before.smd)
    assert np.isnan(balance(t, [5.0, 5, 6, 6]).rows[0].before.variance_ratio)


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (([1, 1], [1.0, 2.0]), {}, AnalysisError),
        (([1, 0], [1.0, np.inf]), {}, AnalysisError),
        (([1, 0], [1.0, 2.0]), {"weights": [1.0, 0.0]}, AnalysisError),
        (([1, 0], [1.0, 2.0]), {"weights": [1.0, -1.0]}, AnalysisError),
        (([1, 0], [1.0, 2.0, 3.0]), {}, UsageError),
        (([1, 0], [1.0, 2.0]), {"denominator": "pooled"}, UsageError),
        (([1, 0], [1.0, 2.0]), {"names": ["a", "b"]}, UsageError),
        (([1, 2], [1.0, 2.0]), {}, UsageError),
    ],
)
def test_bad_input_is_named(arguments: tuple, options: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        balance(*arguments, **options)


@pytest.mark.parametrize("value", [0.1, 37.1, 1e6 / 3, -7.4])
def test_a_covariate_without_spread_has_no_smd(value: float) -> None:
    """Constant within both arms: the sums leave rounding, which is no standard deviation."""
    arm = np.repeat([1, 0], [7, 11])
    apart = np.where(arm == 1, value, value * 1.1)
    for x, expected in ((apart, np.nan), (np.full(18, value), 0.0)):
        for weights in (None, np.linspace(0.1, 0.7, 18)):
            for denominator in DENOMINATORS[:-1]:
                row = balance(arm, x, weights=weights, denominator=denominator).rows[0]
                np.testing.assert_equal((row.before.smd, row.after.smd), (expected, expected))
                assert (row.before.sd_treated, row.after.sd_control) == (0.0, 0.0)
                assert np.isnan(row.after.variance_ratio)


@pytest.mark.parametrize("denominator", ["proportion_unmatched", "treated_unmatched"])
def test_two_values_are_a_share_whatever_they_are_called(denominator: str) -> None:
    """Sex as 1 and 2 has the difference of 0 and 1 (cobalt: any two values are binary)."""
    arm = np.arange(30) % 3 == 0
    x = np.arange(30) % 4 < 2
    one, two = (balance(arm, x + k, denominator=denominator).rows[0].before.smd for k in (0, 1))  # type: ignore[arg-type]
    assert two == pytest.approx(one, rel=1e-12)


T6 = np.array([1, 1, 1, 0, 0, 0])
AGE = np.array([60.0, 70, 86, 50, 60, 64])
SICK = np.array([1.0, 1, 0, 0, 0, 1])
SOME = np.array([1.0, 2, 1, 3, 0, 1])
"""Weights: of the exposed 1, 2, 1; of the controls 3, 1 and one left out."""


def spread(x: np.ndarray, w: np.ndarray, share: bool) -> float:
    """By the definition: p (1 - p), or sum w (x - m)^2 / (1 - sum w^2) of weights that sum to 1."""
    w = w / w.sum()
    mean = (w * x).sum()
    return float((w * (x - mean) ** 2).sum() / (1 if share else 1 - (w**2).sum()))


@pytest.mark.parametrize("name", DENOMINATORS)
@pytest.mark.parametrize("x", [AGE, SICK, SICK + 1])
def test_each_denominator_by_its_definition(name: str, x: np.ndarray) -> None:
    row = balance(T6, x, weights=SOME, denominator=name).rows[0]  # type: ignore[arg-type]
    two_values = len(np.unique(x)) == 2
    share = two_values and not name.startswith("pooled")
    side = T6 == 1
    for found, w in ((row.before, np.ones(6)), (row.after, SOME)):
        by = w if name.endswith("_matched") else np.ones(6)
        both = [spread(x[s], by[s], share) for s in (side, ~side)]
        variance = {"treated": both[0], "control": both[1], "none": 1.0}.get(
            name.split("_")[0], (both[0] + both[1]) / 2
        )
        means = [np.average(x[s], weights=w[s]) for s in (side, ~side)]
        assert found.smd == pytest.approx((means[0] - means[1]) / np.sqrt(variance))
        assert (found.mean_treated, found.mean_control) == pytest.approx(tuple(means))
        assert found.sd_treated == pytest.approx(np.sqrt(spread(x[side], w[side], False)))
        assert found.sd_control == pytest.approx(np.sqrt(spread(x[~side], w[~side], False)))


def test_distribution_functions_of_weights() -> None:
    """At 50, 60, 64, 70, 86: the exposed 0, 1/4, 1/4, 3/4, 1; the controls 3/4, 1, 1, 1, 1."""
    after = balance(T6, AGE, weights=np.array([1.0, 2, 1, 3, 1, 0])).rows[0].after
    assert after.ks == pytest.approx(3 / 4)
    assert after.ecdf_mean == pytest.approx((3 + 3 + 3 + 1 + 0) / 4 / 5)
    turned = balance(1 - T6, AGE, weights=np.array([1.0, 2, 1, 3, 1, 0])).rows[0].after
    assert (turned.ks, turned.ecdf_mean) == pytest.approx((after.ks, after.ecdf_mean))


def test_a_table_says_of_how_many_it_is_and_whether_it_is_weighted() -> None:
    table = balance([1, 0, 0, 1, 0], np.arange(10.0).reshape(5, 2), levels=["a", "b"])
    assert (table.n_treated, table.n_control, table.weighted) == (2, 3, False)
    assert [row.level for row in table.rows] == ["a", "b"]
    assert table.rows[0].after == table.rows[0].before
    weighted = balance([1, 0, 0, 1, 0], np.arange(5.0), weights=[1, 0, 2, 1, 1])
    assert weighted.weighted
    assert weighted.rows[0].level == ""


def test_one_person_of_an_arm_has_no_spread_and_no_standardised_difference() -> None:
    row = balance([1, 0, 0, 0], [3.0, 1.0, 2.0, 4.0]).rows[0].before
    assert np.isnan(row.sd_treated)
    assert np.isnan(row.smd)
    by_controls = balance([1, 0, 0, 0], [3.0, 1, 2, 4], denominator="control_unmatched").rows[0]
    assert by_controls.before.smd == pytest.approx((3 - 7 / 3) / np.std([1, 2, 4], ddof=1))


def test_values_whose_squares_overflow_are_refused() -> None:
    with pytest.raises(AnalysisError, match="squares overflow"):
        balance([1, 0, 1, 0], [1e160, 1.0, 2.0, 3.0])
