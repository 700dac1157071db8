"""Whether a dose is given at once or over a time, by its unit."""

from __future__ import annotations

from ehrivig.codes.dose_units import amount_units, rate_units
from ehrivig.database import Database
from ehrivig.literals import literal


def define_dose_rates(db: Database) -> None:
    """Macros IS_AMOUNT(dose_unit), IS_RATE(dose_unit), of units in their one spelling.

    Neither is true of a unit that is not understood; both are null without a unit.
    """
    for name, units in (("is_amount", amount_units()), ("is_rate", rate_units())):
        listed = ", ".join(literal(unit) for unit in units)
        db.execute(f"CREATE OR REPLACE MACRO {name}(dose_unit) AS dose_unit IN ({listed})")
