"""Months that lost rows, stays that lost a table, tables that end early: drawn by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.validate import arrived
from ehrivig.validate.arrived import early_ends, fewer_stays, late_begins, shrunk_months

pytestmark = pytest.mark.usefixtures("more_quickly")
JANUARY = 2020 * 12 + 1


def months(**rows: list[int]) -> dict[tuple[str, str], dict[int, int]]:
    """Rows of hospital A by month, from January 2020 on; months without rows are not there."""
    return {
        ("A", table): {JANUARY + n: rows for n, rows in enumerate(series) if rows}
        for table, series in rows.items()
    }


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        ([500, 500, 500, 300], (0, 1800)),
        ([500, 500, 249, 500, 500], (251, 2500)),
        ([500, 500, 250, 500], (0, 1750)),  # half is no loss yet
        ([500, 0, 500, 500], (500, 2000)),  # a month that is gone
        ([0, 500, 500, 500], (0, 1500)),  # a window that moved on
        ([0, 100, 500, 500], (0, 1100)),  # its first month may be a part
        ([], (1500, 1500)),
    ],
)
def test_a_month_that_is_over_cannot_lose_rows(now: list[int], counts: tuple[int, int]) -> None:
    then = months(lab=[500, 500, 500, 199])
    assert list(shrunk_months(months(lab=now), then, "lab")) == [("A", *counts)]


def test_without_an_earlier_night_nothing_is_said_of_months() -> None:
    assert list(shrunk_months(months(lab=[500]), {}, "lab")) == []
    assert list(shrunk_months(months(lab=[500]), months(vital=[500]), "lab")) == []


@pytest.mark.parametrize(
    ("there", "stays", "violated"),
    [(400, 400, 0), (199, 400, 201), (200, 400, 0), (99, 200, 101), (10, 49, 0)],
)
def test_stays_that_had_the_table_have_it_still(there: int, stays: int, violated: int) -> None:
    found = fewer_stays({("A", "lab"): there}, {("A", "lab"): 400}, {"A": stays}, {"A": 400}, "lab")
    assert [n for _, n, _ in found] == ([violated] if stays >= 50 else [])


def test_a_table_that_few_stays_have_is_not_judged() -> None:
    args = {("A", "procedure"): 3}, {("A", "procedure"): 40}, {"A": 400}, {"A": 400}
    assert list(fewer_stays(*args, "procedure")) == [("A", 0, 400)]


def test_a_table_that_ends_long_before_the_others_is_told() -> None:
    whole = [300, 300, 300, 300]
    others = {"vital": whole, "medication": whole, "diagnosis": whole}
    assert list(early_ends(months(lab=[300, 300, 300], **others), "lab")) == [("A", 300, 1200)]
    assert list(early_ends(months(lab=whole, **others), "lab")) == [("A", 0, 1200)]
    assert list(early_ends(months(lab=[0, 300, 300, 300], **others), "lab")) == [("A", 0, 900)]
    few = {"vital": whole, "medication": whole}
    assert list(early_ends(months(lab=[300, 300, 300], **few), "lab")) == [("A", 0, 900)]
    thin = {name: [300, 300, 300, 50] for name in others}  # the last patients of a cohort
    assert list(early_ends(months(lab=[300, 300, 300], **thin), "lab")) == [("A", 0, 900)]
    assert list(early_ends(months(lab=[100, 60], **others), "lab")) == []


def test_a_table_that_begins_long_after_the_others_is_told() -> None:
    whole = [300, 300, 300, 300]
    others = {"vital": whole, "medication": whole, "diagnosis": whole}
    late = {month: n for month, n in enumerate([0, 300, 300, 300]) if n}
    given = {**months(**others), ("A", "lab"): late}
    first = min(given["A", "vital"])
    given["A", "lab"] = {first + month: n for month, n in late.items()}
    assert list(late_begins(given, "lab")) == [("A", 300, 1200)]
    assert list(late_begins(months(lab=whole, **others), "lab")) == [("A", 0, 1200)]
    assert list(late_begins(months(lab=[300, 300, 300], **others), "lab")) == [("A", 0, 900)]


def cut(extract: Path, table: str, hospital: str, keep: pl.Expr) -> None:
    for path in (extract / table / f"hospital_id={hospital}").glob("*.parquet"):
        pl.read_parquet(path).filter(keep).write_parquet(path)


def failed(run: Path) -> set[tuple[str, str, str]]:
    checks = pl.read_csv(run / "quality" / "checks.csv", infer_schema_length=None)
    names = [f"{t}.{what}" for t in arrived.CHECKED for what in ("months", "stays_with", "ends")]
    said = checks.filter(pl.col("check").is_in(names), pl.col("verdict") != "pass")
    return set(said.select("hospital_id", "check", "verdict").iter_rows())


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract (`whole`), a study, and a check of them (`out`)."""
    place = tmp_path_factory.mktemp("night")
    write_demo(place / "whole", patients=900, hospitals=2, defects="none")
    study = short_study(place / "study.toml")
    assert pipeline.check(study, place / "whole", place / "out").exit_code == 0
    assert failed(place / "out") == set()
    return place


def test_stays_with_a_row_of_a_table_are_counted(night: Path) -> None:
    """In shares and beside others they are the same: `test_shares`, `test_batches`."""
    covered = pl.read_parquet(night / "out" / "hospitals" / "quality" / "covered.parquet")
    for hospital in "AB":
        labs = pl.read_parquet(night / "whole" / "lab" / f"hospital_id={hospital}" / "*.parquet")
        (said,) = covered.filter(hospital_id=hospital, table="lab")["n_covered"]
        assert said == labs["admission_id"].n_unique()


def test_a_month_that_is_missing_on_the_second_night(night: Path, tmp_path: Path) -> None:
    part, out = tmp_path / "part", tmp_path / "out"
    shutil.copytree(night / "whole", part)
    shutil.copytree(night / "out", out)
    at = pl.col("collected_at")
    cut(part, "lab", "B", ~((at.dt.month() == 2) & (at.dt.day() < 18)))
    blocked = pipeline.check(night / "study.toml", part, out)
    assert blocked.exit_code == 3
    assert "lab: hospital B: lab.months: " in blocked.message
    assert "lab.volume" not in blocked.message  # a third is missing: the whole looks right
    assert failed(tmp_path / "out.last-attempt") == {("B", "lab.months", "fail")}
