"""Stays that all lie outside of the study period, and months that lack their stays."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from ehrivig.validate.stay_months import by_hospital, missing, out_of_period, outside

JANUARY = 12 * 2020 + 1
PERIOD = date(2020, 1, 1), date(2020, 3, 31)


def months(*stays: int, first: int = JANUARY) -> dict[int, int]:
    return {first + number: n for number, n in enumerate(stays) if n}


@pytest.mark.parametrize(
    ("own", "other", "violated"),
    [
        (months(30, 30, first=JANUARY - 12), months(30, 30), 60),
        (months(30, 30, first=JANUARY + 3), months(30, 30), 60),
        (months(30, 30, first=JANUARY + 2), months(30, 30), 0),  # some lie in the period
        (months(30, 30, first=JANUARY - 2), months(30, 30), 60),
        (months(30, 30, first=JANUARY - 1), months(30, 30), 0),
        (months(20, first=JANUARY - 12), months(30, 30), 20),
        (months(19, first=JANUARY - 12), months(30, 30), 0),  # few stays
        (months(30, first=JANUARY - 12), months(30, first=JANUARY - 12), 0),  # nobody is studied
    ],
)
def test_a_hospital_of_other_years(
    own: dict[int, int], other: dict[int, int], violated: int
) -> None:
    found = list(outside({"A": own, "B": other}, PERIOD))
    assert found == [("A", violated, sum(own.values())), ("B", 0, sum(other.values()))]
    assert list(outside({"A": own}, None)) == []


@pytest.mark.parametrize(
    ("own", "other", "lost"),
    [
        (months(70, 0, 60), months(50, 50, 50), 60),
        (months(70, 4, 60), months(50, 50, 50), 56),
        (months(70, 5, 60), months(50, 50, 50), 55),
        (months(70, 6, 60), months(50, 50, 50), 0),  # a tenth
        (months(70, 0, 60), months(50, 6, 50), 60),
        (months(70, 0, 60), months(50, 5, 50), 0),  # hardly any there as well
        (months(70, 0, 60), months(20, 10, 20), 60),
        (months(70, 0, 60), months(20, 9, 20), 0),  # others of fewer than 50 stays
        (months(9, 70, 70, 70, 0, 60), months(*[50] * 6), 60),  # three months before, and after
        (months(9, 9, 70, 70, 0, 60), months(*[50] * 6), 60),
        (months(9, 70, 8, 70, 0, 60), months(*[50] * 6), 60),
        (months(70, 70, 9, 9, 0, 60), months(*[50] * 6), 0),
        (months(70, 70, 70, 0, 60), months(9, 9, 9, 0, 9, 9, 9), 0),
        (months(70, 0, 60), months(40), 0),  # others of another month
        (months(70, 0, 60), months(60), 0),
        (months(70, 0, 0, 60), months(50, 50, 50, 50), 120),
        (months(70, 0, 60), months(50, 0, 50), 0),  # a season in which nobody falls ill
        (months(70, 0, 60), months(10, 10, 10), 0),  # too few stays to tell
        (months(9, 0, 9), months(50, 50, 50), 0),  # chance
        (months(70, 30, 60), months(50, 50, 50), 0),
        (months(70, 60), months(50, 50, 50), 0),  # its last month
    ],
)
def test_a_month_without_its_stays(own: dict[int, int], other: dict[int, int], lost: int) -> None:
    found = list(missing({"A": own, "B": other}))
    assert found[0] == ("A", lost, sum(own.values()) + lost)


def test_one_hospital_tells_nothing_of_its_months() -> None:
    assert list(missing({"A": months(70, 0, 60)})) == [("A", 0, 130)]


def test_months_are_read_in_their_order_whatever_that_of_the_rows() -> None:
    rows = [("B", 3, 7), ("A", 2, 5), ("A", 1, 4)]
    frame = pl.DataFrame(rows, schema=["hospital_id", "month", "n"], orient="row")
    found = by_hospital(frame)
    assert [(name, list(own.items())) for name, own in found.items()] == [
        ("A", [(1, 4), (2, 5)]),
        ("B", [(3, 7)]),
    ]


@pytest.mark.parametrize(
    ("rules", "violated"), [(("age", "period"), 60), (("age",), None), ((), None)]
)
def test_the_period_is_asked_of_studies_that_choose_by_it(
    rules: tuple[str, ...], violated: int | None
) -> None:
    rows = [
        (h, m, 30) for h, first in (("A", JANUARY - 12), ("B", JANUARY)) for m in (first, first + 1)
    ]
    frame = pl.DataFrame(rows, schema=["hospital_id", "month", "n"], orient="row")
    criteria = [SimpleNamespace(rule=rule) for rule in rules]
    study = SimpleNamespace(
        cohort=SimpleNamespace(criteria=criteria), extract=SimpleNamespace(period=PERIOD)
    )
    found = out_of_period(SimpleNamespace(study=study, table=lambda _: frame))  # type: ignore[arg-type]
    assert [n for _, n, _ in found] == ([] if violated is None else [violated, 0])
