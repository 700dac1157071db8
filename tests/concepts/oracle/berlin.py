"""ARDS (Berlin definition, JAMA 2012;307:2526), with and without its demand of support."""

from __future__ import annotations

from oracle.oxygen import gases
from oracle.sepsis import both
from oracle.sirs import Answer
from oracle.stay import DAY, Admission


def opacities(stay: Admission, moment: int) -> bool | None:
    """Bilateral opacities in an image within a week; None without an image that says so."""
    told = [
        row["present"]
        for row in stay["finding"]
        if row["code"] == "bilateral_opacities"
        and row["present"] is not None
        and abs(row["at"] - moment) <= 7 * DAY
    ]
    return any(told) if told else None


def ards(stay: Admission, *, support: bool) -> Answer:
    """PaO2/FiO2 <= 300 mmHg (`support`: ventilated), opacities, not cardiac, gas by gas."""
    cardiac = any(row["code"] == "cardiogenic_oedema" and row["present"] for row in stay["finding"])
    judged = []
    for gas in gases(stay):
        low = None if gas["pf"] is None else gas["pf"] <= 300
        met = both(both(low, opacities(stay, gas["at"])), not cardiac)
        judged.append((gas["at"], both(met, gas["supported"]) if support else met))
    times = [at for at, met in judged if met]
    if times:
        return True, min(times)
    return (False if judged and all(met is False for _, met in judged) else None), None
