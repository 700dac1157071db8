"""Canonical columns from what a layout's SELECT gives: names, order and types of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.contract import SQL_TYPE, Column, Table
from ehrivig.errors import ExtractError
from ehrivig.extract.column_types import INTEGERS
from ehrivig.extract.usual_words import NO_KEY

_WHOLE = INTEGERS
_CLOCKS = ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_CASTABLE: dict[str, tuple[str, ...]] = {
    "key": (*_WHOLE, "ENUM", "UUID"),
    "text": (*_WHOLE, "ENUM", "UUID"),
    "time": ("DATE", *_CLOCKS),
    "date": ("TIMESTAMP", *_CLOCKS),
    "number": (*_WHOLE, "FLOAT", "DOUBLE", "DECIMAL"),
    "flag": (),
}
_SHARED_KEYS = ("admission_id", "patient_id")
_OF_PEOPLE = ("patient", "admission", "medication")
"""The tables whose keys are looked at one by one; in the others an unknown key is found as such."""
_MADE_OF = (
    *("hospital_id", "admission_id", "order_id", "drug_code", "vocabulary", "drug_name"),
    *("dose", "dose_unit", "route", "status", "started_at", "stopped_at"),
)
"""What a key is made of where a source has none: the whole row."""


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
    found = [_found(column, known.get(column.name)) for column in table.columns]
    return [_with_keys_alone(one) for one in found] if table.name in _OF_PEOPLE else found


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
    text = "SELECT\n    " + ",\n    ".join(shown) + f"\nFROM {source}"
    return _with_made_keys(text, types) if table.name == "medication" else text


def _with_made_keys(text: str, types: dict[str, str]) -> str:
    """Administrations, with a key made of the whole row where the source has none."""
    own = {name.casefold(): kind for name, kind in types.items()}.get("medication_id", "VARCHAR")
    row = f"hash({', '.join(_MADE_OF)})"
    is_text = own.startswith(("VARCHAR", "ENUM", "UUID")) or own == '"NULL"'
    number = row if own == "UBIGINT" else f"-1 - ({row} >> 1)::BIGINT"
    made = f"'row ' || to_hex({row})" if is_text else number
    return f"SELECT * REPLACE (coalesce(medication_id, {made}) AS medication_id) FROM (\n{text}\n)"


def _mend(found: Found) -> str:
    if found.type is None:
        return "is required, and not given. Add it to the SELECT."
    cure = "Cast it in the SELECT, for instance with TRY_CAST."
    if found.column.kind == "time" and found.type.partition("(")[0] in _CASTABLE["number"]:
        cure = (
            "Make it a timestamp in the SELECT; where it counts minutes from the admission, write "
            'dates = "offsets" into layout.toml.'
        )
    return f"{found.problem}. {cure}"


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


def _with_keys_alone(found: Found) -> Found:
    """A key of text in which nothing stands for no key: blanks and words for missing are null."""
    name = found.column.name
    text = found.type == "VARCHAR" or (found.type or "").startswith("ENUM")
    if found.column.kind != "key" or name == "hospital_id" or not text or not found.expression:
        return found
    words = ", ".join(f"'{word}'" for word in NO_KEY)
    plain = f"lower(trim({name}, ' \t\u00a0\u3000'))"
    shown = f"CASE WHEN {plain} NOT IN ({words}) THEN {name}::VARCHAR END AS {name}"
    return Found(found.column, found.type, shown)


def _expression(column: Column, own: str, wanted: str) -> str | None:
    """One column with its canonical type; None when that would need a guess."""
    base = own.partition("(")[0]
    if column.kind == "number" and base in ("DOUBLE", "FLOAT"):
        return _number(column.name, base)
    is_id = column.kind == "key" and column.name != "hospital_id"
    stays = is_id and base in ("BIGINT", "UBIGINT")
    if own == wanted or stays:
        return f"{column.name} AS {column.name}"  # whatever case the source writes it in
    whole = own.startswith("DECIMAL(") and own.endswith(",0)")
    if base in _CASTABLE[column.kind] or (whole and column.kind in ("key", "text")):
        target = "BIGINT" if is_id and base not in ("ENUM", "UUID") else wanted
        return f"{column.name}::{target} AS {column.name}"
    return None


def _number(name: str, base: str) -> str:
    """A number, null where it is none (NaN); 0.1 of four bytes stays 0.1."""
    shown = name if base == "DOUBLE" else f"{name}::VARCHAR::DOUBLE"
    return f"CASE WHEN NOT isnan({name}) THEN {shown} END AS {name}"
