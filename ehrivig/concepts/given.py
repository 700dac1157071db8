"""What every question about administrations is built on, made once in a hospital's database."""

from __future__ import annotations

from ehrivig.concepts.library import concept
from ehrivig.database import Database


def define_given(db: Database) -> None:
    """View `ref.included` (the products of each code list), macros GIVEN('<table>') and BY_ROUTE.

    Needs `ref.drug_class`. What counts as given, what a list includes, and which of it was given
    by some routes, is said there alone.
    """
    db.view("ref.included", concept("included"))
    db.macro("given", ["administration"], concept("given"))
    db.macro("by_route", ["wanted_list", "wanted_routes"], concept("by_route"))
