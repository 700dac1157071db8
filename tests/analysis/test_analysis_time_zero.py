"""The rows of the time-zero table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.left_out import Left, left_out
from ehrivig.analysis.sensitivity.time_zero import cohort_of, time_zero


def sample(table: pl.DataFrame) -> Sample:
    """Everybody: these designs match nobody."""

    def never(_: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
        raise AssertionError("a design on the clock matches nobody")

    return Sample(table, table.head(0), np.full(table.height, np.nan), never)


@pytest.fixture(scope="module")
def rows(table: pl.DataFrame, plan: study.Study) -> pl.DataFrame:
    made = EffectRows(0, "immortal time: ever against never")
    time_zero(sample(table), plan, made)
    return made.frame()


def test_every_design_that_was_asked_for_is_there(rows: pl.DataFrame) -> None:
    contrasts = rows["contrast"].unique(maintain_order=True).to_list()
    for word in ("naive", "24 h", "48 h vs not yet", "72 h", "time-dep", "sequential", "clone"):
        assert sum(word in contrast for contrast in contrasts) == 1, word
    assert rows["estimate"].null_count() == 0
    assert rows["estimand"].null_count() == 0


def test_only_the_naive_rows_carry_the_warning(rows: pl.DataFrame) -> None:
    warned = rows["note"].str.contains("immortal time")
    assert warned.to_list() == rows["contrast"].str.contains("naive").to_list()


def test_risks_of_landmarks_are_called_unadjusted(rows: pl.DataFrame) -> None:
    landmark = rows.filter(pl.col("contrast").str.contains("landmark"))
    crude = landmark.filter(~pl.col("adjusted"))
    assert set(crude["measure"]) == {"RD", "RR"}
    adjusted = landmark.filter("adjusted")
    assert set(adjusted["measure"]) == {"HR", "RD", "RR", "RMSTD"}
    assert adjusted["risk_exposed"].null_count() == 0
    assert not set(crude["estimate"]) & set(adjusted["estimate"])


def test_every_safe_design_gives_the_risk_of_each_arm(rows: pl.DataFrame) -> None:
    """But for the time-dependent Cox model: being exposed now is no strategy with a risk."""
    safe = rows.filter("adjusted", ~pl.col("contrast").str.contains("naive"))
    without = safe.filter(pl.col("risk_exposed_lo").is_null())["contrast"].to_list()
    assert len(without) == 1
    assert "time-dependent Cox" in without[0]


def test_covariates_are_those_known_at_time_zero(table: pl.DataFrame, plan: study.Study) -> None:
    cohort, left = cohort_of(table, plan)
    assert not set(cohort.names) & set(plan.match.allow_post_baseline)
    assert left == (0, table["apache_ii"].null_count())
    assert cohort.n == table.height - left.unmeasured


def test_who_was_exposed_before_time_zero_is_left_out(
    table: pl.DataFrame, plan: study.Study
) -> None:
    start = pl.col("hours_to_first_dose")
    early = pl.when(start < 12).then(-start).otherwise(start).alias("hours_to_first_dose")
    guarded = plan.report.model_copy(update={"smallest_cell": 5})
    asks = plan.model_copy(update={"report": guarded})
    assert left_out(Left(0, 0), 10, asks) == ""
    assert left_out(Left(7, 0), 3, asks) == (
        "7 of 10 admissions left out: exposed before time zero, or a first dose that nobody can "
        "read"
    )
    assert left_out(Left(0, 2), 8, asks) == "2 of 10 admissions left out: a covariate missing"
    few = left_out(Left(2, 2), 8, asks)
    assert few.startswith("fewer than 5 of 12 admissions left out: exposed before")
    assert few.endswith(", and 2 of 12 admissions left out: a covariate missing")
    later = cohort_of(table.with_columns(hours_to_any_dose=pl.lit(60.0)), plan)[0]
    assert set(later.start_hours[later.time_hours > 60]) == {60.0}  # also after the window
    unread = (pl.col("admission_id").rank("ordinal") <= 9).alias("start_unread")
    n_known = table.filter(pl.col("apache_ii").is_not_null()).with_columns(unread)
    assert cohort_of(n_known, plan)[0].n == n_known.height - 9  # a start that nobody can read
    cohort, left = cohort_of(table.with_columns(early), plan)
    assert left.treated == table.filter(start < 12).height > 0
    assert left.unmeasured <= table["apache_ii"].null_count()
    assert cohort.n + sum(left) == table.height


def test_no_follow_up_leaves_one_row_with_the_reason(
    table: pl.DataFrame, plan: study.Study
) -> None:
    made = EffectRows(0)
    time_zero(sample(table.with_columns(time_days=pl.lit(None, pl.Float64))), plan, made)
    row = made.frame().row(0, named=True)
    assert made.frame().height == 1
    assert row["note"].startswith("no estimate")


def test_nothing_is_asked_when_the_study_does_not(table: pl.DataFrame, plan: study.Study) -> None:
    without = plan.analysis.model_copy(update={"sensitivity": ("iptw",)})
    made = EffectRows(0)
    time_zero(sample(table), plan.model_copy(update={"analysis": without}), made)
    assert made.frame().is_empty()


@pytest.mark.parametrize(("days", "words"), [(28, "death within 28 days"), (None, "{} by day 28")])
def test_a_risk_names_the_day_that_its_outcome_does_not(
    table: pl.DataFrame, plan: study.Study, days: float | None, words: str
) -> None:
    one = plan.primary.model_copy(update={"within_days": days})
    variables = tuple(one if v.name == one.name else v for v in plan.outcomes.variables)
    outcomes = plan.outcomes.model_copy(update={"variables": variables})
    changed = plan.model_copy(update={"outcomes": outcomes})
    rows = EffectRows(0)
    time_zero(sample(table), changed, rows)
    short = changed.outcomes.model_copy(
        update={
            "variables": tuple(v.model_copy(update={"event_label": "death"}) for v in variables)
        }
    )
    again = EffectRows(0)
    time_zero(sample(table), changed.model_copy(update={"outcomes": short}), again)
    risks = {r["event_label"] for r in again.rows if r["measure"] == "RD"}
    assert risks == {"death by day 28"}
    told = {(r["measure"], r["event_label"]) for r in rows.rows if "Cox" not in r["contrast"]}
    said = words.format("death within 28 days")
    assert {label for measure, label in told if measure in ("RD", "RR")} == {said}
    assert {label for measure, label in told if measure == "HR"} == {"death within 28 days"}
