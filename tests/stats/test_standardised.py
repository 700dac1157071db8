"""Risks of a Cox model, standardised: as R's, and true where the truth is simulated."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit

from ehrivig.errors import AnalysisError
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.timezero import FollowUp, follow_up, sequential_trials
from ehrivig.stats.timezero.contrast import event_by, no_event
from ehrivig.stats.timezero.groups import N_GROUPS, groups_of, jackknife
from ehrivig.stats.timezero.landmark import landmark, landmark_adjusted
from ehrivig.stats.timezero.sequential import sequential_effects
from ehrivig.stats.timezero.standardised import (
    Pair,
    Standardised,
    standardised,
    standardised_effects,
)

OF_R = Path(__file__).parents[1] / "parity" / "standardised_risks.json"
NAN, HORIZON = float("nan"), 672.0


@pytest.mark.parametrize("people", ["everybody", "exposed"])
def test_as_r_averages_its_survival_curves(people: str) -> None:
    """Days free go in 168 steps here, from death to death there."""
    stored = json.loads(OF_R.read_text())
    data = {name: np.array(column, dtype=float) for name, column in stored["columns"].items()}
    x = np.column_stack((data["exposed"], data["age"], data["ph.ecog"]))
    stratum = data["stratum"].astype(int)
    fit = cox(data["time"], data["event"], x, strata=stratum)
    rows = data["exposed"] == 1 if people == "exposed" else np.ones(len(x), dtype=bool)
    found = standardised(fit, x[rows], stratum[rows], np.array(stored["horizon"], dtype=float))
    assert found.log_ratio == pytest.approx(stored["log_ratio"], rel=1e-8)
    assert found.risk == pytest.approx(stored[people]["risk"], rel=1e-7)
    assert found.free == pytest.approx(stored[people]["free"], rel=1e-3)


def world(n: int, seed: int, log_ratio: float) -> FollowUp:
    """Sicker patients (x) start sooner and die sooner; the drug acts from its start on."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    rate = 0.0006 * np.exp(0.6 * x)
    start = rng.exponential(120 / np.exp(0.5 * x))
    budget = rng.exponential(size=n)
    before = rate * start
    later = start + (budget - before) / (rate * math.exp(log_ratio))
    death = np.where(budget < before, budget / rate, later)
    end = np.minimum(death, HORIZON)
    given = np.where(start < end, start, NAN)
    return follow_up(end, death <= HORIZON, given, x[:, None], names=["severity"])


def truth(log_ratio: float) -> float:
    """Difference in risk of those who start in a window of a day, from its end on; simulated."""
    n, rng = 400_000, np.random.default_rng(11)
    x = rng.normal(size=n)
    rate = 0.0006 * np.exp(0.6 * x)
    start = rng.exponential(120 / np.exp(0.5 * x))
    total, people = 0.0, 0.0
    for trial in range(1, 8):
        zero = 24.0 * trial
        mine = (start >= zero - 24) & (start < zero)
        lived = np.exp(-rate * np.minimum(start, zero)) * np.exp(
            -rate * math.exp(log_ratio) * np.maximum(zero - start, 0)
        )
        span = HORIZON - zero
        treated = 1 - np.exp(-rate * math.exp(log_ratio) * span)
        not_treated = 1 - np.exp(-rate * span)
        total += float((lived * (treated - not_treated))[mine].sum())
        people += float(lived[mine].sum())
    return total / people


@pytest.mark.parametrize("log_ratio", [0.0, -0.7])
def test_the_risks_of_who_starts_are_true(log_ratio: float) -> None:
    """One simulated cohort of 12,000: within three standard errors."""
    ratio, difference, quotient, free = sequential_effects(world(12_000, 3, log_ratio), HORIZON)
    assert [ratio.measure, difference.measure, quotient.measure, free.measure] == [
        *("HR", "RD", "RR", "RMSTD")
    ]
    assert difference.se < 0.03
    assert abs(difference.estimate - truth(log_ratio)) < 3 * difference.se
    assert (free.estimate > 0) == (difference.estimate < 0)
    assert ratio.risks is not None
    a, b = ratio.risks
    assert difference.estimate == pytest.approx(a.estimate - b.estimate)
    assert quotient.estimate == pytest.approx(a.estimate / b.estimate)
    assert a.lo < a.estimate < a.hi


def test_the_hazard_ratio_is_that_of_the_trials() -> None:
    made = world(900, 5, -0.3)
    ratio = sequential_effects(made, HORIZON)[0]
    alone = sequential_trials(made)
    assert (ratio.estimate, ratio.se, ratio.p) == (alone.estimate, alone.se, alone.p)
    assert alone.risks is None


def test_the_interval_of_the_difference_holds_no_effect() -> None:
    """16 simulated cohorts of 400 without an effect."""
    made = [sequential_effects(world(400, seed, 0.0), HORIZON)[1] for seed in range(16)]
    assert sum(effect.lo <= 0 <= effect.hi for effect in made) >= 13
    estimates = [effect.estimate for effect in made]
    assert abs(np.mean(estimates)) < 3 * np.std(estimates) / math.sqrt(16)


def test_an_adjusted_landmark_has_risks_without_confounding() -> None:
    """The unadjusted risks beside it make a drug without an effect look harmful."""
    made = world(6_000, 8, 0.0)
    crude = landmark(made, 48.0, HORIZON)[0]
    ratio, difference, *_ = landmark_adjusted(made, 48.0, HORIZON)
    assert ratio.estimate == landmark(made, 48.0, HORIZON)[2].estimate
    assert crude.lo > 0.02
    assert difference.lo < 0 < difference.hi
    assert "g-formula" in difference.method


def test_a_horizon_before_the_trials_is_refused() -> None:
    with pytest.raises(AnalysisError, match="after the last time zero"):
        sequential_effects(world(300, 1, 0.0), 100.0)


def test_the_jackknife_of_a_mean_is_that_of_groups() -> None:
    made = world(400, 2, 0.0)
    group = groups_of(made)
    y = made.time_hours
    left = np.array([[y[group != g].mean()] for g in range(N_GROUPS)])
    value, se = jackknife(np.array([y.mean()]), left)
    means = np.array([y[group == g].mean() for g in range(N_GROUPS)])
    assert value[0] == pytest.approx(y.mean())
    assert se[0] == pytest.approx(means.std(ddof=1) / math.sqrt(N_GROUPS))


def carrier(dies: bool) -> FollowUp:
    """A cohort in which one person has a rare covariate."""
    made = world(400, 6, 0.0)
    who = int(np.flatnonzero(made.event == dies)[0])
    rare = np.zeros(made.n)
    rare[who] = 1.0
    assert made.x is not None
    return follow_up(
        *(made.time_hours, made.event, made.start_hours, np.column_stack((made.x, rare))),
        names=["severity", "rare"],
    )


def test_a_covariate_of_one_person_takes_no_risk_away() -> None:
    """Without his group it is the same for all: there it is left out, and the rest goes on."""
    made = carrier(dies=True)
    for found in (sequential_effects(made, HORIZON), landmark_adjusted(made, 48.0, HORIZON)):
        assert [effect.measure for effect in found] == ["HR", "RD", "RR", "RMSTD"]
        assert found[0].risks is not None
        assert math.isfinite(found[0].risks[0].lo)


def test_a_covariate_that_separates_is_named() -> None:
    with pytest.raises(AnalysisError, match="coefficient of rare runs to infinity"):
        sequential_effects(carrier(dies=False), HORIZON)


def test_many_deaths_take_no_risk_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many the hazard ratio is not corrected, and the risks have limits all the same."""
    made = world(800, 4, 0.0)
    monkeypatch.setattr("ehrivig.stats.timezero.sequential._ENOUGH_EVENTS", 10)
    ratio, difference, *_ = sequential_effects(made, HORIZON)
    assert "robust" in ratio.variance
    assert difference.lo < difference.estimate < difference.hi


@pytest.mark.parametrize(("risk", "word"), [(0.0, "no event"), (1.0, "nobody without the event")])
def test_an_arm_of_one_kind_says_what_its_interval_does_not_hold(risk: float, word: str) -> None:
    (said,) = no_event(0.4, risk, (80.0, 60.0))
    assert word in said
    bound = 1 - 0.05 ** (1 / 60)
    assert f"{bound if risk == 0 else 1 - bound:.1%}" in said
    assert no_event(0.4, 0.2, (80.0, 60.0)) == ()


def test_an_event_is_by_a_day_once() -> None:
    assert event_by("death within 28 days", 672.0) == "death within 28 days"
    assert event_by("death", 672.0) == "death by day 28"
    made = world(300, 9, 0.0)
    for effect in landmark_adjusted(made, 48.0, HORIZON):
        assert effect.estimand.count("by day 28") == 1


def test_limits_of_a_difference_from_those_of_both() -> None:
    """Zou & Donner 2008: with limits at even distances and no correlation, those of a difference
    have the root of the sum of squares; with one, as much less as the two go together."""
    pair = Pair(np.array([0.5, 0.5]), np.array([0.2, 0.3]), 0.0)
    lo, hi = pair.each(1.5)
    half = (hi - lo) / 2
    assert pair.difference(1.5)[1] == pytest.approx(math.hypot(*half))
    assert pair.difference(1.5)[0] == pytest.approx(-math.hypot(*half))
    together = Pair(pair.value, np.array([0.3, 0.3]), 1.0)
    assert together.difference(1.5) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_the_p_of_a_difference_is_of_its_interval() -> None:
    pair = Pair(np.array([0.31, 0.22]), np.array([0.3, 0.25]), 0.4)
    t = -float(stdtrit(N_GROUPS - 1, pair.p() / 2))
    assert pair.difference(t)[0] == pytest.approx(0, abs=1e-9)
    mirrored = Pair(pair.value[::-1].copy(), pair.se[::-1].copy(), 0.4)
    assert mirrored.p() == pytest.approx(pair.p())
    assert mirrored.difference(2.0) == pytest.approx(tuple(-v for v in pair.difference(2.0)[::-1]))
    assert Pair(np.array([0.3, 0.3]), pair.se, 0.4).p() == 1
    assert Pair(np.array([0.9, 0.1]), np.array([1e-6, 1e-6]), 0.0).p() == 0


def test_each_standard_error_is_that_of_its_own_contrast() -> None:
    """The jackknife of the risks' difference, of the days free, and of the log of the ratio."""
    rng = np.random.default_rng(4)
    ratio = landmark(world(400, 6, 0.0), 48.0, HORIZON)[2]
    risk, free = rng.uniform(0.2, 0.4, (N_GROUPS, 2)), rng.uniform(300, 500, (N_GROUPS, 2))
    left = [Standardised(0.1, r, f, HORIZON) for r, f in zip(risk, free, strict=True)]
    whole = Standardised(0.1, risk.mean(axis=0), free.mean(axis=0), HORIZON)
    _, difference, quotient, days = standardised_effects(ratio, whole, left, HORIZON)
    for found, parts in (
        (difference, risk[:, 0] - risk[:, 1]),
        (quotient, np.log(risk[:, 0] / risk[:, 1])),
        (days, (free[:, 0] - free[:, 1]) / 24),
    ):
        error = math.sqrt((N_GROUPS - 1) / N_GROUPS * ((parts - parts.mean()) ** 2).sum())
        assert found.se == pytest.approx(error)
    assert days.estimate == pytest.approx((whole.free[0] - whole.free[1]) / 24)
    half = stdtrit(N_GROUPS - 1, 0.975) * quotient.se
    assert math.log(quotient.hi) - math.log(quotient.estimate) == pytest.approx(half)
    assert difference.risks == quotient.risks == days.risks


def test_a_risk_of_0_or_1_in_any_part_leaves_the_hazard_ratio_alone() -> None:
    ratio = landmark(world(400, 6, 0.0), 48.0, HORIZON)[2]
    free = np.array([400.0, 420.0])
    good = Standardised(0.1, np.array([0.3, 0.2]), free, HORIZON)
    for odd in ([0.0, 0.2], [0.3, 1.0]):
        left = [good] * (N_GROUPS - 1) + [Standardised(0.1, np.array(odd), free, HORIZON)]
        (alone,) = standardised_effects(ratio, good, left, HORIZON)
        assert alone.risks is not None
        assert alone.risks[0].estimate == 0.3
        assert math.isnan(alone.risks[0].lo)
    (alone,) = standardised_effects(ratio, good, [good] * N_GROUPS, HORIZON)  # nothing varies
    assert alone.estimate == ratio.estimate


@pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 0.123])
def test_groups_that_change_nothing_leave_no_error(value: float) -> None:
    """The mean of twenty equal numbers is off by rounding, which is no error of anything."""
    found, se = jackknife(np.array([value]), np.full((N_GROUPS, 1), value))
    assert found[0] == pytest.approx(value)
    assert se[0] == 0
