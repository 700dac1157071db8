"""What is counted for a check: its conditions, and how counts become what was found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehrivig.database import Database
from ehrivig.validate.adapter import counts, plans
from ehrivig.validate.adapter.plans import Asked, Counted, Plan


@pytest.mark.parametrize(
    ("condition", "apart"),
    [
        ("stay_sampled", True),
        ("stay_counted AND value > 3", True),
        ("(stay_sampled)", True),
        ("CASE WHEN stay_sampled THEN value END > 3", True),
        ("(CASE WHEN known AND stay_sampled THEN x END)", True),
        ("stay_sampled OR value > 3", False),
        ("stay_sampled AND (a or b)", False),
        ("CASE WHEN stay_sampled THEN 1 ELSE 2 END", False),
        ("value > 3 AND stay_sampled", False),  # not seen: asked of all rows
        ("NOT stay_sampled", False),
        ("stay_sampled = FALSE", False),
        ("", False),
    ],
)
def test_what_can_hold_in_sampled_stays_alone(condition: str, apart: bool) -> None:
    assert plans.only_sampled(condition) is apart


def test_each_aggregate_is_asked_once() -> None:
    asked = Asked()
    first = asked.number("count(*)")
    apart = asked.number("count_if(a)", sampled=True)
    assert asked.number("count(*)") == first != apart
    assert asked.shown(sampled=False) == [f"count(*) AS {first}"]
    assert asked.shown(sampled=True) == [f"count_if(a) AS {apart}"]


def test_a_violation_is_one_among_its_rows_alone() -> None:
    with Database(threads=1) as db:
        db.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1, 1), (1, 9), (2, 9)) AS t(kind, x)")
        for among, expected in (("kind = 1", [None, False, True]), (None, [False, True, True])):
            text = plans.violation("x < 5", among)
            assert db.rows(f"SELECT {text} FROM t ORDER BY ALL") == [
                (e,) for e in sorted(expected, key=lambda one: (one is None, one))
            ]


def test_what_a_check_found_follows_from_its_columns() -> None:
    asked = Asked()
    rows, less = "count(*)", "count_if(x IS NULL)"
    plan = Plan("x < 0", "count_if(x < 0)", rows, less)
    places = plan.columns(asked)
    row = {places["violated"]: 3, places["denominator"]: 10, places["less"]: 4}
    assert plan.counted(row, places, 0) == Counted(3, 6)
    assert asked.sampled == set()
    apart = Plan("x", "count_if(few)", "count_if(stay_sampled)", sampled=True).columns(asked)
    assert asked.sampled == set(apart.values())
    asked = Asked()
    asked.number(rows)
    named = Plan(None, "", rows, counts={"near": "x = 1"}, finding="near > 2")
    places = named.columns(asked)
    assert places["denominator"] == "n0"  # the same aggregate, asked for once
    row = {places["denominator"]: 10, places["count near"]: 5, plans.finding_column(7): 1}
    assert named.counted(row, places, 7) == Counted(1, 10, {"near": 5})
    assert Plan(violated="v").counted({"n0": 2}, {"violated": "n0"}, 0) == Counted(2, 0)


ROWS = """
SELECT * FROM (VALUES
    ('A', '1', TIMESTAMP '2020-01-02 06:00', TIMESTAMP '2020-01-02 10:00'),
    ('A', '1', TIMESTAMP '2020-02-02 06:00', TIMESTAMP '2020-01-02 10:00'),
    ('A', '2', TIMESTAMP '2020-01-02 00:00', TIMESTAMP '2020-01-02 10:00'),
    ('A', '3', NULL, TIMESTAMP '2020-01-02 10:00'),
    {stays}
) AS t(hospital_id, admission_id, first, stay_admitted_at)
"""


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        found.execute("CREATE SCHEMA gate")
        yield found


@pytest.mark.parametrize(
    ("first", "where"),
    [
        ("05:59", ["before", "prompt"]),  # more than four hours early
        ("06:00", ["prompt"]),
        ("09:59", ["prompt", "at_once"]),
        ("10:00", ["prompt", "at_once"]),  # within an hour of the admission
        ("08:59", ["prompt"]),
        ("09:00", ["prompt", "at_once"]),
        ("11:59", ["prompt", "at_once"]),
        ("12:00", ["prompt", "between"]),
        ("14:59", ["prompt", "between"]),
        ("15:00", ["prompt", "late"]),
        ("15:59", ["prompt", "late"]),
        ("16:00", ["late"]),
        ("23:59", ["late"]),
    ],
)
def test_when_the_first_row_of_a_stay_is(db: Database, first: str, where: list[str]) -> None:
    """Admitted at ten; other hospitals and stays that begin at midnight are beside it."""
    moment = f"TIMESTAMP '2020-01-02 {first}', TIMESTAMP '2020-01-02 10:00'"
    db.table("gate.few", ROWS.format(stays=f"('B', '9', {moment})"))
    relation = counts.Relation("gate.lab", counted="gate.few", event_time="first", begins=True)
    found = counts._arrived(db, relation)
    names = ("before", "prompt", "at_once", "between", "late")
    assert [name for name in names if getattr(found["B"], name)] == where
    assert (found["B"].covered, found["B"].timed) == (1, 1)
    assert (found["A"].covered, found["A"].timed) == (3, 1)
    assert found["A"].months == {2020 * 12 + 1: 2, 2020 * 12 + 2: 1}
    assert counts._arrived(db, counts.Relation("gate.lab")) == {}


@pytest.mark.parametrize(("first", "late"), [("2020-01-03 00:29", 1), ("2020-01-03 00:30", 0)])
def test_fourteen_hours_after_an_admission_nothing_is_late_any_more(
    db: Database, first: str, late: int
) -> None:
    moment = f"TIMESTAMP '{first}', TIMESTAMP '2020-01-02 10:30'"
    db.table("gate.few", ROWS.format(stays=f"('B', '9', {moment})"))
    relation = counts.Relation("gate.lab", counted="gate.few", event_time="first", begins=True)
    assert counts._arrived(db, relation)["B"].late == late


def test_of_a_table_whose_beginning_nobody_asks_stays_and_months_are_counted(db: Database) -> None:
    db.table("gate.few", ROWS.format(stays="('B', '9', NULL, NULL)"))
    found = counts._arrived(db, counts.Relation("gate.lab", counted="gate.few", event_time="first"))
    assert vars(found["B"]) == {
        **{"months": {}, "covered": 1, "timed": 0, "before": 0, "prompt": 0},
        **{"at_once": 0, "between": 0, "late": 0},
    }
    assert vars(counts.Arrived())["covered"] == 0
