"""What moves day by day, from the lists of the analysis table to the designs that adjust for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import pipeline
from ehrivig import study as studies
from ehrivig.analysis import daily, own_lints
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity import time_zero
from ehrivig.demo import write_demo
from ehrivig.errors import AnalysisError
from ehrivig.stats.timezero import follow_up
from ehrivig.study import Study

pytestmark = pytest.mark.usefixtures("more_quickly")
DESIGNS = ("landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight")
N = 600


def asks(plan: Study, *names: str, **more: Any) -> Study:
    """The study with covariates that move, every count shown, and few bootstraps."""
    asked = {"time_varying": names, "sensitivity": DESIGNS, "bootstrap": 40, **more}
    return plan.model_copy(
        update={
            "analysis": plan.analysis.model_copy(update=asked),
            "report": plan.report.model_copy(update={"smallest_cell": 0}),
        }
    )


def people(plan: Study, seed: int = 1) -> pl.DataFrame:
    """Severity moves and decides who starts and who dies; nobody leaves but the dead."""
    rng = np.random.default_rng(seed)
    severity = np.empty((N, 28))
    start, death = np.full((2, N), np.inf)
    for day in range(28):
        fresh = rng.normal(size=N)
        severity[:, day] = fresh if day == 0 else 0.85 * severity[:, day - 1] + 0.53 * fresh
        goes = rng.random(N) < 0.08 * np.exp(0.7 * severity[:, day])
        start = np.where(np.isinf(start) & goes, day + rng.random(N), start)
        dies = rng.random(N) < 0.02 * np.exp(0.7 * severity[:, day])
        death = np.where(np.isinf(death) & dies, day + rng.random(N), death)
    end = np.minimum(death, 28.0)
    hours = np.where(start < end, start * 24, np.nan)
    lists = [one[:k].round(3) for one, k in zip(severity, np.ceil(end).astype(int), strict=True)]
    return pl.DataFrame(
        {
            "hospital_id": ["A"] * N,
            "exposed": ~np.isnan(hours),
            "hours_to_first_dose": pl.Series(hours).fill_nan(None),
            "time_days": end,
            "event": death <= 28,
            "discharge_days": end,
            "sofa_daily": [one.tolist() for one in lists],
            **{name: rng.integers(0, 7, N) for name in plan.match.covariates},
        },
        schema_overrides={"sofa_daily": pl.List(pl.Float64)},
    )


def gaps(table: pl.DataFrame, share: float = 0.3) -> pl.DataFrame:
    """The same people, of whom a share of days is not known."""
    rng = np.random.default_rng(2)
    lists = [
        [None if rng.random() < share else value for value in values]
        for values in table["sofa_daily"].to_list()
    ]
    return table.with_columns(pl.Series("sofa_daily", lists, dtype=pl.List(pl.Float64)))


def rows_of(table: pl.DataFrame, plan: Study) -> pl.DataFrame:
    rows = EffectRows(0)
    sample = Sample(table, table.head(0), np.full(table.height, np.nan), _never)
    time_zero.time_zero(sample, plan, rows)
    return rows.frame()


def _never(_: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    raise AnalysisError("not matched here")


def test_a_day_without_a_value_is_told_apart(plan: Study) -> None:
    table = gaps(people(plan))
    cohort, _ = time_zero.cohort_of(table, asks(plan, "sofa"))
    assert cohort.course is not None
    assert cohort.course.names == ("SOFA score", "SOFA score not known")
    value, unknown = np.moveaxis(cohort.course.values, 2, 0)
    known = np.concatenate([[v for v in one if v is not None] for one in table["sofa_daily"]])
    row = table["sofa_daily"][0].to_list()
    for day, given in enumerate(row):
        assert value[0, day] == (np.median(known) if given is None else given)
        assert unknown[0, day] == (given is None)
    # after the stay the last day stands
    assert (value[0, len(row) :] == value[0, len(row) - 1]).all()


def test_few_days_without_a_value_have_the_median_alone(plan: Study) -> None:
    table = people(plan)
    first = table["sofa_daily"].to_list()
    first[0][0] = None
    table = table.with_columns(pl.Series("sofa_daily", first, dtype=pl.List(pl.Float64)))
    study = asks(plan, "sofa")
    cohort, _ = time_zero.cohort_of(table, study)
    assert cohort.course is not None
    assert cohort.course.names == ("SOFA score",)
    assert daily.said(cohort, table, study) == (
        "SOFA score known on 100% of days in hospital; the median stands for the others"
    )
    assert "known on every day" in daily.said(cohort, people(plan), study)


def test_designs_that_start_later_adjust_and_the_others_do_not(plan: Study) -> None:
    table = gaps(people(plan), 0.2)
    found, still = rows_of(table, asks(plan, "sofa")), rows_of(table, asks(plan))
    for name in ("sequential", "time-dependent", "clone"):
        mine, other = (t.filter(pl.col("contrast").str.contains(name)) for t in (found, still))
        for rows, sign in ((pl.col("measure") != "RMSTD", 1), (pl.col("measure") == "RMSTD", -1)):
            gap = mine.filter(rows)["estimate"] - other.filter(rows)["estimate"]
            assert (sign * gap < 0).all()  # the sick start sooner
        assert mine["note"].str.contains("SOFA score known on 80% of days in hospital").all()
        assert not other["note"].str.contains("SOFA score").any()
    rest = ~pl.col("contrast").str.contains("sequential|time-dependent|clone")
    assert found.filter(rest).equals(still.filter(rest))


@pytest.mark.parametrize(("share", "lints"), [(0.2, 0), (0.6, 1)])
def test_what_is_mostly_unknown_is_a_lint(plan: Study, share: float, lints: int) -> None:
    """The median that stands for a day adjusts for nothing."""
    table, study = gaps(people(plan), share), asks(plan, "sofa")
    found = own_lints._unknown_days(table, study)
    assert len(found) == lints
    for lint in found:
        assert lint.code == "time_varying_unknown"
        assert f"known on {1 - share:.0%} of days in hospital" in lint.message
    assert own_lints._unknown_days(table, asks(plan)) == []


def test_what_nobody_knows_within_grace_adjusts_no_strategy(plan: Study) -> None:
    """Known from the third day on: the strategies are those without it, and say so."""
    table = people(plan)
    lists = [[None, None, *one[2:]][: len(one)] for one in table["sofa_daily"].to_list()]
    late = table.with_columns(pl.Series("sofa_daily", lists, dtype=pl.List(pl.Float64)))
    found, still = rows_of(late, asks(plan, "sofa")), rows_of(table, asks(plan))
    mine, other = (t.filter(pl.col("contrast").str.contains("clone")) for t in (found, still))
    assert mine["estimate"].to_list() == other["estimate"].to_list()
    assert mine["note"].str.contains("not adjusted for SOFA score: within 48 h").all()
    trials = found.filter(pl.col("contrast").str.contains("sequential"))
    assert trials["note"].str.contains("SOFA score known on").all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (None, "SOFA score: known of nobody on any day"),
        (3.0, "SOFA score: the same on every day of everybody"),
    ],
)
def test_what_cannot_be_adjusted_for_is_said_by_its_designs_alone(
    plan: Study, values: float | None, said: str
) -> None:
    table = people(plan)
    lists = [[values] * len(one) for one in table["sofa_daily"].to_list()]
    table = table.with_columns(pl.Series("sofa_daily", lists, dtype=pl.List(pl.Float64)))
    found = rows_of(table, asks(plan, "sofa"))
    failed = found.filter(pl.col("estimate").is_null() & pl.col("measure").is_null())
    assert failed["contrast"].str.contains("sequential|time-dependent|clone").all()
    assert failed.height == 3
    assert failed["note"].str.contains(said, literal=True).all()


def test_nobody_in_hospital_and_no_column(plan: Study) -> None:
    table = people(plan)
    empty = table["sofa_daily"].to_list()
    empty[3] = []
    empty[4] = None
    lists = table.with_columns(pl.Series("sofa_daily", empty, dtype=pl.List(pl.Float64)))
    cohort, _ = time_zero.cohort_of(lists, asks(plan, "sofa"))
    assert cohort.course is not None
    known = np.concatenate([one for one in empty if one])
    assert cohort.course.values[3:5, :, 0] == pytest.approx(np.median(known))
    with pytest.raises(AnalysisError, match="no daily values of SOFA score"):
        time_zero.cohort_of(table.drop("sofa_daily"), asks(plan, "sofa"))


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_a_run_keeps_the_daily_table_and_says_what_it_adjusted_for(tmp_path: Path) -> None:
    write_demo(tmp_path / "d", patients=400, hospitals=2, defects="none")
    plan = asks(studies.load("ivig_covid19"), "sofa", "sofa_renal", grace_hours=72.0)
    done = pipeline.run(plan, tmp_path / "d", tmp_path / "o")
    assert done.exit_code == 0
    moves = pl.read_parquet(tmp_path / "o" / "hospitals" / "severity_course.parquet")
    assert moves.columns == ["hospital_id", "admission_id", "day", "sofa", "sofa_renal"]
    assert moves.select("hospital_id", "admission_id", "day").is_duplicated().sum() == 0
    assert moves["day"].min() == 0
    table = pl.read_parquet(tmp_path / "o" / "analysis.parquet")
    days = moves.group_by("hospital_id", "admission_id").len()
    both = table.join(days, on=["hospital_id", "admission_id"], how="left", validate="1:1")
    assert (both["sofa_daily"].list.len() == both["len"]).all()
    effects = pl.read_csv(tmp_path / "o" / "effects.csv", infer_schema_length=None)
    named = pl.col("contrast").str.contains("sequential|time-dependent|clone")
    mine = effects.filter(named, pl.col("analysis") == "time_zero")
    assert mine["note"].str.contains("SOFA score known on .* of days in hospital").all()
    assert not list((tmp_path / "o" / "release").rglob("*.parquet"))
    report = (tmp_path / "o" / "report.html").read_text("utf-8")
    assert "as known when each day from time zero begins" in report


@pytest.mark.parametrize("short", [None, 0, 1, 2, 3])
def test_a_column_of_the_unknown_needs_five_of_each_kind(short: int | None) -> None:
    """Of deaths and of starts, with a known value on their day and without one."""
    counts = [daily._FEWEST - (k == short) for k in range(4)]
    n = sum(counts)
    dies = np.arange(n) < counts[0] + counts[1]
    missing = np.concatenate([np.arange(a + b) < a for a, b in (counts[:2], counts[2:])])
    start = np.where(dies, np.nan, 30.0)  # on the second day, as the deaths
    made = follow_up(np.where(dies, 40.0, 72.0), dies, start)
    unknown = np.zeros((n, 3), dtype=bool)
    unknown[:, 1] = missing
    assert daily._told_apart(unknown, made) == (short is None)
