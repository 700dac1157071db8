"""Which columns of a dump join its tables: the key of a stay, of a person, of a hospital."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.contract import ADMISSION
from ehrivig.database import Database
from ehrivig.extract.draft import profile
from ehrivig.extract.draft.choice import named
from ehrivig.extract.draft.profile import ColumnProfile, TableProfile
from ehrivig.extract.pieces import quoted

_JOINS = 0.5
"""The share of rows whose key is found by which a column is a key (assumed)."""


@dataclass(frozen=True)
class Keys:
    """The table of the stays, and its columns of the stay, the person and the hospital."""

    stays: TableProfile
    stay: ColumnProfile | None
    person: ColumnProfile | None
    hospital: ColumnProfile | None


@dataclass(frozen=True)
class Link:
    """How rows of a table find their stay: column, join to the stays, evidence or doubt."""

    stay: str
    hospital: str
    join: str = ""
    said: str = ""
    doubt: str = ""
    source: str | None = None


def of_stays(stays: TableProfile) -> Keys:
    """The keys of the table of stays; a key of the stay is one only where no value is twice."""
    found = [one for one in named("*", "admission_id", stays.columns) if one.is_key]
    return Keys(
        stays,
        found[0] if found else None,
        _first(named("*", "patient_id", stays.columns)),
        _first([one for one in named("*", "hospital_id", stays.columns) if one.known]),
    )


def _first(found: list[ColumnProfile]) -> ColumnProfile | None:
    return found[0] if len(found) == 1 else None


def link(db: Database, keys: Keys, table: TableProfile) -> Link:
    """How the rows of a table of events find their stay."""
    constant = "'H1'"
    if keys.stay is None:
        doubt = f"no column of {keys.stays.name} is named as a key of stays and has no value twice"
        return Link("NULL", constant, doubt=doubt)
    if table.name == keys.stays.name:
        hospital = f"t.{quoted(keys.hospital.name)}::VARCHAR" if keys.hospital else constant
        own = f"{table.name}.{keys.stay.name}"
        return Link(f"t.{quoted(keys.stay.name)}", hospital, source=own, said="no value is twice")
    column, found = _found(db, keys, table)
    if column is None:
        return Link("NULL", constant, doubt=_no_link(keys, table))
    key = quoted(keys.stay.name)
    said = f"{column.name}, {found} of them found in {keys.stays.name}.{keys.stay.name}"
    join = ""
    if keys.hospital is not None:
        join = (
            f"INNER JOIN source.{quoted(keys.stays.name)} AS s "
            f"ON t.{quoted(column.name)}::VARCHAR = s.{key}::VARCHAR"
        )
        constant = f"s.{quoted(keys.hospital.name)}::VARCHAR"
    own = f"{table.name}.{column.name}"
    return Link(f"t.{quoted(column.name)}", constant, join, said, source=own)


def _found(db: Database, keys: Keys, table: TableProfile) -> tuple[ColumnProfile | None, str]:
    """The column of a table whose values are keys of stays, by its name."""
    assert keys.stay is not None
    same = [one for one in table.columns if one.plain == keys.stay.plain]
    others = [one for one in named("*", ADMISSION.key[1], table.columns) if one not in same]
    for column in (*same, *others):
        found, known = profile.joined(db, table.name, column.name, keys.stays.name, keys.stay.name)
        if known and found / known >= _JOINS:
            return column, profile.part(found, known)
    return None, ""


def _no_link(keys: Keys, table: TableProfile) -> str:
    people = named("*", "patient_id", table.columns)
    if people and keys.person is not None:
        return (
            f"{table.name} names the person ({people[0].name}) and no stay: place its rows by time"
        )
    return f"no column of {table.name} holds keys of {keys.stays.name}"
