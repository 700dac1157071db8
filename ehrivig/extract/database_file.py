"""A DuckDB file as the source: attached under one name, every schema of it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from ehrivig.database import Database
from ehrivig.errors import EhrivigError, ExtractError
from ehrivig.extract.layouts import Layout
from ehrivig.literals import render

_MAGIC, _MAGIC_AT = b"DUCK", 8
"""What a DuckDB file has behind the checksum of its first block."""


def attach(db: Database, path: Path) -> dict[str, str]:
    """Attach a DuckDB file as `warehouse`, read only; its tables: name -> "schema.name"."""
    journal = path.with_name(f"{path.name}.wal")
    if journal.is_file() and journal.stat().st_size:
        raise ExtractError(
            f"extract: {path.name} lacks what {journal.name} holds: it is open, or was not closed. "
            "Close the program that writes it, or run CHECKPOINT there."
        )
    _refuse_other_kind(path)
    try:
        db.execute(render("ATTACH $path AS warehouse (READ_ONLY)", {"path": str(path)}))
    except EhrivigError:
        raise
    except Exception as error:
        raise ExtractError(
            f"extract: {path.name} is no DuckDB file that DuckDB {version('duckdb')} reads: "
            "encrypted, damaged, or of a newer version. Replace it, or write its tables as Parquet."
        ) from error
    rows = db.rows(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = 'warehouse'"
    )
    return {name.lower(): f'warehouse."{schema}"."{name}"' for schema, name in sorted(rows)}


def refuse_twin_tables(db: Database, path: Path, layout: Layout) -> None:
    """ExtractError when an attached file has a table that the layout reads in two schemas."""
    twice = db.rows(
        "SELECT lower(table_name), list_sort(list(table_schema)) FROM information_schema.tables "
        "WHERE table_catalog = 'warehouse' GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    )
    for name, (first, second, *_) in (row for row in twice if row[0] in layout.sources):
        raise ExtractError(
            f"{name}: given twice in {path.name}, as {first}.{name} and {second}.{name}. Drop or "
            "rename one."
        )


def _refuse_other_kind(path: Path) -> None:
    """ExtractError for another file, which DuckDB might open with an extension of its own."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_MAGIC_AT + len(_MAGIC))
    except OSError as error:
        raise ExtractError(
            f"extract: {path.name} cannot be read ({error.strerror}). Grant this user the right to "
            "read it."
        ) from error
    if head[_MAGIC_AT:] != _MAGIC:
        kind = "is SQLite, and" if head.startswith(b"SQLite") else "is"
        raise ExtractError(
            f"extract: {path.name} {kind} no DuckDB file. Write its tables as Parquet or CSV, or "
            "give a DuckDB file."
        )
