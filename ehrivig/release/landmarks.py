"""Rows whose counts tell when people died: landmarks, and clones that die before grace ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from ehrivig.disclosure import small
from ehrivig.release.attack.landmark_rows import COUNTS, STARTING, Moment, doubled, early, moments

_NOTE = "counts not shown: they would tell when few people died or left"


def landmarks(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Effects without the counts of landmarks between which few people died or left.

    Nor of clones where few died within grace without the exposure: they are in both arms.

    An adjusted estimate stays; an unadjusted one is its counts in other words, and goes. How many
    began within grace is not said beside a landmark at its end that lacks few of them.
    """
    rows = frame.to_dicts()
    for series in moments(rows):
        for number in _near(series, smallest):
            rows[number] |= _hidden(rows[number], frame.schema)
    for at, twice in doubled(rows):
        for number in at if small(twice, smallest) else ():
            rows[number] |= _hidden(rows[number], frame.schema)
    for number, gone in early(rows):
        if small(gone, smallest):
            said = STARTING.sub(r"some start within \2 h", rows[number]["note"])
            rows[number]["note"] = said
    return pl.DataFrame(rows, frame.schema)


def _near(series: list[Moment], smallest: int) -> Iterable[int]:
    """The rows of moments that are too near to the last one that is shown."""
    last = series[0]
    for moment in series[1:]:
        if any(small(abs(a - b), smallest) for a, b in zip(last.told, moment.told, strict=True)):
            yield from moment.rows
        else:
            last = moment


def _hidden(row: dict[str, Any], schema: pl.Schema) -> dict[str, Any]:
    numbers = COUNTS if row.get("adjusted") else [n for n in row if schema[n].is_numeric()]
    note = "; ".join(filter(None, (row.get("note"), _NOTE)))
    return {**dict.fromkeys(numbers), "note": note}
