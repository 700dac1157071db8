"""The rows of the counted stays, apart: some 2,000 stays of a hospital tell what a table sends.

Months, stays with rows, first rows of a stay and copies are asked of them alone.
"""

from __future__ import annotations

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.validate import arrived

_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)
_SHOWN = {
    "lab": ("lab_code", "value"),
    "vital": ("vital_code", "value"),
    "score": ("score_code", "value"),
    "respiratory_support": ("device", "fio2"),
    "diagnosis": ("present_on_admission",),
    "icu_stay": ("stopped_at",),
    "procedure": ("procedure_code",),
    "finding": ("finding_code", "present"),
    "pathogen_test": ("organism_code", "method", "specimen", "result"),
}
"""Table -> what its rows are of, and their values: copies are told by them, and what is charted."""
_ASKED_OFTEN = frozenset({*arrived.PROMPT, *_SHOWN})
"""Tables whose rows of counted stays are asked for several times: they are taken once."""


def event_time(table: str) -> str:
    """The column of when an event was; empty for a table without events."""
    columns = contract.BY_NAME[table].columns
    times = (column.name for column in columns if column.kind == "time")
    return next(times, "") if table in _EVENTS else ""


def rows(table: str) -> str:
    """The relation of a table's rows of counted stays; empty for a table without events.

    hospital_id, admission_id, stay_admitted_at, the time of the event, its code and value.
    """
    return f"gate.counted_{table}" if event_time(table) else ""


def take(db: Database, table: str, read: str) -> None:
    """Make `rows(table)` of `read`, once where it is asked several times. Needs `gate.stay`."""
    if not rows(table):
        return
    columns = ("hospital_id", "admission_id", event_time(table), *_SHOWN.get(table, ()))
    shown = ", ".join(f'r."{column}"' for column in columns)
    make = db.table if table in _ASKED_OFTEN else db.view
    make(
        rows(table),
        f"SELECT {shown}, s.stay_admitted_at FROM {read} AS r INNER JOIN "
        "(SELECT admission_id, stay_admitted_at FROM gate.stay WHERE stay_counted) AS s "
        "ON r.admission_id = s.admission_id",
    )


def let_go(db: Database, table: str) -> None:
    """Drop what `take` made."""
    if rows(table):
        kind = "TABLE" if table in _ASKED_OFTEN else "VIEW"
        db.execute(f"DROP {kind} {rows(table)}")
