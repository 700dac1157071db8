"""Vasoactive infusions: which ran when, at which rate, and their points in SOFA (Vincent 1996)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.stay import HOUR, Admission, left, overlap, union, within_stay
from oracle.units import Number

# rate unit: micrograms, per kg already, minutes
RATES = {
    "ug/kg/min": (Fraction(1), True, 1),
    "mcg/min": (Fraction(1), False, 1),
    "ug/kg/h": (Fraction(1), True, 60),
    "mg/h": (Fraction(1000), False, 60),
    "mL/h": None,
    "U/min": None,
}
AMOUNTS = ("ug", "mL")
SOFA_AGENTS = ("dopamine", "dobutamine", "epinephrine", "norepinephrine")


def given(stay: Admission) -> list[dict[str, Any]]:
    """The administrations that were given: no orders, no dose of nothing, no mere stop."""
    return [drug for drug in stay["drug"] if was_given(drug)]


def was_given(drug: dict[str, Any]) -> bool:
    """Given, or stopped early; a stop without a dose and a length ends what was begun before."""
    if drug["dose"] is not None:
        return drug["status"] in ("given", "stopped") and Fraction(drug["dose"]) > 0
    lasted = drug["stop"] is not None and drug["stop"] > drug["start"]
    return drug["status"] == "given" or (drug["status"] == "stopped" and lasted)


def was_ended(drug: dict[str, Any]) -> bool:
    """A stop, or a pause, that gives nothing itself."""
    return not was_given(drug) and drug["status"] in ("given", "stopped")


def is_push(drug: dict[str, Any]) -> bool:
    """An amount that was given, with or without a length of its own."""
    return drug["unit"] in AMOUNTS and was_given(drug)


def rate(stay: Admission, drug: dict[str, Any]) -> Number:
    """ug/kg/min; None where the unit is no such rate or the weight that it needs is unknown."""
    read = RATES.get(drug["unit"])
    if read is None or drug["dose"] is None:
        return None
    factor, per_kg, minutes = read
    weight = Fraction(stay["weight"] or 0)
    if not per_kg and weight <= 0:
        return None
    return Fraction(drug["dose"]) * factor / (1 if per_kg else weight) / minutes


def infusions(stay: Admission) -> list[dict[str, Any]]:
    """Infusions within the stay: agent, whether a vasopressor, start, stop, rate.

    A rate without an end is taken to last an hour, unless a stop is charted after it; what has
    neither is no infusion, and nor is an amount without a length (a push).
    """
    found = []
    for drug in given(stay):
        if drug["unit"] in AMOUNTS and drug["stop"] == drug["start"]:
            continue
        stop = drug["stop"]
        if stop is None:
            stop = charted_end(stay, drug)
        if stop is None and drug["unit"] in RATES:
            stop = drug["start"] + HOUR
        if drug["name"] not in (*SOFA_AGENTS, "vasopressin") or stop is None:
            continue
        if within_stay(stay, drug["start"], stop):
            found.append(
                {
                    "agent": drug["name"],
                    "vasopressor": drug["name"] != "dobutamine",
                    "start": max(drug["start"], stay["admitted"]),
                    "stop": min(stop, left(stay)),
                    "rate": rate(stay, drug),
                }
            )
    return found


def charted_end(stay: Admission, drug: dict[str, Any]) -> int | None:
    """When the agent was stopped or paused; or charted anew within a day, if stopped after that.

    A push ends nothing. An amount is ended only by a stop that comes next, while no rate runs.
    """
    charted = [d for d in stay["drug"] if d["name"] == drug["name"] and not is_push(d)]
    own = [d for d in charted if d["start"] > drug["start"]]
    ends = [d["start"] for d in own if was_ended(d)]
    if not ends:
        return None
    begins = [d["start"] for d in own if was_given(d)]
    following = min([*ends, *begins])
    if is_push(drug):
        before = [
            d for d in charted if d["start"] <= drug["start"] and (was_given(d) or was_ended(d))
        ]
        last = max((d["start"] for d in before), default=None)
        open_now = any(was_given(d) and d["start"] == last and d["stop"] is None for d in before)
        return following if following == min(ends) and not open_now else None
    return following if following == min(ends) or following - drug["start"] <= 24 * HOUR else None


def vasopressors(stay: Admission) -> list[tuple[int, int]]:
    """When any vasopressor ran."""
    return [(one["start"], one["stop"]) for one in infusions(stay) if one["vasopressor"]]


def points_of(agent: str, at: Fraction) -> int:
    """SOFA points of an infusion at a rate."""
    if agent == "dobutamine":
        return 2
    if agent == "dopamine":
        return 4 if at > 15 else 3 if at > 5 else 2
    return 4 if at > Fraction("0.1") else 3


def sofa_points(stay: Admission, window: tuple[int, int]) -> tuple[int, int]:
    """(lowest, highest) points of a window, 0 for none, of agents given for at least an hour.

    An hour of one agent at a rate that scores as much: unbroken, however the window cuts it, or in
    pieces within the window.
    """
    rows = infusions(stay)
    best = [0, 0]
    for agent in SOFA_AGENTS:
        for points in (2, 3, 4):
            for bound, unknown in enumerate((Fraction(0), Fraction(1000))):
                times = [
                    (row["start"], row["stop"])
                    for row in rows
                    if row["agent"] == agent
                    and points_of(agent, unknown if row["rate"] is None else row["rate"]) >= points
                ]
                if an_hour(union(times), window):
                    best[bound] = max(best[bound], points)
    return best[0], best[1]


def an_hour(stretches: list[tuple[int, int]], window: tuple[int, int]) -> bool:
    """Whether stretches of an agent count in a window."""
    shared = [(one[1] - one[0], overlap(one, window)) for one in stretches]
    unbroken = any(length >= HOUR and here > 0 for length, here in shared)
    return unbroken or sum(here for _, here in shared) >= HOUR
