"""Rows of an event table that say all the same as another: of equal rows the first is no copy.

Nor is an event at exactly midnight: a date without a time of day hides that there were two.
"""

from __future__ import annotations

from ehrivig import contract
from ehrivig.database import Database


def marked(db: Database, table: str) -> str:
    """SELECT of the rows of `resolved.<table>` with `is_copy`; the name comes from this package.

    Rows are compared by a hash of all that they say, and only those whose hash is there several
    times with each other: a table without copies is read as it is. Makes `gate.<table>_repeated`,
    of hashes.
    """
    rows, names = f"resolved.{table}", ", ".join(f'"{c}"' for c in db.columns(f"resolved.{table}"))
    repeated = f"gate.{table}_repeated"
    db.table(
        repeated,
        f"SELECT hash({names}) AS said FROM {rows} GROUP BY said HAVING count(*) > 1",
    )
    if not db.rows(f"SELECT 1 FROM {repeated} LIMIT 1"):
        return f"SELECT *, FALSE AS is_copy FROM {rows}"
    return (
        f"SELECT *, FALSE AS is_copy FROM {rows} "
        f"WHERE hash({names}) NOT IN (SELECT said FROM {repeated}) UNION ALL "
        f"SELECT *, row_number() OVER (PARTITION BY {names}) > 1 AND {_timed(table)} AS is_copy "
        f"FROM {rows} WHERE hash({names}) IN (SELECT said FROM {repeated})"
    )


def _timed(table: str) -> str:
    """SQL: an event has a time of day. A code is one of its stay, whenever it was written."""
    if table == "diagnosis":
        return "TRUE"
    time = next(c.name for c in contract.BY_NAME[table].columns if c.kind == "time")
    return f"coalesce(epoch_us({time}) % 86400000000 <> 0, TRUE)"
