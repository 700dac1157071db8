"""Iceberg tables for tests: made by a catalogue, changed by hand, read through a layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from extracts import opened, study

from ehrivig import extract

METADATA = "lab/metadata"


class Tables:
    """A catalogue of Iceberg tables in a folder; `uri`: how their paths are written."""

    def __init__(self, folder: Path, uri: str = "file://{}") -> None:
        from pyiceberg.catalog.sql import SqlCatalog

        self.folder, self.uri = folder, uri
        beside = folder.with_name(f"{folder.name}.db")
        self.catalog = SqlCatalog("c", uri=f"sqlite:///{beside}", warehouse=f"file://{folder}")
        self.catalog.create_namespace("icu")

    def close(self) -> None:
        """Let go of the catalogue."""
        self.catalog.close()

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


def set_entry(data: Any, **changes: Any) -> None:
    places = {"content": 0, "path": 1, "format": 2, "size": 5}
    for name, value in changes.items():
        data._data[places[name]] = value


def state_of(folder: Path) -> Path:
    return max((folder / METADATA).glob("*.metadata.json"))


def rewrite(folder: Path, change: Callable[[Any], Any], told_as: str = "") -> None:
    """Change the entries of the current snapshot of the labs, in a manifest of their own.

    `told_as`: the location of the table by its metadata, in place of its folder.
    """
    from pyiceberg.manifest import write_manifest, write_manifest_list
    from pyiceberg.table import StaticTable

    newest = state_of(folder)
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
        set_entry(made, content=made.manifest_path.replace(home, told_as or home))
        listed.add_manifests([made])
    told = json.loads(newest.read_text())
    for one in told["snapshots"]:
        if one["snapshot-id"] == id_:
            one["manifest-list"] = f"{told_as or home}/metadata/{places[1].name}"
    told["location"] = told_as or home
    newest.write_text(json.dumps(told))
