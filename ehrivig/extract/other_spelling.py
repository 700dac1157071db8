"""Ids that a table writes otherwise than the table that lists them: refused, as no join finds them.

An id that is not listed may be of somebody who was not asked for. It is taken for another spelling
of a listed one only where the listed ids tell themselves apart without what differs.
"""

from __future__ import annotations

from pathlib import Path

from ehrivig import resources
from ehrivig.database import Database, Query
from ehrivig.errors import ExtractError, many

_FUNCTIONS = ("bare_id", "number_id", "letters_id")
_DIFFERS = {
    1: "blanks or invisible characters around it",
    2: "how the number is written (zeros before or behind it, a sign, thousands apart)",
    3: "capital letters, hyphens or quotes",
}


Column = tuple[str, str]
"""A source table and one of its columns."""


def refuse(db: Database, named: Column, listed: Column) -> None:
    """ExtractError where ids that a table names are listed elsewhere, but for how they are written.

    Ids that are numbers in both have one spelling each.
    """
    if "VARCHAR" not in (_type(db, named), _type(db, listed)):
        return
    for name in _FUNCTIONS:
        db.function(name, ("id",), Query.load(_folder() / f"{name}.sql"))
    for view, (table, column) in {"named_id": named, "listed_id": listed}.items():
        db.view(f"main.{view}", f"SELECT {column}::VARCHAR AS id FROM source.{table}")
    found = db.rows(Query.load(_folder() / "otherwise.sql").text)
    if found:
        kind, rows = found[0]
        raise ExtractError(
            f"{named[0]}: column {named[1]} has in {many(rows, 'row')} an id of {listed[0]} but "
            f"for {_DIFFERS[kind]}, so that nothing finds it there. Write the id alike in both "
            "tables."
        )


def _type(db: Database, ids: Column) -> str | None:
    types = db.columns(f"source.{ids[0]}")
    return {name.casefold(): kind for name, kind in types.items()}.get(ids[1])


def _folder() -> Path:
    return resources.sql_folder() / "layout" / "spelling"
