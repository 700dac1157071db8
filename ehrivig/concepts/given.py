"""What every question about administrations is built on, made once in a hospital's database."""

from __future__ import annotations

from ehrivig.concepts.dose_rates import define_dose_rates
from ehrivig.concepts.library import concept
from ehrivig.database import Database

_END_OF_STAY = (
    "CASE WHEN discharge = date_trunc('day', discharge) "
    "THEN discharge + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND ELSE discharge END"
)
"""The last moment of a stay: a discharge at midnight is a bare date, and lasts its day."""

_CONCENTRATION = (
    "CASE WHEN NOT COALESCE(stated > 0 AND isfinite(stated), FALSE) THEN product "
    "WHEN stated > 1.5 * product THEN NULL ELSE stated END"
)
"""g/L of a row: as it states, else of its product. What is stronger than its product is unknown."""


def define_given(db: Database) -> None:
    """View `ref.included` (the products of each list), and the macros of administrations.

    GIVEN, ENDED, BY_ROUTE, END_OF_STAY, CONCENTRATION.

    Needs `ref.drug_class`. What counts as given, what a list includes, and which of it was given
    by some routes, is said there alone.
    """
    define_dose_rates(db)
    db.view("ref.included", concept("included"))
    db.macro("given", ["administration"], concept("given"))
    db.macro("ended", ["administration"], concept("ended"))
    db.execute(f"CREATE OR REPLACE MACRO end_of_stay(discharge) AS {_END_OF_STAY}")
    db.execute(f"CREATE OR REPLACE MACRO concentration(stated, product) AS {_CONCENTRATION}")
    db.macro("by_route", ["wanted_list", "wanted_routes"], concept("by_route"))
