"""Rows of a source with a layout that belong to nobody: no stay and no person that it lists.

They are of no hospital, so that no gate of a hospital could count them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract.files import Unplaced
from ehrivig.extract.layouts import Layout

MOST = 0.05
"""Above this part of the rows of a table, a run stops (assumed)."""


@dataclass(frozen=True)
class Owner:
    """Where the owners of rows are listed: a source table, and the column of a row that names one.

    `listed`: how the table itself calls that column, where that is another name.
    """

    table: str
    key: str
    listed: str = ""


_OF_MIMIC = (Owner("admissions", "hadm_id"), Owner("patients", "subject_id"))
OWNERS = {
    "clif": (Owner("clif_hospitalization", "hospitalization_id"),),
    "omop": (Owner("visit_occurrence", "visit_occurrence_id"), Owner("person", "person_id")),
    "eicu": (Owner("patient", "patientunitstayid"),),
    "mimic_iii": _OF_MIMIC,
    "mimic_iv": _OF_MIMIC,
    "synthea_csv": (Owner("encounters", "ENCOUNTER", "Id"), Owner("patients", "PATIENT", "Id")),
}
"""Layout -> what a row may belong to, by one key or the other."""


def unplaced(db: Database, layout: Layout, tables: set[str]) -> tuple[Unplaced, ...]:
    """The tables of which rows name no owner that the source knows, and how many do.

    `tables`: the source tables that are there. ExtractError for the first of which many do.
    """
    owners = OWNERS.get(layout.name, ())
    found = []
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
        if lost:
            found.append(Unplaced(table, lost, rows))
    return tuple(found)


def _counts(table: str, owners: list[Owner]) -> str:
    """SQL of the rows of a table without an owner, and of all its rows."""
    lists = [
        f"(SELECT DISTINCT {owner.listed or owner.key} AS owner_{number} "
        f"FROM source.{owner.table}) "
        f"AS o{number} ON t.{owner.key} = o{number}.owner_{number}"
        for number, owner in enumerate(owners)
    ]
    unknown = " AND ".join(f"owner_{number} IS NULL" for number in range(len(owners)))
    joins = " ".join(f"LEFT JOIN {one}" for one in lists)
    return f"SELECT count(*) FILTER ({unknown}), count(*) FROM source.{table} AS t {joins}"
