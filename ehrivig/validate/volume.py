"""How many rows of each table came in, against earlier nights, or on a first night the others.

A dump that arrives in part is read without an error: fewer doses and deaths, and treated people
among the controls. What came is held against what the same hospital sent on earlier nights that the
gate let through; on its first night, against what the other hospitals send per stay, beside its own
other tables. The counts are those that reading made: nothing is counted again.

A measurement says how many rows are missing (`violated`) of how many there should be; where nothing
is missing, out of those that came. So what came is always the difference, night after night.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ehrivig.contract import TABLES
from ehrivig.validate.measurement import Measurement

CHECKED = tuple(table.name for table in TABLES if table.name != "hospital")
_STAYS = "admission"
NIGHTS = 3
"""From how many earlier nights on limits follow from how much they differ."""
MOST_NIGHTS = 7
LEAST_LEFT = 0.5
"""Less than this proportion of one earlier night, or of what the others send, came in part."""
_FALL = 0.25
_SPREADS = 4.0
_SPREADS_BETWEEN = 6.0  # hospitals differ by more than nights do
_FURTHEST, _TIMES_FURTHEST = 0.9, 4.0
_LEAST_ROWS, _LEAST_STAYS = 100, 50
_VARIES = 1.5
"""Rows of a table per stay differ by about this many times their mean (eICU: 1 to 2)."""
_LEAST_EXPECTED, _OTHERS, _OTHER_TABLES = 500, 3, 4
_OF_NORMAL = 1.4826  # a median absolute deviation times this is a standard deviation
Rows = Mapping[tuple[str, str], int]
"""(hospital_id, table) -> rows that came."""


@dataclass(frozen=True)
class Volume:
    """Rows of a table that came from a hospital, and those that should have."""

    hospital_id: str
    table: str
    now: int
    then: int

    @property
    def counts(self) -> tuple[str, int, int]:
        """Hospital, rows that are missing, rows that there should be."""
        return self.hospital_id, self.then - self.now, self.then


def check_of(table: str) -> str:
    """The id of the check of a table."""
    return f"{table}.volume"


VOLUMES = frozenset(map(check_of, CHECKED))
"""The ids of all of these checks."""


def volumes(now: Rows, nights: Sequence[Rows], gone: Collection[str] = ()) -> list[Volume]:
    """Every table of every hospital that came, and of those that are gone, sorted.

    `nights`: what came on earlier nights, oldest first; `gone`: hospitals that should have come.
    """
    told = against_nights(now, nights, gone)
    known = {hospital for night in nights for hospital, _ in night}
    told |= {key: n for key, n in against_hospitals(now).items() if key[0] not in known}
    every = {**dict.fromkeys(told, 0), **now}
    return [
        Volume(hospital, table, rows, max(rows, told.get((hospital, table), rows)))
        for (hospital, table), rows in sorted(every.items())
        if table in CHECKED and max(rows, told.get((hospital, table), 0))
    ]


def rows_of(night: Iterable[Measurement]) -> dict[tuple[str, str], int]:
    """What came on an earlier night, from its measurements."""
    volumes_of = (m for m in night if m.check in VOLUMES)
    return {(m.hospital_id, m.table): m.denominator - m.violated for m in volumes_of}


def against_nights(
    now: Rows, nights: Sequence[Rows], gone: Collection[str] = ()
) -> dict[tuple[str, str], int]:
    """(hospital, table) -> rows that there should be, where too few came."""
    found = {}
    asked = {hospital for hospital, _ in now}.union(gone)
    for key in sorted({key for night in nights for key in night if key[0] in asked}):
        hospital, _ = key
        known = [night for night in nights if key in night][-MOST_NIGHTS:]
        series = [night[key] for night in known]
        stays = known[-1].get((hospital, _STAYS), 0)
        then, limit = expected(series)
        enough = then >= _LEAST_ROWS and stays >= _LEAST_STAYS
        if enough and now.get(key, 0) < min(limit, by_chance(stays) * then):
            found[key] = then
    return found


def by_chance(stays: int) -> float:
    """The smallest proportion of its rows that another set of as many stays may have by chance."""
    return math.exp(-_SPREADS * math.sqrt(2) * _VARIES / math.sqrt(stays))


def expected(series: Sequence[int]) -> tuple[int, float]:
    """How many rows there should be by earlier nights, oldest first, and the fewest tolerated.

    By one or two nights, the last and half of it. By more, their median, less four robust standard
    deviations, at least a quarter, at most a half. A last night below that was let through by a
    person: it is the new level.
    """
    last = series[-1]
    if len(series) < NIGHTS:
        return last, LEAST_LEFT * last
    usual = median(series)
    spread = _OF_NORMAL * median(abs(rows - usual) for rows in series)
    limit = max(usual - max(_SPREADS * spread, _FALL * usual), LEAST_LEFT * usual)
    return (last, LEAST_LEFT * last) if last < limit else (round(usual), limit)


def against_hospitals(now: Rows) -> dict[tuple[str, str], int]:
    """(hospital, table) -> rows that there should be by the other hospitals, where too few came.

    Rows per stay of a table beside those of the others, and beside how the hospital's own other
    tables lie to them: short stays make every table small, a partial arrival some. Spoken of are
    less than half of what is expected, far below what the other hospitals differ among themselves.
    """
    density = _density(now)
    away = {table: _away(density, table) for table in CHECKED if table != _STAYS}
    beside = {table: _beside(away, table) for table in away}
    found = {}
    for table, distances in beside.items():
        for hospital, distance in distances.items():
            if distance >= math.log(LEAST_LEFT) or len(distances) <= _OTHERS:
                continue
            then = round(now[hospital, table] / math.exp(distance))
            if then >= _LEAST_EXPECTED and -distance > _usual(beside, hospital, table):
                found[hospital, table] = then
    return found


def _usual(beside: Mapping[str, Mapping[str, float]], hospital: str, table: str) -> float:
    """How far from the rest a table may lie, by how the other hospitals differ among themselves.

    In this table, and in all: few hospitals that are alike in one by chance are not so in many.
    """
    others = [abs(d) for h, d in beside[table].items() if h != hospital]
    every = sorted(abs(d) for ds in beside.values() for h, d in ds.items() if h != hospital)
    spread = _OF_NORMAL * median(others)
    return max(_SPREADS_BETWEEN * spread, _TIMES_FURTHEST * every[int(_FURTHEST * len(every))])


def _density(now: Rows) -> dict[str, dict[str, float]]:
    """Table -> hospital -> log of its rows per stay, of hospitals with enough stays and any row."""
    found: dict[str, dict[str, float]] = {table: {} for table in CHECKED}
    for (hospital, table), rows in now.items():
        stays = now.get((hospital, _STAYS), 0)
        if table in found and rows and stays >= _LEAST_STAYS:
            found[table][hospital] = math.log(rows / stays)
    return found


def _away(density: Mapping[str, Mapping[str, float]], table: str) -> dict[str, float]:
    """Hospital -> how far its log density of a table lies from the median of the others."""
    values = density[table]
    order = sorted(values.values())
    return {h: v - _median_without(order, v) for h, v in values.items() if len(order) > _OTHERS}


def _median_without(order: Sequence[float], value: float) -> float:
    """The median of sorted values without one of them."""
    place, last = bisect_left(order, value), len(order) - 2
    left, right = (n + (n >= place) for n in (last // 2, (last + 1) // 2))
    return (order[left] + order[right]) / 2


def _beside(away: Mapping[str, Mapping[str, float]], table: str) -> dict[str, float]:
    """Hospital -> how much further a table lies from the others' than its own other tables do."""
    found = {}
    for hospital, distance in away[table].items():
        own = [d[hospital] for name, d in away.items() if name != table and hospital in d]
        if len(own) >= _OTHER_TABLES:
            found[hospital] = distance - median(own)
    return found
