"""Over 20 random extracts: rows read = used + out of scope + quarantined, against bare counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from extracts import lenient

from ehrivig import contract, extract, study
from ehrivig.demo import write_demo
from ehrivig.runs import batch
from ehrivig.validate import ledger
from ehrivig.validate.result import results

DEFECTS = (
    "none",
    "duplicate_administration",
    "not_administered",
    "discharge_before_admission",
    "two_identities",
    "sentinel",
    "misread_dates",
)


@pytest.fixture(scope="module")
def rows_in() -> Iterator[Callable[[str], int]]:
    """Counts rows of Parquet files, by DuckDB alone."""
    with duckdb.connect() as bare:

        def counted(pattern: str) -> int:
            found = bare.execute("SELECT count(*) FROM read_parquet($1)", [pattern]).fetchall()
            return int(found[0][0])

        yield counted


@pytest.mark.parametrize("number", range(20))
def test_every_row_is_accounted_for(
    number: int, rows_in: Callable[[str], int], tmp_path: Path
) -> None:
    rng = np.random.default_rng([20260404, number])
    root = tmp_path / "extract"
    write_demo(
        root,
        patients=int(rng.integers(50, 160)),
        hospitals=2 if number % 4 == 0 else 1,
        seed=int(rng.integers(1_000_000)),
        defects=str(rng.choice(DEFECTS)) if number else "none",
    )
    plan = lenient(study.load("ivig_covid19"))
    source = extract.inspect(root, plan)
    work = tmp_path / "work"
    made = batch.process(source, source.hospitals, plan, work, threads=1, keep=True)
    cohort, scope, measured = (
        pl.read_parquet(work / f"{name}.parquet") for name in ("candidate", "scope", "measurement")
    )
    spent = ledger.spend(results(measured, made.rows()), cohort, scope)
    assert spent.height == len(source.hospitals) * len(contract.TABLES)
    for row in spent.iter_rows(named=True):
        parts = row["rows_used"], row["rows_out_of_scope"], row["rows_quarantined"]
        assert row["rows_read"] == sum(parts)
        assert min(parts) >= 0
        name, table = row["hospital_id"], row["table"]
        assert row["rows_read"] == rows_in(f"{root}/{table}/hospital_id={name}/*.parquet")
        rejected = pl.read_parquet(work / "quarantine" / f"{table}.parquet")
        assert row["rows_quarantined"] == rejected.filter(pl.col("hospital_id") == name).height
    assert spent.filter(pl.col("table") == "admission")["rows_used"].sum() == cohort.height
