"""Tables without rows at hours of the day, or on days of the week."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.contract import EVENT_TABLES
from ehrivig.database import Database
from ehrivig.validate import clock, counted
from ehrivig.validate.clock import by_hour, by_weekday, without_days, without_hours

ALWAYS = [10] * 24
NO_NIGHT = [0] * 6 + [20] * 16 + [0] * 2
NOON = [0] * 12 + [240] + [0] * 11
TWELVE_HOURS = [20] * 12 + [0] * 12
WEEK, NO_WEEKEND, NO_TUESDAY = [60] * 7, [60] * 5 + [0] * 2, [60, 0, *[60] * 5]


def drawn(column: str, first: int, **tables: dict[str, list[int]]) -> pl.DataFrame:
    """Table -> hospital -> rows of each hour or day of the week."""
    other = {"hour": "weekday", "weekday": "hour"}[column]
    rows = [
        (hospital, table, place + first, 1, n)
        for table, of in tables.items()
        for hospital, counts in of.items()
        for place, n in enumerate(counts)
        if n
    ]
    names = ["hospital_id", "table", column, other, "n"]
    return pl.DataFrame(rows, names, orient="row")


@pytest.mark.parametrize(
    ("own", "others", "missing"),
    [
        (NO_NIGHT, [ALWAYS, ALWAYS], 80),
        (NOON, [ALWAYS, ALWAYS], 60),  # daily means
        (TWELVE_HOURS, [ALWAYS, ALWAYS], 60),
        (ALWAYS, [ALWAYS, ALWAYS], 0),
        (NO_NIGHT, [ALWAYS, NO_NIGHT], 0),  # a habit of others too
        (NO_NIGHT, [ALWAYS], 0),  # one other hospital tells nothing
        ([0] * 6 + [10] * 16 + [20, 20], [ALWAYS, ALWAYS], 50),
        ([0] * 6 + [10] * 17 + [29], [ALWAYS, ALWAYS], 0),  # too few rows
        ([1, 1, 1, 0, 0, 0] + [16] * 9 + [17] * 8 + [18], [ALWAYS, ALWAYS], 72),
        ([1, 1, 1, 0, 0, 0] + [16] * 9 + [17] * 9, [ALWAYS, ALWAYS], 0),  # one of a hundred
        ([0] * 6 + [20] * 18, [[4] * 6 + [15] * 17 + [21]] * 2, 29),
        ([0] * 6 + [20] * 18, [[4] * 6 + [15] * 17 + [22]] * 2, 0),  # few elsewhere as well
        ([*[1] * 6, *NO_NIGHT[6:]], [ALWAYS, ALWAYS], 0),  # some at night
    ],
)
def test_hours_of_the_day_without_rows(
    own: list[int], others: list[list[int]], missing: int
) -> None:
    hospitals = {"A": own} | {f"B{n}": rows for n, rows in enumerate(others)}
    found = list(without_hours(by_hour(drawn("hour", 0, lab=hospitals)), "lab"))
    told = {hospital: n for hospital, n, _, _ in found}
    assert told.get("A", 0) == missing
    assert not any(n for hospital, n in told.items() if hospital != "A")


@pytest.mark.parametrize(
    ("own", "beside", "others", "missing", "day"),
    [
        (NO_WEEKEND, [WEEK, WEEK], [], 43, 5),  # its own other tables
        (NO_WEEKEND, [], [WEEK, WEEK], 43, 5),
        (NO_TUESDAY, [WEEK, WEEK], [], 51, 1),
        (NO_WEEKEND, [NO_WEEKEND, NO_WEEKEND], [], 0, 0),  # dates without a week of their own
        (NO_WEEKEND, [WEEK], [WEEK], 0, 0),
        (WEEK, [WEEK, WEEK], [WEEK, WEEK], 0, 0),
        ([60] * 5 + [5, 5], [WEEK, WEEK], [], 0, 0),  # a quiet weekend
    ],
)
def test_days_of_the_week_without_rows(
    own: list[int], beside: list[list[int]], others: list[list[int]], missing: int, day: int
) -> None:
    tables = {f"table{n}": {"A": rows} for n, rows in enumerate(beside)}
    tables["lab"] = {"A": own} | {f"B{n}": rows for n, rows in enumerate(others)}
    found = list(without_days(by_weekday(drawn("weekday", 1, **tables)), "lab"))
    assert [(n, place) for hospital, n, _, place in found if hospital == "A"] == [(missing, day)]
    assert not any(n for hospital, n, _, _ in found if hospital != "A")


def test_the_hours_and_the_days_are_told_by_their_names() -> None:
    late = [20] * 20 + [0] * 4
    late[:2] = [0, 0]
    hours = drawn("hour", 0, lab={"A": late, "B": ALWAYS, "C": ALWAYS})
    said = clock.told_hours("lab")(SimpleNamespace(table=lambda _: hours))  # type: ignore[arg-type]
    assert said == "Hospital A: 20:00 to 2:00."
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    without = {f"A{day}": [0 if n == day else 60 for n in range(7)] for day in range(7)}
    days = drawn(
        "weekday",
        1,
        lab=without,
        vital=dict.fromkeys(without, WEEK),
        score=dict.fromkeys(without, WEEK),
    )
    said = clock.told_days("lab")(SimpleNamespace(table=lambda _: days))  # type: ignore[arg-type]
    assert said == " ".join(f"Hospital A{day}: {name}." for day, name in enumerate(names))


def test_a_row_is_counted_at_its_hour_and_one_without_a_time_of_day_on_its_day() -> None:
    """Of 6 January 2020, a Monday; a date that never is is none."""
    moments = [
        "2020-01-06 00:00",
        "2020-01-06 00:00:01",
        "2020-01-06 13:59",
        "2020-01-06 13:05",
        "infinity",
    ]
    with Database() as db:
        db.execute("CREATE SCHEMA gate")
        clock.begin(db)
        for table in EVENT_TABLES:
            if moment := counted.event_time(table.name):
                values = ", ".join(f"('A', TIMESTAMP '{one}')" for one in moments)
                db.execute(
                    f"CREATE TABLE gate.counted_{table.name} AS "
                    f"SELECT * FROM (VALUES {values}) AS t (hospital_id, {moment})"
                )
        for table in ("lab", "hospital"):  # a hospital is no event
            clock.take(db, table)
        found = db.frame("SELECT * FROM gate.clock ORDER BY ALL").rows()
    assert found == [("A", "lab", 0, 1, 1), ("A", "lab", 13, 1, 2), ("A", "lab", None, 1, 1)]
