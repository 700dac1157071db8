"""Bins of a dose, and the mean and SD beside them: doses come in steps, so sums give bins away."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.copies import first
from ehrivig.release.doses import rounded, to_digits

SMALLEST = 5
WIDTH = 1.25
PEOPLE = {5.0: 16, 10.0: 56, 15.0: 3, 20.0: 7, 25.0: 2}
"""Grams a day -> how many had them: of the demo of 600."""
HIDDEN = (5.0, 15.0, 20.0, 25.0)
Tables = dict[str, pl.DataFrame]


def bins() -> pl.DataFrame:
    """Twenty bins of 1.25 g/day, closed on the left, the last on both sides."""
    rows = []
    for number in range(20):
        lo, hi = number * WIDTH, (number + 1) * WIDTH
        inside = [dose for dose in PEOPLE if lo <= dose < hi or (number == 19 and dose == hi)]
        n = None if set(inside) & set(HIDDEN) else sum(PEOPLE[dose] for dose in inside)
        rows.append({"feature": "max_daily_g", "label": "Dose", "lo": lo, "hi": hi, "n": n})
    return pl.DataFrame(rows, infer_schema_length=None)


def described() -> pl.DataFrame:
    """The mean and SD of everybody's dose, with all their digits."""
    n = sum(PEOPLE.values())
    mean = sum(dose * people for dose, people in PEOPLE.items()) / n
    squares = sum(people * (dose - mean) ** 2 for dose, people in PEOPLE.items())
    row: dict[str, Any] = {"variable": "max_daily_g", "label": "Dose", "kind": "continuous"}
    for arm in ("all", "control", "exposed"):
        row |= {f"n_{arm}": n if arm == "all" else n // 2, f"events_{arm}": None}
        row |= {f"mean_{arm}": mean, f"sd_{arm}": math.sqrt(squares / (n - 1))}
        row |= {f"text_{arm}": "10.0 [10.0, 10.0]"}
    return pl.DataFrame([row])


def yes_no() -> pl.DataFrame:
    """A variable of Table 1, which tells how many are exposed."""
    row: dict[str, Any] = {"variable": "male", "label": "Male", "kind": "binary", "smd": None}
    for arm, n in (("all", 168), ("control", 84), ("exposed", 84)):
        row |= {f"n_{arm}": n, f"events_{arm}": n // 2, f"text_{arm}": ""}
    return pl.DataFrame([row])


def tables() -> Tables:
    return {"table1.csv": yes_no(), "table_s1.csv": described(), "dosing_histogram.csv": bins()}


def hidden(found: Tables) -> dict[int, Cell]:
    cells = of_tables(found, SMALLEST)
    return {c.place.row: c for c in cells if c.place.file == "dosing_histogram.csv" and not c.shown}


def test_mean_and_sd_with_all_digits_give_the_hidden_bins() -> None:
    cells = hidden(tables())
    assert {row: cell.values for row, cell in cells.items()} == {
        4: (16,),
        12: (3,),
        16: (7,),
        19: (2,),
    }
    assert sum(cell.disclosed for cell in cells.values()) == 2


def test_with_few_digits_they_have_many_values() -> None:
    found = rounded(tables())
    row = found["table_s1.csv"].row(0, named=True)
    assert (row["mean_all"], row["sd_all"], row["text_all"]) == (10.0, 4.0, "10.0 [10.0, 10.0]")
    assert [cell for cell in hidden(found).values() if cell.disclosed] == []
    assert found["dosing_histogram.csv"].equals(bins())
    assert found["table1.csv"].equals(yes_no())


def test_without_a_hidden_bin_a_mean_keeps_its_digits() -> None:
    shown = {**tables(), "dosing_histogram.csv": bins().with_columns(pl.col("n").fill_null(5))}
    assert rounded(shown)["table_s1.csv"].equals(described())


@pytest.mark.parametrize(
    ("value", "digits", "short"),
    [(89.72, 2, 90.0), (0.1349, 2, 0.13), (4.67, 1, 5.0), (0.0, 2, 0.0), (-123.0, 2, -120.0)],
)
def test_significant_digits(value: float, digits: int, short: float) -> None:
    assert to_digits(value, digits) == short


@pytest.mark.parametrize(("died", "told"), [(4, False), (80, False), (6, True), (30, True)])
def test_doses_by_outcome_tell_of_no_few_who_died(died: int, told: bool) -> None:
    """Of 84 exposed 80 lived: how many have a dose says how many died, whom Table 2 hides."""
    sizes = {"n_all": 84, "n_control": 84 - died, "n_exposed": died}
    dosed = described().with_columns(pl.lit(n).alias(name) for name, n in sizes.items())
    found = {"table1.csv": yes_no(), "table_s1.csv": dosed}
    words = [c.place.words for c in of_tables(found, SMALLEST) if c.disclosed]
    assert ("exposed with the outcome, by the others" in words) == (died == 4)
    copy = first("table_s1.csv", dosed, SMALLEST)
    assert (copy["n_control"][0] is not None) is told
    assert copy["mean_control"][0] is not None or died == 80
    assert not [c for c in of_tables(found | {"table_s1.csv": copy}, SMALLEST) if c.disclosed]
