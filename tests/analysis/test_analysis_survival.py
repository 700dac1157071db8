"""Curves and survival effects."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis import survival
from ehrivig.analysis.clearance import clearance_effects
from ehrivig.analysis.curves import curves as curves_of
from ehrivig.analysis.curves import of_strategies
from ehrivig.analysis.effects import EffectRows
from ehrivig.stats.timezero.clone_curves import StrategyCurves


def followed(times: list[float], events: list[bool], exposed: bool) -> pl.DataFrame:
    n = len(times)
    return pl.DataFrame(
        {"time_days": times, "event": events, "exposed": [exposed] * n, "death_28d": events}
    )


@pytest.fixture
def people() -> pl.DataFrame:
    """Unexposed: deaths on days 2 and 4, one lost on day 3, two alive. Exposed: one death of 4."""
    return pl.concat(
        [
            followed([2, 3, 4, 28, 28], [True, False, True, False, False], exposed=False),
            followed([10, 28, 28, 28], [True, False, False, False], exposed=True),
        ]
    ).with_columns(pair_id=pl.int_range(pl.len()), weight=pl.lit(1.0))


def without_clearance(plan: study.Study) -> study.Study:
    section = plan.outcomes.model_copy(update={"variables": (plan.primary,)})
    return plan.model_copy(update={"outcomes": section})


def test_kaplan_meier_by_hand(people: pl.DataFrame, plan: study.Study) -> None:
    """Unexposed: 4/5 after day 2, then x 2/3 after day 4 (three at risk): 0.5333."""
    curves = curves_of(people, people, without_clearance(plan))
    control = curves.filter(pl.col("group") == "control", pl.col("population") == "all")
    at = dict(control.select("time", "estimate").iter_rows())
    assert (at[0.0], at[1.875]) == (1.0, 1.0)
    assert at[2.0] == pytest.approx(0.8)
    assert at[3.875] == pytest.approx(0.8)
    assert at[4.0] == at[28.0] == pytest.approx(0.8 * 2 / 3)
    risk = dict(control.select("time", "at_risk").iter_rows())
    assert (risk[0.0], risk[2.0], risk[3.5], risk[28.0]) == (5, 5, 3, 2)
    exposed = curves.filter(pl.col("group") == "exposed", pl.col("time") == 28.0)
    assert exposed["estimate"].to_list() == pytest.approx([0.75, 0.75])


def test_curves_carry_the_warning_of_immortal_time(people: pl.DataFrame, plan: study.Study) -> None:
    lone = without_clearance(plan)
    assert all("immortal time" in note for note in curves_of(people, people, lone)["note"])
    at_zero = lone.exposure.model_copy(update={"end_hours": 0.0})
    safe = curves_of(people, people, lone.model_copy(update={"exposure": at_zero}))
    assert safe["note"].null_count() == safe.height > 0


def test_small_numbers_at_risk_are_blank(people: pl.DataFrame, plan: study.Study) -> None:
    guarded = plan.report.model_copy(update={"smallest_cell": 5})
    lone = without_clearance(plan).model_copy(update={"report": guarded})
    curves = curves_of(people, people, lone)
    assert not curves["at_risk"].drop_nulls().is_between(1, 4).any()
    assert curves.filter(pl.col("group") == "exposed")["at_risk"].null_count() > 0


def test_effects_name_their_tests(table: pl.DataFrame, plan: study.Study) -> None:
    matched = table.with_columns(pair_id=pl.int_range(pl.len()) // 2, weight=pl.lit(1.0))
    rows = EffectRows(0)
    survival.survival_effects(table, matched, plan, rows)
    clearance_effects(table, matched, plan, rows)
    made = rows.frame()
    hazard = made.filter(pl.col("measure") == "HR", pl.col("outcome") == "death_28d")
    assert hazard.height == 2
    assert all("Schoenfeld" in note and "log-rank p" in note for note in hazard["note"])
    assert set(made["measure"]) == {"HR", "RMSTD", "SHR"}
    cleared = made.filter(pl.col("measure") == "SHR")
    assert all("Gray's test p" in note for note in cleared["note"])


def test_nobody_followed_is_a_reason_not_a_crash(people: pl.DataFrame, plan: study.Study) -> None:
    lone = without_clearance(plan)
    nobody = people.head(0)
    assert curves_of(nobody, nobody, lone).is_empty()
    rows = EffectRows(0)
    survival.survival_effects(nobody, nobody, lone, rows)
    assert rows.frame()["estimate"].null_count() == 4
    assert all(note.startswith("no estimate") for note in rows.frame()["note"])


def test_effects_name_their_event(table: pl.DataFrame, plan: study.Study) -> None:
    matched = table.with_columns(pair_id=pl.int_range(pl.len()) // 2, weight=pl.lit(1.0))
    rows = EffectRows(0)
    survival.survival_effects(table, matched, plan, rows)
    clearance_effects(table, matched, plan, rows)
    labels = {variable.name: variable.event_label for variable in plan.outcomes.variables}
    made = rows.frame()
    assert made["outcome"].n_unique() == 2
    for outcome, label in made.select("outcome", "event_label").iter_rows():
        assert label == labels[outcome]


def test_curves_of_strategies_stand_under_their_names_in_days() -> None:
    """Who starts is drawn as the exposed; how many are at risk is told at time zero alone."""
    risk = np.array([[0.0, 0.1, 0.2], [0.0, 0.3, 0.4]])
    found = StrategyCurves(
        90,
        np.array([0.0, 24.0, 36.0]),
        risk,
        risk - 0.01,
        risk + 0.01,
        np.array([[0, 1, 2], [0, 3, 4]]),
    )
    drawn = of_strategies({"death": found})
    for arm, group in enumerate(("exposed", "control")):
        mine = drawn.filter(group=group)
        assert mine["time"].to_list() == [0.0, 1.0, 1.5]
        assert mine["estimate"].to_list() == risk[arm].tolist()
        assert mine["hi"].to_list() == (risk[arm] + 0.01).tolist()
        assert mine["events"].to_list() == found.events[arm].tolist()
        assert mine["at_risk"].to_list() == [90, None, None]
        assert set(mine["curve"]) == {"ccw"}
