"""Dose plans by hand: the grid of days, the state machine, and what a plan cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import DoseDays, DosePlan, dose_days
from ehrivig.stats.dose_plans.clone_censor_weight import (
    _reason,
    plan_copies,
    planned_starts,
    risk_by_day,
)
from ehrivig.stats.dose_plans.contrasts import PlanRisks, bootstrapped, largest_said, plan_effects
from ehrivig.stats.dose_plans.days import history, metric_of
from ehrivig.stats.dose_plans.plan import DOSE, FREE, NO_DOSE, START, demands

PLAN = DosePlan("2 or 3 days", days_at_least=2, days_at_most=3)
NAN = np.nan


def grid(
    grams: list[list[float]], time: list[float], died: list[int], leaves: list[float]
) -> DoseDays:
    return dose_days(time, died, leaves, grams, horizon_days=len(grams[0]))


def long_stay(*grams: float) -> DoseDays:
    """One person in hospital on all days."""
    return grid([list(grams)], [24.0 * len(grams)], [0], [NAN])


def test_what_is_demanded_by_day_and_doses_so_far() -> None:
    day = np.array([0, 1, 2, 0, 1, 2, 3, 4])
    count = np.array([0, 0, 0, 1, 1, 2, 2, 3], dtype=float)
    asked = demands(PLAN, day, count, 2)
    assert asked.tolist() == [START, START, NO_DOSE, DOSE, DOSE, FREE, FREE, NO_DOSE]
    never = demands(DosePlan("never", days_at_most=0), day, np.zeros(8), 2)
    assert set(never.tolist()) == {NO_DOSE}


@pytest.mark.parametrize(
    ("grams", "kept_through"),
    [
        ((5, 5, 0, 0, 0), 5),  # two days, then stopped
        ((0, 5, 5, 5, 0), 5),  # started on the last day of grace, three days
        ((0, 5, 5, 0, 5), 5),  # free after the second, and not above three
        ((0, 0, 5, 5, 0), 1),  # not started within grace: out on the second day
        ((5, 0, 5, 0, 0), 1),  # a gap before the days are full
        ((5, 5, 5, 5, 0), 3),  # a fourth day
    ],
)
def test_a_copy_is_censored_on_the_day_of_its_departure(
    grams: tuple[float, ...], kept_through: int
) -> None:
    copies = plan_copies(long_stay(*grams), PLAN, 2)
    assert copies.keeps.sum() == kept_through
    assert copies.uncensored.sum() == min(kept_through + 1, 5)
    assert copies.complete[0] == (kept_through == 5)


def test_nothing_is_demanded_of_the_dead_or_of_whoever_left() -> None:
    days = grid(
        [[5, 0, 0, 0]] * 3, [30.0, 96.0, 96.0], [1, 0, 0], [NAN, 30.0, NAN]
    )  # dead on the second day, gone on it, still there on it
    copies = plan_copies(days, DosePlan("2 days", days_at_least=2), 2)
    assert copies.keeps[:, -1].tolist() == [True, True, False]
    assert copies.complete.tolist() == [False, False, False]


def test_amounts_of_every_day_must_be_in_range_and_unknown_ones_are_not() -> None:
    plan = DosePlan("10 to 20 g", days_at_least=2, grams_at_least=10, grams_at_most=20)
    days = grid(
        [[10, 20, 0], [10, 9, 0], [10, NAN, 0], [10, 10, 21]], [72.0] * 4, [0] * 4, [NAN] * 4
    )
    copies = plan_copies(days, plan, 1)
    assert copies.keeps.sum(axis=1).tolist() == [3, 1, 1, 2]
    any_amount = plan_copies(days, DosePlan("2 days", days_at_least=2), 1)
    assert any_amount.keeps.all()


def test_the_order_of_a_day_is_death_then_leaving_then_dose() -> None:
    days = grid(
        [[5, 5, 5], [5, 5, 5], [5, 0, NAN]],
        [47.0, 72.0, 72.0],
        [1, 0, 1],
        [NAN, 26.0, NAN],
    )
    assert days.dosed.tolist() == [[True, False, False], [True, False, False], [True, False, False]]
    assert days.unused == 2 + 2 + 1
    assert days.died.tolist() == [[False, True, False], [False] * 3, [False, False, True]]
    assert days.left[1].tolist() == [False, True, False]
    assert days.present.tolist() == [[True, True, False], [True, True, False], [True] * 3]
    assert days.at_risk.tolist() == [[True, True, False], [True] * 3, [True] * 3]


def test_whoever_is_lost_is_at_risk_on_whole_days_only() -> None:
    days = grid([[0, 0, 0]] * 2, [40.0, 48.0], [0, 0], [NAN, NAN])
    assert days.at_risk.tolist() == [[True, False, False], [True, True, False]]


def test_unknown_amounts_stay_unknown() -> None:
    past = history(long_stay(5, NAN, 0, 5))
    assert past.dosed_days[0].tolist() == [0, 1, 2, 2]
    np.testing.assert_array_equal(metric_of("grams", past)[0], [0, 5, NAN, NAN])
    np.testing.assert_array_equal(past.last_grams[0], [0, 5, NAN, NAN])
    assert metric_of("dose_days", past)[0].tolist() == [0, 1, 2, 2]


def test_starts_come_when_they_did() -> None:
    # of 4 at risk one starts on the first day, of 3 two on the second: 1/4, and 3/4 x 2/3
    days = grid([[5, 0, 0], [0, 5, 0], [0, 5, 0], [0, 0, 0]], [72.0] * 4, [0] * 4, [NAN] * 4)
    chance = planned_starts(days, np.ones(4), 2)
    np.testing.assert_allclose(chance, [0.25 / 0.75, 1.0])
    with pytest.raises(AnalysisError, match="nobody starts"):
        planned_starts(days, np.array([0.0, 0, 0, 1]), 2)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"days_at_least": 3, "days_at_most": 2}, "above days_at_most"),
        ({"days_at_least": 0}, "below 1"),
        ({"grams_at_least": 9, "grams_at_most": 5}, "above grams_at_most"),
        ({"grams_at_most": 0}, "above 0"),
        ({"days_at_most": 0, "grams_at_least": 5}, "of no dose"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(numbers: dict[str, int], said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        DosePlan("odd", **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"time_hours": [0.0]}, "not above 0"),
        ({"grams": [[1.0, 2.0]]}, "a column for each of 3 days"),
        ({"grams": [[1.0, 2.0, -1.0]]}, "negative"),
        ({"leaves_hours": [1.0, 2.0]}, "one value per row"),
        ({"horizon_days": 1}, "needs more than 1"),
    ],
)
def test_a_grid_says_what_it_cannot_be_made_of(changed: dict[str, object], said: str) -> None:
    given = {
        "time_hours": [72.0],
        "event": [0],
        "leaves_hours": [NAN],
        "grams": [[0.0, 0.0, 0.0]],
        "horizon_days": 3,
    }
    with pytest.raises(AnalysisError, match=said):
        dose_days(**given | changed)  # type: ignore[arg-type]


def test_effects_of_plans_are_of_the_level_that_was_asked() -> None:
    """Percentiles of the replicates, and the level stands in the effect."""
    plans = (DosePlan("long", days_at_least=5), DosePlan("short", days_at_most=2))
    replicates = np.random.default_rng(1).uniform(0.1, 0.4, (400, 2))
    found = PlanRisks(plans, np.array([0.3, 0.2]), ("", ""), (90, 80), (30, 20), ((), ()))
    words = ("death", "method", "as planned")
    for level in (0.8, 0.95):
        ((difference, ratio),) = plan_effects(
            found, replicates, words=words, horizon_days=28, level=level
        )
        tails = ((1 - level) / 2, (1 + level) / 2)
        drawn = replicates[:, 0] - replicates[:, 1]
        assert (difference.lo, difference.hi) == pytest.approx(
            tuple(np.quantile(drawn, tails, method="weibull"))
        )
        assert difference.level == ratio.level == level
        ends = np.quantile(replicates, tails, axis=0, method="weibull")
        for effect in (difference, ratio):
            assert effect.risks is not None
            for k, risk in enumerate(effect.risks):
                assert (risk.estimate, risk.lo, risk.hi) == ((0.3, 0.2)[k], *ends[:, k])
            counts = (effect.n_exposed, effect.events_exposed)
            assert (*counts, effect.n_control, effect.events_control) == (90, 30, 80, 20)
        assert difference.se == pytest.approx(drawn.std(ddof=1))
        assert ratio.estimate == pytest.approx(1.5)


def test_a_death_in_the_first_hour_is_one_of_the_first_day() -> None:
    days = grid([[0, 0], [0, 0]], [0.5, 48.0], [1, 0], [NAN, NAN])
    assert days.died[0].tolist() == [True, False]
    assert days.at_risk[0].tolist() == [True, False]


def test_days_on_which_nobody_is_at_risk_have_no_start_and_no_risk() -> None:
    everybody = grid([[5, 0, 0]] * 2, [72.0, 60.0], [0, 0], [NAN, NAN])
    np.testing.assert_array_equal(planned_starts(everybody, np.ones(2), 2), [1.0, 1.0])
    lost = grid([[0, 0, 0]] * 4, [30.0, 47.0, 48.0, 48.0], [1, 0, 0, 0], [NAN] * 4)
    risk = risk_by_day(lost, np.ones((4, 3)), np.ones(4))
    np.testing.assert_allclose(risk, [0.0, 1 / 3, NAN])


@pytest.mark.parametrize(("n", "said"), [(10, ""), (9, "fewer than 10 people follow it")])
def test_a_plan_that_ten_people_follow_stands_for_everybody(n: int, said: str) -> None:
    plan = DosePlan("2 days", days_at_least=2)
    days = grid([[5, 5, 0]] * n + [[0, 0, 0]] * 5, [72.0] * (n + 5), [0] * (n + 5), [NAN] * (n + 5))
    assert _reason(days, plan_copies(days, plan, 1), 0.1).startswith(said)
    assert bool(_reason(days, plan_copies(days, plan, 1), 0.1)) == bool(said)


def test_everybody_is_drawn_anew_about_once() -> None:
    drawn = bootstrapped(lambda frequency, _: frequency, 6, 400, 1)
    assert drawn.sum(axis=1).tolist() == [6.0] * 400
    np.testing.assert_allclose(drawn.mean(axis=0), 1.0, atol=0.2)  # standard error 0.05


def test_replicates_have_numbers_from_1() -> None:
    assert bootstrapped(lambda _, number: np.array(number), 3, 40, 1).tolist() == [*range(1, 41)]


def test_up_to_5_percent_of_replicates_without_an_event_leave_the_ratio() -> None:
    plans = (DosePlan("long", days_at_least=5), DosePlan("short", days_at_most=2))
    found = PlanRisks(plans, np.array([0.3, 0.2]), ("", ""), (90, 80), (30, 20), ((), ()))
    for empty, there in ((5, True), (6, False)):
        replicates = np.random.default_rng(1).uniform(0.1, 0.4, (100, 2))
        replicates[:empty, 1] = 0.0
        ((_, ratio),) = plan_effects(
            found, replicates, words=("death", "method", "as planned"), horizon_days=28, level=0.95
        )
        assert np.isfinite(ratio.estimate) == there
        lost = np.where(replicates == 0, NAN, replicates)
        (pair,) = plan_effects(
            found, lost, words=("death", "method", "as planned"), horizon_days=28, level=0.95
        )
        assert isinstance(pair, tuple) == there


def test_who_departs_on_the_last_day_has_not_followed_the_plan() -> None:
    copies = plan_copies(long_stay(5, 5, 0, 5), DosePlan("2 days", 2, 2), 1)
    assert copies.keeps[0].tolist() == [True, True, True, False]
    assert not copies.complete[0]
    assert not copies.kept[0]


def test_a_weight_above_20_is_said_to_be_heavy() -> None:
    assert largest_said(np.array([1.0, 20.0])) == "20.0"
    assert "few stand for many" in largest_said(np.array([1.0, 20.1]))
    assert largest_said(np.zeros(0)) == "0.0"
