"""When and how the exposed were dosed, told twice: in bins, and by a cut of another analysis.

Of a landmark at 72 h those are followed who began by then and are still there; with the bins up
to 57 and 76 h, who began between 72 and 76 h and who was gone by 72 h are known in all. The matched
who were given as much as a cut says, less the bins up to it, are the unmatched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ehrivig.release.attack.doses import step_of
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.landmark_rows import STARTING, hours_of

Rows = list[dict[str, Any]]
HOURS = "hours_to_first_dose"
OF_UNIT = {"h": HOURS, "g/day": "max_daily_g", "days": "duration_days"}
"""The feature that a group of the exposed is cut by, by the unit in its name."""
_GROUP = re.compile(r"(<=|>=|<|>)\s*([\d.]+) (h|g/day|days) vs no ")
_OF = re.compile(r"\b\d+ of (\d+) start within ")


@dataclass(frozen=True)
class Histogram:
    """A feature in bins: their rows, and the cell of each."""

    file: str
    rows: list[tuple[int, dict[str, Any]]]

    @property
    def cells(self) -> list[str]:
        """The cell of each bin."""
        return [f"{self.file}|{number}" for number, _ in self.rows]

    def within(self, cut: float) -> int | None:
        """The bin that holds a cut."""
        last = len(self.rows) - 1
        for place, (_, row) in enumerate(self.rows):
            if row["lo"] <= cut < row["hi"] or (place == last and cut == row["hi"]):
                return place
        return None


def started(known: Known, tables: Mapping[str, Any]) -> None:
    """What bins and cuts together tell."""
    bins = dict(_histograms(tables))
    for frame in tables.values():
        if bins and {"contrast", "n_exposed", "population"} <= set(frame.columns):
            rows = frame.to_dicts()
            if HOURS in bins:
                _landmarks(known, bins[HOURS], rows)
                _in_grace(known, bins[HOURS], rows)
            _groups(known, bins, rows)


def _histograms(tables: Mapping[str, Any]) -> Iterator[tuple[str, Histogram]]:
    for file, frame in tables.items():
        if {"feature", "lo", "hi", "n"} <= set(frame.columns):
            numbered = list(enumerate(frame.to_dicts()))
            for name in dict.fromkeys(str(row["feature"]) for _, row in numbered):
                mine = [(i, row) for i, row in numbered if str(row["feature"]) == name]
                yield name, Histogram(file, mine)


def _landmarks(known: Known, bins: Histogram, rows: Rows) -> None:
    """Who began by a landmark is followed beyond it, or died or left before it."""
    followed = {
        hours: int(row["n_exposed"])
        for row in rows
        if row["population"] == "all" and row["n_exposed"] is not None
        if (hours := hours_of(str(row["contrast"])))
    }
    for hours, n in followed.items():
        cut = _cut(known, bins, hours, f"{hours:g} h")
        if cut is not None:
            gone = f"{bins.file}|gone by {hours:g} h"
            words = f"began by {hours:g} h, and died or left before"
            known.people(gone, Place(bins.file, cut.row, words))
            lo, hi = n - known.slack, n + known.slack
            known.puzzle.between({**cut.terms, gone: -1}, lo, hi, assumed=True)


def _in_grace(known: Known, bins: Histogram, rows: Rows) -> None:
    """Who begins within grace, of those with all covariates: the others may have begun as well."""
    everybody = [sum(sizes) for (people, _), sizes in known.sizes.items() if people == "all"]
    for note in dict.fromkeys(str(row.get("note") or "") for row in rows):
        told, of = STARTING.search(note), _OF.search(note)
        if told is None or of is None or not everybody:
            continue
        cut = _cut(known, bins, float(told[2]), f"{float(told[2]):g} h")
        if cut is not None:
            n, left_out = int(told[1]), max(max(everybody) - int(of[1]), 0)
            hi = n + left_out + known.slack
            known.puzzle.between(cut.terms, n - known.slack, hi, assumed=True)


def _groups(known: Known, bins: Mapping[str, Histogram], rows: Rows) -> None:
    """The matched on both sides of a cut, less everybody there, are the unmatched exposed."""
    sizes = [n for (people, _), (n, _) in known.sizes.items() if people == "unmatched"]
    for row in rows:
        found = _GROUP.search(str(row["contrast"]))
        if found is None or row["population"] != "matched" or row["n_exposed"] is None:
            continue
        feature, words = OF_UNIT[found[3]], f"{found[2]} {found[3]}"
        if feature not in bins or not sizes:
            continue
        holds = found[1] in ("<=", ">")
        cut = _cut(known, bins[feature], float(found[2]), words, holds=holds)
        if cut is not None:
            below, n = found[1].startswith("<"), int(row["n_exposed"])
            cell = f"{bins[feature].file}|{feature}|unmatched {found[1]} {words}"
            place = Place(bins[feature].file, cut.row, f"unmatched, {found[1]}{words}")
            known.people(cell, place, of=max(sizes))
            lo, hi = n - known.slack, n + known.slack
            terms = {**(cut.terms if below else cut.others), cell: -1}
            known.puzzle.between(terms, lo, hi, assumed=True)


@dataclass(frozen=True)
class Cut:
    """The people up to a cut, and beyond it, as sums of cells; the row of the bin that it is in."""

    row: int
    terms: dict[str, int]
    others: dict[str, int]


def _cut(known: Known, bins: Histogram, at: float, words: str, *, holds: bool = True) -> Cut | None:
    """Both parts of a histogram; `holds`: whether who lies on the cut lies below it."""
    place = bins.within(at)
    if place is None:
        return None
    row, cell = bins.rows[place][0], bins.cells[place]
    low, high = f"{cell}|to {words}", f"{cell}|beyond {words}"
    for part in (low, high):
        known.people(part, Place(bins.file, row, f"{part.rpartition('|')[2]}, within its bin"))
    known.puzzle.equal({cell: -1, low: 1, high: 1}, assumed=True)
    if at == bins.rows[place][1]["lo"]:
        whole = step_of([one for _, one in bins.rows]) is not None and holds
        known.puzzle.cell(high if whole else low, 0, 0)
    return Cut(row, _sum([*bins.cells[:place], low]), _sum([high, *bins.cells[place + 1 :]]))


def _sum(cells: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys(cells, 1)
