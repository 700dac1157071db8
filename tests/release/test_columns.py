"""Every released column is described, and the page of the descriptions is theirs."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from ehrivig.release import columns
from ehrivig.release.files import RELEASED
from tests.release import outputs


def test_the_page_is_that_of_the_descriptions() -> None:
    assert outputs.PAGE.read_text(encoding="utf-8") == outputs.page()


def test_every_released_table_is_described() -> None:
    tables = {name for name in RELEASED if name.endswith(".csv")}
    assert all(
        any(fnmatch(named, name) or fnmatch(name, named) for named in columns.TABLES)
        or name == "regimen*.csv"
        for name in tables
    )
    assert all(
        any(fnmatch(name.replace("[23]", "2"), one) for one in tables) for name in columns.TABLES
    )


@pytest.mark.parametrize(
    ("file", "column", "words"),
    [
        ("table_s2.csv", "n", "people in the model"),
        ("table_s5.csv", "shift", "shift from day 1 to day 3 (Hodges-Lehmann)"),
        ("table_s4.csv", "n_control", "people of whom the variable is known, of the others"),
        ("table1.csv", "unit", "the unit of the numbers; empty: none"),
        ("table3.csv", "or", "odds ratio; of a number the column is difference"),
        ("overlap.csv", "lo", "where the bin begins"),
        ("effects.csv", "lo", "lower limit of the 95% interval"),
        ("effects.csv", "none", ""),
        ("other.csv", "estimate", ""),
    ],
)
def test_a_column_is_that_of_its_table(file: str, column: str, words: str) -> None:
    assert columns.of(file, column) == words
