"""The risks by each day under both strategies, and outcomes without a time, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero import FollowUp, clone_censor_weight, follow_up
from ehrivig.stats.timezero.clone_curves import days_until
from ehrivig.stats.timezero.clone_outcomes import outcome_ratios

NAN, GRACE, HORIZON = float("nan"), 6.0, 100.0
STARTERS = {0: (160, 40), 1: (80, 60)}
"""Covariate -> people, and how many of them start within grace, at three hours."""
ONE_INTERVAL = {"grace_hours": GRACE, "horizon_hours": HORIZON, "interval_hours": GRACE}


def cohort() -> FollowUp:
    """Everybody lives through grace; a saturated model, so that the weights are known."""
    x, start = [], []
    for value, (n, starters) in STARTERS.items():
        x += [float(value)] * n
        start += [3.0] * starters + [NAN] * (n - starters)
    n = len(x)
    death = 7 + 1.3 * (np.arange(n) * 37 % 101) + 20 * np.array(x)
    return follow_up(
        np.minimum(death, HORIZON), death <= HORIZON, start, np.array(x)[:, None], names=["x"]
    )


def weights(made: FollowUp, arm: str) -> np.ndarray:
    """One over the chance of what each did: a quarter and three quarters start."""
    assert made.x is not None
    chance = np.where(made.x[:, 0] == 0, 1 / 4, 3 / 4)
    return np.where(made.ever, 1 / chance, 0) if arm == "start" else ~made.ever / (1 - chance)


def by_hand(made: FollowUp, arm: str, hours: np.ndarray) -> tuple[np.ndarray, float]:
    """Weighted risk by each of some hours, and the mean time until the event or the last one."""
    w, alive, at, free, last = weights(made, arm), 1.0, [], 0.0, 0.0
    steps = [*np.unique(made.time_hours[made.event]), np.inf]
    todo = list(hours)
    for when in steps:
        while todo and todo[0] < when:
            at.append(1 - alive)
            todo.pop(0)
        stop = min(when, hours[-1])
        free, last = free + alive * (stop - last), stop
        dies = made.event & (made.time_hours == when)
        if dies.any():
            alive *= 1 - w[dies].sum() / w[made.time_hours >= when].sum()
    return np.array(at), free


def test_risks_by_each_day_and_days_free_of_the_event() -> None:
    made = cohort()
    found = clone_censor_weight(made, **ONE_INTERVAL, truncate=(0, 1), bootstraps=40, seed=3)
    hours = days_until(HORIZON)
    assert hours.tolist() == [0, 24, 48, 72, 96, 100]
    free = []
    for place, arm in enumerate(("start", "wait")):
        risk, mean = by_hand(made, arm, hours)
        assert found.curves.risk[place] == pytest.approx(risk, abs=1e-7)
        free.append(mean)
    assert found.rmst_difference.measure == "RMSTD"
    assert found.rmst_difference.estimate == pytest.approx((free[0] - free[1]) / 24, abs=1e-7)
    assert abs(free[0] - free[1]) > 0.1
    lo, hi = found.curves.lo, found.curves.hi
    assert ((lo <= found.curves.risk) & (found.curves.risk <= hi)).all()
    assert (lo[:, 1:] < hi[:, 1:]).all()


def test_the_last_point_of_a_curve_is_the_risk_of_the_answer() -> None:
    found = clone_censor_weight(cohort(), **ONE_INTERVAL, bootstraps=40, seed=3)
    assert found.curves.risk[:, -1].tolist() == [found.risk_start, found.risk_wait]
    assert found.risk_difference.risks is not None
    ends = [(r.lo, r.hi) for r in found.risk_difference.risks]
    limits = np.column_stack((found.curves.lo[:, -1], found.curves.hi[:, -1]))
    assert np.array(ends) == pytest.approx(limits)
    assert found.curves.events[:, -1].tolist() == [
        found.risk_difference.events_exposed,
        found.risk_difference.events_control,
    ]


def ratio(made: FollowUp, y: np.ndarray) -> Effect:
    (found,) = outcome_ratios(made, y[:, None], ["fracture"], **ONE_INTERVAL)
    assert isinstance(found, Effect)
    return found


def test_an_outcome_without_a_time_is_standardised() -> None:
    """Within the covariate the risks are those of who started; together those of everybody."""
    made = cohort()
    y = (np.arange(made.n) * 7 % 10 < 3).astype(float)
    found = ratio(made, y)
    risks = [np.average(y, weights=weights(made, arm)) for arm in ("start", "wait")]
    assert found.estimate == pytest.approx(risks[0] / risks[1], rel=1e-7)
    started = made.ever
    assert (found.n_exposed, found.n_control) == (started.sum(), (~started).sum())
    assert (found.events_exposed, found.events_control) == (y[started].sum(), y[~started].sum())


def test_who_is_not_known_is_weighted_and_not_counted() -> None:
    made = cohort()
    y = (np.arange(made.n) * 7 % 10 < 3).astype(float)
    y[::4] = NAN
    found, known = ratio(made, y), ~np.isnan(y)
    risks = [np.average(y[known], weights=weights(made, arm)[known]) for arm in ("start", "wait")]
    assert found.estimate == pytest.approx(risks[0] / risks[1], rel=1e-7)


def confounded(n: int, seed: int) -> tuple[FollowUp, np.ndarray]:
    """Who has x starts sooner, dies sooner and has the outcome oftener; the drug does nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    death, start = rng.exponential(300 / np.exp(0.5 * x)), rng.exponential(60 / np.exp(0.7 * x))
    end = np.minimum(death, 672.0)
    given = np.where(start < end, start, NAN)
    y = rng.random(n) < 1 / (1 + np.exp(1.2 - 0.9 * x))
    return follow_up(end, death <= 672, given, x[:, None], names=["x"]), y.astype(float)


def test_what_the_drug_cannot_change_has_no_effect() -> None:
    """30 simulated cohorts: the crude ratio is above 1.3, the weighted one about 1."""
    crude, weighted, covered = [], [], []
    for seed in range(30):
        made, y = confounded(600, seed)
        (found,) = outcome_ratios(made, y[:, None], ["fracture"])
        assert isinstance(found, Effect)
        early = made.start_hours <= 48
        crude.append(np.log(y[early].mean() / y[~early].mean()))
        weighted.append(np.log(found.estimate))
        covered.append(found.lo < 1 < found.hi)
    assert np.mean(crude) > np.log(1.3)
    error = np.std(weighted, ddof=1) / np.sqrt(len(weighted))
    assert abs(np.mean(weighted)) < 3 * error < 0.1
    assert np.mean(covered) >= 26 / 30


def test_an_outcome_of_one_strategy_alone_has_its_reason() -> None:
    made = cohort()
    y = np.column_stack((made.ever.astype(float), np.arange(made.n) % 3 == 0))
    first, second = outcome_ratios(made, y, ["rare", "common"], **ONE_INTERVAL)
    assert isinstance(first, AnalysisError)
    assert "no event" in str(first)
    assert isinstance(second, Effect)


def test_outcomes_are_yes_or_no() -> None:
    made = cohort()
    with pytest.raises(AnalysisError, match="needs 0, 1 or nan"):
        outcome_ratios(made, np.full((made.n, 1), 2.0), ["days"], **ONE_INTERVAL)


def test_days_free_of_the_event_have_limits_in_days() -> None:
    """A replicate's difference is one of days until the horizon, as the estimate is."""
    found = clone_censor_weight(cohort(), **ONE_INTERVAL, bootstraps=40, seed=3).rmst_difference
    assert found.lo < found.estimate < found.hi
    assert found.hi - found.lo < HORIZON / 24
    assert found.se < HORIZON / 24 / 2


def test_a_ratio_has_the_limits_and_p_of_t_with_19_degrees_of_freedom() -> None:
    made = cohort()
    found = ratio(made, (np.arange(made.n) * 7 % 10 < 3).astype(float))
    half = stdtrit(19, 0.975) * found.se
    value = np.log(found.estimate)
    assert (np.log(found.lo), np.log(found.hi)) == pytest.approx((value - half, value + half))
    assert found.p == pytest.approx(2 * stdtr(19, -abs(value) / found.se))


def test_an_outcome_that_nobody_of_a_strategy_is_known_of_has_its_reason() -> None:
    made = cohort()
    y = np.where(made.ever, NAN, 1.0)
    (found,) = outcome_ratios(made, y[:, None], ["fracture"], **ONE_INTERVAL)
    assert isinstance(found, AnalysisError)
