"""Who may have been given the exposure, by rows that nobody can read: neither yes nor no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ehrivig.database import Database
from ehrivig.study import Study
from ehrivig.validate import measures

Open = Callable[[], Database]
STEROID, DOUBTFUL, UNROUTED, EXCLUDED = 3, 4, 5, 6
CASES: list[tuple[list[dict[str, Any]], list[tuple[Any, ...]]]] = [
    ([{}], []),
    ([{"dose": 0.0}], [(True, True)]),  # it may be a placeholder
    ([{"dose": 0.0}, {}], []),  # another dose says yes
    ([{"dose": 0.0, "status": "cancelled"}], []),  # it says of itself that it is none
    ([{"dose": 0.0, "drug": STEROID}], []),
    ([{"status": None}], [(True, True)]),  # nobody wrote whether it was given
    ([{"status": None}, {}], []),
    ([{"status": "cancelled"}], []),
    ([{"drug": DOUBTFUL}], [(True, True)]),
    ([{"drug": DOUBTFUL}, {}], [(True, True)]),
    ([{"drug": DOUBTFUL, "status": "cancelled"}], []),
    ([{"drug": UNROUTED, "route": None}], [(True, True)]),
    ([{"drug": EXCLUDED}], []),
    ([{"drug": STEROID}], []),
    ([{"started_at": datetime(2031, 1, 1)}], [(True, False)]),  # it cannot have been then
    ([{"started_at": None}], [(True, False)]),
]
"""Rows of one stay, and of those unread whether they are named and whether their start is known."""


def test_what_may_have_been_the_exposure(hospital: Any, opened: Open, plan: Study) -> None:
    """Each case is a stay of one hospital: others have good doses of every product."""
    hospital.drugs += [
        (DOUBTFUL, "local", "x", "globulin", "iv"),
        (UNROUTED, "local", "y", "Immune globulin", "unknown"),
        (EXCLUDED, "local", "z", "Anti-D", "im"),
    ]
    hospital.classes += [
        (DOUBTFUL, "ivig", "quarantine", None, None, None),
        (UNROUTED, "ivig", "include", "standard", None, None),
        (EXCLUDED, "ivig", "exclude", None, None, None),
    ]
    for number, (rows, _) in enumerate(CASES):
        hospital.person(f"c{number}")
        for row in rows:
            hospital.add("medication", admission_id=f"c{number}", **row)
    db = opened()
    measures.measure(db, plan, ["H"])
    for number, (rows, expected) in enumerate(CASES):
        found = db.rows(
            "SELECT named, started_at IS NOT NULL FROM main.unread_exposure "
            "WHERE admission_id = $id ORDER BY ALL",
            {"id": f"c{number}"},
        )
        assert found == expected, rows
