"""What every question about intervals is built on: one rule for support, FiO2 and infusions.

An interval is [started_at, stopped_at): its begin is in it, its end is not. One without an end goes
on. One without length holds at its own moment alone, and ends nothing. At a moment every interval
that covers it counts, not the one begun last.
"""

from __future__ import annotations

from ehrivig.codes.dose_units import amount_units, rate_units
from ehrivig.concepts.library import concept
from ehrivig.database import Database
from ehrivig.literals import literal

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
    IS_AMOUNT(unit), IS_RATE(unit): whether a dose in that unit is given at once, or over a time.
    """
    for name, units in (("is_amount", amount_units()), ("is_rate", rate_units())):
        listed = ", ".join(literal(unit) for unit in units)
        db.execute(f"CREATE OR REPLACE MACRO {name}(dose_unit) AS dose_unit IN ({listed})")
    db.execute(f"CREATE OR REPLACE MACRO covers(started_at, stopped_at, moment) AS {COVERS}")
    db.execute(
        f"CREATE OR REPLACE MACRO in_use(started_at, stopped_at, from_at, until_at) AS {IN_USE}"
    )
    db.macro("runs", ["intervals"], concept("runs"))
