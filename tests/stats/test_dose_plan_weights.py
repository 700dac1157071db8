"""Weights of dose plans and of the structural model, by statsmodels on the long table."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import (
    DoseDays,
    DosePlan,
    dose_clone_censor_weight,
    dose_days,
    dose_structural_model,
)
from ehrivig.stats.dose_plans.clone_censor_weight import Problem, planned_starts
from ehrivig.stats.dose_plans.contrasts import HEAVY
from ehrivig.stats.dose_plans.plan import in_range
from tests.dose_worlds import GRACE, WORLDS, World

N = 500
PLANS = (
    DosePlan("3 days of 10 g or more", days_at_least=3, grams_at_least=10.0),
    DosePlan("1 or 2 days", days_at_most=2),
    DosePlan("never", days_at_most=0),
)
TIME = "day + I(day**2) + I(np.log(day))"
KNOWN = "first + severity"


@cache
def world() -> DoseDays:
    return World(N, 5, WORLDS["days"]).days()


@cache
def long_table() -> pd.DataFrame:
    """A row per person and day in the hospital, made step by step."""
    days, rows = world(), []
    for i in range(days.n):
        dosed_days, grams, last, yesterday = 0, 0.0, 0.0, 0
        for t in range(days.n_days):
            if not days.present[i, t]:
                break
            row = {"i": i, "t": t, "day": t + 1.0, "first": days.x[i, 0]}
            row |= {"severity": days.moving[i, t, 0], "died": int(days.died[i, t])}
            row |= {"left": int(days.left[i, t]), "decides": int(days.decides[i, t])}
            row |= {"dosed_days": dosed_days, "grams": grams, "last": last}
            row |= {"yesterday": yesterday, "dosed": int(days.dosed[i, t])}
            row["amount"] = days.grams[i, t]
            rows.append(row)
            yesterday = int(days.dosed[i, t])
            dosed_days, grams = dosed_days + yesterday, grams + days.grams[i, t]
            last = days.grams[i, t] if yesterday else last
    return pd.DataFrame(rows)


def chance(formula: str, rows: pd.DataFrame) -> pd.Series:
    fit = smf.glm(formula, rows, family=sm.families.Binomial()).fit(tol=1e-13, maxiter=100)
    return fit.fittedvalues


def split_chance(what: str, rows: pd.DataFrame, later: str, known: str) -> pd.Series:
    """Of those not dosed yet, and of those dosed, each by its own model."""
    own = [
        chance(f"{what} ~ {TIME}{known}", rows[rows.dosed_days == 0]),
        chance(f"{what} ~ {TIME}{known} + {later}", rows[rows.dosed_days > 0]),
    ]
    return pd.concat(own).reindex(rows.index)


def dosing(known: str) -> pd.Series:
    rows = long_table()[long_table().decides == 1]
    return split_chance("dosed", rows, "yesterday + dosed_days", known)


def test_weights_of_plans() -> None:
    days, rows = world(), long_table()
    rows = rows.assign(p=dosing(f" + {KNOWN}"))
    given = rows[rows.dosed == 1].copy()
    given["right"] = (given.amount >= 10).astype(int)
    rows["r"] = split_chance("right", given, "dosed_days + last", f" + {KNOWN}")
    starts = planned_starts(days, np.ones(days.n), GRACE)
    found, notes = Problem(days, PLANS, GRACE).weights(np.ones(days.n))
    assert notes == ()
    for plan, weights in zip(PLANS, found, strict=True):
        expected = np.array([by_hand(one, plan, starts) for _, one in rows.groupby("i")])
        np.testing.assert_allclose(weights, expected, rtol=1e-6, atol=1e-9)
        assert (weights[:, -1] > 0).sum() > 20


def by_hand(person: pd.DataFrame, plan: DosePlan, starts: np.ndarray) -> list[float]:
    """The weights of one person's copy, day by day."""
    weight, out = 1.0, [1.0]
    for row in person.itertuples():
        if row.decides and weight > 0:
            right = bool(in_range(plan, np.array([row.amount]))[0])
            gives = row.p if row.dosed else 1 - row.p
            if plan.never or row.dosed_days >= (plan.days_at_most or math.inf):
                weight *= (1 - row.dosed) / gives
            elif row.dosed_days == 0:
                own = starts[row.t] if row.t < GRACE else 0.0
                weight *= (own if row.dosed else 1 - own) / gives
            elif row.dosed_days < plan.days_at_least:
                weight *= row.dosed / gives
            if row.dosed and plan.grams:
                weight *= right / row.r
        out.append(weight)
    out += [weight] * (29 - len(out))
    return out[:28]


def test_risks_are_those_of_the_weighted_survivors() -> None:
    days = world()
    problem = Problem(days, PLANS, GRACE)
    weights, _ = problem.weights(np.ones(days.n))
    for weight, risk in zip(weights, problem.risks(np.ones(days.n)), strict=True):
        alive = 1.0
        for t in range(days.n_days):
            w = weight[:, t]
            alive *= 1 - (w * days.died[:, t]).sum() / (w * days.at_risk[:, t]).sum()
            assert risk[t] == pytest.approx(1 - alive, abs=1e-12)


def test_a_replicate_is_the_cohort_of_its_people() -> None:
    days, problem = world(), Problem(world(), PLANS, GRACE)
    drawn = np.random.default_rng(1).integers(0, days.n, days.n)
    frequency = np.bincount(drawn, minlength=days.n).astype(float)
    again = World(N, 5, WORLDS["days"])
    again.time, again.died, again.leaves = again.time[drawn], again.died[drawn], again.leaves[drawn]
    again.grams, again.severity = again.grams[drawn], again.severity[drawn]
    copied = Problem(again.days(), PLANS, GRACE).risks(np.ones(days.n))
    np.testing.assert_allclose(problem.risks(frequency), copied, rtol=1e-6)


def structural_by_hand(metric: str) -> tuple[np.ndarray, float]:
    """The weights of the long table's rows, and the coefficient of the metric."""
    rows = long_table().copy()
    so_far = "dosed_days" if metric == "dose_days" else "grams"
    stays = rows[rows.died == 0]
    stay = [
        1 - chance(f"left ~ {TIME}{known} + yesterday + {so_far}", stays)
        for known in ("", f" + {KNOWN}")
    ]
    rows["stay"] = (stay[0] / stay[1]).where(stays.left == 0, 1.0)
    top, bottom = dosing(""), dosing(f" + {KNOWN}")
    one = rows.dosed == 1
    rows["dose"] = (top / bottom).where(one, (1 - top) / (1 - bottom))
    rows["amount_ratio"] = amount_ratio(rows) if metric == "grams" else 1.0
    factor = rows[["stay", "dose", "amount_ratio"]].fillna(1.0).prod(axis=1)
    weight = factor.groupby(rows.i).cumprod().groupby(rows.i).shift(1).fillna(1.0)
    model = smf.glm(
        f"died ~ {TIME} + {so_far}", rows, family=sm.families.Binomial(), freq_weights=weight
    ).fit(tol=1e-13)
    return weight.to_numpy(), float(model.params[so_far])


def amount_ratio(rows: pd.DataFrame) -> pd.Series:
    """The chance of the class of an amount without over with covariates; classes 5, 10, 15, 20."""
    given = rows[rows.dosed == 1]
    out = []
    for known in ("", f" + {KNOWN}"):
        total = pd.Series(1.0, given.index)
        for grams in (5, 10, 15):
            open_ = given[given.amount >= grams].copy()
            open_["here"] = (open_.amount == grams).astype(int)
            p = split_chance("here", open_, "dosed_days + last", known)
            total[open_.index] *= p.where(open_.here == 1, 1 - p)
        out.append(total)
    return out[0] / out[1]


@pytest.mark.parametrize(("metric", "step"), [("dose_days", 1.0), ("grams", 10.0)])
def test_structural_model(metric: str, step: float) -> None:
    found = dose_structural_model(world(), metric=metric, bootstraps=40)  # type: ignore[arg-type]
    assert found.effect.level == 0.95
    weight, slope = structural_by_hand(metric)
    np.testing.assert_allclose(found.weight, weight, rtol=1e-6)
    assert math.log(found.effect.estimate) == pytest.approx(slope * step, abs=1e-6)
    assert found.effect.lo < found.effect.estimate < found.effect.hi
    assert f"the largest {found.largest:.1f}" in found.effect.notes[0]
    per = "per 10 g so far" if metric == "grams" else "per day dosed so far"
    assert found.effect.estimand.startswith(per)
    days, rows = world(), long_table()
    ever = (days.dosed & days.present).any(axis=1)
    dead = np.isin(np.arange(N), rows[rows.died == 1].i)
    assert (found.effect.n_exposed, found.effect.n_control) == (ever.sum(), (~ever).sum())
    events = (found.effect.events_exposed, found.effect.events_control)
    assert events == ((ever & dead).sum(), (~ever & dead).sum())
    assert ("do not read this" in found.effect.notes[0]) == (found.largest > HEAVY)


def test_whom_nobody_follows_has_its_reason_and_the_others_their_numbers() -> None:
    plans = (*PLANS[1:], DosePlan("100 g", grams_at_least=100))
    fine, none = dose_clone_censor_weight(
        world(), plans, grace_days=GRACE, horizon_days=28, bootstraps=40
    )
    assert isinstance(none, AnalysisError)
    assert "nobody follows it" in str(none)
    assert not isinstance(fine, AnalysisError)
    assert [effect.measure for effect in fine] == ["RD", "RR"]
    assert fine[0].lo < fine[0].estimate < fine[0].hi


def test_an_unknown_amount_leaves_plans_of_grams_alone() -> None:
    made = World(N, 5, WORLDS["days"])
    made.grams[np.flatnonzero(made.grams[:, 0] > 0)[:30], 0] = np.nan
    days = made.days()
    plans = (PLANS[0], DosePlan("3 days", days_at_least=3))
    assert days.n_unknown == 30
    found = dose_clone_censor_weight(days, plans, grace_days=GRACE, horizon_days=28, bootstraps=40)
    assert not isinstance(found[0], AnalysisError)
    assert any("leave it with a dose of unknown amount" in note for note in found[0][0].notes)
    by_grams = dose_structural_model(days, metric="grams", bootstraps=40).effect
    assert any(
        "had a dose of unknown amount is followed until then" in note for note in by_grams.notes
    )
    by_days = dose_structural_model(days, bootstraps=40)
    same = dose_structural_model(world(), bootstraps=40)
    assert by_days.effect.estimate == pytest.approx(same.effect.estimate, rel=1e-9)


def test_named_errors() -> None:
    days = world()
    with pytest.raises(AnalysisError, match="at least two"):
        dose_clone_censor_weight(days, PLANS[:1], horizon_days=28)
    with pytest.raises(AnalysisError, match="whole day"):
        dose_clone_censor_weight(days, PLANS, grace_days=28, horizon_days=28)
    with pytest.raises(AnalysisError, match="at least 40"):
        dose_clone_censor_weight(days, PLANS, horizon_days=28, bootstraps=10)
    nobody = dose_days([72.0] * 9, [1] + [0] * 8, [np.nan] * 9, np.zeros((9, 3)), horizon_days=3)
    with pytest.raises(AnalysisError, match="everybody is without"):
        dose_structural_model(nobody, bootstraps=40)
    few = dose_days([72.0] * 9, [1] + [0] * 8, [np.nan] * 9, np.eye(9)[:, :3] * 5, horizon_days=3)
    with pytest.raises(AnalysisError, match="fewer events than that"):
        dose_structural_model(few, bootstraps=40)


def test_a_structural_model_has_the_level_and_percentiles_that_were_asked() -> None:
    found = dose_structural_model(world(), bootstraps=60, seed=4, level=0.8)
    assert found.effect.level == 0.8
    assert len(found.replicates) == 60
    limits = np.exp(np.quantile(found.replicates, (0.1, 0.9), method="weibull"))
    assert (found.effect.lo, found.effect.hi) == pytest.approx(tuple(limits))
    assert found.effect.se == pytest.approx(np.std(found.replicates, ddof=1))
