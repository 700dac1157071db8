"""What the files of an extract say of themselves at their end: their columns and rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig.errors import ExtractError
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath
from ehrivig.store.refusal import reason, unreadable

IDS = "ehrivig.ids"
"""Under this name the copy of delimited text says how the ids of each column are written."""
WRITTEN = ("whole", "unsigned", "text")
"""Of what kind ids are, each able to hold those before it."""
_ALSO_TEXT = "?"
"""Behind a kind of ids that are written as text, and so may be shown as text as well."""
MOST_COLUMNS = 2_000
MOST_FOLD, LARGE = 1_000, 2**30
"""How often its size on disk a file of at least so many bytes may be when it is unpacked."""


def schema(file: TableFile, root: Path) -> pa.Schema:
    """The columns of a file; ExtractError with the file's name when it is unreadable.

    Column names that are equal but for case, and names with a byte order mark, are refused.
    """
    found = _footer(file, root).columns
    where = file.where(root)
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


def columns_of(file: TableFile, root: Path) -> pa.Schema | None:
    """The columns of a file; None of one that cannot be read, which its reader is told."""
    try:
        return _footer(file, root).columns
    except ExtractError:
        return None


def row_count(file: TableFile, root: Path) -> int:
    """The rows of a file, by its footer."""
    return _footer(file, root).rows


def signature(file: TableFile, root: Path) -> tuple[tuple[str, str], ...]:
    """The columns of a file by name, with the types that Parquet itself knows.

    Text is text, whatever the writer called it (string, large_string, dictionary).
    """
    return _footer(file, root).types


def ids_of(file: TableFile, root: Path, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Some columns of a file with the kind of their ids: text, whole, or unsigned.

    Unsigned ids are those that a signed number of 64 bits may not hold. A column that was written
    without a type has none. Behind the kind of numbers in delimited text stands a "?": `settled`.
    """
    written = _footer(file, root).ids if file.copy else {}
    for field in schema(file, root):
        name = field.name.casefold()
        if name not in names or pa.types.is_null(field.type):
            continue
        if (told := written.get(name, "text")) != "text":
            yield name, told + _ALSO_TEXT
        elif pa.types.is_uint64(field.type) and _beyond_signed(file.parquet, name):
            yield name, "unsigned"
        else:
            yield name, "whole" if _is_number(field.type) else "text"


def settled(kinds: Collection[str]) -> set[str]:
    """The kinds of ids, when those that may be numbers are numbers unless some others are text."""
    sure = {kind for kind in kinds if not kind.endswith(_ALSO_TEXT)}
    if "text" in sure:
        return sure
    return sure | {kind.removesuffix(_ALSO_TEXT) for kind in kinds}


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _beyond_signed(path: Path, column: str) -> bool:
    """Whether a column of unsigned whole numbers may hold one of 2^63 or more, by its footer."""
    found = _opened(path)
    leaves = [found.schema.column(number).path for number in range(len(found.schema))]
    place = [leaf.casefold() for leaf in leaves].index(column)
    groups = (found.row_group(number).column(place) for number in range(found.num_row_groups))
    return any(_largest(group) >= 2**63 for group in groups)


def _largest(group: Any) -> int:
    """The largest value that a row group tells of; where it tells none, one beyond all."""
    told = group.statistics
    if told is not None and told.has_min_max:
        return int(told.max)
    empty = told is not None and told.has_null_count and told.null_count == group.num_values
    return 0 if empty or not group.num_values else 2**64


@dataclass(frozen=True)
class _Footer:
    """What a Parquet file says of itself at its end: its columns, their types, its rows.

    `unpacked`: its bytes without compression; `ids`: what the copy of delimited text says of them.
    """

    columns: pa.Schema
    types: tuple[tuple[str, str], ...]
    rows: int
    unpacked: int
    ids: dict[str, str]


def _footer(file: TableFile, root: Path) -> _Footer:
    if file.problem:
        raise ExtractError(file.problem)
    path, where = file.parquet, file.where(root)
    try:
        stat = path.stat()
        found = _footer_of(path, stat.st_size, stat.st_mtime)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(path, StorePath) and reason(error, path):
            raise unreadable(error, path) from error
        if isinstance(error, PermissionError):
            raise ExtractError(
                f"{where}: may not be read. Grant this user the right to read it."
            ) from error
        if isinstance(error, pa.ArrowNotImplementedError):
            raise ExtractError(
                f"{where}: has a column of a type that cannot be read (such as a whole number of "
                "128 bits). Write it as text or as a whole number of 64 bits."
            ) from error
        if "too deeply nested" in str(error):
            raise ExtractError(
                f"{where}: has a column of lists or records that lie too deep in each other. Leave "
                "the column out."
            ) from error
        raise ExtractError(
            f"{where}: not a readable Parquet file (truncated or corrupt). Replace the file."
        ) from error
    if not file.copy:
        _refuse_bomb(found, stat.st_size, where)
    return found


def _refuse_bomb(found: _Footer, size: int, where: str) -> None:
    """ExtractError for a file that is far more than it looks like: no table of a hospital is."""
    if len(found.types) > MOST_COLUMNS:
        raise ExtractError(
            f"{where}: has {len(found.types):,} columns, at most {MOST_COLUMNS:,} are read. Leave "
            "out those that no layout names."
        )
    if found.unpacked > LARGE and found.unpacked > MOST_FOLD * size:
        raise ExtractError(
            f"{where}: {size:,} bytes that would be {found.unpacked:,} when unpacked, more than "
            f"{MOST_FOLD:,} times as many. Replace the file."
        )


@lru_cache(maxsize=100_000)
def _footer_of(path: Path, size: int, changed: float) -> _Footer:
    """Read once while the file is unchanged: several questions are asked of it."""
    found = _opened(path)
    columns = found.schema.to_arrow_schema()
    mark = columns.serialize().to_pybytes()
    if mark not in _same_columns:
        _same_columns[mark] = columns, _types(found.schema)
    unpacked = sum(found.row_group(n).total_byte_size for n in range(found.num_row_groups))
    ids = json.loads((found.metadata or {}).get(IDS.encode(), b"{}"))
    return _Footer(*_same_columns[mark], found.num_rows, unpacked, ids)


def _opened(path: Path) -> Any:
    if isinstance(path, StorePath):
        with path.open("rb") as stream:
            return pq.read_metadata(stream)
    return pq.read_metadata(path)


def _types(columns: Any) -> tuple[tuple[str, str], ...]:
    """Path and type of every leaf column, in the order of their names."""
    leaves = (columns.column(number) for number in range(len(columns)))
    return tuple(sorted((leaf.path.casefold(), _type(leaf)) for leaf in leaves))


def _type(leaf: Any) -> str:
    """The logical type of a column, else the physical one."""
    logical = str(leaf.logical_type)
    if logical == "None":
        return str(leaf.physical_type)
    return logical.partition(", is_from_converted_type")[0]


_same_columns: dict[bytes, tuple[pa.Schema, tuple[tuple[str, str], ...]]] = {}
"""The columns of many files are the same, and kept once."""
