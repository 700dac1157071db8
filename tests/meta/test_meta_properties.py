"""What must hold for any table of trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.meta import Counts, Estimates, Plan, effect_sizes, pool, pool_effects, trim_and_fill
from ehrivig.meta.heterogeneity import intercept, q_statistic, tau2_interval, tau2_pm, tau2_reml

arm = st.tuples(st.integers(2, 200), st.floats(0.05, 0.95)).map(
    lambda pair: (max(1, min(pair[0] - 1, round(pair[0] * pair[1]))), pair[0])
)
tables = st.lists(st.tuples(arm, arm), min_size=2, max_size=12)
PLANS = [
    Plan("OR", "MH"), Plan("RR", "MH"), Plan("RD", "MH"), Plan("OR", "Peto"), Plan("OR"),
    Plan("RD"),
    Plan("OR", "IV", "random", "DL"), Plan("RR", "IV", "random", "REML"),
    Plan("RD", "IV", "random", "PM"), Plan("OR", "IV", "random", "REML", "hksj"),
]  # fmt: skip
each_plan = pytest.mark.parametrize(
    "plan", PLANS, ids=lambda p: f"{p.measure}-{p.method}-{p.model}-{p.tau2}-{p.ci}"
)


def data_of(rows: list[tuple[tuple[int, int], tuple[int, int]]]) -> Counts:
    a, n1, c, n2 = np.array([(*treated, *control) for treated, control in rows], dtype=float).T
    return Counts(events_treated=a, n_treated=n1, events_control=c, n_control=n2)


def swapped(data: Counts) -> Counts:
    return replace(
        data,
        events_treated=data.events_control,
        n_treated=data.n_control,
        events_control=data.events_treated,
        n_control=data.n_treated,
    )


@each_plan
@settings(max_examples=40, deadline=None)
@given(rows=tables)
def test_order_of_studies_never_matters(plan: Plan, rows: list[object]) -> None:
    data = data_of(rows)  # type: ignore[arg-type]
    turned = data.take(np.arange(data.k)[::-1])
    one, other = pool(data, plan), pool(turned, plan)
    for name in ("estimate", "lo", "hi", "tau2"):
        assert getattr(one, name) == pytest.approx(
            getattr(other, name), rel=1e-6, abs=1e-9, nan_ok=True
        )


@each_plan
@settings(max_examples=40, deadline=None)
@given(rows=tables)
def test_swapping_arms_turns_the_effect(plan: Plan, rows: list[object]) -> None:
    data = data_of(rows)  # type: ignore[arg-type]
    one, other = pool(data, plan), pool(swapped(data), plan)
    assert one.theta == pytest.approx(-other.theta, rel=1e-6, abs=1e-8)
    assert one.se == pytest.approx(other.se, rel=1e-6, abs=1e-12)
    assert one.dispersion.q == pytest.approx(other.dispersion.q, rel=1e-6, abs=1e-8)


@each_plan
@settings(max_examples=40, deadline=None)
@given(rows=tables)
def test_pool_lies_among_its_studies(plan: Plan, rows: list[object]) -> None:
    data = data_of(rows)  # type: ignore[arg-type]
    found = pool(data, plan)
    assert found.weights.sum() == pytest.approx(1)
    assert found.lo <= found.estimate <= found.hi
    if plan.method == "IV":
        y = effect_sizes(data, plan.measure).y
        assert y.min() - 1e-9 <= found.theta <= y.max() + 1e-9
    if plan.model == "random":
        assert found.tau2 >= 0
        assert found.tau2_lo <= found.tau2_hi


@settings(max_examples=60, deadline=None)
@given(rows=tables)
def test_tau2_estimators_meet_their_definitions(rows: list[object]) -> None:
    data = data_of(rows)  # type: ignore[arg-type]
    effects = effect_sizes(data, "OR")
    y, v, x = effects.y, effects.v, intercept(data.k)
    pm = tau2_pm(y, v, x)
    q = q_statistic(y, v, x, pm)
    assert q == pytest.approx(data.k - 1, rel=1e-6) if pm > 0 else q <= data.k - 1 + 1e-9
    reml = tau2_reml(y, v, x)

    def loglik(tau2: float) -> float:
        w = 1 / (v + tau2)
        residual = np.sum(w * (y - np.sum(w * y) / w.sum()) ** 2)
        return float(0.5 * (np.log(w).sum() - np.log(w.sum()) - residual))

    highest = max(loglik(t) for t in np.concatenate([[0], np.geomspace(1e-6, 50, 300)]))
    assert loglik(reml) >= highest - 1e-8
    lo, hi = tau2_interval(y, v, x)
    assert 0 <= lo <= hi


@settings(max_examples=40, deadline=None)
@given(rows=tables, factor=st.integers(2, 5))
def test_splitting_equal_strata_changes_nothing(rows: list[object], factor: int) -> None:
    """A study counted `factor` times has `factor` times its weight in Mantel-Haenszel's sums."""
    data = data_of(rows)  # type: ignore[arg-type]
    many = data.take(np.repeat(np.arange(data.k), factor))
    one, other = pool(data, Plan("OR", "MH")), pool(many, Plan("OR", "MH"))
    assert one.theta == pytest.approx(other.theta, abs=1e-9)
    assert one.se == pytest.approx(other.se * np.sqrt(factor), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=3, max_size=15))
def test_symmetric_funnels_need_no_filling(points: list[tuple[float, float]]) -> None:
    y = np.array([p for p, _ in points] + [-p for p, _ in points] + [0.0])
    se = np.array([s for _, s in points] * 2 + [0.1])
    data = Estimates(estimate=y, lo=y - 1.96 * se, hi=y + 1.96 * se)
    found = trim_and_fill(effect_sizes(data, "MD"), Plan("MD"))
    assert found.pooled.theta == pytest.approx(0, abs=1e-6) or found.k0 > 0
    assert len(found.filled_y) == found.k0


def test_equal_studies_have_no_heterogeneity() -> None:
    data = data_of([((10, 50), (20, 50))] * 5)
    for plan in PLANS:
        found = pool(data, plan)
        assert found.dispersion.i2 == 0
        assert found.dispersion.q == pytest.approx(0, abs=1e-9)
        if plan.model == "random":
            assert found.tau2 == 0


def test_one_study_is_its_own_pool() -> None:
    data = data_of([((10, 50), (20, 50))])
    effects = effect_sizes(data, "OR")
    for ci in ("normal", "hksj"):
        found = pool_effects(effects, Plan("OR", "IV", "random", "DL", ci))  # type: ignore[arg-type]
        assert found.theta == pytest.approx(effects.y[0])
        assert found.se == pytest.approx(np.sqrt(effects.v[0]))
        assert np.isnan([found.pi_lo, found.dispersion.i2, found.tau2_lo]).all()
