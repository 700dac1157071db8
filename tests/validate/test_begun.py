"""When the rows of stays begin: all of them at one time, or in two groups hours apart."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate.begun import (
    Begun,
    admission_shifted,
    table_begins_away,
    table_begins_twice,
)
from ehrivig.validate.result import HospitalResult

NAMES = ("timed", "before", "prompt", "at_once", "between", "late")


def network(aside: int | None = None, read: int = 10, **tables: Begun) -> SimpleNamespace:
    """Hospital A by its tables; `aside`: of so many stays that it sent so many were set aside."""
    rows = [
        {"hospital_id": "A", "table": table, **{f"n_{n}": getattr(one, n) for n in NAMES}}
        for table, one in tables.items()
    ]
    results = []
    if aside is not None:
        results.append(HospitalResult("A", [], {"admission": read}, {"admission": aside}))
    return SimpleNamespace(table=lambda _: pl.DataFrame(rows), results=results)


@pytest.mark.parametrize(
    ("at_once", "between", "late", "twice"),
    [
        (100, 0, 100, 100),
        (140, 5, 60, 60),
        (140, 6, 60, 0),  # some begin between: one group that is wide
        (160, 0, 40, 40),
        (161, 0, 39, 0),  # few: intensive care begins later for some
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
        (Begun(100, 51, 95, 0, 0, 0), Begun(100, 5, 90, 0, 0, 0), 51),
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
    beside = {"lab": lab} if lab is not None else {}
    found = table_begins_away("medication")(network(medication=medication, **beside))
    assert list(found) == [("A", missing, 100)]


def test_early_beside_all_others_and_with_the_admission_beside_some() -> None:
    early, timely, some = (
        Begun(100, 90, 95, 0, 0, 0),
        Begun(100, 5, 90, 0, 0, 0),
        Begun(100, 20, 90, 0, 0, 0),
    )
    found = table_begins_away("medication")(network(medication=early, lab=timely, vital=some))
    assert list(found) == [("A", 0, 100)]


@pytest.mark.parametrize(("prompt", "missing"), [(10, 99), (9, 0)])
def test_late_where_another_table_is_timely(prompt: int, missing: int) -> None:
    lab = Begun(100, 0, prompt, 0, 0, 0)
    found = table_begins_away("medication")(network(medication=Begun(100, 0, 1, 0, 0, 0), lab=lab))
    assert list(found) == [("A", missing, 100)]


@pytest.mark.parametrize(("stays", "expected"), [(50, [("A", 50, 50)]), (49, [])])
def test_few_stays_say_nothing_of_when_they_begin(
    stays: int, expected: list[tuple[str, int, int]]
) -> None:
    late = Begun(stays, 0, 0, 0, 0, stays)
    assert list(admission_shifted(network(lab=late, vital=late))) == expected
    apart = Begun(stays, 0, stays, 20, 0, stays - 20)
    twice = list(table_begins_twice("lab")(network(lab=apart, vital=apart)))
    assert twice == [(h, 20, of) for h, _, of in expected]
    assert list(table_begins_twice("score")(network(lab=apart))) == []


@pytest.mark.parametrize(
    ("lab", "vital", "expected"),
    [
        (Begun(100, 81, 95, 0, 0, 0), Begun(120, 97, 95, 0, 0, 0), 97),  # hours too late
        (Begun(100, 80, 95, 0, 0, 0), Begun(120, 97, 95, 0, 0, 0), 0),  # of one table
        (Begun(100, 0, 9, 0, 0, 0), Begun(120, 0, 11, 0, 0, 0), 120),  # hours too early
        (Begun(100, 0, 10, 0, 0, 0), Begun(120, 0, 11, 0, 0, 0), 0),
        (Begun(100, 0, 9, 0, 0, 0), Begun(120, 0, 12, 0, 0, 0), 0),
    ],
)
def test_admissions_hours_away_from_the_rows_of_several_tables(
    lab: Begun, vital: Begun, expected: int
) -> None:
    assert list(admission_shifted(network(lab=lab, vital=vital))) == [("A", expected, 120)]
    assert list(admission_shifted(network(lab=lab))) == []  # one table says nothing


@pytest.mark.parametrize(
    ("read", "aside", "is_told"), [(10, 10, False), (10, 9, True), (0, 0, True), (1, 1, False)]
)
def test_where_every_stay_was_set_aside_nothing_says_when_they_began(
    read: int, aside: int, is_told: bool
) -> None:
    late = Begun(100, 0, 0, 0, 0, 100)
    found = admission_shifted(network(aside, read, lab=late, vital=late))
    assert list(found) == ([("A", 100, 100)] if is_told else [])
