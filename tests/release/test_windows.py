"""One variable measured in two windows: what both tell of the few who have it in one of them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from test_nested import SMALLEST, holding

from ehrivig.release.attack.attack import of_tables

NUMBERS = ("mean", "sd", "median", "q1", "q3")
ARMS = ("all", "exposed", "control")
Told = dict[str, float | None]


def measured(variable: str, n: dict[str, int | None], **told: float) -> dict[str, Any]:
    """A row of table 1 that shows nothing of a variable but how many have it, and what is told."""
    row: dict[str, Any] = {"variable": variable, "label": variable, "kind": "continuous"}
    row |= {f"{what}_{arm}": None for what in ("events", "text", *NUMBERS) for arm in ARMS}
    return row | {f"n_{arm}": n[arm] for arm in ARMS} | told


def sizes(exposed: int | None, control: int | None) -> dict[str, int | None]:
    return {"exposed": exposed, "control": control, "all": (exposed or 0) + (control or 0)}


def said(*rows: dict[str, Any], held: str = "late", **beside: pl.DataFrame) -> list[str]:
    """The words of what is told of few by two windows, of which the earlier is held by the later.

    held : the window that is missed least.
    """
    frame = pl.DataFrame(rows, infer_schema_length=None)
    tables = {"table1.csv": frame, "nested.csv": holding(("measured", "early", "late", held))}
    tables |= {f"{name}.csv": table for name, table in beside.items()}
    found = [
        cell.place for cell in of_tables(tables, SMALLEST) if "another window" in cell.place.words
    ]
    return [f"{place.file} {place.row} {place.words}" for place in found]


def words(window: str, file: str = "table1.csv", row: int = 1) -> str:
    return f"{file} {row} {window}: of few, beside the same in another window: all, numbers"


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("number", NUMBERS)
def test_any_number_that_differs_is_told_of_few(number: str, arm: str) -> None:
    name = f"{number}_{arm}"
    rows = [measured("early", sizes(40, 60), **{name: 2.0})]
    assert said(*rows, measured("late", sizes(41, 61), **{name: 2.1})) == [words("late")]
    assert said(*rows, measured("late", sizes(41, 61), **{name: 2.0})) == []
    assert said(*rows, measured("late", sizes(41, 61))) == []  # of one window alone


@pytest.mark.parametrize(
    ("late", "few"),
    [
        *(((50, 70), False), ((49, 70), True), ((50, 69), True), ((30, 50), False)),
        *(((31, 50), True), ((40, 60), True), ((None, 70), True), ((50, None), True)),
    ],
)
def test_both_arms_must_differ_by_ten_people_or_more(
    late: tuple[int | None, int | None], few: bool
) -> None:
    rows = [
        measured("early", sizes(40, 60), mean_all=2.0),
        measured("late", sizes(*late), mean_all=2.1),
    ]
    assert said(*rows) == [words("late")] * few


def test_it_stands_at_the_window_that_is_missed_least() -> None:
    rows = [
        measured("late", sizes(41, 60), mean_all=2.1),
        measured("early", sizes(40, 60), mean_all=2.0),
    ]
    assert said(*rows, held="late") == [words("late", row=0)]
    assert said(*rows, held="early") == [words("early", row=1)]


def test_means_of_the_balance_are_told_too() -> None:
    rows = [measured("early", sizes(40, 60)), measured("late", sizes(41, 60))]
    empty = {"ks_matched": None, "mean_control_matched": None, "mean_exposed_matched": None}
    balance = pl.DataFrame(
        [
            {"covariate": one, "label": one, "mean_exposed_unmatched": mean} | empty
            for one, mean in (("early", 2.0), ("late", 2.1))
        ]
    )
    assert said(*rows, balance=balance) == [words("late", "balance.csv")]
