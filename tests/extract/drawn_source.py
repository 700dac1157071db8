"""Source tables of a shipped layout, drawn as dictionaries: its SELECTs are asked one by one."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from ehrivig.database import Database
from ehrivig.extract import layouts

TYPES = {
    **{"key": "VARCHAR", "text": "VARCHAR", "number": "DOUBLE", "whole": "BIGINT"},
    **{"time": "TIMESTAMP", "utc": "TIMESTAMP", "date": "DATE", "flag": "BOOLEAN"},
}
VALUES = {"support_hours": 24.0, "admission_gap_hours": 24.0, "emergency_visits": False}
"""What the SELECTs of layouts take for granted (`ehrivig.extract.stages`)."""
Row = dict[str, Any]


class Drawn:
    """Every source table of a layout, empty until drawn; a cell that is not written is null."""

    def __init__(self, db: Database, name: str) -> None:
        self.db, self.name, self._layout = db, name, layouts.load(name)
        for schema in ("source", "prepared", "mapped", "ref"):
            db.execute(f"CREATE SCHEMA {schema}")
        layouts.define_functions(db)
        for table, columns in self._layout.declared.items():
            told = ", ".join(f'"{one.name}" {TYPES[one.kind]}' for one in columns)
            db.execute(f"CREATE TABLE source.{table} ({told})")

    def draw(self, table: str, *rows: Row) -> None:
        """Add rows to a table ("source.x", "prepared.y")."""
        for row in rows:
            marks = ", ".join(f"$c{number}" for number in range(len(row)))
            names = ", ".join(f'"{name}"' for name in row)
            values = {f"c{number}": value for number, value in enumerate(row.values())}
            self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)

    def prepare(self, *names: str, **values: Any) -> None:
        """Make what the layout prepares, as far as it is asked for."""
        for name in names:
            query = self._layout.preparations[name]
            if layouts.reads_any_table(query):
                self.db.macro(f"prepared.{name}", layouts.OF_ANY_TABLE, query.text)
            else:
                self.db.table(f"prepared.{name}", query, VALUES | values)

    def rows(self, table: str, *columns: str, **values: Any) -> list[tuple[Any, ...]]:
        """Columns of what the layout selects for a canonical table, sorted."""
        frame = self.db.frame(self._layout.selects[table], VALUES | values)
        return sorted(frame.select(columns).rows(), key=repr)

    def prepared(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of what the layout prepared, sorted."""
        frame = self.db.frame(f"SELECT * FROM prepared.{name}")
        return sorted(frame.select(columns).rows(), key=repr)


@cache
def _empty(name: str) -> Drawn:
    """The tables of a layout, made once."""
    db = Database(threads=1)
    atexit.register(db.close)
    return Drawn(db, name)


@contextmanager
def drawn(name: str) -> Iterator[Drawn]:
    """The empty source of a shipped layout; what is drawn and made meanwhile is taken back."""
    source = _empty(name)
    source.db.execute("BEGIN TRANSACTION")
    try:
        yield source
    finally:
        source.db.execute("ROLLBACK")
        source.db.log.clear()


def day(text: str) -> datetime:
    """ "01-02 10:00" of 2020."""
    return datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M")
