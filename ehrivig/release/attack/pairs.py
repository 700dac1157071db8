"""What a variance that knows the pairs tells: in how many both had the event, one alone, neither.

Beside the events of both arms the standard error of a crude odds ratio, clustered on the pairs, is
the number of pairs with two events in other words; so is the number of clusters where both of a
pair are not always in the comparison.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from ehrivig.release.attack.known import Known, Place

OF_PAIRS = "what its variance tells of pairs"
"""The last words of a place whose standard error is too much."""
CLUSTERS = re.compile(r"\bfrom (\d[\d,]*) clusters\b")
_CELLS = ("both", "the exposed alone", "the control alone", "neither")
_COUNTS = ("events_exposed", "n_exposed", "events_control", "n_control")
_NEAR = 1e-8
_SINGLE = 3
"""So many of an arm may be without their mate: of more, too many numbers fit."""
Cells = tuple[int, int, int, int]


def pairs(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Pairs of each crude comparison by who of them had the event."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        words = f"{row.get('contrast')}, {row.get('population')}"
        cells = [f"{file}|{number}|pairs|{what}" for what in _CELLS]
        found = cells_of(row) if known.rounded_to < 2 else []
        for cell, what in zip(cells, _CELLS, strict=True) if found else ():
            at = Place(file, number, f"{words}: pairs with the event in {what}, {OF_PAIRS}")
            known.people(cell, at)
        if found:
            known.puzzle.one_of(cells, found)
        for what, count in _in_clusters(row) if known.rounded_to < 2 else ():
            cell = f"{file}|{number}|clusters|{what}"
            known.people(cell, Place(file, number, f"{words}: pairs of {what}, {OF_PAIRS}"))
            known.told(cell, count)


def _in_clusters(row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Pairs of which both, or one alone, are compared, where a note says how many there are."""
    told = CLUSTERS.search(str(row.get("note") or ""))
    sizes = [row.get(name) for name in ("n_exposed", "n_control")]
    if told is None or None in sizes:
        return
    exposed, control = (int(float(str(n))) for n in sizes)
    both = exposed + control - int(told[1].replace(",", ""))
    if 0 < both <= min(exposed, control) and (both < exposed or both < control):
        yield from (("both", both), ("the exposed alone", exposed - both))
        yield "the control alone", control - both


def cells_of(row: Mapping[str, Any]) -> list[Cells]:
    """The pairs with the event in both, in one alone, and in neither that give a standard error.

    None where a row is of something else: adjusted, weighted, or without a variance of pairs.
    """
    if row.get("measure") != "OR" or "cluster HC1" not in str(row.get("variance") or ""):
        return []
    told = [row.get(name) for name in (*_COUNTS, "estimate", "se")]
    if None in told:
        return []
    a, n, c, m = (int(float(str(one))) for one in told[:4])
    estimate, se = (float(str(one)) for one in told[4:])
    if not (0 < a < n and 0 < c < m) or abs(n - m) > _SINGLE:
        return []
    if not math.isclose(estimate, a * (m - c) / ((n - a) * c), rel_tol=_NEAR):
        return []
    fewest = max(min(n, m) - _SINGLE, 1) if n != m else n
    wholes = range(fewest, min(n, m) + 1)
    return sorted({one for whole in wholes for one in _fits((a, n, c, m), whole, se)})


def _fits(counts: tuple[int, int, int, int], whole: int, se: float) -> Iterator[Cells]:
    """Cells of so many whole pairs; who has no mate is a cluster of one."""
    a, n, c, m = counts
    groups, people = n + m - whole, n + m
    scale = groups / (groups - 1) * (people - 1) / (people - 2)
    wanted = se**2 / scale
    one, two = _scores(a, n), _scores(c, m)
    for x in range(min(n - whole, a) + 1):
        for y in range(min(m - whole, c) + 1):
            alone = x * one[1] ** 2 + (n - whole - x) * one[0] ** 2
            alone += y * two[1] ** 2 + (m - whole - y) * two[0] ** 2
            for both in range(min(a - x, c - y) + 1):
                cells = both, a - x - both, c - y - both, whole - (a - x) - (c - y) + both
                if min(cells) >= 0 and math.isclose(
                    alone + _of_pairs(cells, one, two), wanted, rel_tol=_NEAR
                ):
                    yield cells


def _scores(events: int, n: int) -> tuple[float, float]:
    """How much one without and one with the event adds to the log odds of an arm."""
    share = events / n
    spread = n * share * (1 - share)
    return -share / spread, (1 - share) / spread


def _of_pairs(cells: Cells, one: tuple[float, float], two: tuple[float, float]) -> float:
    """The sum of squares over pairs, exposed less control."""
    gaps = (one[1] - two[1], one[1] - two[0], one[0] - two[1], one[0] - two[0])
    return sum(count * gap**2 for count, gap in zip(cells, gaps, strict=True))
