"""The code lists as tables of schema `ref`: what does not depend on the extract."""

from __future__ import annotations

from ehrivig.codes.frames import LIMITS, list_frame, listed_codes
from ehrivig.codes.lists import CodeLists
from ehrivig.database import Database


def load(db: Database, lists: CodeLists) -> None:
    """Make ref.lab, unit, limit, vital, event and listed."""
    db.load("ref.lab", list_frame(lists, "labs", ("analyte", "vocabulary", "code", "factor")))
    db.load("ref.unit", list_frame(lists, "units", ("variable", "unit", "factor", "shift")))
    db.load("ref.limit", list_frame(lists, "limits", ("variable", "unit", *LIMITS)))
    db.load("ref.vital", list_frame(lists, "vitals", ("vital_code", "vocabulary", "code", "unit")))
    event = ("kind", "name", "vocabulary", "code", "method", "specimen")
    db.load("ref.event", list_frame(lists, "events", event))
    db.load("ref.listed", listed_codes(lists))
