"""The ledger of random extracts adds up to the rows that bare DuckDB counts in the files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ehrivig import cohort, extract, hospital, ledger, study, tables
from ehrivig.demo import DEFECTS, write_demo
from ehrivig.demo.defects import FILES
from ehrivig.hospital import HospitalResult

SEED = 20260101
KINDS = [kind.name for kind in DEFECTS if kind.name not in FILES]
Counts = dict[tuple[str, str], int]


def drawn(number: int, folder: Path) -> str:
    """A random extract: its size, hospitals, seed, and (in three of four) a kind of bad data."""
    rng = np.random.default_rng([SEED, number])
    usual = ("none", "messy-default")
    defects = usual[number // 4 % 2] if number % 4 == 0 else str(rng.choice(KINDS))
    patients, hospitals = int(rng.integers(50, 160)), int(rng.integers(1, 3))
    write_demo(
        folder, patients=patients, hospitals=hospitals, seed=int(rng.integers(1e6)), defects=defects
    )
    return defects


def counted(files: Path) -> Counts:
    """(hospital_id, table) -> rows of the files below a folder of tables, by bare DuckDB."""
    shell = duckdb.connect()
    found: Counts = {}
    for table in tables.TABLES:
        if not list(files.glob(f"{table.name}/*/*.parquet")):
            continue
        place = str(files / table.name / "*" / "*.parquet")
        rows = shell.execute(
            "SELECT hospital_id::VARCHAR, count(*) FROM read_parquet($place, "
            "hive_partitioning = true, union_by_name = true) GROUP BY ALL",
            {"place": place},
        ).fetchall()
        found |= {(name, table.name): n for name, n in rows}
    return found


def rejected(folder: Path) -> Counts:
    """(hospital_id, table) -> rows in the quarantine of one hospital's folder."""
    found: Counts = {}
    for path in sorted((folder / "quarantine").glob("*.parquet")):
        rows = pl.read_parquet(path).group_by("hospital_id").len()
        found |= {(str(name), path.stem): n for name, n in rows.iter_rows()}
    return found


def gathered(results: list[HospitalResult], name: str) -> pl.DataFrame:
    """One small table of all hospitals, as the run stacks them."""
    paths = [Path(result.folder) / f"{name}.parquet" for result in results]
    frames = [
        pl.read_parquet(path).with_columns(pl.lit(result.hospital_id).alias("hospital_id"))
        for result, path in zip(results, paths, strict=True)
        if path.is_file()
    ]
    return pl.concat(frames, how="diagonal_relaxed")


@pytest.mark.parametrize("number", range(20))
def test_every_row_of_a_random_extract_is_accounted_for(number: int, tmp_path: Path) -> None:
    defects = drawn(number, tmp_path / "extract")
    plan = study.load("ivig_covid19")
    source = extract.inspect(tmp_path / "extract", plan)
    results = [
        hospital.process(source, name, plan, tmp_path / "hospitals" / name)
        for name in source.hospitals
    ]
    through = [r for r in results if (Path(r.folder) / "scope.parquet").is_file()]
    if through:
        screened, criterion = (gathered(through, name) for name in ("screened", "criterion"))
        people, _ = cohort.select(screened, criterion, plan)
        scope = gathered(through, "scope")
    else:  # the only hospital is blocked: nothing of it is used
        keys = {"hospital_id": pl.String, "admission_id": pl.Int64}
        people = pl.DataFrame(schema={**keys, "patient_id": pl.Int64})
        scope = pl.DataFrame(schema={**keys, "table": pl.String, "n_rows": pl.Int64})
    spent = ledger.spend(results, people, scope)
    in_files = counted(tmp_path / "extract")
    set_aside: Counts = {}
    for result in results:
        set_aside |= rejected(Path(result.folder))
    for row in spent.to_dicts():
        key = (row["hospital_id"], row["table"])
        parts = row["rows_used"], row["rows_out_of_scope"], row["rows_quarantined"]
        assert min(parts) >= 0, (defects, key)
        assert sum(parts) == row["rows_read"] == in_files.get(key, 0), (defects, key)
        assert row["rows_quarantined"] == set_aside.get(key, 0), (defects, key)
    assert set(in_files) <= {(r["hospital_id"], r["table"]) for r in spent.to_dicts()}
