"""Rows of a source with a layout that belong to nobody: no stay and no person that it lists.

They are of no hospital, so that no gate of a hospital could count them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract import column_types, other_spelling
from ehrivig.extract.column_types import Way
from ehrivig.extract.files import Unplaced
from ehrivig.extract.layouts import Layout

MOST = 0.05
"""Above this part of the rows of a table, a run stops (assumed)."""
_MANY = 20
"""Of so many ids one at least is listed, unless they are of another kind (assumed)."""


@dataclass(frozen=True)
class Owner:
    """Where the owners of rows are listed: a source table, and the column of a row that names one.

    `listed`: how the table itself calls that column, where that is another name.
    """

    table: str
    key: str
    listed: str = ""

    @property
    def own_key(self) -> str:
        """The column of the table that lists them."""
        return self.listed or self.key


_OF_MIMIC = (Owner("admissions", "hadm_id"), Owner("patients", "subject_id"))
OWNERS = {
    "clif": (Owner("clif_hospitalization", "hospitalization_id"),),
    "omop": (Owner("visit_occurrence", "visit_occurrence_id"), Owner("person", "person_id")),
    "eicu": (Owner("patient", "patientunitstayid"),),
    "mimic_iii": _OF_MIMIC,
    "mimic_iv": _OF_MIMIC,
    "synthea_csv": (Owner("encounters", "encounter", "id"), Owner("patients", "patient", "id")),
}
"""Layout -> what a row may belong to, by one key or the other."""
_ALSO_LISTED = {
    "clif": (Owner("clif_patient", "patient_id"),),
    "omop": (Owner("care_site", "care_site_id"),),
}
"""Layout -> other ids that a table lists, each once, and that others name."""


def unplaced(db: Database, layout: Layout, tables: set[str]) -> tuple[Unplaced, ...]:
    """The tables of which rows name no owner that the source knows, and how many do.

    `tables`: the source tables that are there. ExtractError for the first of which many do, or that
    names owners in ids that are written otherwise than where they are listed.
    """
    owners = OWNERS.get(layout.name, ())
    lists = (*owners, *_ALSO_LISTED.get(layout.name, ()))
    found = []
    for table, columns in layout.declared.items():
        names = {column.name for column in columns}
        named = [o for o in lists if o.key in names and o.table != table and o.table in tables]
        if not named or table not in tables:
            continue
        is_list = table in {owner.table for owner in owners}
        own = [] if is_list else [owner for owner in named if owner in owners]
        ((lost, rows, *counts),) = db.rows(_counts(table, named, own))
        for owner, (said, unlisted) in zip(named, counts, strict=True):
            if unlisted:
                other_spelling.refuse(db, (table, owner.key), (owner.table, owner.own_key))
            if owner in own and unlisted == said:
                _refuse_strange(db, table, owner)
        _refuse_lost(table, own, lost, rows)
        if lost:
            found.append(Unplaced(table, lost, rows))
    return tuple(found)


def _refuse_lost(table: str, own: list[Owner], lost: int, rows: int) -> None:
    """ExtractError where many rows of a table belong to nobody."""
    if lost > MOST * rows:
        keys = " and no ".join(owner.key for owner in own)
        raise ExtractError(
            f"{table}: {lost:,} of {rows:,} rows ({lost / rows:.1%}, limit {MOST:.0%}) have no "
            f"{keys} that {own[-1].table} lists: they are of no hospital. Mend the key, or "
            f"extract the rows of {own[-1].table}."
        )


def _refuse_strange(db: Database, table: str, owner: Owner) -> None:
    """ExtractError for a table none of whose ids is listed, where it names many."""
    column = column_types.without_words(owner.key, Way("VARCHAR", f"{owner.key}::VARCHAR"))
    ((said,),) = db.rows(f"SELECT count({column.expression}) FROM source.{table}")
    if said >= _MANY:
        raise ExtractError(
            f"{table}: {owner.key} is filled in {said:,} rows, and none of these ids is in "
            f"{owner.table}. Write there what {owner.table} has in {owner.own_key}, or leave the "
            "column empty."
        )


def _counts(table: str, named: list[Owner], own: list[Owner]) -> str:
    """SQL of the rows of a table without an owner, of all its rows, and of each key a list: the
    rows that have one, and those of them whose key is not listed.
    """
    lists = [
        f"(SELECT DISTINCT {owner.own_key} AS owner_{number} FROM source.{owner.table}) "
        f"AS o{number} ON t.{owner.key} = o{number}.owner_{number}"
        for number, owner in enumerate(named)
    ]
    unknown = " AND ".join(f"owner_{n} IS NULL" for n, owner in enumerate(named) if owner in own)
    keys = ", ".join(
        f"[count(t.{owner.key}), count(t.{owner.key}) FILTER (owner_{n} IS NULL)]"
        for n, owner in enumerate(named)
    )
    joins = " ".join(f"LEFT JOIN {one}" for one in lists)
    lost = f"count(*) FILTER ({unknown or 'FALSE'})"
    return f"SELECT {lost}, count(*), {keys} FROM source.{table} AS t {joins}"
