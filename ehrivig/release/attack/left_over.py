"""What everybody and a part of them tell of the rest: of the unmatched, of the exposed who died."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import ARMS, OUTCOMES, name
from ehrivig.release.attack.known import Known, Place

MATCHED = (
    "matched",
    "matched, complete case",
    "matched, large-scale score",
    "matched, imputed",
)
"""Populations of people who are in a pair; of imputed ones, but for few."""
DOSED = "table_s1.csv"
_SAME = ("contrast", "outcome", "event_label", "measure", "model")


def of_effects(known: Known, file: str, frame: pl.DataFrame) -> None:
    """An effect in all and the same in the matched, or all in the table of outcomes."""
    rows = list(enumerate(frame.iter_rows(named=True)))
    whole = {_key(row): row for _, row in rows if row.get("population") == "all"}
    for number, row in rows:
        if row.get("population") in MATCHED:
            for arm in ARMS:
                _arm(known, Place(file, number, ""), arm, row, whole.get(_key(row), {}))


def by_outcome(known: Known, tables: Mapping[str, pl.DataFrame]) -> None:
    """How the exposed were dosed, by outcome: all less those without it are those with it."""
    frame = tables.get(DOSED, pl.DataFrame())
    sizes = [exposed for (people, _), (exposed, _) in known.sizes.items() if people == "all"]
    if frame.is_empty() or not sizes:
        return
    for side, words in (("control", "with the outcome"), ("exposed", "without it")):
        for number, n in enumerate(frame[f"n_{side}"].to_list()):
            if n is not None and n == frame[f"n_{side}"].max():
                cell = f"{DOSED}|{number}|{words}"
                known.people(cell, Place(DOSED, number, f"exposed {words}, by the others"))
                known.apart(cell, max(sizes) - int(n))


def in_no_pair(known: Known) -> None:
    """Of how many of an arm are in no pair, where it is told of the other arm alone.

    Of both arms as many are in pairs: a guess, but one that is right where each has one partner.
    """
    told = {(who, arm): _counted(known, who, arm) for who in ("all", "unmatched") for arm in ARMS}
    for arm, other in (ARMS, ARMS[::-1]):
        rest = told["unmatched", other]
        if not told["all", arm] or not told["all", other] or not rest or told["unmatched", arm]:
            continue
        left = max(told["all", arm].values()) - max(told["all", other].values())
        left += max(rest.values())
        for cell, n in rest.items():
            if left > 0 and n == max(rest.values()):
                place = known.where[cell]
                mine = f"{place.file}|{place.row}|in no pair|{arm}"
                known.people(mine, replace(place, words=f"{place.words}: n {arm} in no pair"))
                slack = 4 * known.slack
                known.puzzle.cell(mine, max(left - slack, 0), left + slack)


def _counted(known: Known, people: str, arm: str) -> dict[str, int]:
    """Of how many of an arm the cells of a table of people are told."""
    ends = f"{people}|", f"|{arm}"
    return {c: n for c, n in known.whole.items() if c.startswith(ends[0]) and c.endswith(ends[1])}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _SAME)


def _arm(
    known: Known, place: Place, arm: str, matched: Mapping[str, Any], whole: Mapping[str, Any]
) -> None:
    for what in ("n", "events"):
        part, every = matched.get(f"{what}_{arm}"), whole.get(f"{what}_{arm}")
        if every is None and what == "events":
            every = _in_table(known, str(matched.get("outcome")), arm)
        if part is None or every is None or every < part:
            continue
        cell = f"{place.file}|{place.row}|unmatched|{what}|{arm}"
        words = f"{matched.get('outcome')}: {what} of the unmatched, {arm}"
        known.people(cell, Place(place.file, place.row, words))
        known.apart(cell, int(every - part))


def _in_table(known: Known, outcome: str, arm: str) -> int | None:
    cell = name(OUTCOMES, outcome, arm)
    return known.value(cell) if cell in known.where else None
