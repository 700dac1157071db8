"""SOFA of each 24 h window (Vincent 1996, Intensive Care Med 22:707)."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from oracle import infusions
from oracle.oxygen import gases
from oracle.stay import HOUR, Admission, labs, left, vitals, windows

Window = tuple[int, int]


def at_least(value: Fraction, *edges: str) -> int:
    """How many edges a value has reached: points where more is worse."""
    return sum(value >= Fraction(edge) for edge in edges)


def below(value: Fraction, *edges: str) -> int:
    """How many edges a value lies below: points where less is worse."""
    return sum(value < Fraction(edge) for edge in edges)


def inside(rows: list[Any], window: Window) -> list[Any]:
    return [row for row in rows if window[0] <= row[0] < window[1]]


def respiration(stay: Admission, window: Window) -> tuple[int | None, int | None]:
    """(points, highest possible): 3 and 4 need support; where nobody knows of it they may be."""
    points, highest = [], []
    for gas in gases(stay):
        if gas["pf"] is not None and window[0] <= gas["at"] < window[1]:
            full = below(gas["pf"], "400", "300", "200", "100")
            points.append(full if gas["supported"] else min(full, 2))
            highest.append(min(full, 2) if gas["supported"] is False else full)
    return (max(points), max(highest)) if points else (None, None)


def lab_points(stay: Admission, window: Window, name: str) -> list[int]:
    """Points of each result; creatinine and bilirubin on the scale in which they were reported."""
    found = []
    for _, value, mg_dl in inside(labs(stay, name), window):
        if name == "platelets":
            found.append(below(value, "150", "100", "50", "20"))
        elif name == "creatinine" and mg_dl is not None:
            found.append(at_least(mg_dl, "1.2", "2.0", "3.5", "5.0"))
        elif name == "creatinine":
            found.append(at_least(value, "110", "171", "300") + (value > 440))
        elif mg_dl is not None:
            found.append(at_least(mg_dl, "1.2", "2.0", "6.0", "12.0"))
        else:
            found.append(at_least(value, "20", "33", "102") + (value > 204))
    return found


def urine_points(stay: Admission, window: Window) -> list[int]:
    """< 500 mL a day 3, < 200 mL 4: of a whole day, charted all day. Half a litre is half a litre.

    Charted: at three moments or more, never more than 9 h without a record.
    """
    rows = inside(vitals(stay, "urine_output"), window)
    if not rows or window[1] > left(stay):
        return []
    total = sum(value for _, value in rows)
    times = sorted({at for at, _ in rows})
    marks = [window[0], *times, window[1]]
    gaps = [later - earlier for earlier, later in pairwise(marks)]
    charted = len(times) >= 3 and max(gaps) <= 9 * HOUR
    if total >= 500:
        return [0]
    return [4 if total < 200 else 3] if charted else []


def pressures(stay: Admission) -> list[tuple[int, Fraction]]:
    """Mean arterial pressures: measured, else from every systolic and diastolic of the moment."""
    measured = vitals(stay, "map")
    times = {at for at, _ in measured}
    computed = [
        (at, (systolic + 2 * diastolic) / 3)
        for at, systolic in vitals(stay, "sbp")
        for other, diastolic in vitals(stay, "dbp")
        if at == other and at not in times
    ]
    return measured + computed


def worst(points: list[int]) -> int | None:
    return max(points) if points else None


def day(stay: Admission, window: Window) -> dict[str, Any]:
    """The components of one window, the score, how many are missing, and its bounds."""
    breath, breath_hi = respiration(stay, window)
    low, high = infusions.sofa_points(stay, window)
    pressed = [below(value, "70") for _, value in inside(pressures(stay), window)]
    coma = inside(vitals(stay, "gcs"), window)
    nervous = [below(value, "15", "13", "10", "6") for _, value in coma]
    found: dict[str, int | None] = {
        "respiration": breath,
        "coagulation": worst(lab_points(stay, window, "platelets")),
        "liver": worst(lab_points(stay, window, "total_bilirubin")),
        "cardiovascular": worst(pressed + ([low] if low else [])),
        "nervous": worst(nervous),
        "renal": worst(lab_points(stay, window, "creatinine") + urine_points(stay, window)),
    }
    known = [points for points in found.values() if points is not None]
    missing = 6 - len(known)
    total = sum(known)
    wider = 0
    if breath is not None and breath_hi is not None:
        wider += breath_hi - breath
    if found["cardiovascular"] is not None:
        wider += max([*pressed, high]) - found["cardiovascular"]
    return {
        **found,
        "sofa": total if missing <= 2 else None,
        "sofa_n_missing": missing,
        "sofa_lo": total,
        "sofa_hi": total + 4 * missing + wider,
    }


def days(stay: Admission, anchor: int, limit: int | None = None) -> list[dict[str, Any]]:
    """SOFA of every window from the anchor on."""
    return [day(stay, window) for window in windows(stay, anchor, limit)]
