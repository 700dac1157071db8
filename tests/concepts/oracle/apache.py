"""APACHE II of the first 24 h (Knaus 1985, Crit Care Med 13:818), worst values, with bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.oxygen import gases
from oracle.sofa import inside, pressures
from oracle.stay import DAY, Admission, labs, vitals

# variable: lower edge and points of each printed range from the top down; points below the last
RANGES: dict[str, tuple[str, int]] = {
    "temperature": ("41:4 39:3 38.5:1 36:0 34:1 32:2 30:3", 4),
    "map": ("160:4 130:3 110:2 70:0 50:2", 4),
    "heart_rate": ("180:4 140:3 110:2 70:0 55:2 40:3", 4),
    "respiratory_rate": ("50:4 35:3 25:1 12:0 10:1 6:2", 4),
    "gradient": ("500:4 350:3 200:2", 0),
    "ph": ("7.70:4 7.60:3 7.50:1 7.33:0 7.25:2 7.15:3", 4),
    "bicarbonate": ("52:4 41:3 32:1 22:0 18:2 15:3", 4),
    "sodium": ("180:4 160:3 155:2 150:1 130:0 120:2 111:3", 4),
    "potassium": ("7:4 6:3 5.5:1 3.5:0 3:1 2.5:2", 4),
    "creatinine": ("3.5:4 2:3 1.5:2 0.6:0", 2),
    "hematocrit": ("60:4 50:2 46:1 30:0 20:2", 4),
    "wbc": ("40:4 20:2 15:1 3:0 1:2", 4),
    "age": ("75:6 65:5 55:3 45:2", 0),
}
RENAL_FAILURE = ("N17.9",)
CHRONIC = ("K74.6", "D84.9")  # cirrhosis, immunodeficiency
PERHAPS = ("N18.5", "J44.9")  # chronic renal failure, COPD: how far no code tells


def points(name: str, value: Fraction) -> int:
    """The points of a value in the printed table."""
    printed, under = RANGES[name]
    for entry in printed.split():
        edge, score = entry.split(":")
        if value >= Fraction(edge):
            return int(score)
    return under


def oxygenation(stay: Admission, window: tuple[int, int]) -> list[int]:
    """The gradient from FiO2 0.5 on (with a PaCO2 of that gas), below that PaO2."""
    found = []
    for gas in gases(stay):
        if gas["fio2"] is None or not window[0] <= gas["at"] < window[1]:
            continue
        pao2, fio2 = gas["pao2"], gas["fio2"]
        if fio2 < Fraction("0.5"):
            found.append(0 if pao2 > 70 else 1 if pao2 >= 61 else 3 if pao2 >= 55 else 4)
            continue
        paco2 = [value for at, value, _ in labs(stay, "paco2") if at == gas["at"]]
        found += [
            points("gradient", fio2 * (760 - 47) - value / Fraction("0.8") - pao2)
            for value in paco2
        ]
    return found


def physiology(stay: Admission, window: tuple[int, int]) -> dict[str, list[int]]:
    """The points of every value of the twelve variables."""
    found: dict[str, list[int]] = {}
    for name in ("temperature", "heart_rate", "respiratory_rate"):
        found[name] = [points(name, value) for _, value in inside(vitals(stay, name), window)]
    found["map"] = [points("map", value) for _, value in inside(pressures(stay), window)]
    found["oxygenation"] = oxygenation(stay, window)
    for name in ("ph", "bicarbonate", "sodium", "potassium", "hematocrit", "wbc"):
        found[name] = [points(name, row[1]) for row in inside(labs(stay, name), window)]
    without_gas = found.pop("bicarbonate")
    found["ph"] = found["ph"] or without_gas
    found["creatinine"] = [
        points("creatinine", row[1] / Fraction("88.4") if row[2] is None else row[2])
        for row in inside(labs(stay, "creatinine"), window)
    ]
    coma = inside(vitals(stay, "gcs"), window)
    found["gcs"] = [15 - int(min(max(value, Fraction(3)), Fraction(15))) for _, value in coma]
    return found


def coded(stay: Admission, codes: tuple[str, ...]) -> bool | None:
    """Whether the patient came with any of these; None where nothing was coded."""
    if not stay["diagnosis"]:
        return None
    return any(row["code"] in codes and row["present"] is not False for row in stay["diagnosis"])


def apache(stay: Admission, anchor: int) -> dict[str, Any]:
    """The score with missing variables as normal, how many of twelve miss, the highest possible."""
    found = physiology(stay, (anchor, anchor + DAY))
    worst = {name: max(rows) for name, rows in found.items() if rows}
    missing = 12 - len(worst)
    age = None if stay["age"] is None else points("age", Fraction(stay["age"]))
    renal, chronic = coded(stay, RENAL_FAILURE), coded(stay, CHRONIC)
    may_be = coded(stay, CHRONIC + PERHAPS)
    total = sum(worst.values())
    lowest = total + (age or 0)
    lowest += worst.get("creatinine", 0) if renal else 0
    lowest += 5 if chronic else 0
    highest = total + 4 * missing + (0 if "gcs" in worst else 8) + (6 if age is None else age)
    highest += worst.get("creatinine", 4) if renal is not False else 0
    highest += 5 if may_be is not False else 0
    return {"apache_ii": lowest, "apache_ii_n_missing": missing, "apache_ii_hi": highest}
