"""Dates and moments that no clock shows are judged like any other, and stop nothing."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extracts import opened
from fuzz.base import small_extract

from ehrivig import study, validate
from ehrivig.errors import ExtractError
from ehrivig.extract import inspect
from ehrivig.runs import batch


def test_a_birth_date_beyond_all_time_stamps_is_counted(tmp_path: Path) -> None:
    extract = small_extract(tmp_path / "extract", 120, 1)
    path = next((extract / "patient").rglob("*.parquet"))
    table = pq.ParquetFile(path).read()
    at = table.column_names.index("birth_date")
    days = table.column("birth_date").cast(pa.int32()).to_pylist()
    days[:3] = [2**31 - 2, -(2**31) + 2, 0]
    made = pa.array(days, pa.int32()).cast(pa.date32())
    path.unlink()
    pq.write_table(table.set_column(at, "birth_date", made), path)
    plan = study.load("ivig_covid19")
    with opened(extract, plan) as db:
        measured = {m.check: m.violated for m in validate.measure(db, plan, ["A"])}
    assert measured["patient.birth_date_plausible"] == 2


def with_moments(extract: Path, table: str, moments: list[int]) -> int:
    """Write moments (microseconds) into the first rows of each time column of a table; its rows."""
    path = next((extract / table).rglob("*.parquet"))
    read = pq.ParquetFile(path).read()
    times = [field.name for field in read.schema if pa.types.is_timestamp(field.type)]
    for number, name in enumerate(times):
        at = read.column_names.index(name)
        there = read.column(name).cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()
        begin = number * len(moments)
        there[begin : begin + len(moments)] = moments
        made = pa.array(there, pa.int64()).cast(pa.timestamp("us"))
        read = read.set_column(at, name, made)
    path.unlink()
    pq.write_table(read, path)
    return int(read.num_rows)


@pytest.mark.parametrize("table", ["admission", "lab", "medication"])
def test_moments_in_no_calendar_are_judged_like_any_other(table: str, tmp_path: Path) -> None:
    extract = small_extract(tmp_path / "extract", 120, 1)
    rows = with_moments(extract, table, [2**62, -(2**62), -62135596800000000, 253402300799999999])
    plan = study.load("ivig_covid19")
    found = batch.process(inspect(extract, plan), ["A"], plan, tmp_path / "A").rows()
    spent = found.row(by_predicate=pl.col("table") == table, named=True)
    assert spent["rows_read"] == rows
    assert spent["rows_quarantined"] >= 4
    assert (tmp_path / "A" / "outcomes.parquet").is_file()


@pytest.mark.parametrize(
    ("table", "column", "moment"),
    [
        ("admission", "admitted_at", 2**63 - 2),
        ("admission", "admitted_at", -(2**63) + 3),
        ("vital", "measured_at", -(2**63) + 3),
    ],
)
def test_moments_at_the_ends_of_time_are_named(
    table: str, column: str, moment: int, tmp_path: Path
) -> None:
    extract = small_extract(tmp_path / "extract", 120, 1)
    with_moments(extract, table, [moment])
    plan = study.load("ivig_covid19")
    source = inspect(extract, plan)
    with pytest.raises(ExtractError, match=f"{table}: hospital A: column {column}"):
        batch.process(source, ["A"], plan, tmp_path / "A", gate_only=True)
