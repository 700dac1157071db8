"""Severe COVID-19 (Chinese protocol, versions 4-7; WHO, January 2020) and respiratory failure."""

from __future__ import annotations

from oracle.oxygen import gases
from oracle.sepsis import both, earliest
from oracle.sirs import Answer
from oracle.stay import Admission, covers, left, vitals, within_stay

IN_IMAGES = ("bilateral_opacities", "ground_glass_opacity", "pulmonary_consolidation")
SUPPORT = ("hfnc", "niv", "imv", "ecmo")


def severe_china(stay: Admission) -> Answer:
    """RR >= 30, SpO2 <= 93% or PaO2/FiO2 <= 300. Not: rate and saturation measured, none met."""
    rates, saturations = vitals(stay, "respiratory_rate"), vitals(stay, "spo2")
    times = [at for at, value in rates if value >= 30]
    times += [at for at, value in saturations if value <= 93]
    times += [gas["at"] for gas in gases(stay) if gas["pf"] is not None and gas["pf"] <= 300]
    if times:
        return True, min(times)
    return (False if rates and saturations else None), None


def on_room_air(stay: Admission, moment: int) -> bool | None:
    """Whether all that covers a moment is room air; None where nothing covers it."""
    on = [
        row["device"] == "room_air"
        for row in stay["device"]
        if covers(row["start"], row["stop"], moment)
    ]
    return all(on) if on else None


def pneumonia(stay: Admission) -> Answer:
    """Coded, or seen in an image; images without it: no."""
    seen: list[int | None] = [row["at"] for row in stay["diagnosis"] if row["code"] == "J18.9"]
    images = [row for row in stay["finding"] if row["code"] in IN_IMAGES]
    seen += [row["at"] for row in images if row["present"]]
    if seen:
        return True, earliest(seen)
    return (False if any(row["present"] is False for row in images) else None), None


def severe_who(stay: Admission) -> Answer:
    """Pneumonia with RR > 30, severe distress, or SpO2 < 90% on room air."""
    judged = [("rate", at, value > 30) for at, value in vitals(stay, "respiratory_rate")]
    judged += [
        ("saturation", at, on_room_air(stay, at) if value < 90 else False)
        for at, value in vitals(stay, "spo2")
    ]
    judged += [
        ("distress", row["at"], row["present"])
        for row in stay["finding"]
        if row["code"] == "severe_respiratory_distress"
        and row["present"] is not None
        and stay["admitted"] <= row["at"] <= left(stay)
    ]
    signs: bool | None = None
    if any(met for _, _, met in judged):
        signs = True
    elif {"rate", "saturation"} <= {kind for kind, _, _ in judged}:
        signs = None if any(met is None for _, _, met in judged) else False
    ill, since = pneumonia(stay)
    met = both(signs, ill)
    first = min((at for _, at, met in judged if met), default=0)
    return met, (max(first, since or 0) if met else None)


def respiratory_failure(stay: Admission) -> Answer:
    """PaO2/FiO2 <= 300, or support beyond a mask in the stay. Not: a device or ratio, and none."""
    judged = [
        (max(row["start"], stay["admitted"]), row["device"] in SUPPORT)
        for row in stay["device"]
        if within_stay(stay, row["start"], row["stop"])
    ]
    judged += [(gas["at"], gas["pf"] <= 300) for gas in gases(stay) if gas["pf"] is not None]
    times = [at for at, met in judged if met]
    if times:
        return True, min(times)
    return (False if judged else None), None
