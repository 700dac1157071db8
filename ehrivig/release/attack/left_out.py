"""What an analysis of fewer people tells of those whom it leaves out: whose covariate is not known.

That somebody was not measured says nothing of him but that; how many of these died does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import ARMS, OUTCOMES, name
from ehrivig.release.attack.known import Known, Place

_POPULATION = {
    "all hospitals": "all",
    "all, complete case": "all",
    "matched, complete case": "matched",
}
"""Populations that are everybody, or the matched, but for those who lack a value."""
_EVERYBODY = re.compile(r" ever vs never \(naive\)$|: yes against no$")
_SIDE = re.compile(r"^(.*): (?:yes|no)$")
_MODEL = ("outcome", "population", "model", "measure")
Row = dict[str, Any]
Part = tuple[int, Sequence[Row]]
"""The number of a row, and the rows that together are those of whom a value is known."""


def of_effects(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Every comparison of as many as possible, beside the one of all, or of all matched."""
    rows = frame.to_dicts()
    whole: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row["analysis"] == "main" and _told([row], ARMS):
            whole.setdefault((str(row["outcome"]), str(row["population"])), row)
    for number, part in (*_alone(rows, whole), *_both_sides(rows)):
        of = whole.get(_of(part[0]))
        if of is not None and part[0] is not of:
            _left(known, Place(file, number, ""), of, part)


def _of(row: Mapping[str, Any]) -> tuple[str, str]:
    people = str(row["population"])
    return str(row["outcome"]), _POPULATION.get(people, people)


def _told(part: Sequence[Row], arms: Sequence[str]) -> bool:
    counts = (row.get(f"{what}_{arm}") for row in part for what in ("n", "events") for arm in arms)
    return all(count is not None for count in counts)


def _alone(rows: list[Row], whole: Mapping[tuple[str, str], Row]) -> Iterator[Part]:
    """Comparisons of everybody of whom what they need is known."""
    for number, row in enumerate(rows):
        of, contrast = whole.get(_of(row)), str(row["contrast"])
        if of is not None and (contrast == of["contrast"] or _EVERYBODY.search(contrast)):
            yield number, [row]


def _both_sides(rows: list[Row]) -> Iterator[Part]:
    """Both sides of a subgroup; the smaller one is what is missed least."""
    sides: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows):
        if found := _SIDE.match(str(row["contrast"])):
            key = found[1], row["analysis"], *(row.get(column) for column in _MODEL)
            sides.setdefault(key, []).append(number)
    for both in (one for one in sides.values() if len(one) == 2):
        part = [rows[number] for number in both]
        yield min(both, key=lambda number: rows[number].get("n_exposed") or 0), part


def _left(known: Known, place: Place, whole: Row, part: Sequence[Row]) -> None:
    """Events, and the others, of who is in the whole and not in its part, in each arm."""
    for arm in (arm for arm in ARMS if _told([whole, *part], [arm])):
        n, events = (
            int(whole[f"{what}_{arm}"]) - sum(int(row[f"{what}_{arm}"]) for row in part)
            for what in ("n", "events")
        )
        if 0 <= events <= n:
            words = f"{part[0]['contrast']}, {part[0]['outcome']}: who is left out"
            _cells(known, place, f"{words}, events {arm}", n, events)


def _cells(known: Known, place: Place, words: str, n: int, events: int) -> None:
    at = Place(place.file, place.row, words)
    for what, count in (("had", events), ("had not", n - events)):
        cell = f"{place.file}|{place.row}|left out|{what}|{words}"
        known.people(cell, at)
        known.apart(cell, count)


def of_models(known: Known, file: str, frame: pl.DataFrame) -> None:
    """A model of an outcome, beside the table of outcomes, which is of everybody."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        every = name(OUTCOMES, str(row["outcome"]), "all")
        events, n = known.value(every) if every in known.where else None, known.whole.get(every)
        if None in (events, n, row["n"], row["events"]):
            continue
        fewer, had = int(n or 0) - int(row["n"]), int(events or 0) - int(row["events"])
        if 0 <= had <= fewer:
            words = f"{row['outcome']}, {row['label']}: who is left out"
            _cells(known, Place(file, number, ""), words, fewer, had)
