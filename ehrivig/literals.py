"""Values as text of a statement: what is logged, and what must stand in a view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

Parameters = Mapping[str, Any]
_NAME = re.compile(r"'(?:[^']|'')*'|--[^\n]*|\$(\w+)")


def render(sql: str, values: Parameters) -> str:
    """A statement with its named parameters written as literals, for a reader or a bare shell."""

    def filled(match: re.Match[str]) -> str:
        name = match.group(1)
        return literal(values[name]) if name in values else match.group(0)

    return _NAME.sub(filled, sql)


def literal(value: object) -> str:
    """One Python value as a DuckDB literal; raises TypeError for a kind it does not know."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return f"{value!r}::DOUBLE" if isinstance(value, float) else str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list | tuple) and not value:
        return "[]::VARCHAR[]"  # every list parameter of this package is one of names
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    raise TypeError(f"no SQL literal for {type(value).__name__}")


_VALUES_TYPE = {
    pl.String: "VARCHAR",
    pl.Float64: "DOUBLE",
    pl.Int64: "BIGINT",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
}


def values_of(frame: pl.DataFrame) -> str:
    """A small frame as a SELECT over VALUES, with the types of its columns."""
    casts = ", ".join(
        f'"{name}"::{_VALUES_TYPE.get(type(dtype), "VARCHAR")} AS "{name}"'
        for name, dtype in frame.schema.items()
    )
    names = ", ".join(f'"{name}"' for name in frame.columns)
    body = ",\n  ".join("(" + ", ".join(map(literal, row)) + ")" for row in frame.iter_rows())
    if not body:
        body = "(" + ", ".join("NULL" for _ in frame.columns) + ")"
        return f"SELECT {casts} FROM (VALUES {body}) AS t({names}) WHERE FALSE"
    return f"SELECT {casts} FROM (VALUES\n  {body}\n) AS t({names})"
