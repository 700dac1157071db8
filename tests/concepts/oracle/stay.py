"""Reading one admission: its rows within the stay, its 24 h windows, and intervals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.units import Number, in_mg_dl, standard

Admission = dict[str, Any]
HOUR = 3600
DAY = 24 * HOUR
FAR = 10**12


def left(stay: Admission) -> int:
    """When the patient left; a far moment while still in hospital."""
    return FAR if stay["discharged"] is None else int(stay["discharged"])


def labs(stay: Admission, name: str) -> list[tuple[int, Fraction, Number]]:
    """(time, value in the standard unit, value in mg/dL if reported so) of the stay's results."""
    found = []
    for row in stay["lab"]:
        value = standard(name, row["value"], row["unit"]) if row["code"] == name else None
        if value is not None and stay["admitted"] <= row["at"] <= left(stay):
            found.append((row["at"], value, in_mg_dl(name, row["value"], row["unit"])))
    return found


def vitals(stay: Admission, name: str) -> list[tuple[int, Fraction]]:
    """(time, value in the standard unit) of the stay's measurements.

    FiO2 counts from 4 h before admission, for a gas taken at admission.
    """
    begin = stay["admitted"] - (4 * HOUR if name == "fio2" else 0)
    found = []
    for row in stay["vital"]:
        value = standard(name, row["value"], row["unit"]) if row["code"] == name else None
        if value is not None and begin <= row["at"] <= left(stay):
            found.append((row["at"], value))
    return found


def sends(stay: Admission, table: str) -> bool:
    """Whether the hospital sends a table at all."""
    return table in stay["sent"]


def windows(stay: Admission, anchor: int, limit: int | None = None) -> list[tuple[int, int]]:
    """[begin, end) of each 24 h from the anchor to discharge, at least one; 28 in an open stay."""
    n = 28
    if stay["discharged"] is not None:
        n = max(-(-(stay["discharged"] - anchor) // DAY), 1)
    n = n if limit is None else min(n, limit)
    return [(anchor + day * DAY, anchor + (day + 1) * DAY) for day in range(n)]


def covers(start: int, stop: int | None, moment: int) -> bool:
    """Whether [start, stop) covers a moment; one without length covers its own moment."""
    return start == moment or start < moment < (FAR if stop is None else stop)


def within_stay(stay: Admission, start: int, stop: int | None) -> bool:
    """Whether any of an interval lies in the stay."""
    runs = start >= stay["admitted"] or stop is None or stop > stay["admitted"]
    return bool(runs and start <= left(stay))


def union(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The unbroken stretches that some intervals make up."""
    merged: list[list[int]] = []
    for start, stop in sorted((start, max(start, stop)) for start, stop in intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop)
        else:
            merged.append([start, stop])
    return [(start, stop) for start, stop in merged]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """How many seconds two intervals share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
