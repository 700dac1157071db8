"""Rows of a CLIF or OMOP source that belong to nobody: no hospitalization, no person.

They are of no hospital, so that no gate of a hospital could count them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract.layouts import Layout

MOST = 0.05
"""Above this part of the rows of a table, a run stops (assumed)."""


@dataclass(frozen=True)
class Owner:
    """Where the owners of rows are listed: a source table and its key."""

    table: str
    key: str


OWNERS = {
    "clif": (Owner("clif_hospitalization", "hospitalization_id"),),
    "omop": (Owner("visit_occurrence", "visit_occurrence_id"), Owner("person", "person_id")),
}
"""Layout -> what a row may belong to, by one key or the other."""


def refuse_unplaced(db: Database, layout: Layout, tables: set[str]) -> None:
    """ExtractError for the first table of which many rows name no owner that the source knows.

    `tables`: the source tables that are there.
    """
    owners = OWNERS.get(layout.name, ())
    for table, columns in layout.declared.items():
        own = [o for o in owners if o.key in {c.name for c in columns} and o.table != table]
        if not own or table not in tables or table in {owner.table for owner in owners}:
            continue
        ((lost, rows),) = db.rows(_counts(table, own))
        if lost > MOST * rows:
            keys = " and no ".join(owner.key for owner in own)
            raise ExtractError(
                f"{table}: {lost:,} of {rows:,} rows ({lost / rows:.1%}, limit {MOST:.0%}) have no "
                f"{keys} that {own[-1].table} lists: they are of no hospital. Mend the key, or "
                f"extract the rows of {own[-1].table}."
            )


def _counts(table: str, owners: list[Owner]) -> str:
    """SQL of the rows of a table without an owner, and of all its rows."""
    lists = [
        f"(SELECT DISTINCT {owner.key} AS owner_{number} FROM source.{owner.table}) "
        f"AS o{number} ON t.{owner.key} = o{number}.owner_{number}"
        for number, owner in enumerate(owners)
    ]
    unknown = " AND ".join(f"owner_{number} IS NULL" for number in range(len(owners)))
    joins = " ".join(f"LEFT JOIN {one}" for one in lists)
    return f"SELECT count(*) FILTER ({unknown}), count(*) FROM source.{table} AS t {joins}"
