"""Deaths outside the cohort: everybody less who left alive, less the deaths of the cohort."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables

LEFT = "40 of {} who left alive (7.5%) have a later date of death"
SHARE = "7.5% of those who left alive have a later date of death"


def had(evidence: str) -> bool:
    step = {"step": 0, "criterion": "read", "label": "Read", "hospital_id": "all"}
    counts = {"patients": 600, "admissions": 612, "excluded": 0, "excluded_not_measured": 0}
    n = {"n_all": 170.0, "n_control": 86.0, "n_exposed": 84.0}
    deaths = {"events_all": 66.0, "events_control": 32.0, "events_exposed": 34.0}
    named = {"variable": "death_in_hospital", "label": "In-hospital mortality", "kind": "binary"}
    arm = {"arm": "exposed", "n": 84, "unknown": 0, "transferred": 0, "evidence": evidence}
    tables = {
        "attrition.csv": pl.DataFrame([step | counts]),
        "table2.csv": pl.DataFrame([named | n | deaths]),
        "follow_up.csv": pl.DataFrame([arm]),
    }
    cells = of_tables(tables, 5)
    return any(cell.disclosed and "outside the cohort" in cell.place.words for cell in cells)


@pytest.mark.parametrize(
    ("evidence", "told"),
    [(LEFT.format(533), True), (LEFT.format(520), False), (SHARE, False)],
)
def test_how_many_left_alive_tells_who_died_outside_the_cohort(evidence: str, told: bool) -> None:
    """Of 600 people 67 died in the hospital, of the cohort 66."""
    assert had(evidence) is told
