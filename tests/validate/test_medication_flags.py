"""Administrations that look wrong beside others: what is compared is what counts as given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ehrivig.database import Database
from ehrivig.study import Study
from ehrivig.validate import gate_tables

Open = Callable[[], Database]
IVIG, HEPATITIS_B, STEROID = 1, 2, 3
AT = datetime(2020, 1, 10, 14, 30)
LATER = AT + timedelta(minutes=2)


def flagged(db: Database, plan: Study, flag: str) -> list[str]:
    """The ids that bear a flag; everybody weighs 70 kg."""
    db.execute("CREATE SCHEMA gate")
    db.table("gate.stay", "SELECT admission_id, 70.0 AS stay_weight_kg FROM resolved.admission")
    gate_tables.compare_medication(db, plan)
    query = f"SELECT medication_id FROM gate.medication_flag WHERE {flag} ORDER BY ALL"
    return [row[0] for row in db.rows(query)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, ["b"]),
        ({"status": "stopped"}, {}, ["b"]),
        ({}, {"status": "stopped"}, ["b"]),
        ({"status": "cancelled"}, {}, []),
        ({}, {"status": "unknown"}, []),
        ({"dose": None}, {"dose": None}, []),
        ({"dose": 0.0}, {"dose": 0.0}, []),
        ({"dose": -5.0}, {"dose": -5.0}, []),
    ],
)
def test_a_duplicate_is_one_of_two_given_doses(
    hospital: Any,
    opened: Open,
    plan: Study,
    first: dict[str, Any],
    second: dict[str, Any],
    expected: list[str],
) -> None:
    hospital.add("medication", medication_id="a", started_at=AT, **first)
    hospital.add("medication", medication_id="b", started_at=LATER, **second)
    assert flagged(opened(), plan, "duplicate") == expected


@pytest.mark.parametrize(
    ("status", "dose", "expected"),
    [("given", 10.0, ["a"]), ("stopped", 10.0, ["a"]), ("unknown", 10.0, []), ("given", 9.0, [])],
)
def test_a_return_takes_a_given_dose_back(
    hospital: Any, opened: Open, plan: Study, status: str, dose: float, expected: list[str]
) -> None:
    hospital.add("medication", medication_id="a", order_id="o", status=status, dose=dose)
    hospital.add("medication", medication_id="b", order_id="o", dose=-10.0)
    assert flagged(opened(), plan, "reversed") == expected


def test_exact_copies_are_one_row_in_every_comparison(
    hospital: Any, opened: Open, plan: Study
) -> None:
    """A return written twice takes back one dose, and a dose written twice is given once."""
    for name, minutes in (("a", 0), ("b", 90)):
        begun = AT + timedelta(minutes=minutes)
        hospital.add("medication", medication_id=name, order_id="o", started_at=begun, dose=10.0)
    for _ in range(2):
        later = AT + timedelta(hours=9)
        hospital.add("medication", medication_id="c", order_id="o", started_at=later, dose=-10.0)
        hospital.add("medication", medication_id="d", started_at=AT + timedelta(days=2), dose=5.0)
    db = opened()
    assert flagged(db, plan, "reversed") == ["b"]
    assert db.rows("SELECT 1 FROM gate.medication_flag WHERE duplicate") == []


@pytest.mark.parametrize(
    ("status", "dose", "expected"),
    [
        ("given", 10.0, ["b"]),
        ("stopped", 10.0, ["b"]),
        ("given", None, ["b"]),
        ("given", 0.0, []),
        ("cancelled", 10.0, []),
    ],
)
def test_an_order_is_beside_what_was_given(
    hospital: Any, opened: Open, plan: Study, status: str, dose: float | None, expected: list[str]
) -> None:
    hospital.add("medication", medication_id="a", order_id="o", status=status, dose=dose)
    hospital.add("medication", medication_id="b", order_id="o", status="unknown")
    assert flagged(opened(), plan, "order_beside_given") == expected


@pytest.mark.parametrize(
    ("status", "expected"), [("given", ["a", "b"]), ("stopped", ["a", "b"]), ("cancelled", [])]
)
def test_too_many_grams_are_those_given_on_a_day(
    hospital: Any, opened: Open, plan: Study, status: str, expected: list[str]
) -> None:
    hospital.add("medication", medication_id="a", dose=100.0)
    hospital.add("medication", medication_id="b", dose=100.0, status=status)
    assert flagged(opened(), plan, "too_many_grams") == expected


def test_grams_of_another_drug_make_no_heavy_day(hospital: Any, opened: Open, plan: Study) -> None:
    hospital.add("medication", medication_id="a", dose=10.0)
    hospital.add("medication", medication_id="b", dose=1000.0, drug=STEROID)
    assert flagged(opened(), plan, "too_many_grams") == []


def test_doses_at_midnight_are_no_duplicates(hospital: Any, opened: Open, plan: Study) -> None:
    for number in "ab":
        hospital.add("medication", medication_id=number, started_at=datetime(2020, 1, 12))
    assert flagged(opened(), plan, "duplicate") == []


def test_products_by_what_the_lists_say_and_by_their_text(
    hospital: Any, opened: Open, plan: Study
) -> None:
    hospital.drugs += [
        (4, "local", "x", "Ｇａｍｍａ globulin", "iv"),
        (5, "HCPCS", "J1561", "Gamunex", "iv"),
        (6, "local", "y", "unlisted", "iv"),
    ]
    hospital.classes += [(4, "ivig", "quarantine", None, None, None)]
    hospital.classes += [(5, "ivig", "include", None, None, 2.5)]
    db = opened()
    flagged(db, plan, "duplicate")
    columns = "drug, listed, exposure, exposure_listed, exposure_verdict, product_strength_g"
    assert db.rows(f"SELECT {columns} FROM gate.drug ORDER BY drug") == [
        (IVIG, True, True, True, "include", None),
        (HEPATITIS_B, True, False, True, "exclude", None),
        (STEROID, True, False, False, None, None),
        (4, True, False, True, "quarantine", None),
        (5, True, True, True, "include", 2.5),
        (6, False, False, False, None, None),
    ]
    texts = "SELECT drug, look_alike, billed, full_width FROM gate.drug ORDER BY drug"
    assert db.rows(texts) == [
        (IVIG, True, False, False),
        (HEPATITIS_B, True, False, False),
        (STEROID, False, False, False),
        (4, True, False, True),
        (5, True, True, False),
        (6, False, False, False),
    ]
    other = {"codelist": "glucocorticoid", "routes": ["iv"], "typed": False}
    db.table("gate.drug", gate_tables.gate_query("drug"), other)
    assert db.rows("SELECT bool_or(look_alike), bool_or(billed) FROM gate.drug") == [(False, False)]


def test_two_doses_at_once_and_the_ids_that_repeat(
    hospital: Any, opened: Open, plan: Study
) -> None:
    hospital.add("medication", medication_id="a", started_at=AT, dose=10.0)
    hospital.add("medication", medication_id="b", started_at=LATER, dose=5.0)
    hospital.add("medication", medication_id="b", started_at=AT + timedelta(days=1), dose=5.0)
    db = opened()
    assert flagged(db, plan, "duplicate_dose") == []  # of which row of b nobody knows
    rows = db.rows("SELECT medication_id, key_repeated FROM gate.medication_flag ORDER BY ALL")
    assert rows == [("b", True)]


def test_nothing_of_the_comparison_is_left_in_memory(
    hospital: Any, opened: Open, plan: Study
) -> None:
    db = opened()
    flagged(db, plan, "duplicate")
    names = ("listed", "timed", "near", "once", "returned", "heavy_day", "unsaid")
    assert db.existing([f"gate.medication_{name}" for name in names]) == []
