"""What designs free of immortal time tell together: how many died or left between two moments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehrivig.release.attack.known import Known, Place

COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")
_LANDMARK = re.compile(r" by ([\d.]+) h vs not yet \(landmark\)$")
_CLONED = re.compile(r" within [\d.]+ h vs not \(clone-censor-weight\)$")
_START = re.compile(r" ever vs never \(naive\)$")


STARTING = re.compile(r"\b(\d+) of \d+ start within ([\d.]+) h")
"""How many begin within grace, in the note of clones."""


@dataclass(frozen=True)
class Moment:
    """Hours after time zero, the rows of one analysis that begins then, people and their events."""

    hours: float
    rows: tuple[int, ...]
    told: tuple[int, int]


def moments(rows: list[dict[str, Any]]) -> list[list[Moment]]:
    """The moments of each outcome and population in their order, of which all counts are told."""
    found: dict[tuple[object, ...], dict[float, list[int]]] = {}
    for number, row in enumerate(rows):
        hours = hours_of(str(row.get("contrast")))
        if hours is not None and _counted(row):
            key = row.get("outcome"), row.get("population")
            found.setdefault(key, {}).setdefault(hours, []).append(number)
    return [
        [Moment(hours, tuple(at), _told(rows[at[0]])) for hours, at in sorted(one.items())]
        for one in found.values()
    ]


def hours_of(contrast: str) -> float | None:
    """When an analysis begins by its name, in hours after time zero."""
    landmark = _LANDMARK.search(contrast)
    if landmark:
        return float(landmark[1])
    return 0.0 if _START.search(contrast) else None


def _told(row: Mapping[str, Any]) -> tuple[int, int]:
    n_exposed, events_exposed, n_control, events_control = (int(row[name]) for name in COUNTS)
    return n_exposed + n_control, events_exposed + events_control


def doubled(rows: list[dict[str, Any]]) -> list[tuple[tuple[int, ...], int]]:
    """Rows of clones, and how many of their events count twice: who died early and not exposed.

    Until grace ends such a person is in both arms; with everybody's events it is a subtraction.
    """
    events = {
        (row.get("outcome"), row.get("population")): _told(row)[1]
        for row in rows
        if _START.search(str(row.get("contrast"))) and _counted(row)
    }
    found: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        key = row.get("outcome"), row.get("population")
        if _CLONED.search(str(row.get("contrast"))) and _counted(row) and key in events:
            found.setdefault(_told(row)[1] - events[key], []).append(number)
    return [(tuple(at), twice) for twice, at in found.items()]


def _counted(row: Mapping[str, Any]) -> bool:
    return all(row.get(name) is not None for name in COUNTS)


def early(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Rows whose note says how many begin within grace, and how many of these a landmark lacks.

    Who is followed beyond the landmark at its end began as well; the others died or left before.
    """
    followed = {
        (row.get("outcome"), row.get("population"), hours_of(str(row.get("contrast")))): int(n)
        for row in rows
        if _LANDMARK.search(str(row.get("contrast"))) and (n := row.get("n_exposed")) is not None
    }
    found = []
    for number, row in enumerate(rows):
        if told := STARTING.search(str(row.get("note") or "")):
            key = row.get("outcome"), row.get("population"), float(told[2])
            if key in followed:
                found.append((number, int(told[1]) - followed[key]))
    return found


def between(known: Known, file: str, frame: pl.DataFrame) -> None:
    """People who died or left, and events, between two moments; deaths in both arms of clones."""
    rows = frame.to_dicts()
    for at, twice in doubled(rows):
        cell = f"{file}|{at[0]}|events in both arms"
        known.people(cell, Place(file, at[-1], "events before the end of grace in both arms"))
        known.apart(cell, twice)
    for number, gone in early(rows):
        cell = f"{file}|{number}|began and was not followed"
        known.people(
            cell, Place(file, number, "began within grace, and died or left before its end")
        )
        known.apart(cell, gone)
    for series in moments(rows):
        for one, other in _pairs(series):
            for what, before, after in zip(("left", "events"), one.told, other.told, strict=True):
                span = f"{what} from {one.hours:g} to {other.hours:g} h"
                cell = f"{file}|{other.rows[0]}|{span}"
                known.people(cell, Place(file, other.rows[-1], span))
                known.apart(cell, abs(before - after))


def _pairs(series: list[Moment]) -> Iterable[tuple[Moment, Moment]]:
    """Every two moments, the earlier one first."""
    return ((one, two) for place, one in enumerate(series) for two in series[place + 1 :])
