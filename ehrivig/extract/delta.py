"""A Delta table on this machine: the files of its current version, by its log (extra `delta`).

Only the log is read with the package `deltalake`; the files are Parquet and are read like all
others. Files that the log no longer names hold rows that were deleted or replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ehrivig.errors import ExtractError

LOG = "_delta_log"
_WRITE = "write its present rows to plain Parquet files"


@dataclass(frozen=True)
class Current:
    """The version of a table, and the files that hold its rows."""

    version: int
    files: frozenset[Path]


def current(folder: Path, where: str) -> Current:
    """What the log of a table says of now; ExtractError for what would give other rows.

    `where` names the table in messages.
    """
    table = _opened(folder, where)
    mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapped != "none":
        raise ExtractError(
            f"{where}: is a Delta table whose files name their columns otherwise (column mapping "
            f"by {mapped}), which is not read. Please {_WRITE}."
        )
    if _deletes(table):
        raise ExtractError(
            f"{where}: is a Delta table with deletion vectors: its files hold deleted rows too. "
            f"Purge them (REORG TABLE ... APPLY (PURGE)), or {_WRITE}."
        )
    return Current(int(table.version()), frozenset(_inside(table.file_uris(), folder, where)))


def _opened(folder: Path, where: str) -> Any:
    try:
        from deltalake import DeltaTable
    except ImportError as error:
        raise ExtractError(
            f"{where}: is a Delta table, and the package deltalake is missing. Install "
            f"ehrivig[delta], or {_WRITE}."
        ) from error
    try:
        return DeltaTable(folder.absolute())
    except Exception as error:
        raise ExtractError(
            f"{where}: the log of the Delta table cannot be read ({type(error).__name__}). Mend "
            f"the table, or {_WRITE}."
        ) from error


def _deletes(table: Any) -> bool:
    """Whether rows are deleted beside the files; a vector that cannot be read is there as well."""
    import pyarrow as pa

    try:
        return bool(pa.table(table.deletion_vectors()).num_rows)
    except Exception:
        return True


def _inside(uris: Iterable[str], folder: Path, where: str) -> Iterable[Path]:
    """The paths of files below the folder of their table; ExtractError for one elsewhere."""
    home = folder.absolute()
    for uri in uris:
        path = Path(unquote(urlsplit(uri).path) if uri.startswith("file:") else uri)
        if not path.is_relative_to(home) or ".." in path.parts:
            raise ExtractError(
                f"{where}: the log of the Delta table names a file outside of its folder. "
                f"Copy the table whole, or {_WRITE}."
            )
        yield folder / path.relative_to(home)
