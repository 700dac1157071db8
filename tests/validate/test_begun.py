"""When the rows of stays begin: all of them at one time, or in two groups hours apart."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate.begun import Begun, table_begins_away


@pytest.mark.parametrize(
    ("at_once", "between", "late", "twice"),
    [
        (100, 0, 100, 100),
        (140, 5, 60, 60),
        (140, 6, 60, 0),  # some begin between: one group that is wide
        (170, 0, 30, 0),  # few: intensive care begins later for some
        (0, 100, 100, 0),
        (200, 0, 0, 0),
    ],
)
def test_rows_that_begin_in_two_groups(at_once: int, between: int, late: int, twice: int) -> None:
    assert Begun(200, 0, 0, at_once, between, late).twice == twice


@pytest.mark.parametrize(
    ("medication", "lab", "missing"),
    [
        (Begun(100, 90, 95, 0, 0, 0), Begun(100, 5, 90, 0, 0, 0), 90),  # a day early
        (Begun(100, 50, 95, 0, 0, 0), Begun(100, 5, 90, 0, 0, 0), 0),
        (Begun(100, 90, 95, 0, 0, 0), Begun(100, 20, 90, 0, 0, 0), 0),  # so are some of the other
        (Begun(100, 90, 95, 0, 0, 0), None, 0),  # nothing to hold it against
        (Begun(100, 0, 1, 0, 0, 0), Begun(100, 5, 90, 0, 0, 0), 99),  # late
        (Begun(100, 0, 1, 0, 0, 0), None, 0),
        (Begun(100, 0, 2, 0, 0, 0), Begun(100, 5, 90, 0, 0, 0), 0),
    ],
)
def test_a_table_away_from_the_admissions(
    medication: Begun, lab: Begun | None, missing: int
) -> None:
    names = ("timed", "before", "prompt", "at_once", "between", "late")
    rows = [
        {"hospital_id": "A", "table": table, **{f"n_{n}": getattr(one, n) for n in names}}
        for table, one in (("medication", medication), ("lab", lab))
        if one is not None
    ]
    network = SimpleNamespace(table=lambda _: pl.DataFrame(rows))
    assert list(table_begins_away("medication")(network)) == [("A", missing, 100)]
