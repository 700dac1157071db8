"""Iceberg tables: the rows of the current snapshot, through the same checks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from extracts import study
from iceberg_tables import Tables, content, left_out, rewrite, rows_of, set_entry, state_of
from test_extract import hive, shared
from test_parts import said

from ehrivig import extract

types = pytest.importorskip("pyiceberg.types", reason="no extra iceberg")
DATA = "lab/data"


@pytest.fixture
def tables(tmp_path: Path) -> Any:
    made = Tables(shared(tmp_path / "x"))
    yield made
    made.catalog.close()


@pytest.mark.parametrize("by", [(), ("hospital_id",), ("hospital_id", "unit")])
def test_the_rows_of_the_current_snapshot_are_read(tables: Tables, by: tuple[str, ...]) -> None:
    folder = tables.folder
    wanted = content(folder)
    rows = rows_of(tables)
    table = tables.made("lab", rows, *by)
    assert content(folder) == wanted
    first = table.current_snapshot().snapshot_id
    table.append(rows)
    assert content(folder) == sorted(2 * wanted, key=str)
    table.manage_snapshots().rollback_to_snapshot(first).commit()
    assert content(folder) == wanted
    assert left_out(folder) == {
        f"metadata of an Iceberg table, of snapshot {first}",
        "not of the current snapshot of the table",
    }
    table.overwrite(rows.slice(0, 2))
    assert len(content(folder)) == 2


def test_hidden_partitions_name_the_hospital_however_their_folders_are_called(
    tables: Tables,
) -> None:
    """A blank is + in their folders and a missing value null; or there is no such folder."""
    folder = tables.folder
    for path in folder.glob("*.parquet"):
        rows = pl.read_parquet(path).with_columns(pl.col("hospital_id").replace("A", "A B/C"))
        rows.write_parquet(path)
    wanted = content(folder)
    rows = rows_of(tables)
    assert rows["unit"].null_count
    tables.made("lab", rows, "hospital_id", "unit")
    assert {one.name for one in (folder / DATA).iterdir()} == {
        "hospital_id=A+B%2FC", "hospital_id=B"
    }  # fmt: skip
    assert content(folder) == wanted
    assert extract.inspect(folder, study()).hospitals == ("A B/C", "B")
    shutil.rmtree(folder / "lab")
    tables.catalog.drop_table("icu.lab")
    hashed = {"write.object-storage.enabled": "true"}
    hashed["write.object-storage.partitioned-paths"] = "false"
    tables.made("lab", rows, "hospital_id", **hashed)
    assert not list((folder / DATA).rglob("hospital_id=*"))
    assert content(folder) == wanted


@pytest.mark.parametrize("version", ["1", "2"])
def test_partitions_that_changed_and_hospitals_that_are_numbers(
    tables: Tables, version: str
) -> None:
    """Older files are of all hospitals; newer ones of one, in folders of other keys."""
    folder = tables.folder
    for path in folder.glob("*.parquet"):
        number = pl.col("hospital_id").replace_strict({"A": 7, "B": 12})
        pl.read_parquet(path).with_columns(number).write_parquet(path)
    wanted = content(folder)
    rows = rows_of(tables)
    table = tables.made("lab", rows, **{"format-version": version})
    with table.update_spec() as spec:
        spec.add_identity("hospital_id")
        spec.add_identity("unit")
    table.append(rows)
    assert list((folder / DATA).glob("hospital_id=7/unit=mg%2FL/*.parquet"))
    assert content(folder) == sorted(2 * wanted, key=str)
    assert extract.inspect(folder, study()).hospitals == ("12", "7")


def test_partitions_by_a_day_a_bucket_or_a_beginning_are_no_columns(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their folders are called by what was computed: of it no column is filled.

    Who writes computes them in a library of Rust; here a few lines do, with other buckets.
    """
    transforms = pytest.importorskip("pyiceberg.transforms")
    computed: dict[str, Callable[[Any], Any]] = {
        "Day": lambda column: column.cast(pa.date32()).cast(pa.int32()),
        "Truncate": lambda column: pc.utf8_slice_codeunits(column, 0, 1),
        "Bucket": lambda column: pc.utf8_length(column).cast(pa.int32()),
    }
    for name, of in computed.items():
        kind = getattr(transforms, f"{name}Transform")
        monkeypatch.setattr(kind, "pyarrow_transform", lambda *_, of=of: of)
    folder = tables.folder
    wanted = content(folder)
    rows = rows_of(tables)
    table = tables.made("lab", rows)
    with table.update_spec() as spec:
        spec.add_identity("hospital_id")
        spec.add_field("collected_at", transforms.DayTransform(), "collected_at_day")
        spec.add_field("unit", transforms.TruncateTransform(1), "unit_trunc")
    table.append(rows)
    with table.update_spec() as spec:
        spec.remove_field("unit_trunc")
        spec.add_field("lab_code", transforms.BucketTransform(4), "lab_code_bucket")
        spec.add_field("value", transforms.VoidTransform(), "nothing")
    table.append(rows)
    assert list((folder / DATA).glob("hospital_id=A/collected_at_day=*/unit_trunc=m/*.parquet"))
    assert list(
        (folder / DATA).glob("hospital_id=A/collected_at_day=*/lab_code_bucket=*/**/*.parquet")
    )
    assert content(folder) == sorted(3 * wanted, key=str)
    assert extract.inspect(folder, study()).hospitals == ("A", "B")


def test_a_table_that_was_copied_is_read_where_it_lies(tables: Tables, tmp_path: Path) -> None:
    """Not where it lay: other rows may have come there since. No store is asked for it."""
    folder, copy = tables.folder, tmp_path / "copy" / "x"
    wanted = content(folder)
    rows = rows_of(tables)
    table = tables.made("lab", rows)
    shutil.copytree(folder, copy)
    table.append(rows)
    assert content(copy) == wanted
    home = f"file://{folder}/lab"

    def moved(to: str) -> Callable[[Any], None]:
        return lambda data: set_entry(data, path=data.file_path.replace(home, to))

    shutil.rmtree(copy / "lab")
    shutil.copytree(folder / "lab", copy / "lab")
    rewrite(folder, moved("s3a://bucket/w/lab"), "s3://bucket/w/lab")
    shutil.rmtree(copy / "lab")
    shutil.move(folder / "lab", copy / "lab")
    assert content(copy) == sorted(2 * wanted, key=str)
    newest = state_of(copy)
    newest.write_text(newest.read_text().replace('"s3://bucket/w/lab"', '"s3://bucket/other"'))
    assert said(copy).startswith("lab: the metadata of the Iceberg table name a file outside of")


def test_columns_are_those_of_the_table_or_the_file_is_refused(tables: Tables) -> None:
    """Added: null in older files. Widened: as it is. Renamed, dropped, named anew: refused."""
    folder = tables.folder
    rows = rows_of(tables).combine_chunks()
    first, second = rows.slice(0, 10).drop_columns(["value_text"]), rows.slice(10)
    wider = rows.schema.field("admission_id").with_type(pa.int32())
    first = first.set_column(
        first.schema.get_field_index("admission_id"), wider, first["admission_id"].cast(pa.int32())
    )
    table = tables.made("lab", first)
    with table.update_schema() as change:
        change.add_column("value_text", types.StringType())
        change.update_column("admission_id", types.LongType())
    table.append(second.select(table.schema().column_names))
    found = content(folder)
    assert len(found) == len(rows)
    assert {row[4] for row in found if row[0] == "A"} == {None}
    assert {row[4] for row in found if row[0] == "B"} == {
        None,
        "<5",
        "<5.",
        "＞ 200",
        "7.5",
        "阴性",
    }
    assert {row[1] for row in found} == {11, 12}


def test_a_table_of_one_hospital_lies_in_its_folder(tables: Tables, tmp_path: Path) -> None:
    folder = hive(tmp_path / "y")
    wanted = content(folder)
    shutil.rmtree(folder / "lab" / "hospital_id=B", ignore_errors=True)
    rows = pq.read_table(folder / "lab" / "hospital_id=A" / "part.parquet")
    shutil.rmtree(folder / "lab" / "hospital_id=A")
    of_one = Tables(folder)
    try:
        of_one.made("lab/hospital_id=A", rows)
        assert content(folder) == wanted
    finally:
        of_one.catalog.close()


def test_files_of_hive_that_a_table_took_over_have_their_folders(tables: Tables) -> None:
    """Such files have no ids, and no column of their partition."""
    folder = tables.folder
    wanted = content(folder)
    rows = rows_of(tables)
    table = tables.made("lab", rows, "hospital_id")
    pq.write_to_dataset(rows, folder / "lab", partition_cols=["hospital_id"])

    def taken_over(data: Any) -> None:
        (path,) = (folder / "lab").glob(f"hospital_id={data.partition[0]}/*.parquet")
        set_entry(data, path=f"file://{path}", size=path.stat().st_size)

    rewrite(folder, taken_over)
    assert "its columns cannot be told by the ids of the Iceberg table (ValueError)" in said(folder)
    newest = state_of(folder)
    told = json.loads(newest.read_text())
    names = table.schema().name_mapping.model_dump_json()
    newest.write_text(json.dumps({**told, "properties": {"schema.name-mapping.default": names}}))
    assert content(folder) == wanted
    (folder / "lab" / "hospital_id=A").rename(folder / "lab" / "hospital_id=C")
    for path in (folder / "lab" / "hospital_id=C").iterdir():
        rewrite(folder, lambda data, path=path: _moved(data, path))
    assert "lacks the column hospital_id, of which only the metadata" in said(folder)


def _moved(data: Any, path: Path) -> None:
    if data.partition[0] == "A":
        set_entry(data, path=f"file://{path}")
