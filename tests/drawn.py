"""A hospital drawn as small tables of text, for tests of SQL and of what is built on it.

    hospital.draw("lab", '''
        admission_id | analyte | value_std | collected_at
        1            | crp     | 12.5      | 01-02 10:00
    ''')

Times are "month-day hour:minute[:second]" of 2020; an empty cell or "-" is null; columns not
written are null.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ehrivig import contract
from ehrivig.concepts import concept, define_given, define_intervals, define_sent, severity
from ehrivig.database import Database

RESOLVED = {
    "lab": "analyte VARCHAR, value_std DOUBLE, censored VARCHAR",
    "vital": "value_std DOUBLE",
    "medication": "drug INTEGER",
}
CANDIDATE = (
    "hospital_id VARCHAR, admission_id BIGINT, patient_id BIGINT, person_id VARCHAR, "
    "admitted_at TIMESTAMP, discharged_at TIMESTAMP, discharge_status VARCHAR, "
    "symptom_onset_at TIMESTAMP, death_at TIMESTAMP, age_years DOUBLE, male BOOLEAN, "
    "current_smoker BOOLEAN, weight_kg DOUBLE, height_cm DOUBLE, time_zero TIMESTAMP"
)
REFERENCE = {
    "drug": "drug INTEGER, vocabulary VARCHAR, drug_code VARCHAR, drug_name VARCHAR, route VARCHAR",
    "condition": "vocabulary VARCHAR, code VARCHAR, condition VARCHAR",
    "drug_class": "drug INTEGER, codelist VARCHAR, verdict VARCHAR, product_type VARCHAR, "
    "concentration_g_per_l DOUBLE, strength_g DOUBLE, route_implied BOOLEAN",
    "drug_hint": "drug INTEGER, codelist VARCHAR, watched BOOLEAN, billing_unit_g DOUBLE",
    "unit": "variable VARCHAR, unit VARCHAR, factor DOUBLE, shift DOUBLE",
}
_TIME = re.compile(r"\d\d-\d\d \d\d:\d\d(:\d\d)?")


class Hospital:
    """One hospital's clean tables, empty until drawn; admission and patient ids are integers."""

    def __init__(self) -> None:
        self._db = Database(threads=1, within=[Path(tempfile.gettempdir())])
        for table in contract.TABLES:
            columns = [f"{c.name} {self._type(c)}" for c in table.columns]
            extra = [RESOLVED[table.name]] if table.name in RESOLVED else []
            self._db.execute(f"CREATE TABLE {table.name} ({', '.join(columns + extra)})")
        self._db.execute("CREATE SCHEMA ref")
        for name, columns_ in REFERENCE.items():
            self._db.execute(f"CREATE TABLE ref.{name} ({columns_})")
        define_given(self._db)
        define_intervals(self._db)
        self._db.execute(f"CREATE TABLE candidate ({CANDIDATE})")
        self._db.execute(
            "CREATE TABLE eligible (admission_id BIGINT, admitted_at TIMESTAMP, "
            "discharged_at TIMESTAMP, age_years DOUBLE)"
        )
        self._db.execute("CREATE TABLE unread_exposure (admission_id BIGINT, started_at TIMESTAMP)")

    def close(self) -> None:
        """Close its database."""
        self._db.close()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back afterwards what is drawn and made meanwhile."""
        self._db.execute("BEGIN TRANSACTION")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")
            self._db.log.clear()

    @property
    def db(self) -> Database:
        """The database, in which SENDS answers from what is drawn by now."""
        define_sent(self._db, {"H": self._sent()})
        return self._db

    def _sent(self) -> set[str]:
        """Event tables with a row, code lists that include a product, 'death_at' of a patient."""
        asked = {table.name: f"SELECT 1 FROM {table.name}" for table in contract.EVENT_TABLES}
        asked["death_at"] = "SELECT 1 FROM patient WHERE death_at IS NOT NULL"
        there = " UNION ALL ".join(
            f"SELECT '{what}' WHERE EXISTS ({rows})" for what, rows in asked.items()
        )
        lists = "SELECT DISTINCT codelist FROM ref.included"
        return {what for (what,) in self._db.rows(f"{there} UNION ALL {lists}")}

    @staticmethod
    def _type(column: contract.Column) -> str:
        integer = column.name in ("admission_id", "patient_id")
        return "BIGINT" if integer else contract.SQL_TYPE[column.kind]

    def draw(self, table: str, text: str) -> None:
        """Add drawn rows to a table."""
        lines = [line for line in text.strip().splitlines() if line.strip()]
        names, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
        marks = ", ".join(f"$c{number}" for number in range(len(names)))
        for row in rows:
            values = {f"c{number}": _cell(cell) for number, cell in enumerate(row)}
            assert len(values) == len(names), f"{table}: {row}"
            self._db.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values)

    def admit(self, text: str) -> None:
        """Add admissions: eligible and candidate; time zero is the admission unless drawn."""
        self.draw("candidate", text)
        self._db.execute("UPDATE candidate SET time_zero = COALESCE(time_zero, admitted_at)")
        self._db.execute(
            "CREATE OR REPLACE TABLE eligible AS "
            "SELECT admission_id, admitted_at, discharged_at, age_years FROM candidate"
        )

    def anchor(self, column: str = "time_zero") -> None:
        """The anchor of every admission is one of its moments."""
        self._db.view("anchor", f"SELECT admission_id, {column} AS anchor_at FROM candidate")

    def rows(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a concept, sorted, after what it builds on was made."""
        db = self.db
        severity.prepare(db, name)
        return sorted(db.frame(concept(name), values).rows(), key=_sortable)

    def met(self, name: str, **values: Any) -> dict[int, bool | None]:
        """Admission -> answer of a three-valued concept."""
        return {row[0]: row[1] for row in self.rows(name, **values)}


def _cell(text: str) -> str | None:
    if text in ("", "-"):
        return None
    return f"2020-{text}" if _TIME.fullmatch(text) else text


def _sortable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple((value is None, value if value is not None else 0) for value in row)
