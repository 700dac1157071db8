"""RNA clearance: which two negatives count, and what ends the wait for them."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import Hospital

from ehrivig.concepts import concept

ONSET = "12-28 10:00"
HEADER = (
    "admission_id | symptom_onset_at | admitted_at | discharged_at | discharge_status | death_at\n"
)
STAY = "1 | 01-01 10:00 | 01-06 10:00 | 01-26 10:00 | alive | -"
POSITIVE = "01-06 12:00 | positive"


def clear(hospital: Hospital, tests: str, stay: str = STAY, kind: str = "rna|respiratory") -> Any:
    hospital.admit(HEADER + stay)
    rows = "\n".join(f"1 | sars_cov_2 | {kind} | {line}" for line in tests.splitlines())
    header = "admission_id | organism_code | method | specimen | collected_at | result\n"
    hospital.draw("pathogen_test", header + rows)
    hospital.db.table("vital_status", concept("vital_status"))
    hospital.db.table("cleared_at", concept("cleared_at"), {"organism": "sars_cov_2"})
    found = hospital.rows("clearance")
    return found[0][1:] if found else None


@pytest.mark.parametrize(
    ("tests", "cleared", "days"),
    [
        ("01-10 10:00 | negative\n01-11 10:00 | negative", True, 9),
        ("01-10 10:00 | negative\n01-11 09:59 | negative", False, 25),
        ("01-10 10:00 | negative\n01-11 00:00 | negative\n01-11 10:00 | negative", True, 9),
        ("01-10 10:00 | negative", False, 25),
        ("01-10 10:00|negative\n01-11 00:00|indeterminate\n01-11 10:00|negative", False, 25),
        ("01-10 10:00|negative\n01-11 00:00|not_done\n01-11 10:00|negative", True, 9),
        ("01-10 10:00|negative\n01-11 00:00|positive\n01-11 10:00|negative", False, 25),
        ("01-10 10:00|negative\n01-11 10:00|negative\n01-11 10:00|positive", False, 25),
        (
            "01-10 10:00|negative\n01-10 20:00|positive\n"
            "01-12 10:00|negative\n01-13 10:00|negative\n01-20 10:00|positive",
            True,
            11,
        ),
    ],
)
def test_two_consecutive_negatives_a_day_apart(
    hospital: Hospital, tests: str, cleared: bool, days: float
) -> None:
    status = 1 if cleared else 3
    assert clear(hospital, POSITIVE + "\n" + tests) == (cleared, 5, days, status)


def test_negatives_before_the_positive_do_not_count(hospital: Hospital) -> None:
    tests = "01-06 11:00 | negative\n01-07 12:00 | negative\n01-08 12:00 | positive"
    assert clear(hospital, tests) == (False, 5, 25, 3)


@pytest.mark.parametrize("kind", ["antigen|respiratory", "rna|stool", "rna|-", "culture|blood"])
def test_only_respiratory_rna_counts(hospital: Hospital, kind: str) -> None:
    tests = POSITIVE + "\n01-10 10:00 | negative\n01-11 10:00 | negative"
    assert clear(hospital, tests, kind=kind) is None


def test_never_positive_is_not_at_risk(hospital: Hospital) -> None:
    assert clear(hospital, "01-10 10:00 | negative\n01-11 10:00 | negative") is None


@pytest.mark.parametrize(
    ("stay", "expected"),
    [
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|died|-", (False, 5, 25, 2)),
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|died|01-20 10:00", (False, 5, 19, 2)),
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|alive|02-20 10:00", (False, 5, 25, 3)),
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|against_advice|-", (False, 5, 25, 3)),
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|transferred|-", (False, 5, 25, 0)),
        ("1|01-01 10:00|01-06 10:00|01-26 10:00|unknown|-", (False, 5, 25, 0)),
        ("1|01-01 10:00|01-06 10:00|-|-|-", (False, 5, 5 + 2 / 24, 0)),
        ("1|-|01-06 10:00|01-26 10:00|alive|-", (False, None, None, None)),
        ("1|01-08 10:00|01-06 10:00|01-26 10:00|alive|-", (False, 0, 18, 3)),
    ],
)
def test_what_ends_the_wait(hospital: Hospital, stay: str, expected: tuple[Any, ...]) -> None:
    found = clear(hospital, POSITIVE, stay)
    assert found == tuple(pytest.approx(v) if isinstance(v, float) else v for v in expected)


def test_clearance_seen_only_after_leaving_does_not_count(hospital: Hospital) -> None:
    tests = POSITIVE + "\n01-27 10:00 | negative\n01-28 10:00 | negative"
    assert clear(hospital, tests) == (False, 5, 25, 3)


def test_cleared_before_admission_is_not_at_risk(hospital: Hospital) -> None:
    tests = "01-02 10:00|positive\n01-04 10:00|negative\n01-07 10:00|negative"
    assert clear(hospital, tests) == (None, None, None, None)


def test_cleared_at_the_moment_of_leaving_counts(hospital: Hospital) -> None:
    tests = POSITIVE + "\n01-26 10:00 | negative\n01-27 10:00 | negative"
    assert clear(hospital, tests) == (True, 5, 25, 1)


def test_cleared_at_the_moment_of_admission_is_not_at_risk(hospital: Hospital) -> None:
    tests = "01-02 10:00|positive\n01-06 10:00|negative\n01-07 10:00|negative"
    assert clear(hospital, tests) == (None, None, None, None)
