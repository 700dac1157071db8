"""What a curve tells: how many had the event between two of its points."""

from __future__ import annotations

import polars as pl

from ehrivig.release.attack.known import Known, Place

_KEY = ("curve", "population", "group", "cause")
_NEAR = 0.02
"""A number of people as near as this to a whole one is read as it."""
Curve = dict[float, tuple[int, int]]
"""Time -> the number of its row, and how many had the event until then."""


def curves(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Steps of a survival curve, where everybody is followed to the end: deaths by their day."""
    numbered = frame.with_row_index("number").filter(pl.col("curve") == "km")
    found: dict[tuple[str, str], Curve] = {}
    for key, curve in numbered.group_by(_KEY, maintain_order=True):
        _, people, group, _ = map(str, key)
        n = at_start(known, curve, people, group)
        found[people, group] = _counted(curve.drop_nulls("estimate").sort("time"), n)
    for (people, group), curve_of in found.items():
        _steps(known, file, f"{people}, {group}", curve_of)
        if people == "matched" and ("all", group) in found:
            whole = found["all", group]
            rest = {
                time: (number, whole[time][1] - events)
                for time, (number, events) in curve_of.items()
                if time in whole
            }
            _steps(known, file, f"unmatched, {group}", rest)


def _counted(curve: pl.DataFrame, n: int) -> Curve:
    """The curve as counts, as far as its points are counts of people (weights make them none)."""
    found = {}
    for number, time, estimate in curve.select("number", "time", "estimate").iter_rows():
        events = n * (1 - estimate)
        if abs(events - round(events)) <= _NEAR:
            found[float(time)] = (int(number), round(events))
    return found


def _steps(known: Known, file: str, words: str, curve: Curve) -> None:
    before, since = 0, 0.0
    for time in sorted(curve):
        number, events = curve[time]
        if events > before:
            cell = f"{file}|{words}|{time}"
            place = Place(file, number, f"{words}: events in days {since:g} to {time:g}")
            known.people(cell, place)
            known.apart(cell, events - before)
            before = events
        since = time


def at_start(known: Known, curve: pl.DataFrame, people: str, group: str) -> int:
    """People at the start of a curve: those of its arm, or its first number at risk."""
    side = 0 if group == "exposed" else 1
    sizes = [size[side] for (who, _), size in known.sizes.items() if who == people]
    if people == "matched":
        whole, rest = (
            max((size[side] for (who, _), size in known.sizes.items() if who == one), default=0)
            for one in ("all", "unmatched")
        )
        sizes = [whole - rest] if whole and rest else []
    first = curve["at_risk"].drop_nulls().to_list() if "at_risk" in curve.columns else []
    return max(sizes) if sizes else int(first[0]) if first else 0
