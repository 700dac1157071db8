"""One row of effects.csv is the declared answer; every other says what it is there for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ehrivig import analysis
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.sample import matched_target
from ehrivig.concepts.follow_up import Answerable
from ehrivig.match import comparison
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.tables.multiplicity import holm
from ehrivig.study import Study


def effects_of(
    table: pl.DataFrame, plan: Study, smallest: int = 0, **estimand: Any
) -> pl.DataFrame:
    """effects.csv of a short study with another estimand."""
    declared = plan.study.estimand.model_copy(update=estimand)
    quick = {"sensitivity": (plan.answer,), "subgroups": (), "missing": "complete_case"}
    changed = {
        "study": plan.study.model_copy(update={"estimand": declared}),
        "analysis": plan.analysis.model_copy(update=quick | {"pool_hospitals": False}),
        "report": plan.report.model_copy(update={"smallest_cell": smallest}),
    }
    study = plan.model_copy(update=changed)
    answer = {"sensitivity": (study.answer,)} if study.answer != "matched" else {"sensitivity": ()}
    study = study.model_copy(update={"analysis": study.analysis.model_copy(update=answer)})
    arms = comparison.compare(table, study)
    return analysis.analyse(
        table,
        arms.matched_rows(table),
        arms.score,
        Answerable(study, None),
        lambda other: comparison.match_again(other, study),
    ).tables["effects"]


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        *(("clone_censor_weight", "RD"), ("clone_censor_weight", "RR")),
        *(("matched", "RD"), ("matched", "OR"), ("aipw", "RD"), ("overlap", "RR")),
        *(("iptw", "OR"), ("landmark", "HR"), ("sequential_trials", "HR")),
        *(("landmark", "RD"), ("sequential_trials", "RR")),
    ],
)
def test_exactly_one_row_is_the_answer(
    table: pl.DataFrame, plan: Study, name: str, measure: str
) -> None:
    found = effects_of(table, plan, analysis=name, measure=measure)
    (row,) = found.filter(pl.col("role") == "primary").to_dicts()
    assert (row["measure"], row["outcome"]) == (measure, "death_28d")
    assert row["adjusted"]
    assert row["estimate"] is not None
    assert found["role"].null_count() == 0
    if measure != "HR" and (name, measure) != ("matched", "OR"):
        a, b = row["risk_exposed"], row["risk_control"]
        expected = {"RD": a - b, "RR": a / b, "OR": a / (1 - a) / (b / (1 - b))}[measure]
        assert row["estimate"] == pytest.approx(expected)
        assert row["risk_exposed_lo"] < a < row["risk_exposed_hi"]
        assert row["risk_control_lo"] < b < row["risk_control_hi"]


def test_no_design_is_safe_where_people_were_eligible_later(
    table: pl.DataFrame, plan: Study
) -> None:
    """The answer stays the answer, and its diagnostic decides; no design beside it is a proof."""
    zero = datetime(2020, 1, 1)
    for hours, role in ((0, "safe"), (5, "sensitivity")):
        when = pl.lit(zero + timedelta(hours=hours))
        changed = table.with_columns(time_zero=pl.lit(zero), eligible_at=when)
        found = effects_of(changed, plan, analysis="clone_censor_weight", measure="RD")
        assert found.filter(role="primary").height == 1
        (ratio,) = found.filter(
            pl.col("model").str.starts_with("clone-censor-weight"),
            measure="RR",
            analysis="time_zero",
        ).to_dicts()
        assert ratio["role"] == role
        assert role == "safe" or "safe" not in set(found["role"])


def test_an_answer_without_a_number_is_still_the_answer(table: pl.DataFrame, plan: Study) -> None:
    """Nobody starts: the row says why."""
    never = table.with_columns(hours_to_first_dose=pl.lit(None, pl.Float64))
    found = effects_of(never, plan)
    (row,) = found.filter(pl.col("role") == "primary").to_dicts()
    assert row["estimate"] is None
    assert "no estimate" in row["note"]


def test_rows_with_immortal_time_are_reproductions_or_crude(
    table: pl.DataFrame, plan: Study
) -> None:
    declared = effects_of(table, plan)
    naive = pl.col("note").str.contains("immortal time")
    assert set(declared.filter(naive)["role"]) == {"reproduction"}
    info = plan.study.model_copy(update={"reproduction": False})
    undeclared = effects_of(table, plan.model_copy(update={"study": info}))
    assert set(undeclared.filter(naive)["role"]) == {"crude"}
    assert "reproduction" not in set(undeclared["role"])


def test_unadjusted_risks_at_a_landmark_are_crude(table: pl.DataFrame, plan: Study) -> None:
    found = effects_of(table, plan, analysis="landmark", measure="HR")
    named = pl.col("contrast").str.contains("landmark")
    landmark = found.filter(named, pl.col("analysis") == "time_zero")
    assert set(landmark.filter(~pl.col("adjusted"))["role"]) == {"crude"}
    assert set(landmark.filter(pl.col("measure") == "HR")["role"]) == {"primary", "safe"}


def test_crude_risks_are_the_proportions(table: pl.DataFrame, plan: Study) -> None:
    found = effects_of(table, plan).filter(pl.col("analysis") == "main", pl.col("measure") == "RD")
    row = found.filter(pl.col("population") == "all").to_dicts()[0]
    assert row["risk_exposed"] == row["events_exposed"] / row["n_exposed"]
    assert row["estimate"] == pytest.approx(row["risk_exposed"] - row["risk_control"])


def test_hidden_cells_hide_the_risks(table: pl.DataFrame, plan: Study) -> None:
    found = effects_of(table, plan, smallest=100)
    hidden = found.filter(pl.col("note").str.contains("a cell is below"), ~pl.col("adjusted"))
    assert hidden.height
    risks = [name for name in found.columns if name.startswith("risk_")]
    assert hidden.select(risks).null_count().row(0) == (hidden.height,) * 6


def _row(rows: EffectRows, p: float, events: int) -> None:
    effect = Effect.between(
        Arms(50, events, 50, 20),
        "OR",
        (0.5, 0.2, 0.9, 0.3, p),
        event_label="event",
        method="m",
        variance="v",
    )
    rows.ask(Question("outcomes", "a vs b", f"o{p}", "matched", family="outcomes"), lambda: effect)


def test_what_is_hidden_was_tested_all_the_same() -> None:
    """The correction is over the declared family, and told of what is shown."""
    rows, p = EffectRows(5), [0.01, 0.02, 0.03, 0.2]
    for value, events in zip(p, (10, 2, 10, 10), strict=True):
        _row(rows, value, events)
    for row in rows.rows:
        row["role"] = "sensitivity"
    found = rows.frame()
    expected = holm(p)
    assert found["p_holm"].to_list() == [
        *(expected[0], None, expected[2], expected[3]),
    ]


def test_a_test_that_failed_stays_in_its_family() -> None:
    rows = EffectRows(0)
    _row(rows, 0.01, 10)

    def failed() -> Effect:
        from ehrivig.errors import AnalysisError

        raise AnalysisError("separated")

    rows.ask(Question("outcomes", "a vs b", "o", "matched", family="outcomes"), failed)
    assert rows.frame()["p_holm"].to_list() == [0.02, None]


def test_the_effect_in_the_matched_is_named_so(table: pl.DataFrame) -> None:
    """M20: who has no match is not among the treated that matching answers for."""
    assert matched_target(table, table, 0) == "ATT"
    some = table.filter(pl.int_range(pl.len()) < 1200)
    n, pairs = int(table["exposed"].sum()), int(some["exposed"].sum())
    assert matched_target(table, some, 5) == f"ATM ({pairs} of {n} exposed have a match)"
    assert "not all" in matched_target(table, some, n)
