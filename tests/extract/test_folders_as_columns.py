"""Folders key=value: columns of the files below them, or refused where the two contradict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import opened, study
from test_extract import LABS, hive, shared

from ehrivig import contract, extract
from ehrivig.database import Database
from ehrivig.errors import ExtractError

INSIDE = Path("lab/hospital_id=A")
DEFAULT = "__HIVE_DEFAULT_PARTITION__"


def lab(folder: Path, hospital_id: str = "A") -> list[Any]:
    with opened(folder, study(), hospital_id) as db:
        return sorted(db.rows("SELECT * FROM mapped.lab"), key=repr)


def cut(folder: Path, column: str, *, keep: bool, hospital_id: str = "A") -> Path:
    """The labs of a hospital in folders of a column, which the files keep or not."""
    place = folder / "lab" / f"hospital_id={hospital_id}"
    frame = pl.read_parquet(place / "part.parquet", hive_partitioning=False)
    (place / "part.parquet").unlink()
    for (value,), rows in frame.partition_by(column, as_dict=True).items():
        inner = place / f"{column}={DEFAULT if value is None else str(value).replace('/', '%2F')}"
        inner.mkdir()
        (rows if keep else rows.drop(column)).write_parquet(inner / "part.parquet")
    return folder


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("column", ["vocabulary", "lab_code", "unit"])
def test_a_table_may_be_cut_by_any_text(tmp_path: Path, column: str, keep: bool) -> None:
    clean = lab(hive(tmp_path / "x"))
    assert lab(cut(hive(tmp_path / "y"), column, keep=keep)) == clean


def test_a_column_that_is_a_folder_too_keeps_its_type(tmp_path: Path) -> None:
    clean = lab(hive(tmp_path / "x"))
    assert lab(cut(hive(tmp_path / "y"), "admission_id", keep=True)) == clean


def test_folders_that_no_column_is_change_nothing(tmp_path: Path) -> None:
    clean = lab(hive(tmp_path / "x"))
    folder = hive(tmp_path / "y")
    (folder / INSIDE / "year=2020").mkdir()
    (folder / INSIDE / "part.parquet").rename(folder / INSIDE / "year=2020" / "part.parquet")
    assert lab(folder) == clean


def test_hospitals_cut_in_different_ways_are_read_together(tmp_path: Path) -> None:
    folder = cut(hive(hive(tmp_path / "x"), "B"), "vocabulary", keep=False)
    source = extract.inspect(folder, study())
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, ("A", "B"), study(), keep=True)
        found = db.rows("SELECT hospital_id, count(*) FROM mapped.lab GROUP BY ALL ORDER BY ALL")
    assert found == [("A", len(LABS)), ("B", len(LABS))]


def said(folder: Path) -> str:
    with pytest.raises(ExtractError) as caught:
        lab(folder)
    assert caught.value.exit_code == 4
    return str(caught.value)


def test_a_folder_that_contradicts_its_rows(tmp_path: Path) -> None:
    folder = cut(hive(tmp_path / "x"), "vocabulary", keep=True)
    (folder / INSIDE / "vocabulary=LOINC").rename(folder / INSIDE / "vocabulary=SNOMED")
    assert said(folder) == (
        "lab: hospital A: 1 rows of part.parquet name another vocabulary in their column "
        "vocabulary than the folder does. Move them, or drop the column."
    )


def test_parts_in_a_folder_and_beside_it(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    (folder / INSIDE / "year=2020").mkdir()
    pl.read_parquet(folder / INSIDE / "part.parquet").write_parquet(
        folder / INSIDE / "year=2020" / "part-2.parquet"
    )
    assert "part.parquet and part-2.parquet differ in column 'year'" in said(folder)


def test_a_folder_around_the_extract_is_no_column(tmp_path: Path) -> None:
    """DuckDB reads every folder key=value of a path as a column, in place of that of the file."""
    clean = lab(shared(tmp_path / "x"))
    assert lab(shared(tmp_path / "unit=ICU" / "x")) == clean
    assert lab(hive(tmp_path / "date=2024-01-01" / "x")) == clean
    assert said(hive(tmp_path / "unit=ICU" / "y")) == (
        "extract: it lies in a folder 'unit=ICU', which would be read as its column unit. Move it, "
        "or give a link to it that lies elsewhere."
    )
    assert "folder 'hospital_id=Z'" in said(hive(tmp_path / "hospital_id=Z" / "y"))
    (tmp_path / "link").symlink_to(tmp_path / "hospital_id=Z" / "y")
    assert lab(tmp_path / "link") == clean


def test_hospitals_in_folders_and_in_one_file(tmp_path: Path) -> None:
    """A table may be given in both ways at once; the rows of a hospital are those of both."""
    folder = hive(tmp_path / "x")
    rows = [{"hospital_id": h, **row} for h in "AB" for row in LABS]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "lab" / "rest.parquet")
    assert extract.inspect(folder, study()).hospitals == ("A", "B")
    assert len(lab(folder)) == 2 * len(LABS)


def test_whole_numbers_of_hospitals_in_shared_files(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    numbers = {"A": 7, "B": 8}
    for path in shared(tmp_path / "y").glob("*.parquet"):
        frame = pl.read_parquet(path)
        kind = {"lab": pl.Float64, "vital": pl.Int16}.get(path.stem, pl.Int64)
        named = pl.col("hospital_id").replace_strict(numbers).cast(kind)
        folder.mkdir(exist_ok=True)
        frame.with_columns(named).write_parquet(folder / path.name)
    source = extract.inspect(folder, study())
    assert source.hospitals == ("7", "8")
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, ("7", "8"), study(), keep=True)
        for table in contract.TABLES:
            named = db.rows(f"SELECT DISTINCT hospital_id FROM mapped.{table.name} ORDER BY 1")
            assert named in ([("7",), ("8",)], [])
    assert [row[0] for row in lab(folder, "8")] == ["8"] * len(LABS)
