"""A large hospital in shares: contiguous ranges of its patients, each worked on by itself.

A share reads the patients and admissions of the whole hospital, which are few, and the events of
its own patients. Every row of an event table is in exactly one share: rows whose admission nobody
knows, or that name none, are with the first. What a share leaves is put together again by
`ehrivig.joining`, to the very result of the hospital in one piece.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig import resources, tables
from ehrivig.database import Database, Query

_WHOLE = "whole_"


@dataclass(frozen=True)
class Share:
    """One of `of` ranges of a hospital's patients; `number` is 1 for the first."""

    number: int
    of: int


def restrict(db: Database, share: Share) -> dict[str, int]:
    """Let the event tables of stage `mapped` be those of a share.

    For the first share: the rows that each event table has in the whole hospital.

    The code lists of stage `ref` are made before, from all codes of the hospital: what a code means
    does not depend on the share. The tables as they were stay as `mapped.whole_<table>`.
    """
    db.execute("CREATE SCHEMA IF NOT EXISTS share")
    db.table("share.setting", f"SELECT {share.number} AS share_number, {share.of} AS n_shares")
    db.table("share.admission", share_query("admission"), {"n_shares": share.of})
    own = f"share_number = {share.number}"
    db.table("share.own", f"SELECT admission_id FROM share.admission WHERE {own}")
    db.table("share.other", f"SELECT admission_id FROM share.admission WHERE NOT {own}")
    join = "ANTI JOIN share.other" if share.number == 1 else "SEMI JOIN share.own"
    for table in tables.EVENT_TABLES:
        whole = f"{_WHOLE}{table.name}"
        db.execute(f"ALTER VIEW mapped.{table.name} RENAME TO {whole}")
        db.view(
            f"mapped.{table.name}",
            f"SELECT t.* FROM mapped.{whole} AS t {join} AS s ON t.admission_id = s.admission_id",
        )
    return _whole_rows(db) if share.number == 1 else {}


def _whole_rows(db: Database) -> dict[str, int]:
    """Event table -> its rows in all shares."""
    count = "SELECT count(*) FROM mapped.{}{}"
    names = [table.name for table in tables.EVENT_TABLES]
    return {name: int(db.rows(count.format(_WHOLE, name))[0][0]) for name in names}


def share_query(name: str) -> Query:
    """The query `sql/share/<name>.sql`."""
    return Query.load(resources.sql_folder() / "share" / f"{name}.sql")


def is_whole(db: Database) -> bool:
    """Whether a database holds a hospital in one piece."""
    return not db.exists("share.other")


def without_others(db: Database, table: str) -> None:
    """Take the admissions of other shares out of a table with an `admission_id`."""
    if not is_whole(db):
        db.table(
            table,
            f"SELECT t.* FROM {table} AS t "
            "ANTI JOIN share.other AS s ON t.admission_id = s.admission_id",
        )


def repeated_medication(db: Database, table: str) -> None:
    """Create a table of the ids of administrations that are in this share and in another one.

    Empty for a hospital in one piece. Needs stage `resolved` and `gate.drug`.
    """
    if is_whole(db):
        db.table(table, "SELECT medication_id FROM mapped.medication LIMIT 0")
    else:
        number = db.rows("SELECT share_number FROM share.setting")[0][0]
        db.table(table, share_query("repeated_medication"), {"share_number": int(number)})
