"""Tables without rows at hours of the day, or on days of the week."""

from __future__ import annotations

import polars as pl
import pytest

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
        ([n // 2 for n in NO_NIGHT], [ALWAYS, ALWAYS], 0),  # too few rows
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
