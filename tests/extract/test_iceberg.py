"""Iceberg tables: the rows of the current snapshot, through the same checks; or the cure."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from extracts import opened, study
from test_extract import hive, shared
from test_parts import said

from ehrivig import extract

types = pytest.importorskip("pyiceberg.types", reason="no extra iceberg")
DATA, METADATA = "lab/data", "lab/metadata"


class Tables:
    """A catalogue of Iceberg tables in a folder; `uri`: how their paths are written."""

    def __init__(self, folder: Path, uri: str = "file://{}") -> None:
        from pyiceberg.catalog.sql import SqlCatalog

        self.folder, self.uri = folder, uri
        beside = folder.with_name(f"{folder.name}.db")
        self.catalog = SqlCatalog("c", uri=f"sqlite:///{beside}", warehouse=f"file://{folder}")
        self.catalog.create_namespace("icu")

    def made(self, name: str, rows: pa.Table, *by: str, **properties: str) -> Any:
        """A table of some rows, one append; `by`: the columns of its hidden partitions."""
        table = self.catalog.create_table(
            f"icu.{name}",
            rows.schema,
            location=self.uri.format(self.folder / name),
            properties=properties,
        )
        if by:
            with table.update_spec() as spec:
                for column in by:
                    spec.add_identity(column)
        table.append(rows)
        return table


@pytest.fixture
def tables(tmp_path: Path) -> Any:
    made = Tables(shared(tmp_path / "x"))
    yield made
    made.catalog.close()


def rows_of(tables: Tables) -> pa.Table:
    """The labs of the extract, whose file goes."""
    path = tables.folder / "lab.parquet"
    rows = pq.read_table(path)
    path.unlink()
    return rows


def content(folder: Path) -> list[tuple[Any, ...]]:
    """The labs of all hospitals."""
    columns = "admission_id, lab_code, value, value_text, unit, collected_at"
    found = []
    for hospital in extract.inspect(folder, study()).hospitals:
        with opened(folder, study(), hospital) as db:
            found += db.rows(f"SELECT '{hospital}', {columns} FROM mapped.lab")
    return sorted(found, key=str)


def left_out(folder: Path) -> set[str]:
    return {one.reason.partition(" (")[0] for one in extract.inspect(folder, study()).left_out}


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
    _rewrite(folder, lambda data: _set(data, size=path.stat().st_size))
    assert "name another hospital in their column hospital_id than the log" in said(folder)


def _set(data: Any, **changes: Any) -> None:
    places = {"content": 0, "path": 1, "format": 2, "size": 5}
    for name, value in changes.items():
        data._data[places[name]] = value


def _newest(folder: Path) -> Path:
    return max((folder / METADATA).glob("*.metadata.json"))


def _rewrite(folder: Path, change: Callable[[Any], Any], told_as: str = "") -> None:
    """Change the entries of the current snapshot of the labs, in a manifest of their own.

    `told_as`: the location of the table by its metadata, in place of its folder.
    """
    from pyiceberg.manifest import write_manifest, write_manifest_list
    from pyiceberg.table import StaticTable

    newest = _newest(folder)
    table = StaticTable.from_metadata(newest.as_posix())
    snapshot: Any = table.current_snapshot()
    old = snapshot.manifests(table.io)
    entries = [entry for one in old for entry in one.fetch_manifest_entry(table.io)]
    places = [(folder / METADATA / f"{name}-{len(list(folder.rglob('*')))}.avro") for name in "ml"]
    spec, id_ = table.spec(), snapshot.snapshot_id
    put = [table.io.new_output(f"file://{path}") for path in places]
    with write_manifest(2, spec, table.schema(), put[0], id_, "null") as writer:
        for entry in entries:
            change(entry.data_file)
            writer.add_entry(entry)
    with write_manifest_list(2, put[1], id_, None, snapshot.sequence_number, "null") as listed:
        made = writer.to_manifest_file()
        home = f"file://{folder}/lab"
        _set(made, content=made.manifest_path.replace(home, told_as or home))
        listed.add_manifests([made])
    told = json.loads(newest.read_text())
    for one in told["snapshots"]:
        if one["snapshot-id"] == id_:
            one["manifest-list"] = f"{told_as or home}/metadata/{places[1].name}"
    told["location"] = told_as or home
    newest.write_text(json.dumps(told))


def test_what_would_give_other_rows_is_refused(tables: Tables) -> None:
    from pyiceberg.manifest import DataFileContent, FileFormat

    folder = tables.folder
    tables.made("lab", rows_of(tables))
    shutil.copytree(folder / "lab", folder.with_name("kept"))

    def after(change: Callable[[Any], Any]) -> str:
        shutil.rmtree(folder / "lab")
        shutil.copytree(folder.with_name("kept"), folder / "lab")
        _rewrite(folder, change)
        return said(folder)

    deleted = "lab: is an Iceberg table with delete files: its data files hold deleted rows too. "
    cure = (
        "Rewrite its data files (rewrite_data_files), or write its present rows to plain "
        "Parquet files."
    )
    for kind in (DataFileContent.POSITION_DELETES, DataFileContent.EQUALITY_DELETES):
        assert after(lambda data, kind=kind: _set(data, content=kind)) == deleted + cure
    for kind in (FileFormat.ORC, FileFormat.AVRO):
        told = after(lambda data, kind=kind: _set(data, format=kind))
        assert told.startswith(
            f"lab: is an Iceberg table with data files in the format {kind.value}; "
        )
    for path in ("file:///elsewhere/a.parquet", f"file://{folder}/lab/../a.parquet", "s3://b/a"):
        told = after(lambda data, path=path: _set(data, path=path))
        assert told == (
            "lab: the metadata of the Iceberg table name a file outside of its folder. Copy the "
            "table whole, or write its present rows to plain Parquet files."
        )
    told = after(lambda data: _set(data, size=7))
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
    newest = _newest(folder)
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
        return lambda data: _set(data, path=data.file_path.replace(home, to))

    shutil.rmtree(copy / "lab")
    shutil.copytree(folder / "lab", copy / "lab")
    _rewrite(folder, moved("s3a://bucket/w/lab"), "s3://bucket/w/lab")
    shutil.rmtree(copy / "lab")
    shutil.move(folder / "lab", copy / "lab")
    assert content(copy) == sorted(2 * wanted, key=str)
    newest = _newest(copy)
    newest.write_text(newest.read_text().replace('"s3://bucket/w/lab"', '"s3://bucket/other"'))
    assert said(copy).startswith("lab: the metadata of the Iceberg table name a file outside of")


def test_the_state_that_is_current_is_sure_or_asked_for(tables: Tables) -> None:
    folder = tables.folder
    wanted = content(folder)
    table = tables.made("lab", rows_of(tables))
    newest = _newest(folder)
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
        newest = _newest(folder)
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
        _set(data, path=f"file://{path}", size=path.stat().st_size)

    _rewrite(folder, taken_over)
    assert "its columns cannot be told by the ids of the Iceberg table (ValueError)" in said(folder)
    newest = _newest(folder)
    told = json.loads(newest.read_text())
    names = table.schema().name_mapping.model_dump_json()
    newest.write_text(json.dumps({**told, "properties": {"schema.name-mapping.default": names}}))
    assert content(folder) == wanted
    (folder / "lab" / "hospital_id=A").rename(folder / "lab" / "hospital_id=C")
    for path in (folder / "lab" / "hospital_id=C").iterdir():
        _rewrite(folder, lambda data, path=path: _moved(data, path))
    assert "lacks the column hospital_id, of which only the metadata" in said(folder)


def _moved(data: Any, path: Path) -> None:
    if data.partition[0] == "A":
        _set(data, path=f"file://{path}")
