"""Source views: the files of some hospitals, with the columns and types that the layout expects.

A view shows the files as they are, except that: an optional column that the files lack is null; a
column of another but compatible type is cast; a moment with a zone is shown as the hospitals' wall
clock; and a file of several hospitals shows only the rows of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ehrivig.contract import SQL_TYPE
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract.files import TableFile
from ehrivig.extract.footers import schema
from ehrivig.extract.hospital_names import HIVE
from ehrivig.extract.layouts import SourceColumn
from ehrivig.literals import render

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_INTEGERS = (*_SIGNED, *(f"U{name}" for name in _SIGNED))
EVERY: tuple[str, ...] = ()
"""Stands for all hospitals of an extract."""
_ZONED = "TIMESTAMP WITH TIME ZONE"
_CLOCKS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_WORDS = {
    "key": "text or an integer",
    "text": "text",
    "time": "a timestamp",
    "utc": "a timestamp",
    "date": "a date",
    "number": "a number",
    "flag": "true or false (BOOLEAN)",
}


@dataclass(frozen=True)
class View:
    """One source view to be made."""

    table: str
    hospitals: tuple[str, ...]
    root: Path
    files: tuple[TableFile, ...]
    columns: tuple[SourceColumn, ...]
    timezone: str | None
    only_hospital: bool

    @property
    def where(self) -> str:
        """How a message names the view."""
        return f"{self.table}: {named(self.hospitals)}" if self.hospitals else self.table


def create(db: Database, view: View) -> None:
    """Make `source.<table>`; ExtractError for unreadable files, missing columns, wrong types."""
    unknown_types = _one_schema(view)
    name = f"source.{view.table}"
    hive = any(file.hospital_id is not None for file in view.files)
    db.reach(file.path for file in view.files)
    _refuse_other_hospital(db, view)
    db.parquet(name, [file.path for file in view.files], hive=hive)
    text = shaped(view, db.columns(name), unknown_types, "read_parquet($files$options)")
    if text is not None:
        options = ", hive_partitioning = true, hive_types_autocast = false" if hive else ""
        files = [str(file.path) for file in view.files]
        db.view(name, render(text.replace("$options", options), {"files": files}))


def shaped(view: View, found: dict[str, str], untyped: set[str], source: str) -> str | None:
    """The SELECT that shows `source` as the layout expects it; None when it already does."""
    declared = {column.name: column for column in view.columns}
    types = {name.casefold(): kind for name, kind in found.items()}
    _require(view, types)
    replaced = [
        f"{expression} AS {_quoted(name)}"
        for name, kind in found.items()
        if (expression := _expression(view, name, kind, declared.get(name.casefold()), untyped))
    ]
    added = [
        f"NULL::{_sql_type(column.kind)} AS {_quoted(name)}"
        for name, column in declared.items()
        if name not in types
    ]
    shared = (
        view.hospitals
        and view.only_hospital
        and any(file.hospital_id is None for file in view.files)
    )
    if not (replaced or added or shared):
        return None
    star = f"* REPLACE (\n    {_joined(replaced)}\n)" if replaced else "*"
    where = f"\nWHERE {of_hospitals('hospital_id', view.hospitals)}" if shared else ""
    return f"SELECT\n    {_joined([star, *added])}\nFROM {source}{where}"


def named(hospitals: Sequence[str]) -> str:
    """How a message names some hospitals."""
    if len(hospitals) == 1:
        return f"hospital {hospitals[0]}"
    return f"hospitals {hospitals[0]} to {hospitals[-1]} ({len(hospitals)})"


def of_hospitals(column: str, hospitals: Sequence[str]) -> str:
    """SQL condition: a row is of one of some hospitals."""
    if len(hospitals) == 1:
        return render(f"{column} = $hospital_id", {"hospital_id": hospitals[0]})
    return render(f"{column} IN (SELECT unnest($hospitals))", {"hospitals": list(hospitals)})


def empty(columns: Sequence[SourceColumn]) -> str:
    """The SELECT of a declared source table that the extract lacks: its columns, no rows."""
    shown = [f"NULL::{_sql_type(c.kind)} AS {_quoted(c.name)}" for c in columns]
    return f"SELECT\n    {_joined(shown)}\nWHERE FALSE"


def _joined(items: Sequence[str]) -> str:
    return ",\n    ".join(items)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql_type(kind: str) -> str:
    return "TIMESTAMP" if kind == "utc" else SQL_TYPE[kind]  # type: ignore[index]


def _one_schema(view: View) -> set[str]:
    """The columns without a type (all null when written); ExtractError when files differ."""
    first, *others = view.files
    wanted = schema(first.path, view.root)
    for file in others:
        found = schema(file.path, view.root)
        names = sorted(set(wanted.names) ^ set(found.names))
        differing = names or [
            n for n in wanted.names if wanted.field(n).type != found.field(n).type
        ]
        if differing:
            raise ExtractError(
                f"{view.where}: {first.path.name} and "
                f"{file.path.name} differ in column {differing[0]!r}. Write all files of a table "
                "with the same columns and types."
            )
    return {name.casefold() for name in wanted.names if pa.types.is_null(wanted.field(name).type)}


def _refuse_other_hospital(db: Database, view: View) -> None:
    """ExtractError when a file in a folder hospital_id=A says in its rows that it is of B."""
    for file in view.files:
        if file.hospital_id is None or "hospital_id" not in schema(file.path, view.root).names:
            continue
        rows = db.rows(
            "SELECT count(*) FROM read_parquet($file, hive_partitioning = false) "
            "WHERE hospital_id::VARCHAR IS DISTINCT FROM $hospital_id",
            {"file": str(file.path), "hospital_id": file.hospital_id},
        )
        if rows[0][0]:
            raise ExtractError(
                f"{view.where}: {rows[0][0]:,} rows of {file.path.name} name another hospital in "
                "their column hospital_id than the folder does. Move them, or drop the column."
            )


def _require(view: View, types: dict[str, str]) -> None:
    """ExtractError that names every required column the files lack."""
    hive = all(file.hospital_id is not None for file in view.files)
    missing = [
        c.name
        for c in view.columns
        if c.required and c.name not in types and not (hive and c.name == HIVE.rstrip("="))
    ]
    if missing:
        raise ExtractError(
            f"{view.where} lacks the required column "
            f"{', '.join(missing)}. Add it to {view.files[0].path.name}, or map the source with a "
            "layout of your own."
        )


def _expression(
    view: View, name: str, kind: str, column: SourceColumn | None, untyped: set[str]
) -> str | None:
    """How a column is shown; None as it is. ExtractError when its type cannot be what is meant."""
    quoted = _quoted(name)
    if column is None:
        return _local(view, quoted, name) if kind == _ZONED else None
    if name.casefold() in untyped or kind == '"NULL"':
        return f"NULL::{_sql_type(column.kind)}"
    if column.kind in ("time", "utc", "date"):
        return _clock(view, quoted, kind, column)
    base = kind.partition("(")[0]
    if column.kind in ("key", "text") and (kind == "VARCHAR" or base == "ENUM"):
        return None if kind == "VARCHAR" else f"{quoted}::VARCHAR"
    if column.name == "hospital_id" and base in _INTEGERS:
        return f"{quoted}::VARCHAR"
    if column.kind == "key" and base in _INTEGERS:
        return f"{quoted}::BIGINT" if base not in ("BIGINT", "INTEGER") else None
    if column.kind == "text" and base in _INTEGERS:
        return f"{quoted}::VARCHAR"
    if column.kind == "number" and base in (*_INTEGERS, "DOUBLE", "DECIMAL"):
        return None if kind == "DOUBLE" else f"{quoted}::DOUBLE"
    if column.kind == "number" and base == "FLOAT":
        return f"{quoted}::VARCHAR::DOUBLE"  # 0.1 of four bytes is 0.1, not 0.10000000149
    if column.kind == "flag" and kind == "BOOLEAN":
        return None
    raise _wrong_type(view, name, kind, column)


def _clock(view: View, quoted: str, kind: str, column: SourceColumn) -> str | None:
    """A moment as hospital-local wall clock, or a day."""
    day = "::DATE" if column.kind == "date" else ""
    if kind == _ZONED:
        return _local(view, quoted, column.name) + day
    if kind in _CLOCKS and column.kind == "utc":
        zoned = f"({quoted}::TIMESTAMP AT TIME ZONE 'UTC')"
        return _local(view, zoned, column.name)
    if kind in _CLOCKS:
        return f"{quoted}{day}" if day else None if kind == "TIMESTAMP" else f"{quoted}::TIMESTAMP"
    if kind == "DATE":
        return None if day else f"{quoted}::TIMESTAMP"
    raise _wrong_type(view, column.name, kind, column)


def _local(view: View, expression: str, name: str) -> str:
    if view.timezone is None:
        raise ExtractError(
            f"{view.where}: column {name} holds moments with a time "
            "zone, but the hospital's own zone is not known. Give hospital.timezone, or timezone "
            "under [extract] of the study file."
        )
    return render(f"({expression} AT TIME ZONE $zone)", {"zone": view.timezone})


def _wrong_type(view: View, name: str, kind: str, column: SourceColumn) -> ExtractError:
    return ExtractError(
        f"{view.where}: column {name} is {kind.partition('(')[0]}, "
        f"but must be {_WORDS[column.kind]}. Write it with that type, or map it with a layout of "
        "your own."
    )
