"""A large hospital in shares: contiguous ranges of its patients, each worked on by itself.

A share reads the patients and admissions of the whole hospital, which are few, and the events of
its own patients. Every row of an event table is in exactly one share: rows whose admission nobody
knows, or that name none, are with the first. What a share leaves is put together again by
`ehrivig.runs.join`, to the very result of the hospital in one piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ehrivig import contract, resources
from ehrivig.database import Database, Query
from ehrivig.literals import render

_WHOLE = "whole_"
_TABLES = ("share.own", "share.other")


@dataclass(frozen=True)
class Share:
    """One of `of` ranges of a hospital's patients; `number` is 1 for the first."""

    number: int
    of: int


def restrict(db: Database, share: Share) -> dict[str, int]:
    """Let the event tables of stage `mapped` be those of a share.

    For the first share: the rows that each event table has in the whole hospital. The code lists of
    stage `ref` are made before, from all codes of the hospital: what a code means does not depend
    on the share. The tables as they were stay as `mapped.whole_<table>`.
    """
    db.execute("CREATE SCHEMA IF NOT EXISTS share")
    db.table("share.admission", share_query("admission"), {"n_shares": share.of})
    own = f"share_number = {share.number}"
    db.table("share.own", f"SELECT admission_id FROM share.admission WHERE {own}")
    db.table("share.other", f"SELECT admission_id FROM share.admission WHERE NOT {own}")
    joins = _joins(share)
    inside, outside = _ranges(db, share) or joins
    begun = len(db.log)
    for table in contract.EVENT_TABLES:
        whole = f"{_WHOLE}{table.name}"
        db.execute(f"ALTER VIEW mapped.{table.name} RENAME TO {whole}")
        db.view(f"mapped.{table.name}", f"SELECT t.* FROM mapped.{whole} AS t {inside}")
    db.view("share.elsewhere", f"SELECT t.* FROM mapped.{_WHOLE}medication AS t {outside}")
    # ids of admissions are not for the log: it has the joins, which take the same rows
    texts = (text.replace(outside, joins[1]) for text in db.log[begun:])
    db.log[begun:] = [text.replace(inside, joins[0]) for text in texts]
    return _whole_rows(db) if share.number == 1 else {}


def _joins(share: Share) -> tuple[str, str]:
    """What follows FROM to take the rows of a share, and the rows of all others."""
    own, other = (f"{name} AS s ON t.admission_id = s.admission_id" for name in _TABLES)
    if share.number == 1:
        return f"ANTI JOIN {other}", f"SEMI JOIN {other}"
    return f"SEMI JOIN {own}", f"ANTI JOIN {own}"


def _ranges(db: Database, share: Share) -> tuple[str, str] | None:
    """The same as conditions on admission ids, which a sorted file answers without its other rows.

    None unless admissions are numbered in the order of their patients.
    """
    spans = db.rows(
        "SELECT share_number, min(admission_id), max(admission_id) FROM share.admission "
        "GROUP BY share_number ORDER BY share_number"
    )
    if any(before[2] >= after[1] for before, after in pairwise(spans)):
        return None
    inside = _range(share.number, {number: first for number, first, _ in spans})
    return f"WHERE {inside}", f"WHERE ({inside}) IS NOT TRUE"


def _range(number: int, firsts: dict[int, Any]) -> str:
    """The condition of an admission id between those that shares begin with.

    Ids before all of them, and rows without one, are with the first share.
    """
    later = [firsts[other] for other in sorted(firsts) if other > number]
    values = {"first": firsts.get(number), "next": later[0] if later else None}
    if number == 1:
        text = "t.admission_id < $next OR t.admission_id IS NULL" if later else "TRUE"
    elif number not in firsts:
        text = "FALSE"
    else:
        text = "t.admission_id >= $first" + (" AND t.admission_id < $next" if later else "")
    return render(text, values)


def _whole_rows(db: Database) -> dict[str, int]:
    """Event table -> its rows in all shares."""
    count = "SELECT count(*) FROM mapped.{}{}"
    names = [table.name for table in contract.EVENT_TABLES]
    return {name: int(db.rows(count.format(_WHOLE, name))[0][0]) for name in names}


def share_query(name: str) -> Query:
    """The query `sql/share/<name>.sql`."""
    return Query.load(resources.sql_folder() / "share" / f"{name}.sql")


def is_whole(db: Database) -> bool:
    """Whether a database holds a hospital in one piece."""
    return not db.exists("share.other")


def of_own(db: Database, table: str) -> str:
    """SELECT of the rows of a table with an `admission_id` that belong to no other share."""
    if is_whole(db):
        return f"SELECT * FROM {table}"
    return (
        f"SELECT t.* FROM {table} AS t "
        "ANTI JOIN share.other AS s ON t.admission_id = s.admission_id"
    )


def settle(db: Database) -> None:
    """Let the clean patients and admissions be those of the share, once the gate has seen all."""
    db.table("main.admission", of_own(db, "main.admission"))
    db.table(
        "main.patient",
        "SELECT p.* FROM main.patient AS p "
        "SEMI JOIN main.admission AS a ON p.patient_id = a.patient_id",
    )


def sent(db: Database, table: str) -> bool:
    """Whether the whole hospital sends an event table, of which a share may keep no row."""
    return bool(db.rows(f"SELECT 1 FROM mapped.{_WHOLE}{table} LIMIT 1"))


def repeated_medication(db: Database, table: str) -> None:
    """Create a table of the ids of administrations that are in this share and in another one.

    Empty for a hospital in one piece. Needs stage `resolved` and `gate.drug`.
    """
    if is_whole(db):
        db.table(table, "SELECT medication_id FROM resolved.medication LIMIT 0")
    else:
        db.table(table, share_query("repeated_medication"))
