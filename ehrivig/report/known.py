"""Of how many people of an arm a number is known, where it is not known of all of them.

A yes/no row says so by itself (events/known). Everything here is of the released tables, and of few
people without a value it says no more than that they are few.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from ehrivig.disclosure import small

ARMS = ("all", "control", "exposed")
HIDDEN = "; known: not shown"


def with_known(table: pl.DataFrame, follow_up: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """A descriptive table whose numbers say of how many they are, where that is not everybody.

    `follow_up`: the table of that name, with the people of each arm; empty where the table is of
    others. Who an arm is, where nothing says, is the most of whom something is known.
    """
    if not {"kind", *(f"n_{arm}" for arm in ARMS)} <= set(table.columns):
        return table
    most = {arm: table[f"n_{arm}"].max() for arm in ARMS}
    people = most | _people(follow_up)
    rows = [row | _texts(row, people, smallest) for row in table.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=table.schema)


def _people(follow_up: pl.DataFrame) -> dict[str, int]:
    """The people of each arm, and of both, as far as they are shown."""
    if not {"arm", "n"} <= set(follow_up.columns):
        return {}
    shown = {arm: n for arm, n in follow_up.select("arm", "n").rows() if n is not None}
    both = {"control", "exposed"} <= set(shown)
    return shown | ({"all": shown["control"] + shown["exposed"]} if both else {})


def _texts(row: dict[str, Any], people: dict[str, Any], smallest: int) -> dict[str, str]:
    """The texts of the arms of a row of a number, each with how many are known."""
    if row["kind"] != "continuous":
        return {}
    missing = {arm: _missing(row[f"n_{arm}"], people[arm]) for arm in ARMS}
    parts = [n for arm in ("control", "exposed") for n in (missing[arm], row[f"n_{arm}"])]
    few = any(small(n, smallest) for n in parts)
    found = {}
    for arm in ARMS:
        text = row[f"text_{arm}"]
        if text and row[f"median_{arm}"] is not None:
            hidden = arm == "all" and few
            found[f"text_{arm}"] = text + _said(row[f"n_{arm}"], missing[arm], hidden, smallest)
    return found


def _missing(known: float | None, people: float | None) -> int | None:
    """Of how many people of an arm a number is not known; None where that is not shown."""
    return None if known is None or people is None else max(int(people - known), 0)


def _said(known: float, missing: int | None, hidden: bool, smallest: int) -> str:
    """How many are known of an arm, after its numbers; nothing where all are.

    `hidden`: what the arms together have would tell a small number of one.
    """
    if missing == 0:
        return ""
    if small(missing, smallest):
        return f"; <{smallest} unknown"
    return HIDDEN if missing is None or hidden else f"; {int(known):,} known"
