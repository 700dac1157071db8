"""Oxygenation: the FiO2 that a patient breathed at a moment, support then, and PaO2/FiO2."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.stay import FAR, HOUR, Admission, covers, labs, sends, vitals
from oracle.units import Number

CARRIED = 4 * HOUR
LOWEST, HIGHEST = Fraction("0.21"), Fraction(1)


def stated(device: dict[str, Any]) -> Number:
    """The FiO2 that a row of respiratory support states; room air without a figure is 0.21."""
    if device["fio2"] is None:
        return LOWEST if device["device"] == "room_air" else None
    value = Fraction(device["fio2"])
    return value if LOWEST <= value <= HIGHEST else None


def goes_on(stay: Admission, device: dict[str, Any], moment: int) -> bool:
    """Whether the same device is still on at a moment after a row of it has ended, unbroken."""
    end = max(device["start"], device["stop"])
    while end <= moment:
        longer = [
            FAR if other["stop"] is None else other["stop"]
            for other in stay["device"]
            if other["device"] == device["device"] and other["start"] <= end
        ]
        if max(longer) <= end:
            return False
        end = max(longer)
    return True


def carried(stay: Admission, device: dict[str, Any], moment: int) -> bool:
    """Whether what an ended row stated still holds: for 4 h while its device goes on."""
    ended = max(device["stop"], device["start"])
    return bool(moment - ended <= CARRIED and goes_on(stay, device, moment))


def fio2_at(stay: Admission, moment: int) -> Number:
    """Of every FiO2 that is known at a moment the last stated, at one time the highest.

    Measured within 4 h; stated for an interval that covers it, else carried from an earlier one.
    """
    known = [
        (at, value)
        for at, value in vitals(stay, "fio2")
        if 0 <= moment - at <= CARRIED and LOWEST <= value <= HIGHEST
    ]
    begun = [
        (device["start"], value, device)
        for device in stay["device"]
        if (value := stated(device)) is not None and device["start"] <= moment
    ]
    on = [one for one in begun if covers(one[0], one[2]["stop"], moment)]
    still = on or [one for one in begun if carried(stay, one[2], moment)]
    known += [(start, value) for start, value, _ in still]
    return max(known)[1] if known else None


def supported_at(stay: Admission, moment: int) -> bool | None:
    """Whether a ventilator, mask ventilation or ECMO was on; None where nobody says so."""
    on = any(
        device["device"] in ("imv", "niv", "ecmo")
        and covers(device["start"], device["stop"], moment)
        for device in stay["device"]
    )
    return True if on else (False if sends(stay, "respiratory_support") else None)


def gases(stay: Admission) -> list[dict[str, Any]]:
    """Every arterial gas with its FiO2, ratio (None where FiO2 is not known) and support."""
    lowest: dict[int, Fraction] = {}
    for at, value, _ in labs(stay, "pao2"):
        if value > 0:
            lowest[at] = min(value, lowest.get(at, value))
    found = []
    for at, pao2 in sorted(lowest.items()):
        fio2 = fio2_at(stay, at)
        ratio = None if fio2 is None else pao2 / fio2
        support = supported_at(stay, at)
        found.append({"at": at, "pao2": pao2, "fio2": fio2, "pf": ratio, "supported": support})
    return found
