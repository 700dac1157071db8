"""Acute kidney injury (KDIGO 2012, Kidney Int Suppl 2:1), within the stay."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from oracle.sirs import Answer
from oracle.stay import DAY, HOUR, Admission, labs, vitals, within_stay

REPLACEMENT = ("crrt", "hemodialysis", "renal_replacement")


def by_creatinine(stay: Admission) -> list[tuple[int, int]]:
    """(time, stage) of rises: 26.5 umol/L in 48 h, or 1.5 times the lowest of 7 days."""
    rows = [(at, value) for at, value, _ in labs(stay, "creatinine") if value > 0]
    found = []
    for at, value in rows:
        two_days = min(v for t, v in rows if at - 2 * DAY <= t <= at)
        times = value / min(v for t, v in rows if at - 7 * DAY <= t <= at)
        if value - two_days >= Fraction("26.5") or times >= Fraction("1.5"):
            stage = 3 if times >= 3 or value >= Fraction("353.6") else 2 if times >= 2 else 1
            found.append((at, stage))
    return found


def by_urine(stay: Admission) -> list[tuple[int, int]]:
    """(time, 1): less than 0.5 mL/kg/h over 6 h that records cover (one 6 to 12 h before)."""
    weight = Fraction(stay["weight"] or 0)
    rows = vitals(stay, "urine_output")
    found = []
    for at, _ in rows if weight > 0 else []:
        volume = sum(ml for t, ml in rows if at - 6 * HOUR < t <= at)
        covered = any(at - 12 * HOUR <= t <= at - 6 * HOUR for t, _ in rows)
        if covered and volume / weight / 6 < Fraction("0.5"):
            found.append((at, 1))
    return found


def moments(stay: Admission) -> list[tuple[int, int]]:
    """(time, stage) of every sign; renal replacement is stage 3, without an end a moment."""
    replaced = [
        (row["start"], 3)
        for row in stay["procedure"]
        if row["code"] in REPLACEMENT
        and within_stay(stay, row["start"], row["start"] if row["stop"] is None else row["stop"])
    ]
    return sorted(by_creatinine(stay) + by_urine(stay) + replaced)


def kidney_injury(stay: Admission) -> Answer:
    """(met, first moment). Not met: creatinine at two moments within 7 days, and no sign."""
    found = moments(stay)
    if found:
        return True, found[0][0]
    times = sorted({at for at, value, _ in labs(stay, "creatinine") if value > 0})
    twice = any(0 < b - a <= 7 * DAY for a, b in pairwise(times))
    return (False if twice else None), None
