"""Stays that all lie outside of the study period, and months that lack their stays."""

from __future__ import annotations

from datetime import date

import pytest

from ehrivig.validate.stay_months import missing, outside

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
