"""The effect of each day dosed in the demo: what becomes of people, and the truth of plans."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig.demo import dose_effect, outcomes, write_demo
from ehrivig.demo.margins import CONTROL, IVIG
from ehrivig.errors import UsageError

ETA = np.array([-2.0, -0.5, 0.0, 1.5])


def of_nobody(n: int) -> tuple[np.ndarray, np.ndarray]:
    """No start, no days."""
    return np.full(n, np.nan), np.zeros(n, dtype=np.int64)


@pytest.mark.parametrize("arm", [CONTROL, IVIG])
def test_without_an_effect_the_risk_is_that_of_the_demo(arm: int) -> None:
    """Leaving alive by its hazard takes nobody who would have died: r(X) by day 28."""
    start, planned = of_nobody(len(ETA))
    found = dose_effect.risk(ETA, arm, start, planned, -0.12)
    assert found == pytest.approx(outcomes.expit(ETA), abs=2e-3)
    dosed = dose_effect.risk(ETA, arm, np.ones(4), np.full(4, 10), 0.0)
    assert dosed == pytest.approx(found, abs=1e-12)


def test_a_dose_acts_twelve_hours_after_it_and_no_more_days_than_are_planned() -> None:
    start, planned = np.array([1.0, np.nan, 2.25]), np.array([3, 5, 0])
    acting = dose_effect.acting(start, planned)
    days = dose_effect.STEP * (np.arange(acting.shape[1]) + 0.5)
    first = acting[0]
    assert first[days < 1.5].max() == 0
    assert set(first[(days > 1.5) & (days < 2.5)]) == {1}
    assert set(first[(days > 2.5) & (days < 3.5)]) == {2}
    assert set(first[days > 3.5]) == {3}
    assert not acting[1:].any()


def test_each_day_dosed_takes_away_by_hand() -> None:
    """One step at a time in plain Python: alive and in the hospital, dies, leaves."""
    eta, start, planned, log_hr = 0.3, 1.0, 4, -0.2
    r = 1 / (1 + math.exp(-eta))
    days = [dose_effect.STEP * k for k in range(561)]
    f = outcomes.death_by(np.array(days))
    g = dose_effect.left_by(np.array(days), IVIG)
    there, dead = 1.0, 0.0
    for k in range(560):
        pool = r * (1 - (f[k] + f[k + 1]) / 2) + (1 - r) * (1 - (g[k] + g[k + 1]) / 2)
        middle = days[k] + dose_effect.STEP / 2
        dosed = min(max(math.floor(middle - start - 0.5) + 1, 0), planned)
        dies = r * (f[k + 1] - f[k]) / pool * math.exp(log_hr * dosed)
        leaves = (1 - r) * (g[k + 1] - g[k]) / pool
        gone = there * (1 - math.exp(-dies - leaves))
        dead += gone * dies / (dies + leaves) if dies + leaves else 0.0
        there -= gone
    one = np.array([eta])
    found = dose_effect.risk(one, IVIG, np.array([start]), np.array([planned]), log_hr)
    assert found[0] == pytest.approx(dead, rel=1e-9)


@pytest.mark.parametrize("log_hr", [0.0, -0.3, 0.2])
def test_what_is_drawn_has_the_risks_that_are_told(log_hr: float) -> None:
    n = 40_000
    eta = np.full(n, 0.2)
    start = np.full(n, 0.01)  # from the beginning on
    found = dose_effect.course(eta, IVIG, start, log_hr, np.random.default_rng(3))
    for days in (1, 4, 8):
        group = found.planned == days
        told = dose_effect.risk(eta[:1], IVIG, start[:1], np.array([days]), log_hr)[0]
        error = math.sqrt(told * (1 - told) / group.sum())
        assert abs(found.died[group].mean() - told) < 4 * error
    assert found.planned.min() == 1
    assert abs(np.median(found.planned) - dose_effect.PLANNED_DAYS.median) <= 1
    assert found.end[found.died].max() < dose_effect.HORIZON
    assert (found.end > start).all()
    assert (found.end[~found.died] >= dose_effect.HORIZON).any()  # some stay longer


def test_nobody_dies_before_the_start() -> None:
    start = np.linspace(0.1, 20, 2000)
    found = dose_effect.course(np.zeros(2000), IVIG, start, 0.0, np.random.default_rng(1))
    assert (found.end >= start).all()


def test_the_truth_of_the_plans_stands_beside_the_extract(tmp_path: Path) -> None:
    summary = write_demo(tmp_path / "x", patients=600, dose_log_hr=-0.12, defects="none")
    assert (summary.dose_log_hr, summary.marginal_risk_difference) == (-0.12, None)
    truth = json.loads((tmp_path / "x" / "_truth" / "truth.json").read_text())
    effect = truth["effect"]
    assert effect["conditional_log_hazard_ratio_per_day_dosed"] == -0.12
    risks = {plan["days"]: plan["risk"] for plan in effect["plans"]}
    assert list(risks) == [0, 1, 3, 5, 7, 10]
    assert sorted(risks.values(), reverse=True) == list(risks.values())
    assert 0.3 < risks[0] < 0.45  # the published risk, about 37%
    rows = pl.read_parquet(tmp_path / "x" / "_truth" / "admission.parquet")
    dosed = rows.filter("exposed", "in_cohort")
    assert (dosed["n_dose_days"] == dosed["duration_days"]).all()  # day after day
    assert (dosed["n_courses"] == 1).all()
    died = rows.filter("in_cohort")["death_28d"].sum()
    assert died == summary.deaths_28d_exposed + summary.deaths_28d_control


@pytest.mark.parametrize(
    ("effects", "why"),
    [
        ({"dose_log_hr": 1.5}, "dose_log_hr must be between -1 and 1"),
        ({"dose_log_hr": math.nan}, "dose_log_hr must be between -1 and 1"),
        ({"dose_log_hr": 0.0, "effect_log_or": 0.1}, "not both: give one"),
    ],
)
def test_an_effect_that_cannot_be_is_refused(
    tmp_path: Path, effects: dict[str, float], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        write_demo(tmp_path / "x", patients=100, **effects)  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()
