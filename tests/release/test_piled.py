"""Variables that are the same in nearly everybody: mean and SD are those of the few others."""

from __future__ import annotations

import statistics
from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables
from ehrivig.release.attack.piled import apart, few
from ehrivig.release.hidden import until_safe
from ehrivig.release.piled import rounded

SMALLEST = 5
COMA = {15: 25, 3: 1}
"""Glasgow coma score -> people: of the exposed of the CLIF demo."""


def numbers(arm: str, values: list[float]) -> dict[str, Any]:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {
        **{f"n_{arm}": float(len(values)), f"events_{arm}": None, f"percent_{arm}": None},
        **{f"mean_{arm}": statistics.fmean(values), f"sd_{arm}": statistics.stdev(values)},
        **{f"median_{arm}": median, f"q1_{arm}": low, f"q3_{arm}": high},
        **{f"text_{arm}": f"{median} [{low}, {high}]"},
    }


def row(exposed: list[float], control: list[float], variable: str = "gcs") -> dict[str, Any]:
    return {
        **{"group": "", "variable": variable, "label": "Coma score", "unit": "points"},
        **{"kind": "continuous", "smd": 0.03854207653461254, "p": 0.4400123456789},
        **{"test": "Kruskal-Wallis", "suppressed": False},
        **numbers("all", [*exposed, *control]),
        **numbers("exposed", exposed),
        **numbers("control", control),
    }


def many(values: dict[Any, int]) -> list[float]:
    return [float(value) for value, n in values.items() for _ in range(n)]


def told(tables: dict[str, pl.DataFrame]) -> set[str]:
    cells = of_tables(tables, SMALLEST)
    return {c.place.words.split(", ")[1].split(":")[0] for c in cells if "median" in c.place.words}


WIDE = many({15: 20, 14: 5, 13: 5, 11: 5, 9: 5, 7: 5, 3: 10})


def test_one_person_with_another_value_is_told_by_mean_and_sd() -> None:
    assert few(row(many(COMA), WIDE), "exposed", SMALLEST)
    assert few(row(many({1.0: 139, 0.96875: 1}), WIDE), "exposed", SMALLEST)
    assert not few(row(many(COMA), WIDE), "control", SMALLEST)


def test_two_who_stayed_a_day_longer_are_told_too() -> None:
    assert few(row(many({1: 12, 2: 2}), WIDE), "exposed", SMALLEST)


def test_where_a_tenth_and_more_differ_nothing_is_told() -> None:
    assert apart(row(many({15: 40, 14: 4, 13: 4, 12: 4, 10: 4}), WIDE), "exposed") is None
    assert not few(row(many({15: 60, 14: 6, 12: 2, 3: 1}), WIDE), "exposed", SMALLEST)


def test_a_dose_to_both_sides_of_the_median_is_of_no_one() -> None:
    doses = many({10: 87, 5: 32, 15: 5, 20: 10, 25: 6})
    assert not few(row(doses, WIDE, "max_daily_g"), "exposed", SMALLEST)


def test_such_a_variable_has_few_digits_wherever_it_stands() -> None:
    table = pl.DataFrame([row(many(COMA), WIDE), row(WIDE, WIDE, "age")])
    balance = {
        "covariate": ["gcs", "age"],
        "label": ["Coma score", "Age"],
        "mean_exposed_matched": [14.53846, 63.12345],
    }
    beside = pl.DataFrame({**balance, "ks_matched": [0.06153846, 0.12345678]})
    tables = {"table1.csv": table, "balance.csv": beside}
    assert told(tables) == {"exposed"}
    short = rounded(tables)
    first, other = short["table1.csv"].to_dicts()
    assert (first["mean_exposed"], first["sd_exposed"]) == (15.0, 2.0)
    assert (first["smd"], first["p"]) == (0.039, 0.44)
    assert first["median_exposed"] == 15.0
    assert other == table.to_dicts()[1]
    assert short["balance.csv"]["mean_exposed_matched"].to_list() == [15.0, 63.12345]
    assert short["balance.csv"]["ks_matched"].to_list() == [0.062, 0.12345678]
    assert told(short) == set()


def test_where_few_digits_still_tell_the_row_is_hidden() -> None:
    tables = rounded({"table2.csv": pl.DataFrame([row(many({1: 12, 2: 2}), WIDE, "los")])})
    assert told(tables) == {"exposed"}
    safe, _, cells = until_safe(tables, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["table2.csv"]["mean_exposed"].to_list() == [None]


@pytest.mark.parametrize("column", ["mean_exposed", "sd_exposed", "median_exposed"])
def test_what_is_hidden_already_tells_nothing(column: str) -> None:
    assert not few({**row(many(COMA), WIDE), column: None}, "exposed", SMALLEST)
