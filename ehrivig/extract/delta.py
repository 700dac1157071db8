"""A Delta table on this machine: the files of its current version, by its log (extra `delta`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ehrivig.errors import ExtractError
from ehrivig.extract import footers
from ehrivig.extract.file_names import hive_key
from ehrivig.extract.lake_state import WRITE, Current, package_missing
from ehrivig.extract.part_checks import where_in
from ehrivig.extract.table_file import TableFile

LOG = "_delta_log"
_VECTORS = "deletionVectors"
_READ = {_VECTORS, "columnMapping", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"}
_READ |= {"typeWidening", "typeWidening-preview"}
"""Features of tables that change nothing here, as files have their own types, or that are asked."""


def current(folder: Path, root: Path) -> Current:
    """What the log of a table says of now; ExtractError for what would give other rows.

    `root`: the extract, below which messages name the table.
    """
    where = where_in(folder, root)
    table = _opened(folder, where)
    mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapped != "none":
        raise ExtractError(
            f"{where}: is a Delta table whose files name their columns otherwise (column mapping "
            f"by {mapped}), which is not read. Please {WRITE}."
        )
    features = set(table.protocol().reader_features or ())
    if features - _READ:
        raise ExtractError(
            f"{where}: is a Delta table with the feature {min(features - _READ)}, which is not "
            f"read. Please {WRITE}."
        )
    if _VECTORS in features and _deletes(table):
        raise ExtractError(
            f"{where}: is a Delta table with deletion vectors: its files hold deleted rows too. "
            f"Purge them (REORG TABLE ... APPLY (PURGE)), or {WRITE}."
        )
    return _files(table, folder, root)


def _files(table: Any, folder: Path, root: Path) -> Current:
    where = where_in(folder, root)
    columns = frozenset(one.name.casefold() for one in table.schema().fields)
    files = {path: TableFile(path, None, columns=columns) for path in _paths(table, folder, where)}
    partitions = list(table.metadata().partition_columns)
    for file in files.values():
        _refuse_other_folders(file, folder, where, partitions)
        _refuse_dropped(file, columns, root)
    version = f"version {int(table.version())}"
    return Current(
        "the log of the Delta table", f"log of a Delta table, of {version}", "version", files
    )


def _opened(folder: Path, where: str) -> Any:
    try:
        from deltalake import DeltaTable
    except ImportError as error:
        raise package_missing(where, "a Delta", "deltalake", "delta") from error
    try:
        return DeltaTable(folder.absolute())
    except Exception as error:
        raise ExtractError(
            f"{where}: the log of the Delta table cannot be read ({type(error).__name__}). Mend "
            f"the table, or {WRITE}."
        ) from error


def _deletes(table: Any) -> bool:
    """Whether rows are deleted beside the files; a vector that cannot be read is there as well."""
    import pyarrow as pa

    try:
        return bool(pa.table(table.deletion_vectors()).num_rows)
    except Exception:
        return True


def _paths(table: Any, folder: Path, where: str) -> Iterator[Path]:
    """The paths of files below the folder of their table; ExtractError for one elsewhere."""
    home = folder.absolute()
    for uri in table.file_uris():
        path = Path(unquote(urlsplit(uri).path) if uri.startswith("file:") else uri)
        if not path.is_relative_to(home) or ".." in path.parts:
            raise ExtractError(
                f"{where}: the log of the Delta table names a file outside of its folder. "
                f"Copy the table whole, or {WRITE}."
            )
        yield folder / path.relative_to(home)


def _refuse_other_folders(file: TableFile, folder: Path, where: str, partitions: list[str]) -> None:
    """ExtractError for values of a partition that only the log has: no folder is called so."""
    steps = file.path.relative_to(folder).parts[:-1]
    keys = {found[0] for step in steps if (found := hive_key(step))}
    lost = [name for name in partitions if name not in keys]
    if lost:
        raise ExtractError(
            f"{where}: is a Delta table whose log alone knows the values of {lost[0]!r}: its "
            f"files lie in no folder {lost[0]}=... Please {WRITE}."
        )


def _refuse_dropped(file: TableFile, columns: Collection[str], root: Path) -> None:
    """ExtractError for a file with a column that its table no longer has."""
    found = footers.columns_of(file, root) if file.path.is_file() else None
    dropped = [name for name in found.names if name.casefold() not in columns] if found else []
    if dropped:
        raise ExtractError(
            f"{file.where(root)}: has a column {dropped[0]!r} that the Delta table dropped, and so "
            f"values that nobody should read. Please {WRITE}."
        )
