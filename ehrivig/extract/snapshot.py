"""A Parquet extract of a live warehouse: one state of it, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig import __version__, resources
from ehrivig.errors import ExtractError, UsageError, many
from ehrivig.extract import warehouse
from ehrivig.extract.file_names import SUFFIX
from ehrivig.extract.warehouse import Warehouse
from ehrivig.store import StorePath, place
from ehrivig.store.folder import locked

MARKER = "_snapshot.json"
"""What was read: left out by whoever reads the extract, for its name begins with _."""
_TABLE = re.compile(r"(?:(?P<schema>[^.]+)\.)?(?P<name>[A-Za-z][\w$ -]*)")


@dataclass(frozen=True)
class SnapshotSummary:
    """What was written: the folder, and the rows of each table."""

    folder: str
    rows: dict[str, int]


def take(
    address: str,
    tables: str,
    folder: Path,
    progress: Callable[[str], None] = lambda message: None,
) -> SnapshotSummary:
    """Write the named tables of a warehouse into a new folder, a Parquet file each.

    `tables`: names with commas between them, each `table` or `schema.table`. All are read in one
    transaction, and the rows written are those that the server counts in it. The folder appears
    only when it is complete, in the place of an earlier snapshot. Raises UsageError for a wrong
    argument, ExtractError where the warehouse cannot be read.
    """
    names = _names(tables)
    target = place(folder)
    if isinstance(target, StorePath):
        raise UsageError("snapshot: --to is a folder of this machine. Copy it to the store after.")
    target = Path(os.path.realpath(target))
    _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target), _aside(target) as partial:
            with warehouse.opened(address) as source:
                rows = {n: _written(source, t, partial / f"{n}{SUFFIX}", progress)
                        for n, t in names.items()}  # fmt: skip
            _mark(partial, names, rows)
    except OSError as error:
        raise UsageError(
            f"snapshot: cannot write {folder.name}: {error.strerror or 'refused'}. Free space, or "
            "choose another --to; an earlier snapshot is untouched."
        ) from error
    return SnapshotSummary(str(folder), rows)


def _names(tables: str) -> dict[str, str]:
    """Name of the file -> table, in the order given."""
    found: dict[str, str] = {}
    for table in (one.strip() for one in tables.split(",")):
        match = _TABLE.fullmatch(table)
        if match is None:
            raise UsageError(
                f"snapshot: {table!r} is no name of a table. Give --tables a,b or schema.a,schema.b"
                "; a name begins with a letter."
            )
        name = match["name"].lower()
        if name in found:
            raise UsageError(f"snapshot: --tables gives {found[name]} and {table}. Give one.")
        found[name] = table
    return found


def _written(source: Warehouse, table: str, path: Path, progress: Callable[[str], None]) -> int:
    """Write one table; its rows, which are those that the server counts."""
    columns, counted, rows = source.columns(table), source.count(table), 0
    progress(f"{table}: {many(counted, 'row')}")
    writer: pq.ParquetWriter | None = None
    try:
        for batch in source.batches(table, columns):
            writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
            if batch.num_rows:
                writer.write_batch(batch)
                rows += batch.num_rows
    except pa.ArrowNotImplementedError as error:
        raise ExtractError(
            f"snapshot: {table} has a column that Parquet does not hold. Cast it in a view."
        ) from error
    finally:
        if writer is not None:
            writer.close()
    if rows != counted or writer is None:
        raise ExtractError(
            f"snapshot: {table}: {many(rows, 'row')} came, and the server counts {counted:,}. "
            "Take the snapshot again. Nothing was written."
        )
    return rows


def _mark(partial: Path, names: dict[str, str], rows: dict[str, int]) -> None:
    """Write what was read: never from where, or by whom."""
    tables = {
        name: {
            "table": table,
            "rows": rows[name],
            "sha256": resources.file_digest(partial / f"{name}{SUFFIX}"),
        }
        for name, table in names.items()
    }
    content = {"ehrivig": __version__, "tables": tables}
    (partial / MARKER).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _refuse_foreign(target: Path) -> None:
    """UsageError for a folder that holds anything but an earlier snapshot."""
    if target.exists() and not target.is_dir():
        raise UsageError(f"snapshot: {target.name} is a file. Choose another --to.")
    if target.is_dir() and any(target.iterdir()) and not (target / MARKER).is_file():
        raise UsageError(
            f"snapshot: {target.name} holds files that are no snapshot. Choose a new folder."
        )


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A new folder beside the wanted one, which takes its place when the block ends well."""
    partial = target.with_name(f".{target.name}.partial")
    previous = target.with_name(f".{target.name}.previous")
    if previous.exists() and not target.exists():
        previous.rename(target)  # killed between the two renames below
    shutil.rmtree(previous, ignore_errors=True)
    shutil.rmtree(partial, ignore_errors=True)
    before = os.umask(0o077)
    try:
        partial.mkdir()
        yield partial
        if target.exists():
            target.rename(previous)
        partial.rename(target)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        os.umask(before)
        shutil.rmtree(partial, ignore_errors=True)
