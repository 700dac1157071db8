"""Iceberg tables of which the rows are in doubt: one sentence with the cure."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from iceberg_tables import (
    METADATA,
    Tables,
    content,
    left_out,
    rewrite,
    rows_of,
    set_entry,
    state_of,
)
from test_extract import shared
from test_parts import said

types = pytest.importorskip("pyiceberg.types", reason="no extra iceberg")
DATA = "lab/data"


@pytest.fixture
def tables(tmp_path: Path) -> Any:
    made = Tables(shared(tmp_path / "x"))
    yield made
    made.catalog.close()


def test_rows_of_no_hospital_and_of_another_than_the_metadata_say(tables: Tables) -> None:
    folder = tables.folder
    rows = rows_of(tables).filter(pc.field("hospital_id") == "A")
    place = rows.schema.get_field_index("hospital_id")
    nobody = rows.set_column(place, "hospital_id", pa.nulls(len(rows), pa.string()))
    table = tables.made("lab", nobody, "hospital_id")
    assert "its rows had no hospital_id when they were written. Fill" in said(folder)
    table.overwrite(rows)
    (file,) = {one.file.file_path for one in table.scan().plan_files()}
    path = Path(file.removeprefix("file://"))
    other = rows.set_column(place, "hospital_id", pa.array(["Z"] * len(rows)))
    pq.write_table(other.cast(pq.read_schema(path)), path)
    rewrite(folder, lambda data: set_entry(data, size=path.stat().st_size))
    assert "name another hospital in their column hospital_id than the log" in said(folder)


def test_what_would_give_other_rows_is_refused(tables: Tables) -> None:
    from pyiceberg.manifest import DataFileContent, FileFormat

    folder = tables.folder
    tables.made("lab", rows_of(tables))
    shutil.copytree(folder / "lab", folder.with_name("kept"))

    def after(change: Callable[[Any], Any]) -> str:
        shutil.rmtree(folder / "lab")
        shutil.copytree(folder.with_name("kept"), folder / "lab")
        rewrite(folder, change)
        return said(folder)

    deleted = "lab: is an Iceberg table with delete files: its data files hold deleted rows too. "
    cure = (
        "Rewrite its data files (rewrite_data_files), or write its present rows to plain "
        "Parquet files."
    )
    for kind in (DataFileContent.POSITION_DELETES, DataFileContent.EQUALITY_DELETES):
        assert after(lambda data, kind=kind: set_entry(data, content=kind)) == deleted + cure
    for kind in (FileFormat.ORC, FileFormat.AVRO):
        told = after(lambda data, kind=kind: set_entry(data, format=kind))
        assert told.startswith(
            f"lab: is an Iceberg table with data files in the format {kind.value}; "
        )
    for path in ("file:///elsewhere/a.parquet", f"file://{folder}/lab/../a.parquet", "s3://b/a"):
        told = after(lambda data, path=path: set_entry(data, path=path))
        assert told == (
            "lab: the metadata of the Iceberg table name a file outside of its folder. Copy the "
            "table whole, or write its present rows to plain Parquet files."
        )
    told = after(lambda data: set_entry(data, size=7))
    assert "bytes, and the metadata of the Iceberg table say 7. Copy the table whole" in told


def test_what_is_not_there_or_cannot_be_read_is_named(tables: Tables) -> None:
    folder = tables.folder
    tables.made("lab", rows_of(tables))
    for place, told in {
        DATA: "is named by the metadata of the Iceberg table, and is not there. Copy the table",
        METADATA: "is named by the metadata of the Iceberg table, and is not there. Copy the table",
    }.items():
        file = next(path for path in (folder / place).rglob("*") if path.suffix != ".json")
        shutil.move(file, folder.with_name("kept"))
        assert said(folder).startswith("lab")
        assert f"{file.relative_to(folder / 'lab').as_posix()}" in said(folder)
        assert told in said(folder)
        shutil.move(folder.with_name("kept"), file)
    newest = state_of(folder)
    kept = newest.read_text()
    others = ('"format-version":2', '"format-version":9'), ('"current-snapshot-id"', '"other"')
    for broken in ("{}", "{", *(kept.replace(*other) for other in others)):
        newest.write_text(broken)
        assert said(folder).startswith("lab: the metadata of the Iceberg table cannot be read (")
    newest.write_text(kept)
    for avro in (folder / METADATA).glob("*.avro"):
        content = avro.read_bytes()
        for damaged in (
            content[: len(content) // 2],
            content[:-20],
            content[:-16],
            _shifted(content),
        ):
            avro.write_bytes(damaged)
            assert said(folder).startswith(
                "lab: the metadata of the Iceberg table cannot be read ("
            )
        avro.write_bytes(content)
    (folder / "lab" / "notes.xlsx").touch()
    assert said(folder).startswith("lab/notes.xlsx: is neither Parquet (.parquet) nor CSV")
    (folder / "lab" / "notes.xlsx").unlink()
    (folder / "lab" / "_delta_log").mkdir()
    assert "is a Delta table and an Iceberg table at once" in said(folder)


def _shifted(content: bytes) -> bytes:
    """Bytes of which the second half is one further."""
    half = len(content) // 2
    return content[:half] + b"x" + content[half:]


@pytest.mark.parametrize("what", ["renamed", "dropped", "named anew", "with a value"])
def test_columns_that_older_files_call_otherwise_are_refused(tables: Tables, what: str) -> None:
    folder = tables.folder
    table = tables.made("lab", rows_of(tables))
    with table.update_schema() as change:
        if what == "renamed":
            change.rename_column("value", "number").rename_column("value_text", "value")
        elif what in ("dropped", "named anew"):
            change.delete_column("value_text")
    if what == "named anew":
        with table.update_schema() as change:
            change.add_column("value_text", types.StringType())
    if what == "with a value":
        newest = state_of(folder)
        told = json.loads(newest.read_text())
        (columns,) = told["schemas"]
        added = {"id": 99, "name": "ward", "required": False, "type": "string"}
        columns["fields"].append({**added, "initial-default": "icu", "write-default": "icu"})
        newest.write_text(json.dumps({**told, "last-column-id": 99, "format-version": 3}))
    expected = {
        "renamed": "has the column 'value', which the Iceberg table calls 'number' since.",
        "dropped": "has a column 'value_text' that the Iceberg table dropped",
        "named anew": "has a column 'value_text' that the Iceberg table dropped",
        "with a value": "lacks the column ward, for which the Iceberg table has a value",
    }
    assert expected[what] in said(folder)
    assert said(folder).endswith("write its present rows to plain Parquet files.")


def test_a_table_itself_is_no_extract_and_one_without_rows_is_none(tables: Tables) -> None:
    folder = tables.folder
    table = tables.made("lab", rows_of(tables))
    assert (
        said(folder / "lab") == "lab: is an Iceberg table itself. Give the folder that it lies in."
    )
    rows = pq.read_table(folder / "admission.parquet").slice(0, 0)
    tables.catalog.create_table("icu.score", rows.schema, location=f"file://{folder}/score")
    assert "an Iceberg table without rows" in left_out(folder)
    table.delete()
    assert "an Iceberg table without rows" in left_out(folder)


def test_without_the_library_the_extra_is_named(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.made("lab", rows_of(tables))
    monkeypatch.setitem(sys.modules, "pyiceberg.serializers", None)
    assert said(tables.folder) == (
        "lab: is an Iceberg table, and the package pyiceberg is missing. Install "
        "ehrivig[iceberg], or write its present rows to plain Parquet files."
    )


def test_the_state_that_is_current_is_sure_or_asked_for(tables: Tables) -> None:
    folder = tables.folder
    wanted = content(folder)
    table = tables.made("lab", rows_of(tables))
    newest = state_of(folder)
    other = newest.with_name(f"{newest.name.partition('-')[0]}-other.metadata.json")
    shutil.copy(newest, other)
    assert "and nothing there says which is current. Begin the name of the other with _." in (
        said(folder)
    )
    other.rename(other.with_name(f"_{other.name}"))
    assert content(folder) == wanted
    hint = newest.with_name("version-hint.text")
    hint.write_text(newest.name.removesuffix(".metadata.json"))
    assert content(folder) == wanted
    hint.write_text("2")
    assert "names another state than" in said(folder)
    newest.rename(newest.with_name("v2.metadata.json"))
    assert content(folder) == wanted
    for path in newest.parent.glob("0*.metadata.json"):
        path.unlink()
    packed = gzip.compress((newest.parent / "v2.metadata.json").read_bytes())
    (newest.parent / "v3.gz.metadata.json").write_bytes(packed)
    hint.write_text("3\n")
    assert content(folder) == wanted
    assert table
