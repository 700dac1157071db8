"""One dump as Parquet, CSV, CSV.gz, DuckDB, Delta and Iceberg: the same bytes of every result."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.extract.text_copies import COPIES

pytestmark = [
    pytest.mark.usefixtures("more_quickly"),
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),  # few patients
]

SLOW = pytest.mark.slow
OF_FILES = {
    "manifest.json",
    "history.csv",
    "release/manifest.json",
    "hospitals/fingerprints.json",
    "hospitals/statements.sql",
}
"""What says which files were read, and so differs."""


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dump") / "x"
    write_demo(folder, patients=200, hospitals=2, seed=11, defects="none")
    shutil.rmtree(folder / "_truth", ignore_errors=True)
    return folder


def tables(dump: Path) -> dict[str, list[Path]]:
    folders = (path for path in dump.iterdir() if path.is_dir())
    return {folder.name: sorted(folder.rglob("*.parquet")) for folder in folders}


def text(path: Path) -> bytes:
    frame = pl.read_parquet(path, hive_partitioning=False)
    return frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S%.6f").encode()


def as_csv(dump: Path, to: Path) -> Path:
    for path in dump.rglob("*.parquet"):
        file = (to / path.relative_to(dump)).with_suffix(".csv")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text(path))
    return to


def as_csv_gz(dump: Path, to: Path) -> Path:
    """Each table one file, in which a column names the hospital."""
    for name, paths in tables(dump).items():
        frame = pl.concat([_with_hospital(path) for path in paths])
        to.mkdir(exist_ok=True)
        content = frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()
        (to / f"{name}.csv.gz").write_bytes(gzip.compress(content))
    return to


def _with_hospital(path: Path) -> pl.DataFrame:
    name = path.parent.name.removeprefix("hospital_id=")
    frame = pl.read_parquet(path, hive_partitioning=False)
    return frame.with_columns(hospital_id=pl.lit(name))


def as_duckdb(dump: Path, to: Path) -> Path:
    to.mkdir()
    with duckdb.connect(str(to / "dump.duckdb")) as db:
        for name in tables(dump):
            db.execute(
                f"CREATE TABLE {name} AS FROM read_parquet('{dump / name}/*/*.parquet', "
                "hive_partitioning = true)"
            )
    return to


def as_delta(dump: Path, to: Path) -> Path:
    write = pytest.importorskip("deltalake", reason="no extra delta").write_deltalake
    for name, paths in tables(dump).items():
        frame = pl.concat([_with_hospital(path) for path in paths]).to_arrow()
        write(to / name, frame, partition_by=["hospital_id"])
        write(to / name, frame, mode="append", partition_by=["hospital_id"])
        write(to / name, frame, mode="overwrite", partition_by=["hospital_id"])
    return to


def as_iceberg(dump: Path, to: Path) -> Path:
    """Partitioned by hospital, in whose folder names a blank would be +; written three times."""
    sql = pytest.importorskip("pyiceberg.catalog.sql", reason="no extra iceberg")
    catalog = sql.SqlCatalog("c", uri=f"sqlite:///{to}.db", warehouse=f"file://{to}")
    catalog.create_namespace("icu")
    for name, paths in tables(dump).items():
        frame = pl.concat([_with_hospital(path) for path in paths]).to_arrow()
        table = catalog.create_table(f"icu.{name}", frame.schema, location=f"file://{to / name}")
        with table.update_spec() as spec:
            spec.add_identity("hospital_id")
        table.append(frame)
        table.append(frame)
        table.overwrite(frame)
    catalog.close()
    return to


FORMATS: dict[str, Callable[[Path, Path], Path]] = {
    "CSV": as_csv,
    "CSV.gz": as_csv_gz,
    "DuckDB": as_duckdb,
    "Delta": as_delta,
    "Iceberg": as_iceberg,
}


def results(extract: Path, out: Path) -> dict[str, str]:
    """Every file of a run with its hash."""
    assert pipeline.run("ivig_covid19", extract, out).exit_code == 0
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def of_parquet(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return results(dump, tmp_path_factory.mktemp("run") / "out")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("CSV", marks=SLOW),
        "CSV.gz",
        *(pytest.param(name, marks=SLOW) for name in ("DuckDB", "Delta", "Iceberg")),
    ],
)
def test_the_same_bytes_of_results(
    dump: Path, of_parquet: dict[str, str], tmp_path: Path, name: str
) -> None:
    extract = FORMATS[name](dump, tmp_path / "x")
    shutil.copy(dump / "extract.json", extract)
    found = results(extract, tmp_path / "out")
    assert "release/effects.csv" in found
    assert "analysis.parquet" in found
    differ = {n for n in found.keys() | of_parquet.keys() if found.get(n) != of_parquet.get(n)}
    assert differ <= OF_FILES
    assert not list(tmp_path.rglob(COPIES))  # no copy of a row is left behind
