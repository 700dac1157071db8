"""What came of each month and of how many stays, against the last night that the gate let through.

A month that is over cannot lose rows, and a stay that had laboratory results has them still: where
one of the hospital's months, or its stays with any row of a table, fell below half, something came
in part although the whole looks right. On any night, a table that begins long after the hospital's
other tables, or ends long before them, is pointed out. Counts are of the gate's one SELECT of each
table, over about 2,000 stays of a hospital, times what these stand for; nothing is counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import TypeVar

import polars as pl

from ehrivig.contract import EVENT_TABLES

CHECKED = tuple(table.name for table in EVENT_TABLES)
PROMPT = ("lab", "vital", "medication")
"""The tables of which every hospital has rows soon after an admission."""
ALWAYS = ("diagnosis", *PROMPT)
"""The tables that a hospital charts in every month that it charts at all."""
LEAST_LEFT = 0.5
_LEAST_ROWS, _LEAST_STAYS, _LEAST_TABLES = 200, 50, 3
_TAIL = 0.1
"""The proportion of the other tables' rows beyond a table's first or last month that is many."""
T = TypeVar("T")
Months = Mapping[tuple[str, str], Mapping[int, int]]
Counts = Iterator[tuple[str, int, int]]
"""hospital_id, violated, denominator."""


def by_month(frame: pl.DataFrame) -> dict[tuple[str, str], dict[int, int]]:
    """(hospital, table) -> month -> rows. `frame`: hospital_id, table, month, n."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    for hospital, table, month, n in frame.select("hospital_id", "table", "month", "n").iter_rows():
        found.setdefault((hospital, table), {})[month] = n
    return found


def with_rows(frame: pl.DataFrame) -> dict[tuple[str, str], int]:
    """(hospital, table) -> stays with any row. `frame`: hospital_id, table, n_covered."""
    rows = frame.select("hospital_id", "table", "n_covered").iter_rows()
    return {(hospital, table): n for hospital, table, n in rows}


def shrunk_months(now: Months, then: Months, table: str) -> Counts:
    """Rows missing in months that fell below half, of the rows that were there or came.

    Months before the first that came now are left out: a window of the last years moves on.
    """
    for hospital, before in _of_table(then, table):
        here = now.get((hospital, table), {})
        first = min(here, default=0)
        lost = {
            month: n - here.get(month, 0)
            for month, n in before.items()
            if month > first and n >= _LEAST_ROWS and here.get(month, 0) < LEAST_LEFT * n
        }
        missing, came = sum(lost.values()), sum(here.values())
        yield hospital, missing, missing + came


def fewer_stays(
    now: Mapping[tuple[str, str], int],
    then: Mapping[tuple[str, str], int],
    stays: Mapping[str, int],
    stays_then: Mapping[str, int],
    table: str,
) -> Counts:
    """Stays without a row of a table that would have one at the proportion of the last night."""
    for hospital, covered in _of_table(then, table):
        n, n_then = stays.get(hospital, 0), stays_then.get(hospital, 0)
        if min(n, n_then) < _LEAST_STAYS:
            continue
        there, wanted = now.get((hospital, table), 0), round(covered / n_then * n)
        fell = wanted >= _LEAST_STAYS and there < LEAST_LEFT * wanted
        yield hospital, wanted - there if fell else 0, n


def early_ends(now: Months, table: str) -> Counts:
    """Rows that a table would have had after its last month, as the hospital's other tables do.

    None unless a tenth of the rows of most other tables lies after it.
    """
    yield from _beyond(now, table, lambda month, here: month > max(here))


def late_begins(now: Months, table: str) -> Counts:
    """The same before its first month."""
    yield from _beyond(now, table, lambda month, here: month < min(here))


def _beyond(now: Months, table: str, is_beyond: Callable[[int, Iterable[int]], bool]) -> Counts:
    whole = {key: n for key, months in now.items() if (n := sum(months.values())) >= _LEAST_ROWS}
    for hospital, here in _of_table(now, table):
        if (hospital, table) not in whole:
            continue
        came = whole[hospital, table]
        others = [
            sum(n for month, n in now[key].items() if is_beyond(month, here)) / whole[key]
            for key in ((hospital, other) for other in CHECKED if other != table)
            if key in whole
        ]
        tail = median(others) if len(others) >= _LEAST_TABLES else 0.0
        missing = round(came * tail / (1 - tail)) if _TAIL <= tail < 1 else 0
        yield hospital, missing, missing + came


def _of_table(found: Mapping[tuple[str, str], T], table: str) -> Iterator[tuple[str, T]]:
    """Hospital and what is known of one table, sorted."""
    yield from sorted(
        ((hospital, one) for (hospital, name), one in found.items() if name == table),
        key=lambda pair: pair[0],
    )
