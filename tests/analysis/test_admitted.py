"""Rows that rest on what follows time zero say so; a variable of nobody is an error."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig import analysis, study
from ehrivig.analysis import own_lints
from ehrivig.concepts.follow_up import Answerable
from ehrivig.match import comparison
from ehrivig.study.admitted import admitted, until_hours

USES = "uses what follows time zero: glucocorticoid, antiviral"
ADJUSTED = "uses what follows time zero: antiviral, glucocorticoid"


@pytest.fixture(scope="module")
def short(plan: study.Study) -> study.Study:
    """The packaged study with the quick ones of its sensitivity analyses."""
    wanted = ("landmark", "iptw", "moribund_discharge")
    quick = plan.analysis.model_copy(update={"sensitivity": wanted})
    return plan.model_copy(update={"analysis": quick})


@pytest.fixture(scope="module")
def tables(
    table: pl.DataFrame, compared: comparison.Comparison, short: study.Study
) -> dict[str, pl.DataFrame]:
    found = analysis.analyse(
        table,
        compared.matched_rows(table),
        compared.score,
        Answerable(short, None),
        lambda other: comparison.match_again(other, short),
    )
    return found.tables


def test_every_row_that_rests_on_it_says_so(tables: dict[str, pl.DataFrame]) -> None:
    effects = tables["effects"]
    safe = pl.col("analysis").is_in(["time_zero", "negative_control"])
    safe &= ~pl.col("contrast").str.contains("naive")
    everybody = pl.col("population").str.starts_with("all") & ~pl.col("adjusted")
    of_none = (pl.col("role") == "primary") & pl.col("estimate").is_null()  # no row of the answer
    rests = ~safe & ~everybody & (pl.col("analysis") != "time_zero") & ~of_none
    said = pl.col("note").str.contains("uses what follows time zero")
    assert effects.filter(rests & ~said).is_empty()
    assert effects.filter(~rests & said).is_empty()
    assert effects.filter(rests).height > 20
    own = effects.filter(pl.col("analysis") == "table_s2")["note"].to_list()
    assert all(ADJUSTED in note for note in own)
    matched = effects.filter(pl.col("population") == "matched")["note"].to_list()
    assert all(USES in note for note in matched)
    assert tables["table3"]["note"].str.contains(USES).all()
    terms = dict(tables["table_s2"].select("term", "note").iter_rows())
    assert "follows time zero" in terms["glucocorticoid"]
    assert "follows" not in terms["age"]


HOURS = "covariates measured until 24 h after time zero"


def test_every_row_says_until_when_its_covariates_were_measured(
    tables: dict[str, pl.DataFrame],
) -> None:
    """Also the safe designs, whose covariates are known at time zero but for these hours."""
    effects = tables["effects"]
    said = pl.col("note").fill_null("").str.contains(HOURS)
    rests = pl.col("adjusted") | ~pl.col("population").str.starts_with("all")
    assert effects.filter(rests & ~said).is_empty()
    assert effects.filter(~rests & said).is_empty()
    primary = effects.filter(role="primary").row(0, named=True)
    assert HOURS in primary["note"]


@pytest.mark.parametrize(
    ("name", "hours"),
    [("sbp", 24.0), ("crp", 24.0), ("age", None), ("copd", None), ("glucocorticoid", None)],
)
def test_until_when_a_covariate_is_looked_for(
    plan: study.Study, compared: comparison.Comparison, name: str, hours: float | None
) -> None:
    assert until_hours(plan, name) == hours
    found = dict(compared.balance.select("covariate", "until_hours").iter_rows())
    assert found.get(name) == hours


def test_a_window_that_ends_at_time_zero_needs_no_word(plan: study.Study) -> None:
    section = plan.covariates.model_copy(update={"window_hours": (-24.0, 0.0)})
    before = plan.model_copy(update={"covariates": section})
    assert until_hours(before, "sbp") is None
    assert (admitted(before).matched_hours, admitted(before).adjusted_hours) == ("", "")
    assert admitted(plan).matched_hours == HOURS


def test_the_balance_of_what_follows_says_so(compared: comparison.Comparison) -> None:
    notes = dict(compared.balance.select("covariate", "note").iter_rows())
    told = {name for name, note in notes.items() if note}
    assert told == {"glucocorticoid", "antiviral"}


def test_a_study_that_uses_nothing_of_it_says_nothing(plan: study.Study) -> None:
    match = plan.match.model_copy(update={"covariates": ("age",)})
    adjust = plan.analysis.model_copy(update={"adjust": ("age",)})
    assert admitted(plan).matched == USES
    none = admitted(plan.model_copy(update={"match": match, "analysis": adjust}))
    assert (none.matched, none.adjusted) == ("", "")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pl.lit(False), "tuberculosis is true of nobody (0%)"),
        (pl.lit(None, pl.Boolean), "tuberculosis is unknown of everybody"),
        (pl.int_range(pl.len()) == 3, ""),
    ],
)
def test_a_variable_of_nobody_is_an_error(
    table: pl.DataFrame,
    compared: comparison.Comparison,
    plan: study.Study,
    tables: dict[str, pl.DataFrame],
    column: pl.Expr,
    said: str,
) -> None:
    changed = table.with_columns(tuberculosis=column)
    lints = own_lints.of_run(
        changed, compared.matched_rows(changed), tables, Answerable(plan, None)
    )
    found = lints.filter(pl.col("code") == "variable_of_nobody")
    assert found.height == bool(said)
    if said:
        assert found["severity"][0] == "error"
        assert found["message"][0].startswith(said)


def test_criteria_that_look_beyond_time_zero_are_told(
    tables: dict[str, pl.DataFrame], plan: study.Study
) -> None:
    found = tables["lints"].filter(pl.col("code") == "late_eligibility")
    assert found["severity"].to_list() == ["warn"]
    assert "Severe: RR >= 30/min" in found["message"][0]
    cohort = plan.cohort.model_copy(update={"time_zero": "severity_onset"})
    assert own_lints._late_eligibility(plan.model_copy(update={"cohort": cohort})) == []


def sampled(plan: study.Study) -> study.Study:
    """With as many bootstrap samples as the packaged study has."""
    whole = plan.analysis.model_copy(update={"bootstrap": 500})
    return plan.model_copy(update={"analysis": whole})


def test_a_period_that_no_criterion_applies_is_an_error(plan: study.Study) -> None:
    plan = sampled(plan)
    assert own_lints._doubts(plan) == []
    rest = tuple(c for c in plan.cohort.criteria if c.rule != "period")
    cohort = plan.cohort.model_copy(update={"criteria": rest})
    (lint,) = own_lints._doubts(plan.model_copy(update={"cohort": cohort}))
    assert lint.severity == "error"
    assert "admissions of all times are in" in lint.message


def test_a_baseline_after_an_exposure_that_comes_before_time_zero_is_told(
    plan: study.Study,
) -> None:
    before = plan.exposure.model_copy(update={"start_hours": -72.0})
    early = sampled(plan).model_copy(update={"exposure": before})
    (lint,) = own_lints._doubts(early)
    assert "opens 72 h before time zero" in lint.message
    assert "sofa" in lint.message
    assert "age" not in lint.message
    windows = plan.covariates.model_copy(update={"window_hours": (-168.0, -72.0)})
    assert own_lints._doubts(early.model_copy(update={"covariates": windows})) == []
