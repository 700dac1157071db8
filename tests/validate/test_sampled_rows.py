"""Checks of sampled stays are asked of their rows apart where these are few: the same counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ehrivig.database import Database
from ehrivig.study import Study
from ehrivig.validate import gate_tables, measures
from ehrivig.validate.adapter.plans import only_sampled
from ehrivig.validate.suite import suites

_EVERY = 6


def _measured(db: Database, plan: Study) -> dict[tuple[str, str], tuple[int, int]]:
    found = measures.measure(db, plan, ["H"])
    return {(one.table, one.check): (one.violated, one.denominator) for one in found}


def _filled(hospital: Any) -> None:
    """Sixty stays whose rows are in every way that a check of sampled stays asks for."""
    for number in range(4, 61):
        hospital.person(str(number))
    start = hospital.rows["admission"][0]["admitted_at"]
    for number in range(1, 61):
        for hours in (-7, -3, 0, 8, 24, 24 * 10 - 4, 24 * 10 + 4):
            at = start + timedelta(hours=hours + number % 3)
            result = {"collected_at": at, "resulted_at": at + timedelta(days=number % 5)}
            hospital.add("lab", admission_id=str(number), value=80.0 + hours, **result)
            hospital.add("vital", admission_id=str(number), measured_at=at)


def test_what_is_asked_apart_is_the_same(
    hospital: Any,
    plan: Study,
    opened: Callable[[], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _filled(hospital)
    monkeypatch.setattr(gate_tables, "_SAMPLED_STAYS", 60 // _EVERY)
    monkeypatch.setattr(gate_tables, "_COUNTED_STAYS", 60 // (_EVERY + 1))
    apart = opened()
    found = _measured(apart, plan)
    assert any("CROSS JOIN" in one and "stay_sampled OR" in one for one in apart.log)
    monkeypatch.setattr(gate_tables, "_FEW", 1_000)
    at_once = opened()
    assert _measured(at_once, plan) == found
    assert not any("stay_sampled OR" in one for one in at_once.log)
    sampled = {
        f"{table}.{check}": found[table, f"{table}.{check}"]
        for table, check in (
            ("lab", "collected_at_date_only"),
            ("lab", "resulted_in_time"),
            ("lab", "time_shift"),
            ("vital", "measured_at_of_utc_days"),
        )
    }
    assert all(0 < of < 7 * 30 for _, of in sampled.values()), sampled
    assert sampled["lab.resulted_in_time"][0] > 0


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("stay_sampled", True),
        ("(stay_counted AND collected_at IS NOT NULL)", True),
        ("CASE WHEN stay_sampled THEN collected_at < edge_to END", True),
        ("exposure AND stay_sampled AND started_at IS NOT NULL", True),
        ("CASE WHEN stay_sampled THEN value > 1 ELSE TRUE END", False),
        ("stay_sampled AND value > 1 OR value < 0", False),
        ("stay_sampled IS NULL", False),
        ("stay_sampled = FALSE", False),
        ("NOT stay_sampled", False),
        ("stay_sampled_twice", False),
        ("stay_id IS NOT NULL", False),
        ("", False),
    ],
)
def test_what_can_hold_in_other_stays_is_asked_of_all(condition: str, told: bool) -> None:
    assert only_sampled(condition) == told


def test_every_shipped_check_of_sampled_stays_is_seen_as_one() -> None:
    for checks in suites().values():
        for check in checks:
            among = check.kwargs.get("among") or ""
            conditions = [among, *check.kwargs.get("counts", {}).values()]
            for condition in conditions:
                assert only_sampled(condition) == (
                    "stay_sampled" in condition or "stay_counted" in condition
                )
