"""Of how many people a number is known stands in the tables that describe; of few, no number."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.report.known import HIDDEN, with_known

ARMS = ("all", "control", "exposed")
FOLLOW_UP = pl.DataFrame({"arm": ["exposed", "control"], "n": [50, 40]})
NONE = pl.DataFrame()


def row(control: int | None, exposed: int | None, **changes: Any) -> dict[str, Any]:
    both = None if control is None or exposed is None else control + exposed
    n = {"all": both, "control": control, "exposed": exposed}
    texts = {f"text_{arm}": "1.0 [0, 2]" for arm in ARMS}
    medians = {f"median_{arm}": 1.0 for arm in ARMS}
    return {"kind": "continuous", **{f"n_{a}": n[a] for a in ARMS}, **texts, **medians, **changes}


def said(
    one: dict[str, Any], follow_up: pl.DataFrame = FOLLOW_UP, *more: dict[str, Any]
) -> list[str]:
    table = pl.DataFrame([one, *more], infer_schema_length=None)
    found = with_known(table, follow_up, 5).row(0, named=True)
    return [found[f"text_{arm}"].removeprefix("1.0 [0, 2]") for arm in ARMS]


@pytest.mark.parametrize(
    ("control", "exposed", "expected"),
    [
        (40, 50, ["", "", ""]),
        (35, 45, ["; 80 known", "; 35 known", "; 45 known"]),
        (40, 20, ["; 60 known", "", "; 20 known"]),
        (36, 50, ["; <5 unknown", "; <5 unknown", ""]),
        (36, 20, [HIDDEN, "; <5 unknown", "; 20 known"]),
        (36, 46, [HIDDEN, "; <5 unknown", "; <5 unknown"]),
        (39, 49, ["; <5 unknown", "; <5 unknown", "; <5 unknown"]),
        (None, None, [HIDDEN, HIDDEN, HIDDEN]),
    ],
)
def test_known_in_each_arm(control: int | None, exposed: int | None, expected: list[str]) -> None:
    assert said(row(control, exposed)) == expected


def test_without_the_people_of_an_arm_the_most_that_are_known() -> None:
    others = row(30, 30)
    assert said(row(20, 30), NONE, others) == ["; 50 known", "; 20 known", ""]
    hidden = FOLLOW_UP.with_columns(n=pl.lit(None, pl.Int64))
    assert said(row(20, 30), hidden, others) == ["; 50 known", "; 20 known", ""]


def test_what_is_no_number_or_not_shown_is_left_as_it_is() -> None:
    assert said(row(20, 20, kind="binary")) == ["", "", ""]
    few = row(20, 4, text_exposed="n <5", median_exposed=None)
    assert said(few) == [HIDDEN, "; 20 known", "n <5"]
    table = pl.DataFrame({"label": ["Age"], "text_all": ["1"]})
    assert with_known(table, FOLLOW_UP, 5).equals(table)
