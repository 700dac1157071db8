"""What tables of arms tell: counts, percentages, means, SMD and KS of everybody and of the matched.

A yes/no variable has one cell per population and arm: how many have it. Everybody is the matched
and the unmatched, and both arms are all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from ehrivig.disclosure import FEWEST_DESCRIBED
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.piled import piled
from ehrivig.release.attack.puzzle import MOST

POPULATION = {"table1": "all", "table_unmatched": "unmatched"}
"""The people of a table; a table that is not named here has its own."""
OUTCOMES = "table2.csv"
"""The people of the table of outcomes."""
ARMS = ("exposed", "control")
FEWEST = FEWEST_DESCRIBED
_WHOLE = 1e-9
_COUNTED = re.compile(r"^([\d,]+)/([\d,]+) \(")
_BELOW = re.compile(r"^<(\d+)$")
_WORD = {"unmatched": "all", "matched": "matched"}
"""The halves of the balance table: before matching are all, after it the matched."""


def descriptive(known: Known, file: str, frame: pl.DataFrame) -> None:
    """A table with n, events, percent and text of `all`, `control` and `exposed`."""
    people = POPULATION.get(file.removesuffix(".csv"), file)
    for number, row in enumerate(frame.iter_rows(named=True)):
        place = Place(file, number, str(row["label"]), row["variable"])
        known.speaks(place, row["variable"], str(row["label"]))
        (_counts if row["kind"] == "binary" else _numbers)(known, place, people, row)
    piled(known, file, frame)


def _counts(known: Known, place: Place, people: str, row: Mapping[str, Any]) -> None:
    variable, cells = row["variable"], {}
    for arm in ("all", *ARMS):
        cell = cells[arm] = name(people, variable, arm)
        n = row.get(f"n_{arm}")
        known.people(cell, _at(place, arm), of=None if n is None else int(n))
        for value in _told(row, arm, n):
            known.told(cell, value)
        if below := _BELOW.match(row.get(f"text_{arm}") or ""):
            known.puzzle.cell(cell, 1, int(below[1]) - 1)
    known.puzzle.equal({cells["all"]: 1, cells["exposed"]: -1, cells["control"]: -1})
    sizes = [row.get(f"n_{arm}") for arm in ARMS]
    if None not in sizes:
        known.sizes[people, variable] = _whole(sizes[0]), _whole(sizes[1])
    if row.get("smd") is not None and None not in sizes and known.rounded_to < 2:
        _smd(known, people, variable, float(row["smd"]))


def _told(row: Mapping[str, Any], arm: str, n: float | None) -> list[int]:
    """A count as its column, its percentage or its text tells it."""
    found = []
    if row.get(f"events_{arm}") is not None:
        found.append(int(row[f"events_{arm}"]))
    elif row.get(f"percent_{arm}") is not None and n:
        found.append(round(float(row[f"percent_{arm}"]) * n / 100))
    elif counted := _COUNTED.match(row.get(f"text_{arm}") or ""):
        found.append(int(counted[1].replace(",", "")))
    return found


def _numbers(known: Known, place: Place, people: str, row: Mapping[str, Any]) -> None:
    """A row of a measured variable: no number of few people."""
    for arm in ("all", *ARMS):
        n = row.get(f"n_{arm}")
        shown = any(row.get(f"{what}_{arm}") is not None for what in ("mean", "sd", "median"))
        if n is None:
            known.unsized.add((people, row["variable"], arm))
        else:
            known.measured[people, row["variable"], arm] = int(n), shown, place
            known.people(f"{people}|{row['variable']}|{arm}|n", _at(place, f"n {arm}"))
            known.told(f"{people}|{row['variable']}|{arm}|n", int(n))
        if n is not None and row.get(f"mean_{arm}") is not None:
            mean, sd = float(row[f"mean_{arm}"]), row.get(f"sd_{arm}")
            known.sums[people, row["variable"], arm] = mean * int(n)
            told = int(n), mean, None if sd is None else float(sd)
            known.moments[people, row["variable"], arm] = told
        if shown and n is not None and 0 < n < FEWEST:
            known.few(_at(place, f"{arm}, numbers of {int(n)} people"))


def balance(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Means, SMD and KS of each covariate before and after matching."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        variable = row["covariate"]
        known.speaks(Place(file, number, str(row["label"])), variable, str(row["label"]))
        for when, people in _WORD.items():
            place = Place(file, number, f"{row['label']}: {people}", variable)
            _side(known, place, row, when, people)


def _side(known: Known, place: Place, row: Mapping[str, Any], when: str, people: str) -> None:
    variable = row["covariate"]
    cells = [name(people, variable, arm) for arm in ARMS]
    sizes = known.sizes.get((people, variable)) or _matched_sizes(known, people, variable)
    if sizes is None or min(sizes) < 1:
        _few_measured(known, place, row, when, people)
        return
    for cell, arm, n in zip(cells, ARMS, sizes, strict=True):
        known.people(cell, _at(place, arm), of=n)
        mean = row.get(f"mean_{arm}_{when}")
        if mean is not None and (people == "all" or sizes[0] == sizes[1]):
            known.told(cell, round(mean * n))
    if known.rounded_to > 1:
        return  # what compares the arms is that of the rounded counts
    smd, ks = row.get(f"smd_{when}"), row.get(f"ks_{when}")
    if people != "all" and sizes[0] != sizes[1] and not _of_counts(ks, sizes):
        return  # weighted: a mean is no count
    if ks is not None:
        if smd is not None and people == "all":
            _smd(known, people, variable, smd)
        sign = -1 if smd is not None and smd < 0 else 1
        _difference(known, cells, sizes, sign * ks, both=smd is None)
    elif smd is not None:
        spread = _spread(known, variable)
        if spread is not None:
            _difference(known, cells, sizes, smd * spread)
        elif people == "all":
            _smd(known, people, variable, smd)


def _of_counts(ks: float | None, sizes: tuple[int, int]) -> bool:
    """Whether a difference of shares is one of whole people: of pairs in which some are unknown."""
    if ks is None:
        return False
    people = ks * sizes[0] * sizes[1]
    return abs(people - round(people)) < _WHOLE * max(1.0, people)


def _matched_sizes(known: Known, people: str, variable: str) -> tuple[int, int] | None:
    """Of the matched are as many as of everybody without the unmatched."""
    whole, rest = (known.sizes.get((who, variable)) for who in ("all", "unmatched"))
    if people != "matched" or whole is None or rest is None:
        return None
    return whole[0] - rest[0], whole[1] - rest[1]


def _few_measured(
    known: Known, place: Place, row: Mapping[str, Any], when: str, people: str
) -> None:
    for arm in ARMS:
        whole, rest = (
            known.measured.get((who, row["covariate"], arm)) for who in ("all", "unmatched")
        )
        told = row.get(f"mean_{arm}_{when}") is not None
        if whole is None:
            if told and ("all", row["covariate"], arm) in known.unsized:
                known.few(_at(place, f"{arm}, mean of people who are too few to be counted"))
            continue
        n = whole[0] if people == "all" else whole[0] - (rest[0] if rest else 0)
        if told and 0 < n < FEWEST:
            known.few(_at(place, f"{arm}, mean of {n} people"))
        elif told and people == "matched" and rest and 0 < rest[0] < FEWEST:
            known.few(_at(place, f"{arm}, mean of all but {rest[0]} unmatched"))


def _difference(
    known: Known, cells: list[str], sizes: tuple[int, int], gap: float, *, both: bool = False
) -> None:
    """The difference of two shares, exposed less control; `both`: its sign is not known."""
    value = round(gap * sizes[0] * sizes[1])
    if not both or value == 0:
        known.puzzle.equal({cells[0]: sizes[1], cells[1]: -sizes[0]}, value)
        return
    known.puzzle.one_of(cells, (p for v in (value, -value) for p in _pairs(sizes, v)))


def _pairs(sizes: tuple[int, int], value: int) -> list[tuple[int, int]]:
    """The counts of both arms whose shares differ by a known amount."""
    exposed = np.arange(sizes[0] + 1)
    control = (exposed * sizes[1] - value) / sizes[0]
    whole = (control == np.round(control)) & (control >= 0) & (control <= sizes[1])
    return [(int(a), int(b)) for a, b in zip(exposed[whole], control[whole], strict=True)]


def _spread(known: Known, variable: str) -> float | None:
    """What a SMD was divided by, where the counts of everybody are shown."""
    sizes = known.sizes.get(("all", variable))
    cells = [name("all", variable, arm) for arm in ARMS]
    if sizes is None or min(sizes) < 2 or not all(known.puzzle.known(cell) for cell in cells):
        return None
    return float(_deviation(np.array([known.puzzle.lo[c] for c in cells]), np.array(sizes)))


def _deviation(events: np.ndarray, n: np.ndarray) -> Any:
    """Root of the mean of two arms' variances (divisor n - 1); the last axis are the arms."""
    share = events / n
    return np.sqrt((share * (1 - share) * n / (n - 1)).mean(axis=-1))


def _smd(known: Known, people: str, variable: str, smd: float) -> None:
    """The counts of both arms that give a SMD."""
    if all(known.puzzle.known(name(people, variable, arm)) for arm in ARMS):
        return
    n = np.array(known.sizes[people, variable])
    if n.min() < 2 or n.prod() > 4_000_000:
        return
    grid = np.stack(np.meshgrid(*(np.arange(size + 1) for size in n), indexing="ij"), axis=-1)
    spread = _deviation(grid, n)
    gap = (grid / n) @ np.array([1.0, -1.0])
    fits = np.isclose(gap, smd * spread, rtol=1e-9, atol=1e-12) & (spread > 0)
    known.puzzle.one_of([name(people, variable, arm) for arm in ARMS], grid[fits])


def parts(known: Known) -> None:
    """Everybody is the matched and the unmatched."""
    for people, variable in list(known.sizes):
        if people != "all" or ("unmatched", variable) not in known.sizes:
            continue
        sizes = _matched_sizes(known, "matched", variable) or (MOST, MOST)
        for arm, n in zip(ARMS, sizes, strict=True):
            cells = [name(who, variable, arm) for who in ("all", "matched", "unmatched")]
            known.puzzle.cell(cells[1], 0, max(n + 2 * known.slack, 0))
            known.puzzle.equal(dict(zip(cells, (1, -1, -1), strict=True)))
    for (people, variable, arm), (n, shown, _) in list(known.measured.items()):
        rest = known.measured.get(("unmatched", variable, arm))
        if people != "all" or not shown or rest is None or not rest[1]:
            continue
        if 0 < n - rest[0] < FEWEST:
            known.few(_at(rest[2], f"{arm}, mean of {n - rest[0]} matched"))


def name(people: str, variable: str, arm: str) -> str:
    """The cell of a yes/no variable."""
    return f"{people}|{variable}|{arm}"


def _at(place: Place, words: str) -> Place:
    return replace(place, words=f"{place.words}, {words}")


def _whole(value: float | None) -> int:
    return int(value or 0)
