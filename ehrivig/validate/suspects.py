"""The rows of suspect admissions alone: what few rows say is asked without reading all again.

An admission is suspect in a table when a check sets one of its rows, or a value of it, aside. They
are remembered by a bit each (`gate.suspect_<table>`), in batches of one hospital.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ehrivig.database import Database
from ehrivig.validate.rules import HASH


def of(table: str) -> str:
    """The table of a bit for each HASH of a suspect admission of an event table."""
    return f"gate.suspect_{table}"


@contextmanager
def alone(db: Database, table: str) -> Iterator[None]:
    """While it is open every view of a table has the rows of its suspect admissions alone.

    With others whose HASH is the same: a filter, not an answer. Where nobody remembered which are
    suspect the views have all rows, as before.
    """
    read, every = f"mapped.{table}", f"every_{table}"
    if db.existing([of(table), read]) != [of(table), read]:
        yield
        return
    db.execute(f"SET VARIABLE suspects = (SELECT suspects FROM {of(table)})")
    db.execute(f"ALTER VIEW {read} RENAME TO {every}")
    suspect = f"get_bit(getvariable('suspects'), {HASH}) = 1"
    try:
        db.view(read, f"SELECT * FROM mapped.{every} WHERE {suspect}")
        yield
    finally:
        db.execute(f"DROP VIEW IF EXISTS {read}")
        db.execute(f"ALTER VIEW mapped.{every} RENAME TO {table}")
