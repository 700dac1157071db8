"""What a run says of itself: what the gate took, what has changed, how the last attempt ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig.runs import attempt_metrics, made_of, verdicts

SMALLEST = 5


def check(
    name: str, violated: int, table: str = "patient", severity: str = "quarantine", **more: str
) -> SimpleNamespace:
    told = {"check": name, "violated": violated, "table": table, "severity": severity}
    told |= {"hospital_id": "A", "denominator": 9_000, "verdict": "warn"}
    return SimpleNamespace(**(told | more))


def set_aside(*checks: SimpleNamespace) -> str:
    report = SimpleNamespace(smallest_cell=SMALLEST)
    run: Any = SimpleNamespace(checks=checks, study=SimpleNamespace(report=report))
    return verdicts.set_aside(run)


def test_what_the_gate_took_is_told_largest_first_and_at_most_five() -> None:
    found = set_aside(*(check(f"c{n}", 1_000 + n) for n in range(6)))
    assert found.startswith(" What the gate set aside: c5 (hospital A: 1,005 of 9,000); c4 (")
    assert found.endswith("; c1 (hospital A: 1,001 of 9,000).")


@pytest.mark.parametrize(
    ("one", "told"),
    [
        *((check("c", 5), True), (check("c", 4), False), (check("c", 9, severity="block"), True)),
        *((check("c", 9, severity="warn"), False), (check("c", 9, verdict="pass"), False)),
        *((check("c", 9, verdict="fail"), True), (check("c", 9, "lab"), False)),
        *((check("c", 9, name), True) for name in ("admission", "medication", "study")),
    ],
)
def test_what_may_be_missing_where_nobody_is_left(one: SimpleNamespace, told: bool) -> None:
    assert (set_aside(one) != "") is told


BEFORE: made_of.Made = {
    "study": {"exposure.hours": "24"},
    "code": {"duckdb": "1.0", "ehrivig/a.py": "x", "ehrivig/b.py": "x", "gone": "1"},
    "input": {"A": "x", "B": "x", "C": "x"},
}


def test_the_same_again_has_changed_nothing_and_the_first_has_no_before() -> None:
    assert made_of.changes(BEFORE, BEFORE) == "nothing"
    assert made_of.changes({}, BEFORE) == "first attempt"


@pytest.mark.parametrize(
    ("part", "now", "said"),
    [
        ("code", {"duckdb": "1.1"}, "code: duckdb 1.0 -> 1.1"),
        ("code", {"new": "2"}, "code: new (none) -> 2"),
        ("code", {"ehrivig/a.py": "y"}, "code: 1 file (ehrivig/a.py)"),
        (
            "code",
            {f"ehrivig/{n}.py": "y" for n in "abcd"},
            "code: 4 files (ehrivig/a.py, ehrivig/b.py, ehrivig/c.py, ...)",
        ),
        ("input", {"A": "y"}, "input: changed: 1 hospital (A)"),
        (
            "input",
            {"D": "x", "A": "y"},
            "input: new: 1 hospital (D); input: changed: 1 hospital (A)",
        ),
        ("input", dict.fromkeys("ABC", "y"), "input: changed: 3 hospitals (A, B, C)"),
    ],
)
def test_what_has_changed_is_told(part: str, now: dict[str, str], said: str) -> None:
    assert made_of.changes(BEFORE, BEFORE | {part: BEFORE[part] | now}) == said


def test_what_is_gone_or_could_not_be_read() -> None:
    less = {name: mark for name, mark in BEFORE["input"].items() if name != "B"}
    assert made_of.changes(BEFORE, BEFORE | {"input": less}) == "input: gone: 1 hospital (B)"
    code = {name: mark for name, mark in BEFORE["code"].items() if name != "gone"}
    assert made_of.changes(BEFORE, BEFORE | {"code": code}) == "code: gone 1 -> (none)"
    alone = made_of.changes(BEFORE, {"code": BEFORE["code"]})
    assert alone == "study: could not be read; input: could not be read"


@pytest.mark.parametrize(("n", "more"), [(20, ""), (21, "; and 1 more"), (23, "; and 3 more")])
def test_of_many_changes_twenty_are_told(n: int, more: str) -> None:
    code = {f"package{number:02}": "2" for number in range(n)}
    said = made_of.changes(
        {"code": {}, "study": {}, "input": {}}, {"code": code, "study": {}, "input": {}}
    )
    assert said.count("code: ") == min(n, 20)
    assert said.endswith(f"code: package19 (none) -> 2{more}")


def attempt(
    code: int, at: str, message: str = "done", seconds: float | None = 1.6
) -> dict[str, Any]:
    row = {"study": "s", "command": "run", "version": "1", "seconds": seconds}
    return row | {"exit_code": code, "finished_at": f"1970-01-01T00:{at}Z", "message": message}


def test_the_last_attempt_and_the_last_good_one() -> None:
    rows = [attempt(3, "00:01"), attempt(0, "01:00"), attempt(0, "02:00"), attempt(3, "03:00")]
    said = attempt_metrics.exposition(rows).splitlines()
    told = {line for line in said if not line.startswith("#")}
    assert told == {
        'ehrivig_attempt_info{study="s",command="run",version="1"} 1',
        "ehrivig_attempt_exit_code 3",
        "ehrivig_attempt_unchanged 0",
        "ehrivig_attempt_finished_seconds 180",
        "ehrivig_attempt_duration_seconds 2",
        "ehrivig_attempt_last_good_finished_seconds 120",
        'ehrivig_attempt_ended{exit_code="0"} 2',
        'ehrivig_attempt_ended{exit_code="3"} 2',
    }


def test_an_attempt_that_repeated_the_last_one_or_was_never_good() -> None:
    said = attempt_metrics.exposition([attempt(3, "00:01", "unchanged: blocked", None)])
    assert "ehrivig_attempt_unchanged 1\n" in said
    assert "ehrivig_attempt_duration_seconds 0\n" in said
    assert "last_good" not in said
