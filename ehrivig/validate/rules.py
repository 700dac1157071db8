"""Which rows leave a table, which values become null, and why: SQL made from the checks found.

A rule's predicate is the very condition that was measured. Only rules with a violation are used,
so that a clean table is read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from ehrivig.database import Database

HASHES = 2**18
HASH = f"(hash(admission_id) % {HASHES})::INTEGER"
"""SQL of the number of an admission among few, by which those of suspect rows are remembered."""
_SCHEMA = {
    "table": pl.String,
    "check": pl.String,
    "reason": pl.String,
    "field": pl.String,
    "predicate": pl.String,
}


@dataclass(frozen=True)
class Rule:
    """One reason for which rows of a table are rejected, or (with `field`) lose values."""

    table: str
    check: str
    reason: str
    field: tuple[str, ...]
    predicate: str


def of_rows(rules: Iterable[Rule]) -> list[Rule]:
    """The rules that reject rows."""
    return [rule for rule in rules if not rule.field]


def of_values(rules: Iterable[Rule]) -> list[Rule]:
    """The rules that take values away from rows that stay."""
    return [rule for rule in rules if rule.field]


def reason(rules: list[Rule]) -> str:
    """SQL of the reasons of a row, joined by ';'; null for a row without any."""
    if not rules:
        return "NULL::VARCHAR"
    cases = ", ".join(f"CASE WHEN {r.predicate} THEN {_text(r.reason)} END" for r in rules)
    return f"nullif(concat_ws(';', {cases}), '')"


def rejected(rules: list[Rule]) -> str:
    """SQL condition: at least one rule speaks against the row. Never null."""
    return either(rule.predicate for rule in rules)


def either(predicates: Iterable[str | None]) -> str:
    """SQL condition: at least one of some predicates holds (None: holds for no row). Never null.

    `greatest` and not OR: DuckDB then evaluates a predicate once that is also counted by itself.
    """
    stated = [predicate for predicate in predicates if predicate]
    return f"coalesce(greatest({', '.join(stated)}), FALSE)" if stated else "FALSE"


def columns(db: Database, table: str) -> list[str]:
    """The columns of `resolved.<table>`, which are those of `main.<table>`."""
    return list(db.columns(f"resolved.{table}"))


def kept(db: Database, table: str, rules: list[Rule]) -> str:
    """SELECT of the rows of a table that stay, with the values that stay."""
    rows, values = of_rows(rules), of_values(rules)
    if not rows and not values:
        return f"SELECT * FROM resolved.{table}"
    names = ", ".join(_kept_value(name, values) for name in columns(db, table))
    return f"SELECT {names} FROM gate.{table} WHERE NOT {rejected(rows)}"


def _kept_value(name: str, values: list[Rule]) -> str:
    """A column, null where a rule takes its value away."""
    quoted = f'"{name}"'
    against = [rule for rule in values if name in rule.field]
    if not against:
        return quoted
    return f"CASE WHEN NOT {rejected(against)} THEN {quoted} END AS {quoted}"


def as_read(columns: Sequence[str], table: str, rules: list[Rule]) -> str:
    """SELECT of the rows that some rule of `rules` concerns: `columns`, and the reasons."""
    shown = ", ".join([*columns, f"{reason(rules)} AS reason"])
    return f"SELECT {shown} FROM gate.{table} WHERE {rejected(rules)} ORDER BY ALL"


def store(db: Database, rules: list[Rule]) -> None:
    """Keep the rules in table `gate.rule`, for the quarantine."""
    rows = [{**asdict(rule), "field": json.dumps(rule.field)} for rule in rules]
    db.load("gate.rule", pl.DataFrame(rows, schema=_SCHEMA))


def stored(db: Database) -> list[Rule]:
    """The rules that `store` kept."""
    frame = db.frame("SELECT * FROM gate.rule")
    return [Rule(**{**row, "field": tuple(json.loads(row["field"]))}) for row in frame.to_dicts()]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
