"""Delta tables: the rows of the current version, through the same checks; or the cure."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extracts import opened, study
from test_extract import LABS, hive, shared
from test_parts import labs, said

from ehrivig import extract

LOG = "_delta_log"


@pytest.fixture
def write_delta() -> Any:
    return pytest.importorskip("deltalake", reason="no extra delta").write_deltalake


def as_delta(folder: Path, write_delta: Any, **how: Any) -> Path:
    """The labs of an extract as a Delta table."""
    table = pq.read_table(folder / "lab.parquet")
    (folder / "lab.parquet").unlink()
    write_delta(folder / "lab", table, **how)
    return folder


@pytest.mark.parametrize("how", [{}, {"partition_by": ["hospital_id"]}])
def test_the_rows_of_the_current_version_are_read(
    tmp_path: Path, write_delta: Any, how: dict[str, Any]
) -> None:
    from deltalake import DeltaTable

    wanted = labs(shared(tmp_path / "x"))
    folder = as_delta(shared(tmp_path / "y"), write_delta, **how)
    assert labs(folder) == wanted
    once_more = pq.read_table(tmp_path / "x" / "lab.parquet")
    write_delta(folder / "lab", once_more, mode="append")
    assert labs(folder) == 2 * wanted
    DeltaTable(folder / "lab").restore(0)
    source = extract.inspect(folder, study())
    assert labs(folder) == wanted
    reasons = {one.reason for one in source.left_out}
    assert reasons == {
        "log of a Delta table, of version 2", "not of the current version of the table"
    }  # fmt: skip


def test_what_would_give_other_rows_is_refused(tmp_path: Path, write_delta: Any) -> None:
    folder = as_delta(shared(tmp_path / "x"), write_delta)
    (file,) = (folder / "lab").glob("*.parquet")
    shutil.move(file, tmp_path)
    assert "is named by the log of the Delta table, and is not there." in said(folder)
    shutil.move(tmp_path / file.name, file)
    (folder / "lab" / "notes.xlsx").touch()
    assert said(folder).startswith("lab/notes.xlsx: is neither Parquet (.parquet) nor CSV")
    (folder / "lab" / "notes.xlsx").unlink()
    log = folder / "lab" / LOG / "00000000000000000000.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    kept = log.read_text()
    for line in lines:
        if "metaData" in line:
            line["metaData"]["configuration"]["delta.columnMapping.mode"] = "name"
    log.write_text("\n".join(map(json.dumps, lines)))
    assert "lab: is a Delta table whose files name their columns otherwise" in said(folder)
    log.write_text(kept.replace(file.name, f"../{file.name}"))
    assert "names a file outside of its folder" in said(folder) or "is not there" in said(folder)
    log.write_text("{")
    assert said(folder).startswith("lab: the log of the Delta table cannot be read (")


def test_a_table_itself_is_no_extract_and_one_without_rows_is_none(
    tmp_path: Path, write_delta: Any
) -> None:
    folder = as_delta(shared(tmp_path / "x"), write_delta)
    assert said(folder / "lab") == "lab: is a Delta table itself. Give the folder that it lies in."
    write_delta(folder / "score", pq.read_table(tmp_path / "x" / "admission.parquet").slice(0, 0))
    source = extract.inspect(folder, study())
    assert "score" not in source.tables
    assert "a Delta table without rows" in {one.reason for one in source.left_out}


def test_deletion_vectors_are_refused(tmp_path: Path, write_delta: Any) -> None:
    folder = as_delta(shared(tmp_path / "x"), write_delta)
    log = folder / "lab" / LOG / "00000000000000000000.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    vector = {"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 4}
    for line in lines:
        if "add" in line:
            line["add"]["deletionVector"] = {**vector, "sizeInBytes": 40, "cardinality": 2}
        if "protocol" in line:
            features = {*line["protocol"].get("readerFeatures", ()), "deletionVectors"}
            line["protocol"] = {
                **dict.fromkeys(("readerFeatures", "writerFeatures"), sorted(features)),
                "minReaderVersion": 3,
                "minWriterVersion": 7,
            }
    log.write_text("\n".join(map(json.dumps, lines)))
    assert "is a Delta table with deletion vectors: its files hold deleted rows too" in said(folder)


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    folder = hive(tmp_path / "x")
    (folder / "lab" / LOG).mkdir()
    assert said(folder) == (
        "lab: is a Delta table, and the package deltalake is missing. Install ehrivig[delta], or "
        "write its present rows to plain Parquet files."
    )


def _log(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the lines of all versions of the log of the labs."""
    for log in (folder / "lab" / LOG).glob("*.json"):
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        for line in lines:
            change(line)
        log.write_text("\n".join(map(json.dumps, lines)))


def test_a_column_that_was_added_is_null_in_older_files(tmp_path: Path, write_delta: Any) -> None:
    folder = shared(tmp_path / "x")
    rows = pq.read_table(folder / "lab.parquet")
    (folder / "lab.parquet").unlink()
    half = len(rows) // 2
    write_delta(folder / "lab", rows.slice(0, half).drop_columns(["value_text"]))
    write_delta(folder / "lab", rows.slice(half), mode="append", schema_mode="merge")
    assert labs(folder) == half
    with opened(folder, study(), "A") as db:
        assert db.rows("SELECT DISTINCT value_text FROM mapped.lab") == [(None,)]
    with opened(folder, study(), "B") as db:
        assert ("阴性",) in db.rows("SELECT DISTINCT value_text FROM mapped.lab")


def test_a_column_of_which_the_type_was_widened(tmp_path: Path, write_delta: Any) -> None:
    """The older files keep the type that they were written with."""
    folder = shared(tmp_path / "x")
    rows = pq.read_table(folder / "lab.parquet")
    place = rows.schema.get_field_index("admission_id")
    narrow = rows.set_column(place, "admission_id", rows["admission_id"].cast(pa.int32()))
    (folder / "lab.parquet").unlink()
    write_delta(folder / "lab", rows)
    write_delta(folder / "lab2", narrow)
    (old,), (file,) = ((folder / name).glob("*.parquet") for name in ("lab", "lab2"))
    size = file.stat().st_size
    shutil.move(file, old)
    shutil.rmtree(folder / "lab2")

    def widened(line: dict[str, Any]) -> None:
        if "add" in line:
            line["add"]["size"] = size
        if "protocol" in line:
            features = ["timestampNtz", "typeWidening"]
            line["protocol"] = {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }

    wanted = labs(folder)
    _log(folder, widened)
    assert labs(folder) == wanted == len(rows) // 2
    text = (folder / "lab" / LOG / "00000000000000000000.json").read_text()
    text = text.replace("typeWidening", "variantType")
    (folder / "lab" / LOG / "00000000000000000000.json").write_text(text)
    assert "is a Delta table with the feature variantType, which is not read." in said(folder)


def test_a_column_that_the_table_dropped_is_refused(tmp_path: Path, write_delta: Any) -> None:
    folder = as_delta(shared(tmp_path / "x"), write_delta)

    def dropped(line: dict[str, Any]) -> None:
        if "metaData" in line:
            columns = json.loads(line["metaData"]["schemaString"])
            kept = [one for one in columns["fields"] if one["name"] != "value_text"]
            line["metaData"]["schemaString"] = json.dumps({**columns, "fields": kept})

    _log(folder, dropped)
    assert "has a column 'value_text' that the Delta table dropped" in said(folder)


def test_a_value_of_a_partition_that_only_the_log_has_is_refused(
    tmp_path: Path, write_delta: Any
) -> None:
    """Files in folders that are called by chance: all their rows would lack the column."""
    folder = as_delta(shared(tmp_path / "x"), write_delta, partition_by=["unit"])
    assert labs(folder) == len(LABS)
    for number, path in enumerate(sorted((folder / "lab").glob("unit=*"))):
        for file in path.iterdir():
            (folder / "lab" / f"a{number}").mkdir(exist_ok=True)
            shutil.move(file, folder / "lab" / f"a{number}" / file.name)
        path.rmdir()
    moved = {path.name: path.parent.name for path in (folder / "lab").glob("a*/*.parquet")}

    def by_chance(line: dict[str, Any]) -> None:
        if "add" in line:
            name = line["add"]["path"].rpartition("/")[2]
            line["add"]["path"] = f"{moved[name]}/{name}"

    _log(folder, by_chance)
    assert "is a Delta table whose log alone knows the values of 'unit'" in said(folder)
