"""What may be a dose of the exposure: outside of its stay, or in another row of its episode."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

from ehrivig import study as studies
from ehrivig.concepts import event_rows
from ehrivig.features import dosing
from ehrivig.study import Study

PLAN = studies.load("ivig_covid19")
STAYS = """
    admission_id | patient_id | admitted_at | discharged_at
    1 | 1 | 01-10 10:00 | 01-15 10:00
    2 | 1 | {admitted} | {discharged}
    3 | 3 | 01-10 10:00 | 01-15 10:00
"""
CLASSES = "drug | codelist | verdict\n1 | ivig | include\n2 | other | include"


def doubted(
    hospital: Hospital,
    lines: str,
    admitted: str = "02-10 10:00",
    discharged: str = "02-15 10:00",
    plan: Study = PLAN,
) -> list[tuple[int, datetime | None]]:
    stays = STAYS.format(admitted=admitted, discharged=discharged)
    hospital.admit(stays)
    hospital.draw("admission", stays)
    hospital.db.execute(
        "CREATE OR REPLACE TABLE ref.drug AS SELECT 1 AS drug, 'iv' AS route UNION SELECT 2, 'iv'"
    )
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", f"admission_id | drug | status | started_at\n{lines}")
    hospital.db.execute("DELETE FROM candidate WHERE admission_id = 2")  # met no criterion
    dosing.doubtful(hospital.db, plan)
    return list(hospital.db.rows("SELECT * FROM doubtful_dose ORDER BY ALL"))


@pytest.mark.parametrize(
    ("started_at", "doubt"),
    [
        ("01-08 10:00", []),  # in the emergency room
        ("01-08 09:59", [(1, None)]),  # weeks or years before: nobody knows when
        ("01-15 10:00", []),
        ("02-15 10:00", [(1, datetime(2020, 2, 15, 10))]),
    ],
)
def test_a_dose_outside_of_its_stay(
    hospital: Hospital, started_at: str, doubt: list[tuple[int, datetime | None]]
) -> None:
    assert doubted(hospital, f"1 | 1 | given | {started_at}") == doubt


@pytest.mark.parametrize(
    ("admitted", "discharged", "is_doubted"),
    [
        ("01-12 10:00", "01-20 10:00", True),  # overlaps
        ("01-16 10:00", "01-20 10:00", True),  # begins within a day
        ("01-16 10:01", "01-20 10:00", False),
        ("01-12 10:00", "-", True),  # no end
    ],
)
def test_a_dose_in_another_row_of_the_episode(
    hospital: Hospital, admitted: str, discharged: str, is_doubted: bool
) -> None:
    lines = "2 | 1 | given | 01-17 08:00\n2 | 2 | given | 01-17 09:00"
    found = doubted(hospital, lines, admitted, discharged)
    assert found == [(1, datetime(2020, 1, 17, 8))] * is_doubted


def test_a_copy_of_a_dose_that_this_row_has_too_is_none(hospital: Hospital) -> None:
    lines = "1 | 1 | given | 01-13 08:00\n2 | 1 | given | 01-13 08:00"
    assert doubted(hospital, lines, "01-10 10:00", "01-15 10:00") == []


def test_the_other_row_counts_however_few_are_candidates(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a small cohort only the rows of candidates are kept."""
    monkeypatch.setattr(event_rows, "LARGEST_SHARE", 1.0)
    doubted(hospital, "2 | 1 | given | 01-13 08:00", "01-12 10:00", "01-15 10:00")
    db = hospital.db
    db.execute("CREATE TABLE screened AS SELECT * FROM admission")
    db.execute("ALTER TABLE medication RENAME TO medication_read")
    db.view("main.medication", "SELECT * FROM medication_read")
    event_rows.to_candidates(db, "medication")
    assert db.rows("SELECT * FROM medication") == []
    dosing.doubtful(db, PLAN)
    assert db.rows("SELECT admission_id FROM doubtful_dose") == [(1,)]


def test_stays_with_a_clock_of_their_own_are_not_beside_each_other(hospital: Hospital) -> None:
    """Minutes from each admission: all stays of a person begin at one moment."""
    assert PLAN.clock == "calendar"
    eicu = studies.load("eicu_demo")
    assert eicu.clock == "offsets"
    own = PLAN.model_copy(update={"extract": eicu.extract})
    lines = "2 | 1 | given | 01-13 08:00"
    assert doubted(hospital, lines, "01-10 10:00", "01-20 10:00", own) == []
