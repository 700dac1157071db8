"""What is held by something else (`nested.csv`): whoever is told both counts knows the difference.

Deaths by day 28 less those by day 27 are a death with its day; everybody of 65 or more less
everybody of 66 or more are those of 65.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import ARMS, FEWEST, OUTCOMES, name
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.puzzle import MOST

VARIABLE, ANY_OF, SIDE, GROUP, MEASURED = "variable", "any_of", "side", "group", "measured"
SUBGROUP, CODED = "subgroup", "coded"
"""Kinds of what holds, as `nested.csv` has them."""
COLUMNS = {"kind", "part", "whole", "yields"}
_TOLD = ("mean", "sd", "median", "q1", "q3")
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Pair:
    """What is held, what holds it, and which of both is missed least."""

    kind: str
    part: str
    whole: str
    yields: str


def pairs_of(tables: Tables) -> list[Pair]:
    """What holds what."""
    return [
        Pair(*(str(row[name]) for name in ("kind", "part", "whole", "yields")))
        for frame in tables.values()
        if set(frame.columns) >= COLUMNS
        for row in frame.iter_rows(named=True)
    ]


def names(known: Known, tables: Tables) -> None:
    """The words of subgroups, and the variables that they name."""
    for pair in pairs_of(tables):
        if pair.kind == SUBGROUP:
            known.named[pair.part.casefold()] = pair.whole


def nested(known: Known, tables: Tables) -> None:
    """What tables tell of those who are in the whole and not in the part."""
    pairs = pairs_of(tables)
    if not pairs:
        return
    _variables(known, [pair for pair in pairs if pair.kind in (VARIABLE, ANY_OF, CODED)])
    _sums(known, [pair for pair in pairs if pair.kind == ANY_OF])
    for file, frame in tables.items():
        if {"contrast", "n_exposed", "events_exposed"} <= set(frame.columns):
            _effects(known, file, frame, pairs)
            for pair in (pair for pair in pairs if pair.kind == SUBGROUP):
                _subgroup(known, file, frame, pair)
        if "variable" in frame.columns or "covariate" in frame.columns:
            _measured(known, file, frame, [pair for pair in pairs if pair.kind == MEASURED])


def _variables(known: Known, pairs: Iterable[Pair]) -> None:
    """In every population and arm, those who have the whole and not the part."""
    found = [cell.split("|") for cell in known.where if cell.count("|") == 2]
    populations = dict.fromkeys((people, arm) for people, _, arm in found)
    for pair in pairs:
        for people, arm in populations:
            part, whole = (name(people, one, arm) for one in (pair.part, pair.whole))
            if part in known.where and whole in known.where:
                place = known.where[name(people, pair.yields, arm)]
                words = f"{pair.whole} without {pair.part}, {people}, {arm}"
                at = Place(place.file, place.row, words, pair.yields)
                guess = pair.kind == CODED  # a source may have other codes
                _gap(known, f"{whole} without {pair.part}", at, whole, part, guess=guess)


def _gap(
    known: Known, cell: str, place: Place, whole: str, part: str, *, guess: bool = False
) -> None:
    known.people(cell, place)
    known.puzzle.equal({whole: 1, part: -1, cell: -1}, assumed=guess)


def _sums(known: Known, pairs: Iterable[Pair]) -> None:
    """Who has one of several has at least one of them."""
    parts: dict[str, list[str]] = {}
    for pair in pairs:
        parts.setdefault(pair.whole, []).append(pair.part)
    for cell in [cell for cell in known.where if cell.count("|") == 2]:
        people, whole, arm = cell.split("|")
        terms = [name(people, part, arm) for part in parts.get(whole, ())]
        if terms and all(term in known.where for term in terms):
            known.puzzle.between({**dict.fromkeys(terms, 1), cell: -1}, 0, MOST)


def _effects(known: Known, file: str, frame: pl.DataFrame, pairs: Iterable[Pair]) -> None:
    """Comparisons of a side or a group that holds another, and of an outcome that does."""
    rows = list(enumerate(frame.iter_rows(named=True)))
    column = {SIDE: "contrast", GROUP: "contrast", VARIABLE: "outcome"}
    for pair in pairs:
        of = column.get(pair.kind, "")
        if of not in frame.columns:
            continue
        parts, wholes = (
            [(i, row) for i, row in rows if row[of] == one] for one in (pair.part, pair.whole)
        )
        for i, part in parts:
            for j, whole in wholes:
                if _alike(part, whole, of):
                    row = i if pair.yields in (pair.part, part[of]) else j
                    _rows(known, Place(file, row, f"{pair.whole} without {pair.part}"), i, j, of)


def _alike(part: Mapping[str, Any], whole: Mapping[str, Any], of: str) -> bool:
    """Whether two rows are of the same people, but for what tells them apart."""
    names = {"contrast": ("outcome", "population", "model"), "outcome": ("contrast", "population")}
    if not all(part.get(n) == whole.get(n) for n in names[of]):
        return False
    told = (part.get(f"n_{arm}") == whole.get(f"n_{arm}") for arm in ARMS)
    return of == "contrast" or all(told)


def _rows(known: Known, place: Place, part: int, whole: int, of: str) -> None:
    for arm in ARMS:
        cells = {
            what: tuple(f"{place.file}|{row}|{what}|{arm}" for row in (whole, part))
            for what in (("n", "events") if of == "contrast" else ("events",))
        }
        gaps = {}
        for what, (outer, inner) in cells.items():
            gaps[what] = f"{place.file}|{whole}|without {part}|{what}|{arm}"
            at = Place(place.file, place.row, f"{place.words}, {what} {arm}")
            _gap(known, gaps[what], at, outer, inner)
        if "n" in gaps:
            others = f"{gaps['events']}|others"
            known.people(others, Place(place.file, place.row, f"{place.words}, events {arm}"))
            known.puzzle.equal({gaps["n"]: 1, gaps["events"]: -1, others: -1})


def _subgroup(known: Known, file: str, frame: pl.DataFrame, pair: Pair) -> None:
    """Sides of the matched by an outcome: with those of everybody they are those of the unmatched.

    Who is on the side is also who had that outcome, as its own comparison tells it (a guess: of
    some the outcome may be unknown by which the sides are compared).
    """
    rows = list(enumerate(frame.iter_rows(named=True)))
    had = next((i for i, row in rows if _of_matched(row, outcome=pair.whole)), None)
    for side in ("yes", "no"):
        contrast = f"{pair.part}: {side}"
        for number in (i for i, row in rows if _of_matched(row, contrast=contrast)):
            for arm in ARMS:
                mine = f"{file}|{number}|n|{arm}"
                if had is not None and side == "yes":
                    known.puzzle.equal({f"{file}|{had}|events|{arm}": 1, mine: -1}, assumed=True)
                place = Place(file, number, f"{contrast}: the unmatched, n {arm}", pair.whole)
                _unmatched(known, place, mine, name(OUTCOMES, pair.whole, arm), side)


def _of_matched(row: Mapping[str, Any], **told: str) -> bool:
    return row.get("population") == "matched" and all(row.get(k) == v for k, v in told.items())


def _unmatched(known: Known, place: Place, matched: str, every: str, side: str) -> None:
    whole = every if side == "yes" else f"{every}|rest"
    if whole not in known.where:
        return
    arm = ARMS.index(every.rpartition("|")[2])
    sizes = [size[arm] for (who, _), size in known.sizes.items() if who == "unmatched"]
    cell = f"{whole}|unmatched"
    known.people(cell, place, of=max(sizes, default=None))
    known.puzzle.equal({whole: 1, matched: -1, cell: -1})


def _measured(known: Known, file: str, frame: pl.DataFrame, pairs: Iterable[Pair]) -> None:
    """Numbers of one variable in two windows: those of few who have another value in both."""
    column = "variable" if "variable" in frame.columns else "covariate"
    rows = {str(row[column]): (number, row) for number, row in enumerate(frame.to_dicts())}
    for pair in pairs:
        if pair.part in rows and pair.whole in rows:
            number, mine = rows[pair.yields]
            _, other = rows[pair.part if pair.yields == pair.whole else pair.whole]
            if _of_few(known, mine, other, column):
                words = f"{pair.yields}: of few, beside the same in another window"
                known.few(Place(file, number, f"{words}: all, numbers", pair.yields))


def _of_few(known: Known, mine: Mapping[str, Any], other: Mapping[str, Any], column: str) -> bool:
    """Whether two rows tell numbers that differ, of as many people but for few."""
    names = [n for n in mine if n.startswith(_TOLD)]
    told = [n for n in names if mine[n] is not None and other.get(n) is not None]
    if all(mine[n] == other[n] for n in told):
        return False
    sizes = (
        [known.measured.get(("all", str(row[column]), arm)) for row in (mine, other)]
        for arm in ARMS
    )
    return any(None in both or abs(both[0][0] - both[1][0]) < FEWEST for both in sizes)  # type: ignore[index]
