"""Overt DIC by the ISTH score (Taylor 2001, Thromb Haemost 86:1327) of each 24 h window."""

from __future__ import annotations

from fractions import Fraction

from oracle.sirs import Answer
from oracle.sofa import inside
from oracle.stay import Admission, labs, windows


def by_platelets(value: Fraction) -> int:
    return 2 if value < 50 else 1 if value < 100 else 0


def by_fibrin(value: Fraction) -> int:
    """D-dimer in ug/mL FEU: moderate from 0.5, strong from 5 (assumed)."""
    return 3 if value >= 5 else 2 if value >= Fraction("0.5") else 0


def by_time(value: Fraction) -> int:
    """Prothrombin time beyond 13.5 s (assumed): 3 s and 6 s."""
    prolonged = value - Fraction("13.5")
    return 2 if prolonged >= 6 else 1 if prolonged >= 3 else 0


def by_fibrinogen(value: Fraction) -> int:
    return 1 if value < 1 else 0


TESTS = {
    "platelets": (by_platelets, 2),
    "d_dimer": (by_fibrin, 3),
    "prothrombin_time": (by_time, 2),
    "fibrinogen": (by_fibrinogen, 1),
}


def days(stay: Admission) -> dict[int, tuple[int, int]]:
    """Day -> (lowest, highest possible score) of every window with a test."""
    found = {}
    for number, window in enumerate(windows(stay, stay["admitted"]), start=1):
        low, high, tested = 0, 0, False
        for name, (score, most) in TESTS.items():
            points = [score(row[1]) for row in inside(labs(stay, name), window)]
            tested = tested or bool(points)
            low += max(points, default=0)
            high += max(points, default=most)
        if tested:
            found[number] = (low, high)
    return found


def dic(stay: Admission) -> Answer:
    """5 or more on a day. Not: below 5 on every day with a test, whatever was not tested."""
    scores = days(stay)
    begins = windows(stay, stay["admitted"])
    overt = [begins[day - 1][0] for day, (low, _) in scores.items() if low >= 5]
    if overt:
        return True, min(overt)
    return (False if scores and all(high < 5 for _, high in scores.values()) else None), None
