"""The rule for intervals: what covers a moment, what is in use, which rows are one run."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from drawn import Hospital

from ehrivig import resources
from ehrivig.literals import literal

NOON = datetime(2020, 1, 2, 12)


def at(text: str) -> Any:
    return literal(datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M")) if text != "-" else "NULL"


@pytest.mark.parametrize(
    ("started", "stopped", "covers"),
    [
        ("01-02 12:00", "01-02 13:00", True),
        ("01-02 11:00", "01-02 12:00", False),
        ("01-02 11:00", "01-02 12:01", True),
        ("01-02 12:01", "-", False),
        ("01-02 11:00", "-", True),
        ("01-02 12:00", "01-02 12:00", True),
        ("01-02 11:59", "01-02 11:59", False),
        ("01-02 12:00", "01-02 11:00", True),  # ends before it begins: holds at its begin alone
        ("01-02 11:00", "01-02 10:00", False),
    ],
)
def test_covers_a_moment(hospital: Hospital, started: str, stopped: str, covers: bool) -> None:
    asked = f"SELECT COVERS({at(started)}, {at(stopped)}::TIMESTAMP, {literal(NOON)})"
    assert hospital.db.rows(asked) == [(covers,)]


@pytest.mark.parametrize(
    ("started", "stopped", "in_use"),
    [
        ("01-01 00:00", "01-02 12:00", False),
        ("01-01 00:00", "01-02 12:01", True),
        ("01-01 00:00", "-", True),
        ("01-01 00:00", "01-01 00:00", False),
        ("01-02 12:00", "01-02 12:00", True),
        ("01-05 12:00", "01-05 12:00", True),
        ("01-05 12:01", "01-06 00:00", False),
    ],
)
def test_in_use_within_a_stay(hospital: Hospital, started: str, stopped: str, in_use: bool) -> None:
    asked = f"{at(started)}, {at(stopped)}::TIMESTAMP, {literal(NOON)}"
    until = literal(datetime(2020, 1, 5, 12))
    assert hospital.db.rows(f"SELECT IN_USE({asked}, {until})") == [(in_use,)]
    endless = in_use or started == "01-05 12:01"
    assert hospital.db.rows(f"SELECT IN_USE({asked}, NULL)") == [(endless,)]


ROWS = """
    admission_id | kind | started_at | stopped_at
    1 | a | 01-02 10:00 | 01-02 11:00
    1 | a | 01-02 11:00 | 01-02 12:00
    1 | a | 01-02 11:30 | 01-02 11:30
    1 | a | 01-02 12:01 | 01-02 13:00
    1 | a | 01-02 12:30 | 01-02 12:40
    1 | b | 01-02 11:00 | 01-02 13:00
    2 | a | 01-02 11:00 | -
    2 | a | 01-03 11:00 | 01-03 12:00
"""


def test_runs(hospital: Hospital) -> None:
    db = hospital.db
    db.execute(
        "CREATE TABLE drawn "
        "(admission_id BIGINT, kind VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP)"
    )
    hospital.draw("drawn", ROWS)
    found = db.rows(
        "SELECT admission_id, kind, MIN(started_at), run_stopped_at FROM RUNS('drawn') "
        "GROUP BY admission_id, kind, run_stopped_at"
    )
    clock = [(one, kind, f"{first:%H:%M}", f"{last:%H:%M}") for one, kind, first, last in found]
    assert sorted(clock) == [
        (1, "a", "10:00", "12:00"),
        (1, "a", "12:01", "13:00"),
        (1, "b", "11:00", "13:00"),
        (2, "a", "11:00", "00:00"),
    ]
    assert db.rows("SELECT COUNT(*) FROM RUNS('drawn')") == [(8,)]


def test_no_concept_has_a_rule_of_its_own() -> None:
    """Whether an interval covers a moment, or lies in a stay, is asked of the macros alone."""
    own = re.compile(
        r"ASOF[^;]*?JOIN \w+|(?<!run_)stopped_at\s*[<>](?! started_at)"
        r"|[<>]=?\s*\w+\.stopped_at\b(?! [+-])"
    )
    found = {
        path.stem: match[0]
        for folder in ("concept", "cohort")
        for path in sorted((resources.sql_folder() / folder).rglob("*.sql"))
        for match in own.finditer(re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8")))
    }
    of_runs = {"sofa_vasoactive": "stopped_at >"}
    assert found == {"pf_ratio": "ASOF LEFT JOIN measured"} | of_runs  # a measurement has no length
