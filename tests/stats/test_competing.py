"""Cumulative incidence, Gray's test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.gray import gray_test, gray_tests
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank


def _data(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    t1, t2 = rng.exponential(np.where(group, 15, 8)), rng.exponential(12, n)
    c = rng.uniform(2, 20, n)
    time = np.minimum(np.minimum(t1, t2), c)
    return np.ceil(time), np.select([time == t1, time == t2], [1, 2], 0), group


def test_by_hand() -> None:
    """Times 1..5, types 1, 2, 1, 0, 2: CIF1(5) = 0.4, CIF2(5) = 0.6."""
    fit = cumulative_incidence([1, 2, 3, 4, 5], [1, 2, 1, 0, 2])
    assert fit.curve(1).at(5).incidence[0] == pytest.approx(0.4, abs=1e-15)
    assert fit.curve(2).at(5).incidence[0] == pytest.approx(0.6, abs=1e-15)
    assert fit.curve(1).events == 2
    assert fit.curve(1).n == 5
    at = fit.curve(1).at([0.5, 1, 2.5, 6])
    np.testing.assert_allclose(at.incidence, [0, 0.2, 0.2, np.nan])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 60), st.booleans())
def test_all_causes_and_survival_sum_to_one(seed: int, n: int, late: bool) -> None:
    rng = np.random.default_rng(seed)
    time, status = rng.integers(1, 12, n).astype(float), rng.integers(0, 4, n)
    if not status.any():
        return
    entry = np.where(rng.random(n) < 0.5, 0, time - 1) if late else np.zeros(n)
    entry[np.argmax(time)] = 0  # so that the risk set never runs empty before the end
    status[np.argmax(time)] = 0
    if not status.any():
        return
    fit = cumulative_incidence(time, status, entry=entry)
    survival = kaplan_meier(time, status > 0, entry=entry).curves[0].at(fit.curves[0].time)
    total = sum(curve.incidence for curve in fit.curves) + survival.survival
    np.testing.assert_allclose(total, 1, atol=1e-12)
    for curve in fit.curves:
        assert np.all(np.diff(curve.incidence) >= 0)
        assert np.all(curve.variance >= 0)


def test_without_censoring_it_is_the_share() -> None:
    rng = np.random.default_rng(1)
    time, status = rng.permutation(200) + 1, rng.integers(1, 3, 200)
    curve = cumulative_incidence(time, status).curve(1)
    share = [np.mean((time <= t) & (status == 1)) for t in curve.time]
    np.testing.assert_allclose(curve.incidence, share, atol=1e-12)
    binomial = np.array(share) * (1 - np.array(share)) / 200
    np.testing.assert_allclose(curve.variance, binomial, rtol=0.06, atol=1e-6)


def test_with_one_cause_it_is_one_minus_kaplan_meier() -> None:
    time, status, _ = _data()
    single = (status > 0).astype(int)
    curve = cumulative_incidence(time, single).curve(1)
    km = kaplan_meier(time, single).curves[0].at(curve.time)
    np.testing.assert_allclose(curve.incidence, 1 - km.survival, atol=1e-12)


def test_groups_are_separate_and_rows_may_come_in_any_order() -> None:
    time, status, group = _data()
    both = cumulative_incidence(time, status, group=group)
    alone = cumulative_incidence(time[group == 1], status[group == 1])
    np.testing.assert_allclose(both.curve(2, 1).incidence, alone.curve(2).incidence)
    order = np.random.default_rng(2).permutation(time.size)
    again = cumulative_incidence(time[order], status[order], group=group[order])
    np.testing.assert_array_equal(again.curve(1, 0).variance, both.curve(1, 0).variance)


def test_limits() -> None:
    time, status, _ = _data()
    for conf_type in ("log-log", "plain"):
        curve = cumulative_incidence(time, status, conf_type=conf_type).curve(1)  # type: ignore[arg-type]
        inside = curve.incidence > 0
        assert np.all(curve.lower[inside] <= curve.incidence[inside])
        assert np.all(curve.upper[inside] >= curve.incidence[inside])
        assert np.nanmin(curve.lower) >= 0


def test_late_entry_that_empties_the_risk_set_is_named() -> None:
    with pytest.warns(NumericalWarning, match="stay flat"):
        cumulative_incidence([1, 5, 6], [1, 2, 0], entry=[0, 2, 3])


def test_gray_with_one_cause_and_rho_zero_is_near_the_logrank() -> None:
    """With one cause the subdistribution hazard is the hazard: the scores are equal."""
    time, status, group = _data(seed=3)
    single = (status > 0).astype(int)
    gray, plain = gray_test(time, single, group), logrank(time, single, group)
    np.testing.assert_allclose(gray.score[0], plain.observed[0] - plain.expected[0], rtol=1e-9)
    np.testing.assert_allclose(gray.chi2, plain.chi2, rtol=0.05)


def test_gray_does_not_depend_on_names_or_order() -> None:
    time, status, _ = _data(seed=4)
    three = np.arange(time.size) % 3
    base = gray_test(time, status, three)
    order = np.random.default_rng(5).permutation(time.size)
    named = np.array(["z", "a", "m"])[three][order]
    again = gray_test(time[order], status[order], named)
    np.testing.assert_allclose(again.chi2, base.chi2, rtol=1e-9)
    assert again.df == 2


def test_gray_holds_its_level() -> None:
    """Under the null 5% of 400 tests should reject: 5% +- 3.3% (three standard errors)."""
    rejected = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        time, status = rng.integers(1, 15, 120), rng.integers(0, 3, 120)
        rejected += gray_test(time, status, rng.integers(0, 2, 120)).p < 0.05
    assert 0.017 < rejected / 400 < 0.083


def test_cause_specific_cox_censors_the_other_causes() -> None:
    time, status, group = _data()
    a = cause_specific_cox(time, status, group, cause=2)
    b = cox(time, status == 2, group)
    np.testing.assert_array_equal(a.coef, b.coef)
    assert a.event_label == "cause 2"


def test_a_cause_specific_cox_takes_all_that_cox_takes() -> None:
    time, status, group = _data()
    x = np.column_stack((group, np.arange(400) % 5))
    options = {
        "strata": np.arange(400) % 3,
        "entry": time * 0.2,
        "weights": 1.0 + np.arange(400) % 2,
        "cluster": np.arange(400) // 2,
        "ties": "breslow",
        "names": ["group", "other"],
        "level": 0.8,
        "event_label": "death",
    }
    found = cause_specific_cox(time, status, x, cause=1, **options)  # type: ignore[arg-type]
    whole = cox(time, status == 1, x, **options)  # type: ignore[arg-type]
    for field in ("coef", "se", "lo", "hi", "names", "event_label", "level"):
        np.testing.assert_array_equal(getattr(found, field), getattr(whole, field))
    for name in ("strata", "entry", "weights", "cluster", "ties", "level"):
        fewer = {key: value for key, value in options.items() if key != name}
        other = cox(time, status == 1, x, **fewer)  # type: ignore[arg-type]
        assert not np.array_equal(found.lo, other.lo)


def test_refusals() -> None:
    with pytest.raises(AnalysisError, match="no event of any cause"):
        cumulative_incidence([1, 2], [0, 0])
    with pytest.raises(AnalysisError, match="whole numbers"):
        cumulative_incidence([1, 2], [0, 1.5])
    with pytest.raises(AnalysisError, match="whole numbers"):
        cumulative_incidence([1, 2], [0, -1])
    with pytest.raises(AnalysisError, match="no cause"):
        cumulative_incidence([1, 2], [0, 1]).curve(3)
    with pytest.raises(AnalysisError, match="conf_type"):
        cumulative_incidence([1, 2], [0, 1], conf_type="log")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="only one group"):
        gray_test([1, 2], [1, 1], [0, 0])
    with pytest.raises(AnalysisError, match="no event of cause 2"):
        gray_test([1, 2], [1, 1], [0, 1], cause=2)
    with pytest.raises(AnalysisError, match="singular"):
        gray_test([1, 2, 3, 4], [0, 0, 1, 1], [0, 0, 1, 1])


def test_the_causes_together_are_the_causes_one_by_one() -> None:
    """Also within strata, with a cause that one of them lacks."""
    time, status, group = _data(300, 4)
    strata = np.arange(300) % 3
    status = np.where((strata == 2) & (status == 2), 0, status)
    together = gray_tests(time, status, group, strata=strata, event_labels={2: "discharge"})
    assert list(together) == [1, 2]
    for cause, found in together.items():
        alone = gray_test(time, status, group, cause=cause, strata=strata)
        assert found.chi2 == pytest.approx(alone.chi2, rel=1e-12)
        assert found.events == alone.events
    assert together[2].event_label == "discharge"
    first, second = (
        gray_tests(time[part], status[part], group[part], causes=(2,))[2]
        for part in (strata == 0, strata == 1)
    )
    np.testing.assert_allclose(together[2].score, first.score + second.score)


def test_late_entry_in_grays_test() -> None:
    """Entry before the first event changes nothing; later entry takes rows out of the risk sets."""
    rng = np.random.default_rng(4)
    time, status = 1 + rng.exponential(9, 200), rng.integers(0, 3, 200)
    group = rng.integers(0, 2, 200)
    plain = gray_test(time, status, group)
    early = gray_test(time, status, group, entry=np.full(200, 0.5))
    assert (early.chi2, early.p) == pytest.approx((plain.chi2, plain.p))
    late = np.where(rng.random(200) < 0.3, 0.5, 0.0) * np.minimum(time, 8)
    found = gray_test(time, status, group, entry=late)
    relabelled = gray_test(time, status, 1 - group, entry=late)
    assert found.chi2 == pytest.approx(relabelled.chi2)
    assert abs(found.chi2 - plain.chi2) > 1e-3
    with pytest.raises(AnalysisError, match="before others of the group entered"):
        gray_test([1, 2, 9, 3, 8], [1, 2, 1, 1, 1], [0, 0, 0, 1, 1], entry=[0, 0, 4, 0, 0])


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_limits_by_their_formulas(level: float) -> None:
    """Plain: F and z standard errors; log-log: F to the power of exp of z SE / (F log F)."""
    time, status, _ = _data(60, 3)
    z = norm.isf((1 - level) / 2)
    for conf_type in ("plain", "log-log"):
        fit = cumulative_incidence(time, status, conf_type=conf_type, level=level)  # type: ignore[arg-type]
        curve = fit.curve(1)
        f, se = curve.incidence, np.sqrt(curve.variance)
        mine = (f > 0) & (f < 1)
        f, se = f[mine], se[mine]
        if conf_type == "plain":
            lo, hi = np.maximum(f - z * se, 0), np.minimum(f + z * se, 1)
        else:
            half = z * se / (f * np.log(f))
            lo, hi = f ** np.exp(-half), f ** np.exp(half)
        np.testing.assert_allclose(curve.lower[mine], lo)
        np.testing.assert_allclose(curve.upper[mine], hi)
