"""A concept set written out code by code, with the vocabulary tables of an extract."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ehrivig.codes.imports import Concept
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract import database_file, layouts, source_view
from ehrivig.extract.files import DATABASE_SUFFIXES, within
from ehrivig.extract.folder import database_in, find_tables
from ehrivig.extract.pieces import of_attached
from ehrivig.extract.source_view import EVERY, View
from ehrivig.extract.table_file import TableFile
from ehrivig.extract.text_copies import with_copies

_AS_IT_STANDS = False, False, False  # neither excluded, nor with what lies below, nor mapped
_NEEDED = ("concept", "concept_ancestor")
_EXPAND = """
WITH wanted AS (
    SELECT concept_id, excluded, TRUE AS whole FROM item WHERE descendants
    UNION ALL
    SELECT concept_id, excluded, FALSE FROM item WHERE NOT descendants
),

reached AS (
    SELECT w.excluded, COALESCE(a.descendant_concept_id, w.concept_id) AS concept_id
    FROM wanted AS w
    LEFT JOIN concept_ancestor AS a ON w.whole AND w.concept_id = a.ancestor_concept_id
    UNION ALL
    SELECT excluded, concept_id FROM wanted
)

SELECT DISTINCT c.concept_id, c.vocabulary_id, c.concept_code, c.concept_name, c.domain_id
FROM reached AS r
INNER JOIN known_concept AS c ON r.concept_id = c.concept_id
WHERE NOT r.excluded
    AND r.concept_id NOT IN (SELECT concept_id FROM reached WHERE excluded)
ORDER BY ALL
"""

_WITH_DOMAIN = "SELECT * FROM concept"
_WITHOUT_DOMAIN = "SELECT *, NULL::VARCHAR AS domain_id FROM concept"


def written_out(concepts: list[Concept], extract: Path) -> tuple[list[Concept], list[int]]:
    """Every concept that a set means, none with anything below it; ids the vocabulary lacks.

    Excluded concepts, with what lies below them, are taken out. ExtractError when the extract has
    no tables concept and concept_ancestor.
    """
    extract = database_in(extract)
    found = find_tables(extract, _NEEDED).tables if not _is_database(extract) else {}
    needed = {name: files for name, files in found.items() if name in _NEEDED}
    with TemporaryDirectory(prefix="ehrivig-") as copies:
        tables, _ = with_copies(needed, extract, layouts.load("omop"), Path(copies), found)
        return _written_out(concepts, extract, tables)


def _written_out(
    concepts: list[Concept], extract: Path, tables: dict[str, tuple[TableFile, ...]]
) -> tuple[list[Concept], list[int]]:
    with Database(within=within(extract, tables)) as db:
        _open(db, extract, tables)
        items = pl.DataFrame(
            [(c.concept_id, c.excluded, c.descendants) for c in concepts],
            schema={"concept_id": pl.Int64, "excluded": pl.Boolean, "descendants": pl.Boolean},
            orient="row",
        )
        db.load("item", items)
        said = "domain_id" in db.columns("concept")
        db.view("known_concept", _WITH_DOMAIN if said else _WITHOUT_DOMAIN)
        rows = db.rows(_EXPAND)
        known = {
            row[0]
            for row in db.rows("SELECT concept_id FROM concept SEMI JOIN item USING (concept_id)")
        }
    found = [
        Concept(int(number), str(vocabulary), str(code), str(name), *_AS_IT_STANDS, domain or "")
        for number, vocabulary, code, name, domain in rows
    ]
    return found, sorted({c.concept_id for c in concepts} - known)


def _is_database(extract: Path) -> bool:
    return extract.is_file() and extract.suffix.lower() in DATABASE_SUFFIXES


def _open(db: Database, extract: Path, files: dict[str, tuple[TableFile, ...]]) -> None:
    """The views concept and concept_ancestor."""
    if _is_database(extract):
        attached = database_file.attach(db, extract)
        for name in _NEEDED:
            _refuse_missing(name, extract, name in attached)
            of_attached(db, name, attached[name])
            db.view(name, f"SELECT * FROM {attached[name]}")
        return
    db.execute("CREATE SCHEMA source")
    for name in _NEEDED:
        _refuse_missing(name, extract, name in files)
        columns = tuple(c for c in layouts.load("omop").declared[name] if c.kind == "whole")
        view = View(name, EVERY, extract, files[name], columns, None, False)
        source_view.create(db, view)
        db.view(name, f"SELECT * FROM source.{name}")


def _refuse_missing(name: str, extract: Path, there: bool) -> None:
    if not there:
        raise ExtractError(
            f"{name}: the extract {extract.name!r} has no such table, without which a concept set "
            "cannot be written out. Give an extract with the OMOP vocabulary, or leave --extract "
            "out."
        )
