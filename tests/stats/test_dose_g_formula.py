"""The g-formula: with a severity of yes or no, its risks by hand, state by state."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import DoseDays, DosePlan, GFormula, dose_days, dose_g_formula
from ehrivig.stats.dose_plans.clone_censor_weight import planned_starts
from ehrivig.stats.dose_plans.g_formula import LARGEST_GAP, Problem, _natural_course
from ehrivig.stats.dose_plans.simulate import _drawn
from ehrivig.stats.timezero import course

N, DAYS, GRACE = 3000, 4, 2
PLANS = (
    DosePlan("2 days or more", days_at_least=2),
    DosePlan("1 day", days_at_most=1),
    DosePlan("never", days_at_most=0),
)


def expit(eta: float) -> float:
    return float(1 / (1 + np.exp(-eta)))


def simulated(seed: int) -> tuple[np.ndarray, ...]:
    """Severity (n, D) of 0 and 1, doses, and when each died or left; severity drives all."""
    rng = np.random.default_rng(seed)
    severe, grams = np.zeros((N, DAYS)), np.zeros((N, DAYS))
    time, died, leaves = np.full(N, DAYS * 24.0), np.zeros(N), np.full(N, np.nan)
    for i in range(N):
        bad, doses, inside = float(rng.random() < 0.5), 0, True
        for t in range(DAYS):
            if t and inside:
                bad = float(rng.random() < expit(-1 + 2 * bad - 0.5 * (grams[i, t - 1] > 0)))
            severe[i, t] = bad
            if rng.random() < expit(-2.5 + 1.2 * bad - 0.3 * doses - (not inside)):
                time[i], died[i] = t * 24 + 12, 1
                break
            if inside and rng.random() < expit(-1.5 - bad):
                inside, leaves[i] = False, t * 24 + 13
            if inside and rng.random() < expit(-1 + bad + 1.5 * (doses > 0)):
                grams[i, t], doses = 5.0, doses + 1
    return severe, grams, time, died, leaves


@cache
def cohort() -> DoseDays:
    severe, grams, time, died, leaves = simulated(1)
    moves = course(severe, names=["severe"])
    return dose_days(time, died, leaves, grams, horizon_days=DAYS, course=moves)


@cache
def fits() -> dict[str, np.ndarray]:
    """Coefficients of every model, by statsmodels on the long table."""
    days, rows = cohort(), []
    for i in range(days.n):
        doses, yesterday, was = 0, 0, 0.0
        for t in range(days.n_days):
            if not days.at_risk[i, t]:
                break
            there = days.present[i, t]
            row = {"there": there, "t": t, "bad": days.moving[i, t, 0], "was": was}
            row |= {"doses": doses, "yesterday": yesterday, "died": days.died[i, t]}
            row |= {"left": days.left[i, t], "decides": days.decides[i, t]}
            rows.append(row | {"dosed": days.dosed[i, t]})
            yesterday, was = int(days.dosed[i, t]), row["bad"]
            doses += yesterday
    table = pd.DataFrame(rows).astype(float)
    inside, decides = table[table.there == 1], table[table.decides == 1]
    return {
        "move": fitted(inside[inside.t > 0], "bad", ["was", "yesterday", "doses"]),
        "death": fitted(inside, "died", ["bad", "doses"]),
        "outside": fitted(table[table.there == 0], "died", ["bad", "doses"]),
        "leave": fitted(inside[inside.died == 0], "left", ["bad", "yesterday", "doses"]),
        "start": fitted(decides[decides.doses == 0], "dosed", ["bad"]),
        "go_on": fitted(decides[decides.doses > 0], "dosed", ["bad", "yesterday", "doses"]),
    }


def fitted(rows: pd.DataFrame, event: str, names: list[str]) -> np.ndarray:
    """Four days with a log of the day; three without, its coefficient 0."""
    day, n_days = rows.t + 1, rows.t.nunique()
    time = [np.ones(len(rows)), day, day**2, np.log(day)][:n_days]
    columns = np.column_stack((*time, rows[names]))
    family = sm.families.Binomial()
    found = np.asarray(sm.GLM(rows[event], columns, family=family).fit(tol=1e-12).params)
    return np.concatenate((found[:n_days], np.zeros(4 - n_days), found[n_days:]))


def chance(what: str, t: int, *values: float) -> float:
    day = t + 1.0
    return expit(fits()[what] @ np.array([1, day, day**2, np.log(day), *values]))


def by_hand(plan: DosePlan | None) -> list[float]:
    """The risk by each day: all states of the living, with the share of people in each."""
    days = cohort()
    starts = planned_starts(days, np.ones(days.n), GRACE)
    bad = float(days.moving[:, 0, 0].mean())
    living = {(1.0, True, 0, 0): bad, (0.0, True, 0, 0): 1 - bad}
    risks = []
    for t in range(DAYS):
        after: dict[tuple[float, bool, int, int], float] = {}
        for (severe, inside, doses, yesterday), share in living.items():
            for now, p in moved(t, severe, inside, doses, yesterday):
                dies = chance("death" if inside else "outside", t, now, doses)
                rest = share * p * (1 - dies)
                for goes, q in left(t, now, inside, doses, yesterday):
                    for dose, r in dosed(plan, starts, t, now, goes, doses, yesterday):
                        state = (now, goes, doses + dose, dose)
                        after[state] = after.get(state, 0.0) + rest * q * r
        living = after
        risks.append(1 - sum(living.values()))
    return risks


def moved(t, severe, inside, doses, yesterday):  # type: ignore[no-untyped-def]
    if t == 0 or not inside:
        return [(severe, 1.0)]
    p = chance("move", t, severe, yesterday, doses)
    return [(1.0, p), (0.0, 1 - p)]


def left(t, severe, inside, doses, yesterday):  # type: ignore[no-untyped-def]
    if not inside:
        return [(False, 1.0)]
    p = chance("leave", t, severe, yesterday, doses)
    return [(False, p), (True, 1 - p)]


def dosed(plan, starts, t, severe, inside, doses, yesterday):  # type: ignore[no-untyped-def]
    if not inside:
        return [(0, 1.0)]
    p = chance("go_on", t, severe, yesterday, doses) if doses else chance("start", t, severe)
    if plan is not None:
        if plan.never or doses >= (plan.days_at_most or 99):
            p = 0.0
        elif not doses:
            p = starts[t] if t < GRACE else 0.0
        elif doses < plan.days_at_least:
            p = 1.0
    return [(1, p), (0, 1 - p)]


def test_risks_are_the_sum_over_all_states() -> None:
    found, reasons, notes = Problem(cohort(), PLANS, "dose_days", GRACE).risks(
        np.ones(N), 400_000, 1
    )
    assert (reasons, notes) == (("", "", ""), ())
    expected = [by_hand(plan) for plan in (*PLANS, None)]
    np.testing.assert_allclose(found, expected, atol=1.5e-3)
    assert expected[0][-1] < expected[2][-1] - 0.03


def test_the_natural_course_is_checked_and_said() -> None:
    found = dose_g_formula(cohort(), PLANS, grace_days=GRACE, horizon_days=DAYS, bootstraps=40)
    assert found.holds
    assert found.gap < 0.01
    effects = found.effects[0]
    assert not isinstance(effects, AnalysisError)
    assert any(note.startswith("natural course by day") for note in effects[0].notes)
    assert effects[0].lo <= effects[0].estimate <= effects[0].hi
    days = cohort()
    assert effects[0].events_exposed <= int(days.died.sum())


def test_a_natural_course_that_is_not_reproduced_says_so() -> None:
    off = GFormula(np.zeros((2, 3)), np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.33]), [])
    assert not off.holds
    assert off.gap > LARGEST_GAP
    assert "NOT REPRODUCED" in _natural_course(off)


def test_the_same_seed_gives_the_same_answer_and_another_a_near_one() -> None:
    problem = Problem(cohort(), PLANS, "dose_days", GRACE)
    first, again, other = (problem.risks(np.ones(N), 20_000, s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert 0 < np.abs(first - other).max() < 0.01


def test_amounts_are_drawn_in_the_range_of_a_plan() -> None:
    severe, grams, time, died, leaves = simulated(2)
    rng = np.random.default_rng(3)
    amount = rng.choice([5.0, 10.0, 15.0, 20.0, 25.0], size=grams.shape)
    days = dose_days(
        time,
        died,
        leaves,
        np.where(grams > 0, amount, 0.0),
        horizon_days=DAYS,
        course=course(severe, names=["severe"]),
    )
    plans = (
        DosePlan("15 g or more", grams_at_least=15),
        DosePlan("10 g or less", grams_at_most=10),
        DosePlan("1000 g", grams_at_least=1000),
    )
    found, reasons, _ = Problem(days, plans, "grams", GRACE).risks(np.ones(N), 20_000, 1)
    assert reasons[:2] == ("", "")
    assert "never given" in reasons[2]
    assert found[0, -1] < found[1, -1]
    with pytest.raises(AnalysisError, match="need the dose metric grams"):
        dose_g_formula(days, plans, horizon_days=DAYS, bootstraps=40)


def test_where_nobody_is_followed_after_leaving_there_is_no_answer() -> None:
    severe, grams, time, died, leaves = simulated(1)
    gone = ~np.isnan(leaves)
    seen = np.where(gone, leaves, time)
    days = dose_days(seen, died * ~gone, leaves, grams, horizon_days=DAYS, course=course(severe))
    with pytest.raises(AnalysisError, match="nobody is followed after leaving"):
        dose_g_formula(days, PLANS, grace_days=GRACE, horizon_days=DAYS, bootstraps=40)


def test_amounts_come_by_their_chances_and_within_a_class_as_observed() -> None:
    """Classes of 5, and of 10 (twice) and 15 g: by chance 0.3 and 0.7."""
    amounts = SimpleNamespace(
        edges=np.array([5.0, 15.0]),
        grams=np.array([5.0, 10.0, 10.0, 15.0]),
        place=np.array([0, 1, 1, 1]),
    )
    m = 1000
    even = (np.arange(m) + 0.5) / m
    uniform = np.stack((np.tile(even, 9), np.repeat((np.arange(9) + 0.5) / 9, m)))
    chance = np.tile([0.3, 0.7], (9 * m, 1))

    def shares(plan: DosePlan | None) -> dict[float, float]:
        grams = _drawn(amounts, plan, chance, uniform)  # type: ignore[arg-type]
        kinds, counts = np.unique(grams, return_counts=True)
        return dict(zip(kinds.tolist(), (counts / counts.sum()).tolist(), strict=True))

    assert shares(None) == pytest.approx({5: 0.3, 10: 0.7 * 2 / 3, 15: 0.7 / 3}, abs=1e-3)
    some = shares(DosePlan("10 g or less", grams_at_most=10))  # 15 g of the upper class are out
    upper = 0.7 * 2 / 3
    assert some == pytest.approx({5: 0.3 / (0.3 + upper), 10: upper / (0.3 + upper)}, abs=1e-3)
    assert shares(DosePlan("more than 10", grams_at_least=11)) == {15.0: 1.0}
    assert shares(DosePlan("5", grams_at_most=5)) == {5.0: 1.0}
