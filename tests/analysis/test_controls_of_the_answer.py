"""Negative controls are asked by the design of the answer; the answer is of its own moment."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.negative_controls import negative_controls
from ehrivig.analysis.sensitivity.time_zero import cohort_of, followed_people, time_zero
from ehrivig.analysis.sensitivity.weighting import weighted
from ehrivig.match import comparison
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.timezero.clone_outcomes import outcome_ratios
from ehrivig.study import Study

CONTROLS = ("ards", "dic", "shock", "crrt")


def answered(plan: Study, answer: str, measure: str, **analysis: Any) -> Study:
    """The study with that answer, which alone is asked for, and four controls."""
    declared = plan.study.estimand.model_copy(update={"analysis": answer, "measure": measure})
    keys = {"sensitivity": (answer,), "negative_controls": CONTROLS} | analysis
    return plan.model_copy(
        update={
            "study": plan.study.model_copy(update={"estimand": declared}),
            "analysis": plan.analysis.model_copy(update=keys),
        }
    )


def rows_of(table: pl.DataFrame, study: Study, smallest: int = 0) -> pl.DataFrame:
    compared = comparison.compare(table, study)
    sample = Sample(
        table,
        compared.matched_rows(table),
        compared.score,
        lambda other: comparison.match_again(other, study),
    )
    rows = EffectRows(smallest)
    for ask in (weighted, time_zero, negative_controls):
        ask(sample, study, rows)
    return rows.frame()


@pytest.mark.parametrize(
    ("answer", "measure", "ratio"),
    [
        *(("clone_censor_weight", "RD", "RR"), ("sequential_trials", "HR", "HR")),
        *(("landmark", "RD", "RR"), ("time_dependent_cox", "HR", "HR"), ("iptw", "RD", "RR")),
    ],
)
def test_the_answer_is_what_controls_calibrate(
    table: pl.DataFrame, plan: Study, answer: str, measure: str, ratio: str
) -> None:
    found = rows_of(table, answered(plan, answer, measure))
    controls = found.filter(pl.col("analysis") == "negative_control")
    *each, last = controls.to_dicts()
    assert [row["outcome"] for row in each] == list(CONTROLS)
    assert all(row["estimate"] is not None for row in each)
    assert all(("clone-censor-weight" in row["contrast"]) == (answer != "iptw") for row in each)
    own = found.filter(
        pl.col("contrast") == last["contrast"].removesuffix(", calibrated"),
        pl.col("analysis") != "negative_control",
        pl.col("adjusted"),
        measure=ratio,
    )
    assert own.height == 1
    assert f"uncalibrated p = {own['p'][0]:.4g}" in last["note"]
    null = fit_null([log(row["estimate"]) for row in each], [_spread(row) for row in each])
    expected = calibrate(null, log(own["estimate"][0]), _spread(own.to_dicts()[0]))
    assert last["estimate"] == pytest.approx(expected.estimate)
    assert last["p"] == pytest.approx(expected.p)


def _spread(row: dict[str, Any]) -> float:
    """Standard error that the limits tell: of a t interval more than the one that is stored."""
    if "t interval" not in row["variance"]:
        return float(row["se"])
    return log(row["hi"] / row["lo"]) / (2 * 1.959963984540054)


def test_controls_under_strategies_tell_no_counts(table: pl.DataFrame, plan: Study) -> None:
    """Who died early is in both: with everybody's events the few of them could be had."""
    study = answered(plan, "clone_censor_weight", "RD")
    found = rows_of(table, study).filter(pl.col("analysis") == "negative_control").head(4)
    assert (
        found.select("n_exposed", "n_control", "events_exposed", "events_control").to_dicts()
        == [dict.fromkeys(("n_exposed", "n_control", "events_exposed", "events_control"))] * 4
    )
    people, _ = followed_people(table, study)
    y = np.column_stack([people[name].cast(pl.Float64).to_numpy() for name in CONTROLS])
    made = outcome_ratios(cohort_of(table, study)[0], y, CONTROLS)
    assert found["estimate"].to_list() == [effect.estimate for effect in made]  # type: ignore[union-attr]


def test_a_landmark_that_no_six_hours_divide_has_controls(table: pl.DataFrame, plan: Study) -> None:
    study = answered(plan, "landmark", "HR", landmark_hours=(20.0,))
    found = rows_of(table, study).filter(pl.col("analysis") == "negative_control")
    assert found["estimate"].null_count() == 0
    assert "within 20 h" in found["contrast"][0]


def test_no_other_landmark_is_the_answer(table: pl.DataFrame, plan: Study) -> None:
    """Of the first landmark there is no risk; that of the second is another question's."""
    start = pl.col("hours_to_first_dose")
    first = pl.int_range(pl.len()) == start.is_not_null().arg_max()
    late = table.with_columns(
        pl.when(first).then(1.0).otherwise(start + 5).alias(start.meta.output_name())
    )
    late = late.with_columns(exposed=start.is_not_null())
    study = answered(plan, "landmark", "RD", landmark_hours=(4.0, 48.0), negative_controls=())
    rows = EffectRows(0)
    compared = comparison.compare(late, study)
    sample = Sample(
        late, compared.matched_rows(late), compared.score, lambda o: (o, compared.score)
    )
    time_zero(sample, study, rows)
    answers = [row["contrast"] for row in rows.rows if row["design"] == "landmark"]
    assert answers
    assert all("by 4 h" in contrast for contrast in answers)
    assert any("by 48 h" in row["contrast"] and row["adjusted"] for row in rows.rows)
