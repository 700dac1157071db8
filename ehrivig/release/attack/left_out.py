"""What an analysis of fewer people tells of those whom it leaves out: whose covariate is not known.

That somebody was not measured says nothing of him but that; how many of these died does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import ARMS, OUTCOMES, name
from ehrivig.release.attack.known import Known, Place

_HOSPITALS = "all hospitals"
_POPULATION = {
    _HOSPITALS: "all",
    "all, complete case": "all",
    "matched, complete case": "matched",
}
"""Populations that are everybody, or the matched, but for those who lack a value."""
_EVERYBODY = re.compile(
    r" ever vs never \(naive\)$|: yes against no$| from its start on \(time-dependent Cox\)$"
)
_TRIALS = re.compile(r" \(sequential trials\)$")
"""Trials of the first days: who is exposed later is in none of them as exposed."""
_OF_ALL = ("main", "outcomes")
"""Analyses whose rows are of everybody, or of all matched, of whom the outcome is known."""
_BUT = re.compile(r"^all but hospital (.*)$")
_SIDE = re.compile(r"^(.*): (yes|no)$")
_CLONES = re.compile(r" \(clone-censor-weight\b[^)]*\)$")
"""Everybody is in both arms."""
_HIDDEN = re.compile(r"fewer than (\d+) of (\d+) admissions left out")
_MISSING = re.compile(r"\b(\d+) of \d+ admissions left out: a covariate missing")
SIZES = "how many there are in all"
"""The last words of a place whose counts in both arms tell how many are left out."""
Row = dict[str, Any]
Part = tuple[int, Sequence[Row]]
"""The number of a row, and the rows that together are those of whom a value is known."""


def of_effects(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Every comparison of as many as possible, beside the one of all, or of all matched."""
    rows = frame.to_dicts()
    whole = _wholes(known, rows)
    for number, row in enumerate(rows):
        _told_by_size(known, file, number, row)
    for number, part in (*_alone(rows, whole), *_both_sides(rows), *_hospitals(rows)):
        of = whole.get(_of(part[0]))
        if of is not None and part[0] is not of:
            _left(known, Place(file, number, ""), of, part)
    for number, of, part in _but_a_hospital(rows, whole):
        _in_no_pair(known, Place(file, number, ""), of, part)
    for number, of in _trials(rows, whole):
        _late(known, Place(file, number, ""), of, rows[number])
    for number, other in _one_side(rows):
        of = whole.get(_of(rows[number]))
        if of is not None:
            _hidden_side(known, Place(file, number, ""), of, rows[number], rows[other])


def _wholes(known: Known, rows: list[Row]) -> dict[tuple[str, str], Row]:
    """Outcome and population -> what tells of most people: a row, or the table of outcomes."""
    whole: dict[tuple[str, str], Row] = {}
    contrasts = [str(row["contrast"]) for row in rows if row["analysis"] == "main"]
    told = [row for row in rows if row["analysis"] in _OF_ALL and row["contrast"] in contrasts]
    for row in (*told, *_in_table(known, rows, contrasts)):
        of = str(row["outcome"]), str(row["population"])
        if any(_told([row], [arm]) for arm in ARMS) and _size(row) > _size(whole.get(of, {})):
            whole[of] = row
    return whole


def _size(row: Row) -> int:
    """Of how many people of both arms the events are told."""
    return sum(int(row[f"n_{arm}"]) for arm in ARMS if row and _told([row], [arm]))


def _in_table(known: Known, rows: list[Row], contrasts: list[str]) -> Iterator[Row]:
    """Everybody of whom an outcome is known, as the table of outcomes tells of them."""
    for outcome in dict.fromkeys(str(row["outcome"]) for row in rows if contrasts):
        told: Row = {"contrast": contrasts[0], "outcome": outcome, "population": "all"}
        for arm in ARMS:
            cell = name(OUTCOMES, outcome, arm)
            there = cell in known.where
            told[f"n_{arm}"] = known.whole.get(cell) if there else None
            told[f"events_{arm}"] = known.value(cell) if there else None
        yield told


def _told_by_size(known: Known, file: str, number: int, row: Row) -> None:
    """How many a comparison of everybody leaves out, where its note says only that they are few."""
    contrast, hidden = str(row["contrast"]), _HIDDEN.search(str(row.get("note") or ""))
    sizes = [int(row[f"n_{arm}"]) for arm in ARMS if row.get(f"n_{arm}") is not None]
    clones = bool(_CLONES.search(contrast))
    if hidden is None or len(sizes) < (1 if clones else len(ARMS)):
        return
    if not clones and not _EVERYBODY.search(contrast):
        return
    missing = _MISSING.search(str(row["note"]))
    left = (
        int(hidden[2]) - (max(sizes) if clones else sum(sizes)) - int(missing[1] if missing else 0)
    )
    if 0 <= left < int(hidden[1]):
        cell = f"{file}|{number}|left out before"
        known.people(cell, Place(file, number, f"{contrast}: who is left out, {SIZES}"))
        known.told(cell, left)


def _trials(rows: list[Row], whole: Mapping[tuple[str, str], Row]) -> Iterator[tuple[int, Row]]:
    """Sequential trials, and each comparison of everybody exposed at whatever time."""
    for number, row in enumerate(rows):
        if _TRIALS.search(str(row["contrast"])):
            same = [r for r in rows if _EVERYBODY.search(str(r["contrast"])) and _of(r) == _of(row)]
            yield from ((number, of) for of in (*same, *filter(None, [whole.get(_of(row))])))


def _late(known: Known, place: Place, whole: Row, trials: Row) -> None:
    """How many are exposed after the last trial, and of these the events and the others."""
    arm, words = ARMS[0], f"{trials['contrast']}, {trials['outcome']}: exposed after the last"
    sizes = whole.get(f"n_{arm}"), trials.get(f"n_{arm}")
    if None not in sizes:
        cell = f"{place.file}|{place.row}|late|{whole['contrast']}"
        known.people(cell, Place(place.file, place.row, f"{words}, counts {arm}"))
        known.apart(cell, int(sizes[0] or 0) - int(sizes[1] or 0))
    _left(known, place, whole, [trials], [arm])


def _of(row: Mapping[str, Any]) -> tuple[str, str]:
    people = str(row["population"])
    people = "all" if _of_hospital(row) else _POPULATION.get(people, people)
    return str(row["outcome"]), people


def _of_hospital(row: Mapping[str, Any]) -> bool:
    return str(row["population"]).startswith("hospital ")


def _told(part: Sequence[Row], arms: Sequence[str]) -> bool:
    counts = (row.get(f"{what}_{arm}") for row in part for what in ("n", "events") for arm in arms)
    return all(count is not None for count in counts)


def _alone(rows: list[Row], whole: Mapping[tuple[str, str], Row]) -> Iterator[Part]:
    """Comparisons of everybody of whom what they need is known."""
    for number, row in enumerate(rows):
        of, contrast = whole.get(_of(row)), str(row["contrast"])
        if _of_hospital(row):
            continue
        if of is not None and (contrast == of["contrast"] or _EVERYBODY.search(contrast)):
            yield number, [row]


def _hospitals(rows: list[Row]) -> Iterator[Part]:
    """All hospitals of an analysis, of which the smallest is missed least."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows):
        if _of_hospital(row):
            names = ("analysis", "contrast", "outcome", "model", "measure")
            found.setdefault(tuple(row.get(name) for name in names), []).append(number)
    for numbers in found.values():
        smallest = min(numbers, key=lambda number: rows[number].get("n_exposed") or 0)
        yield smallest, [rows[number] for number in numbers]


def _but_a_hospital(
    rows: list[Row], whole: Mapping[tuple[str, str], Row]
) -> Iterator[tuple[int, Row, list[Row]]]:
    """Pairs made without a hospital; with those of it they are all but who is in none of them.

    All are everybody, or all hospitals that have a row.
    """
    for number, row in enumerate(rows):
        but = _BUT.match(str(row["population"]))
        of_it = ("analysis", "outcome")
        same = [r for r in rows if but and all(r[name] == row[name] for name in of_it)]
        for mine in (r for r in same if but and r["population"] == f"hospital {but[1]}"):
            every = [whole.get(_of(mine)), *(r for r in same if r["population"] == _HOSPITALS)]
            yield from ((number, of, [row, mine]) for of in every if of is not None)


def _in_no_pair(known: Known, place: Place, whole: Row, part: Sequence[Row]) -> None:
    """Who is in no pair, by how many they are, and by events."""
    for arm in ARMS:
        sizes = [int(n) for row in (whole, *part) if (n := row.get(f"n_{arm}")) is not None]
        if len(sizes) > len(part):
            left = sizes[0] - sum(sizes[1:])
            words = f"{part[0]['population']}, {part[0]['outcome']}: n in no pair, {arm}"
            cell = f"{place.file}|{place.row}|{words}|{left}"
            known.people(cell, Place(place.file, place.row, words))
            known.apart(cell, left)
    _left(known, place, whole, part)


def _sides(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """The numbers of the rows of both sides of each subgroup; one may have no model."""
    sides: dict[tuple[Any, ...], dict[str, list[int]]] = {}
    for number, row in enumerate(rows):
        if found := _SIDE.match(str(row["contrast"])):
            key = found[1], row["analysis"], row["outcome"], row["population"]
            sides.setdefault(key, {}).setdefault(found[2], []).append(number)
    for of in sides.values():
        for one, two in product(of.get("yes", []), of.get("no", [])):
            measures = {rows[one].get("measure"), rows[two].get("measure")} - {None}
            if len(measures) < len(ARMS):
                yield one, two


def _both_sides(rows: list[Row]) -> Iterator[Part]:
    """Both sides of a subgroup; the smaller one is what is missed least."""
    for both in _sides(rows):
        part = [rows[number] for number in both]
        yield min(both, key=lambda number: rows[number].get("n_exposed") or 0), part


def _one_side(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """A side of a subgroup, and the other one, of which something is hidden."""
    for one, two in _sides(rows):
        for number, other in ((one, two), (two, one)):
            if not _told([rows[other]], ARMS):
                yield number, other


def _hidden_side(known: Known, place: Place, whole: Row, side: Row, other: Row) -> None:
    """The other side, with those of whom it is not known: in each arm in which it is hidden."""
    for arm in (arm for arm in ARMS if not _told([other], [arm])):
        _left(known, place, whole, [side], [arm])
        if (
            None in (whole.get(f"n_{arm}"), side.get(f"n_{arm}"))
            or other.get(f"n_{arm}") is not None
        ):
            continue
        cell = f"{place.file}|{place.row}|the other side|{arm}"
        words = f"{side['contrast']}, {side['outcome']}: the other side, n {arm}"
        known.people(cell, Place(place.file, place.row, words))
        known.apart(cell, int(whole[f"n_{arm}"]) - int(side[f"n_{arm}"]))


def _left(
    known: Known, place: Place, whole: Row, part: Sequence[Row], arms: Sequence[str] = ARMS
) -> None:
    """Events, and the others, of who is in the whole and not in its part, in each arm."""
    for arm in (arm for arm in arms if _told([whole, *part], [arm])):
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
        cell = f"{place.file}|{place.row}|left out|{what}|{count} of {n}|{words}"
        known.people(cell, at)
        known.apart(cell, count)


def of_models(known: Known, file: str, frame: pl.DataFrame) -> None:
    """A model of an outcome, beside the table of outcomes, which is of everybody."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        every = name(OUTCOMES, str(row["outcome"]), "all")
        _one_arm(known, file, number, row)
        events, n = known.value(every) if every in known.where else None, known.whole.get(every)
        if None in (events, n, row["n"], row["events"]):
            continue
        fewer, had = int(n or 0) - int(row["n"]), int(events or 0) - int(row["events"])
        if 0 <= had <= fewer:
            words = f"{row['outcome']}, {row['label']}: who is left out"
            _cells(known, Place(file, number, ""), words, fewer, had)


def _one_arm(known: Known, file: str, number: int, row: Row) -> None:
    """Events of a model of both arms, less those of the arm that the table of outcomes tells."""
    outcome, n, events = str(row["outcome"]), row["n"], row["events"]
    cells = {arm: name(OUTCOMES, outcome, arm) for arm in ARMS}
    if None in (n, events) or not all(cell in known.where for cell in cells.values()):
        return
    sizes = [size for cell in cells.values() if (size := known.whole.get(cell)) is not None]
    if len(sizes) < len(ARMS):
        return
    fewer = max(sum(sizes) - int(n), 0)
    for arm, other in (ARMS, ARMS[::-1]):
        rest = known.value(cells[other])
        if rest is None or known.value(cells[arm]) is not None:
            continue
        words = f"{outcome}, {row['label']}: events {arm}, less those of the other arm"
        cell, had = f"{file}|{number}|{words}", int(events) - rest
        known.people(cell, Place(file, number, words), of=known.whole.get(cells[arm]))
        known.puzzle.cell(cell, max(had - 2 * known.slack, 0), had + fewer + 4 * known.slack)
