"""The code lists as tables of schema `ref`: what does not depend on the extract."""

from __future__ import annotations

from ehrivig.codes.lists import list_frame, listed_codes
from ehrivig.database import Database

_LIMITS = ("hard_lo", "soft_lo", "soft_hi", "hard_hi")


def load(db: Database) -> None:
    """Make ref.lab, unit, limit, vital, event and listed."""
    db.load("ref.lab", list_frame("labs", ("analyte", "vocabulary", "code", "factor")))
    db.load("ref.unit", list_frame("units", ("variable", "unit", "factor", "shift")))
    db.load("ref.limit", list_frame("limits", ("variable", "unit", *_LIMITS)))
    db.load("ref.vital", list_frame("vitals", ("vital_code", "vocabulary", "code", "unit")))
    event = ("kind", "name", "vocabulary", "code", "method", "specimen")
    db.load("ref.event", list_frame("events", event))
    db.load("ref.listed", listed_codes())
