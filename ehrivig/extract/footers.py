"""What the files of an extract say of themselves at their end: their columns and rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig.errors import ExtractError
from ehrivig.store import StorePath
from ehrivig.store.refusal import reason, unreadable


def schema(path: Path, root: Path) -> pa.Schema:
    """The columns of a Parquet file; ExtractError with the file's name when it is unreadable.

    Column names that are equal but for case, and names with a byte order mark, are refused.
    """
    found = _footer(path, root).columns
    where = path.relative_to(root).as_posix()
    names = [name.casefold() for name in found.names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ExtractError(f"{where}: column {', '.join(twice)} is there twice. Remove one.")
    marked = [name for name in found.names if name != name.strip("\ufeff \t\r\n")]
    if marked:
        raise ExtractError(
            f"{where}: a column name begins or ends with an invisible character "
            f"({marked[0]!a}). Write the file again without a byte order mark."
        )
    return found


def row_count(path: Path, root: Path) -> int:
    """The rows of a Parquet file, by its footer."""
    return _footer(path, root).rows


@dataclass(frozen=True)
class _Footer:
    """What a Parquet file says of itself at its end: its columns, its rows."""

    columns: pa.Schema
    rows: int


def _footer(path: Path, root: Path) -> _Footer:
    try:
        stat = path.stat()
        return _footer_of(path, stat.st_size, stat.st_mtime)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(path, StorePath) and reason(error, path):
            raise unreadable(error, path) from error
        where = path.relative_to(root).as_posix()
        if isinstance(error, PermissionError):
            raise ExtractError(
                f"{where}: may not be read. Grant this user the right to read it."
            ) from error
        if isinstance(error, pa.ArrowNotImplementedError):
            raise ExtractError(
                f"{where}: has a column of a type that cannot be read (such as a whole number of "
                "128 bits). Write it as text or as a whole number of 64 bits."
            ) from error
        raise ExtractError(
            f"{where}: not a readable Parquet file (truncated or corrupt). Replace the file."
        ) from error


@lru_cache(maxsize=100_000)
def _footer_of(path: Path, size: int, changed: float) -> _Footer:
    """Read once while the file is unchanged: several questions are asked of it."""
    if isinstance(path, StorePath):
        with path.open("rb") as stream:
            found = pq.read_metadata(stream)
    else:
        found = pq.read_metadata(path)
    columns = found.schema.to_arrow_schema()
    return _Footer(
        _same_columns.setdefault(columns.serialize().to_pybytes(), columns), found.num_rows
    )


_same_columns: dict[bytes, pa.Schema] = {}
"""The columns of many files are the same, and kept once."""
