"""Hours of the day, or days of the week, at which a table has no rows: they are lost, or shifted.

People lie in hospital day and night. Where a table has next to no row at six hours in a row, though
every other hospital has some then, the rows of those hours are missing, or its clock has twelve
hours, or one moment stands for a day. Where it has next to none on a day of the week on which the
hospital's other tables, or the other hospitals, have theirs, the rows of that day are missing.
Counted of about 2,000 stays of a hospital.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median

import polars as pl

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.validate import counted
from ehrivig.validate.chance import low
from ehrivig.validate.network import Network

NAME = "quality/clock"
CHECKED = tuple(table.name for table in contract.EVENT_TABLES)
DAY_AND_NIGHT = ("lab", "vital", "medication", "respiratory_support")
"""The tables that every hospital fills at all hours, on all days."""
_SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "hour": pl.Int64,
    "weekday": pl.Int64,
    "n": pl.Int64,
}
_LEAST_ROWS = 200
_NEXT_TO_NONE, _SOME = 0.01, 0.08
_OTHERS = 2
_HOURS, _WINDOW, _DAYS = 24, 6, 7
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Counts = Iterator[tuple[str, int, int]]
Rows = Mapping[str, Mapping[str, list[int]]]
"""Table -> hospital -> rows of each hour, or of each day of the week."""


def begin(db: Database) -> None:
    """Table `gate.clock`, empty: hospital_id, table, hour (null: midnight), weekday, n rows."""
    db.load("gate.clock", pl.DataFrame(schema=_SCHEMA))


def take(db: Database, table: str) -> None:
    """Count the rows of a table, of `counted.rows(table)`, by hour and day of the week."""
    if not (moment := counted.event_time(table)):
        return
    db.execute(
        f"INSERT INTO gate.clock SELECT hospital_id, '{table}', "
        f"CASE WHEN epoch_us({moment}) % 86400000000 <> 0 THEN hour({moment}) END, "
        f"isodow({moment}), count(*) FROM {counted.rows(table)} "
        f"WHERE isfinite({moment}) GROUP BY ALL"
    )


def by_hour(frame: pl.DataFrame) -> Rows:
    """Rows of each hour of the day. `frame`: as `gate.clock`."""
    return _rows(frame.filter(pl.col("hour").is_not_null()), "hour", _HOURS, 0)


def by_weekday(frame: pl.DataFrame) -> Rows:
    """Rows of each day of the week, Monday first. `frame`: as `gate.clock`."""
    return _rows(frame, "weekday", _DAYS, 1)


def _rows(frame: pl.DataFrame, column: str, size: int, first: int) -> Rows:
    """The rows of those tables of a hospital that have enough of them."""
    sums = frame.group_by("hospital_id", "table", column).agg(pl.col("n").sum())
    found: dict[str, dict[str, list[int]]] = {}
    for hospital, table, place, n in sums.sort("hospital_id", "table", column).iter_rows():
        found.setdefault(table, {}).setdefault(hospital, [0] * size)[place - first] = n
    return {
        table: {h: rows for h, rows in of.items() if sum(rows) >= _LEAST_ROWS}
        for table, of in found.items()
    }


def without_hours(rows: Rows, table: str) -> Iterator[tuple[str, int, int, int]]:
    """Hospital, rows missing of the six hours of which most are, all its rows, the first hour."""
    of = rows.get(table, {})
    for hospital, own in of.items():
        others = [_windows(one) for name, one in of.items() if name != hospital]
        usual = [low(shares) for shares in zip(*others, strict=True)]
        enough = len(others) >= _OTHERS
        yield _worst(hospital, own, _windows(own), usual if enough else [0.0] * _HOURS)


def without_days(rows: Rows, table: str) -> Iterator[tuple[str, int, int, int]]:
    """The same of the days of the week: as the hospital's other tables, or the other hospitals."""
    of = rows.get(table, {})
    for hospital, own in of.items():
        tables = [_shares(h[hospital]) for t, h in rows.items() if t != table and hospital in h]
        others = [_shares(one) for name, one in of.items() if name != hospital]
        usual = [0.0] * _DAYS
        for shares, of_each in ((tables, median), (others, low)):
            if len(shares) >= _OTHERS:
                told = [of_each(day) for day in zip(*shares, strict=True)]
                usual = [max(pair) for pair in zip(usual, told, strict=True)]
        yield _worst(hospital, own, _shares(own), usual)


def _worst(
    hospital: str, own: list[int], here: list[float], usual: list[float]
) -> tuple[str, int, int, int]:
    """Of the places where next to no row is and some usually are, that of which most is missing."""
    n = sum(own)
    missing = [
        round(n * (there - share)) if share < _NEXT_TO_NONE and there >= _SOME else 0
        for share, there in zip(here, usual, strict=True)
    ]
    return hospital, max(missing), n, missing.index(max(missing))


def _shares(rows: list[int]) -> list[float]:
    return [n / sum(rows) for n in rows]


def _windows(rows: list[int]) -> list[float]:
    """The proportion of the rows in six hours, from each hour on."""
    twice = rows + rows
    return [sum(twice[hour : hour + _WINDOW]) / sum(rows) for hour in range(_HOURS)]


def at_all_hours(table: str) -> Callable[[Network], Counts]:
    """The check of one table: rows that are missing of hours of the day."""
    return lambda network: _counts(without_hours(by_hour(network.table(NAME)), table))


def on_all_days(table: str) -> Callable[[Network], Counts]:
    """The check of one table: rows that are missing of a day of the week."""
    return lambda network: _counts(without_days(by_weekday(network.table(NAME)), table))


def _counts(found: Iterable[tuple[str, int, int, int]]) -> Counts:
    return ((hospital, missing, of) for hospital, missing, of, _ in found)


def told_hours(table: str) -> Callable[[Network], str]:
    """At which hours rows are missing, in words."""
    return lambda network: " ".join(
        f"Hospital {hospital}: {hour}:00 to {(hour + _WINDOW) % _HOURS}:00."
        for hospital, n, _, hour in without_hours(by_hour(network.table(NAME)), table)
        if n
    )


def told_days(table: str) -> Callable[[Network], str]:
    """On which day of the week rows are missing, in words."""
    return lambda network: " ".join(
        f"Hospital {hospital}: {_NAMES[day]}."
        for hospital, n, _, day in without_days(by_weekday(network.table(NAME)), table)
        if n
    )
