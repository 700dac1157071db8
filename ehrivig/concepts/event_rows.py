"""The laboratory results and vital signs of the admissions that are still in question.

The clean tables are views over all rows of a hospital: every query that reads one judges each row
anew. Once the criteria leave few admissions, their rows are kept as tables, and all later queries
read these: one pass instead of one for each query. Nobody asks `lab` or `vital` for anything but
rows of admissions in question, nor for other columns, so no answer changes. The same is done with
the other events once the candidates are known (`to_candidates`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ehrivig.database import Database

COLUMNS = {
    "lab": ("admission_id", "analyte", "value_std", "censored", "unit", "collected_at"),
    "vital": ("admission_id", "vital_code", "value_std", "measured_at"),
    "medication": (
        *("hospital_id", "admission_id", "medication_id", "vocabulary", "drug"),
        *("dose", "dose_unit", "concentration_g_per_l", "strength_g"),
        *("status", "started_at", "stopped_at"),
    ),
}
"""What the concepts read of the largest tables; of the others all columns are kept."""
LARGEST_SHARE = 0.25
"""Keeping costs about as much as two passes over what is kept: it pays for a small part only."""


def to_eligible(db: Database) -> bool:
    """Keep the rows of table `eligible` (and of `respiratory_support`); whether it was done now.

    Nothing happens when it was done before, or when more than a quarter of table `screened` is
    still eligible. Later criteria only take admissions away, so what was kept stays enough.
    """
    if db.exists("narrow.lab") or not _few(db, "eligible"):
        return False
    db.execute("CREATE SCHEMA IF NOT EXISTS narrow")
    for table in ("lab", "vital"):
        _take(db, table, "eligible")
        db.view(f"main.{table}", f"SELECT * FROM narrow.{table}")
    _keep(db, "respiratory_support", "eligible")  # for PaO2/FiO2
    return True


def to_candidates(db: Database, *tables: str) -> None:
    """Keep the rows of table `candidate` of some other event tables.

    Nothing happens when more than a quarter of table `screened` are candidates.
    """
    if not _few(db, "candidate"):
        return
    db.execute("CREATE SCHEMA IF NOT EXISTS narrow")
    for table in tables:
        if not db.exists(f"narrow.{table}"):
            _keep(db, table, "candidate")


def _keep(db: Database, table: str, chosen: str) -> None:
    """Let a table be the rows of some admissions."""
    _take(db, table, chosen)
    db.execute(f"ALTER VIEW main.{table} RENAME TO every_{table}")
    db.view(f"main.{table}", f"SELECT * FROM narrow.{table}")


def _take(db: Database, table: str, chosen: str) -> None:
    """Table `narrow.<table>`: the rows of some admissions."""
    names = ", ".join(f"t.{name}" for name in COLUMNS.get(table, "*"))
    db.table(
        f"narrow.{table}",
        f"SELECT {names} FROM main.{table} AS t "
        f"SEMI JOIN {chosen} AS c ON t.admission_id = c.admission_id",
    )


@contextmanager
def of_everybody(db: Database, *tables: str) -> Iterator[None]:
    """Within the block, tables that `to_candidates` narrowed have the rows of all admissions."""
    narrowed = [table for table in tables if db.exists(f"main.every_{table}")]
    for table in narrowed:
        db.view(f"main.{table}", f"SELECT * FROM main.every_{table}")
    yield
    for table in narrowed:
        db.view(f"main.{table}", f"SELECT * FROM narrow.{table}")


def _few(db: Database, chosen: str) -> bool:
    """Whether the admissions of a table are a small part of those screened."""
    counts = db.rows(f"SELECT (SELECT count(*) FROM {chosen}), (SELECT count(*) FROM screened)")
    left, of = counts[0]
    return bool(left <= LARGEST_SHARE * of)
