"""What every question about intervals is built on: one rule for support, FiO2 and infusions.

An interval is [started_at, stopped_at): its begin is in it, its end is not. One without an end goes
on. One without length holds at its own moment alone, and ends nothing. At a moment every interval
that covers it counts, not the one begun last.
"""

from __future__ import annotations

from ehrivig.concepts.library import concept
from ehrivig.database import Database

COVERS = (
    "started_at <= moment AND (moment = started_at OR moment < stopped_at OR stopped_at IS NULL)"
)
IN_USE = (
    "(until_at IS NULL OR started_at <= until_at) "
    "AND (started_at >= from_at OR stopped_at > from_at OR stopped_at IS NULL)"
)


def define_intervals(db: Database) -> None:
    """Macros COVERS(started_at, stopped_at, moment), IN_USE(..., from_at, until_at) and RUNS.

    COVERS: whether an interval covers a moment. IN_USE: whether it covers any of [from_at,
    until_at] (`until_at` null: from then on). RUNS('<table>'): its intervals with their runs.
    """
    db.execute(f"CREATE OR REPLACE MACRO covers(started_at, stopped_at, moment) AS {COVERS}")
    db.execute(
        f"CREATE OR REPLACE MACRO in_use(started_at, stopped_at, from_at, until_at) AS {IN_USE}"
    )
    db.macro("runs", ["intervals"], concept("runs"))
