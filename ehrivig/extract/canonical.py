"""Canonical columns from what a layout's SELECT gives: names, order and types of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.contract import SQL_TYPE, Column, Table
from ehrivig.errors import ExtractError
from ehrivig.extract.column_types import INTEGERS

_WHOLE = INTEGERS
_CLOCKS = ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_CASTABLE: dict[str, tuple[str, ...]] = {
    "key": (*_WHOLE, "UUID"),
    "text": (*_WHOLE, "ENUM", "UUID"),
    "time": ("DATE", *_CLOCKS),
    "date": ("TIMESTAMP", *_CLOCKS),
    "number": (*_WHOLE, "FLOAT", "DECIMAL"),
    "flag": (),
}
_SHARED_KEYS = ("admission_id", "patient_id")


@dataclass(frozen=True)
class Found:
    """One canonical column as a SELECT gives it.

    `type`: the type it has (None: not given). `expression`: how it becomes canonical (None: it
    cannot, or a required column is not given).
    """

    column: Column
    type: str | None
    expression: str | None

    @property
    def problem(self) -> str | None:
        """What is wrong, in words; None when the column can be used."""
        if self.expression is not None:
            return None
        if self.type is None:
            return "required, and not given"
        return f"is {self.type}, must be {SQL_TYPE[self.column.kind]}"


def inspect(types: dict[str, str], table: Table) -> list[Found]:
    """Every column of a table with the type and expression that a SELECT's columns give it."""
    known = {name.casefold(): kind for name, kind in types.items()}
    return [_found(column, known.get(column.name)) for column in table.columns]


def unknown(types: dict[str, str], table: Table) -> list[str]:
    """The columns of a SELECT that the table does not have."""
    return sorted(name for name in types if name.casefold() not in table.names)


def select(source: str, types: dict[str, str], table: Table, where: str) -> str:
    """The SELECT from `source` with exactly the columns of the table.

    `where` names the layout's file in messages. Raises ExtractError for a required column that is
    not given, a column that the table does not have, and a type that would need a guess.
    """
    extra = unknown(types, table)
    if extra:
        raise ExtractError(
            f"layout: {where}: gives unknown column {extra[0]}. {table.name} has: "
            f"{', '.join(table.names)}."
        )
    shown = []
    for found in inspect(types, table):
        if found.expression is None:
            raise ExtractError(f"layout: {where}: column {found.column.name} {_mend(found)}")
        shown.append(found.expression)
    return "SELECT\n    " + ",\n    ".join(shown) + f"\nFROM {source}"


def _mend(found: Found) -> str:
    if found.type is None:
        return "is required, and not given. Add it to the SELECT."
    return f"{found.problem}. Cast it in the SELECT, for instance with TRY_CAST."


def absent(table: Table, keys: dict[str, str]) -> str:
    """The SELECT of a table that the source lacks: its columns without rows.

    `keys`: the types of the shared keys, so that joins with them stay possible.
    """
    columns = [f"NULL::{_absent_type(column, keys)} AS {column.name}" for column in table.columns]
    return "SELECT\n    " + ",\n    ".join(columns) + "\nWHERE FALSE"


def _absent_type(column: Column, keys: dict[str, str]) -> str:
    own = SQL_TYPE[column.kind]
    return keys.get(column.name, own) if column.name in _SHARED_KEYS else own


def _found(column: Column, own: str | None) -> Found:
    wanted = SQL_TYPE[column.kind]
    nothing = f"NULL::{wanted} AS {column.name}"
    if own is None:
        return Found(column, None, None if column.required else nothing)
    if own == '"NULL"':
        return Found(column, own, nothing)
    return Found(column, own, _expression(column, own, wanted))


def _expression(column: Column, own: str, wanted: str) -> str | None:
    """One column with its canonical type; None when that would need a guess."""
    base = own.partition("(")[0]
    is_id = column.kind == "key" and column.name != "hospital_id"
    stays = is_id and base in ("BIGINT", "UBIGINT")
    if own == wanted or stays:
        return f"{column.name} AS {column.name}"  # whatever case the source writes it in
    if base == "FLOAT" and column.kind == "number":
        return f"{column.name}::VARCHAR::DOUBLE AS {column.name}"  # 0.1 stays 0.1
    whole = own.startswith("DECIMAL(") and own.endswith(",0)")
    if base in _CASTABLE[column.kind] or (whole and column.kind in ("key", "text")):
        target = "BIGINT" if is_id and base != "UUID" else wanted
        return f"{column.name}::{target} AS {column.name}"
    return None
