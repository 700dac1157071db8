"""The laboratory results and vital signs of the admissions that are still in question.

The clean tables are views over all rows of a hospital: every query that reads one judges each row
anew. Once the criteria leave few admissions, their rows are kept as tables, and all later queries
read these: one pass instead of one for each query. Nobody asks `lab` or `vital` for anything but
rows of admissions in question, nor for other columns, so no answer changes.
"""

from __future__ import annotations

from ehrivig.database import Database

COLUMNS = {
    "lab": ("admission_id", "analyte", "value_std", "unit", "collected_at"),
    "vital": ("admission_id", "vital_code", "value_std", "measured_at"),
}
"""What the concepts read: writing a column costs as much as all that it is judged by."""
LARGEST_SHARE = 0.25
"""Keeping costs about as much as two passes over what is kept: it pays for a small share only."""


def to_eligible(db: Database) -> bool:
    """Keep the rows of table `eligible`; whether it was done now.

    Nothing happens when it was done before, or when more than a quarter of table `screened` is
    still eligible. Later criteria only take admissions away, so what was kept stays enough.
    """
    if db.exists("narrow.lab") or not _few(db):
        return False
    db.execute("CREATE SCHEMA IF NOT EXISTS narrow")
    for table, columns in COLUMNS.items():
        names = ", ".join(f"t.{name}" for name in columns)
        db.table(
            f"narrow.{table}",
            f"SELECT {names} FROM main.{table} AS t "
            "SEMI JOIN eligible AS e ON t.admission_id = e.admission_id",
        )
        db.view(f"main.{table}", f"SELECT * FROM narrow.{table}")
    return True


def _few(db: Database) -> bool:
    counts = db.rows("SELECT (SELECT count(*) FROM eligible), (SELECT count(*) FROM screened)")
    left, of = counts[0]
    return bool(left <= LARGEST_SHARE * of)
