"""Over 21 random hospitals: rows read = used + out of scope + quarantined, against bare counts."""

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


_EVENTS = {table.name for table in contract.EVENT_TABLES}


@pytest.fixture(scope="module")
def rows_in() -> Iterator[Callable[[str], int]]:
    """Counts rows of Parquet files, by DuckDB alone."""
    with duckdb.connect() as bare:

        def counted(pattern: str) -> int:
            found = bare.execute("SELECT count(*) FROM read_parquet($1)", [pattern]).fetchall()
            return int(found[0][0])

        yield counted


def drawn(root: Path, rng: np.random.Generator, hospitals: int) -> Path:
    """An extract whose hospitals each come from a demo of their own; the first has no defect."""
    for number, name in enumerate("ABCDE"[:hospitals]):
        apart = root.with_name(f"of-{name}")
        defects = str(rng.choice(DEFECTS)) if number else "none"
        patients, seed = int(rng.integers(50, 160)), int(rng.integers(1_000_000))
        write_demo(apart, patients=patients, hospitals=1, seed=seed, defects=defects)
        for part in apart.glob("[a-z]*/hospital_id=A"):
            place = root / part.parent.name / f"hospital_id={name}"
            place.parent.mkdir(parents=True, exist_ok=True)
            part.rename(place)
            for path in place.glob("*.parquet"):
                rows = pl.read_parquet(path, hive_partitioning=False)
                if "hospital_id" in rows.columns:
                    rows.with_columns(hospital_id=pl.lit(name)).write_parquet(path)
    return root


@pytest.mark.parametrize(("number", "hospitals"), list(enumerate([1, 2, 3, 5, 5, 5])))
def test_every_row_is_accounted_for(
    number: int, hospitals: int, rows_in: Callable[[str], int], tmp_path: Path
) -> None:
    rng = np.random.default_rng([20260404, number])
    root = drawn(tmp_path / "extract", rng, hospitals)
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
        rejected = rejected.filter(pl.col("hospital_id") == name)
        assert row["rows_quarantined"] == rejected.height
        if table in _EVENTS:
            people = cohort.filter(pl.col("hospital_id") == name)["admission_id"].cast(pl.Int64)
            sent = pl.read_parquet(f"{root}/{table}/hospital_id={name}/*.parquet")
            own, gone = (_of(frame, people) for frame in (sent, rejected))
            assert row["rows_used"] == own - gone, table
    assert _used(spent, "admission") == cohort.height
    people = cohort.select("hospital_id", "patient_id").n_unique()
    assert _used(spent, "patient") == people


def _used(spent: pl.DataFrame, table: str) -> int:
    return int(spent.filter(pl.col("table") == table)["rows_used"].sum())


def _of(rows: pl.DataFrame, people: pl.Series) -> int:
    return rows.filter(pl.col("admission_id").cast(pl.Int64).is_in(people.implode())).height
