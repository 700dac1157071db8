"""The rows behind an outcome of laboratory values or findings: those that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from drawn import Hospital
from drawn_study import asking

from ehrivig.results.why.origins import origins

STAY = """
    admission_id | admitted_at | discharged_at | time_zero
    1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
"""
RESULTS = """
    admission_id | analyte | value_std | collected_at
    1 | platelets | 21 | 01-01 10:00
    1 | platelets | 22 | 01-03 09:00
    1 | platelets | 23 | 01-04 09:00
    1 | platelets | 24 | 01-06 09:00
    1 | platelets | 25 | 01-07 09:00
    1 | platelets | 26 | 01-12 09:00
    1 | platelets | 27 | 01-21 09:00
"""
FINDINGS = """
    admission_id | finding_code | present | observed_at
    1 | relapse | true | 01-03 09:00
    1 | relapse | false | 01-04 09:00
    1 | relapse | true | 01-05 09:00
    1 | relapse | true | 01-21 09:00
"""


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(STAY)
    drawn.draw("admission", STAY.replace(" | time_zero", "").replace(" | 01-03 10:00", ""))
    drawn.draw("lab", RESULTS)
    drawn.draw("finding", FINDINGS)
    yield drawn
    drawn.close()


@pytest.mark.parametrize(
    ("outcome", "rows"),
    [
        ('from = "lab_change", code = "platelets"', ["baseline 22", "25", "24"]),
        ('from = "lab_change", code = "platelets", within_days = 20', ["baseline 22", "27", "26"]),
        ('from = "lab_reached", code = "platelets", at_least = 30', ["23", "24", "25"]),
        (
            'from = "lab_reached", code = "platelets", at_least = 30, within_days = 2',
            ["23"],
        ),
        (
            'from = "lab_reached", code = "platelets", times_baseline_at_least = 2',
            ["baseline 22", "23", "24"],
        ),
        ('from = "finding", code = "relapse"', ["yes", "no"]),
    ],
)
def test_the_rows_that_an_outcome_was_made_of(
    hospital: Hospital, outcome: str, rows: list[str]
) -> None:
    source = SimpleNamespace(
        candidate=True,
        db=hospital.db,
        study=asking(outcome),
        rows=lambda query, values=None: hospital.db.frame(query, values or {}).to_dicts(),
    )
    said = dict(origins(source)[1].lines)["asked"]  # type: ignore[arg-type]
    told = [one for one in said.split("; ") if ": " in one]
    assert [_short(one) for one in told] == rows


def _short(row: str) -> str:
    words = row.replace(",", "").split()
    value = words[words.index("value_std" if "value_std" in words else "present") + 1]
    return f"baseline {value}" if row.startswith("baseline") else value
