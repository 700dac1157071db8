"""Infection, severe sepsis and septic shock by proxy (Bone 1992); suspicion after Seymour 2016."""

from __future__ import annotations

from fractions import Fraction

from oracle.infusions import given, vasopressors
from oracle.oxygen import gases
from oracle.sirs import Answer, moments, sirs
from oracle.stay import DAY, Admission, labs, sends, vitals
from oracle.units import Number

CODES = ("A41.9", "J18.9", "U07.1")  # sepsis, pneumonia, COVID-19


def earliest(times: list[int | None]) -> int | None:
    dated = [at for at in times if at is not None]
    return min(dated) if dated else None


def both(first: bool | None, second: bool | None) -> bool | None:
    """Three-valued and."""
    if first is False or second is False:
        return False
    return True if first and second else None


def infection(stay: Admission) -> Answer:
    """By code, by a positive test, or suspected: an antibiotic with a culture."""
    tests = [test for test in stay["test"] if test["result"] != "not_done"]
    seen: list[int | None] = [row["at"] for row in stay["diagnosis"] if row["code"] in CODES]
    seen += [
        test["at"]
        for test in tests
        if test["result"] == "positive" and test["method"] in ("rna", "antigen", "culture")
    ]
    seen += [
        min(drug["start"], test["at"])
        for drug in given(stay)
        for test in tests
        if drug["name"] == "meropenem"
        and test["method"] == "culture"
        and drug["start"] - 3 * DAY <= test["at"] <= drug["start"] + DAY
    ]
    if seen:
        return True, earliest(seen)
    return (False if stay["diagnosis"] else None), None


def dysfunctions(stay: Admission) -> list[int]:
    """Times of hypotension, hypoperfusion, or a SOFA component of two points."""
    pressure = sorted(vitals(stay, "sbp"))
    first = pressure[0][1] if pressure else Fraction(0)
    found = [at for at, v in pressure if v < 90 or first - v > 40]
    found += [at for at, v, _ in labs(stay, "lactate") if v > 2]
    found += [at for at, v, _ in labs(stay, "platelets") if v < 100]
    for name, conventional, molar in (("total_bilirubin", 2, 33), ("creatinine", 2, 171)):
        found += [
            at
            for at, v, mg_dl in labs(stay, name)
            if (v >= molar if mg_dl is None else mg_dl >= conventional)
        ]
    found += [at for at, v in vitals(stay, "gcs") if v < 13]
    found += [gas["at"] for gas in gases(stay) if gas["pf"] is not None and gas["pf"] < 300]
    return found


def supported(stay: Admission) -> list[int]:
    """When SIRS and a vasopressor within 24 h of it had both been seen."""
    return [
        max(now, start)
        for now in moments(stay)
        for start, stop in vasopressors(stay)
        if start - DAY <= now <= stop + DAY
    ]


def severe_sepsis(stay: Admission) -> Answer:
    """SIRS due to infection, with dysfunction or a running vasopressor within 24 h."""
    signs, infected = sirs(stay)[0], infection(stay)[0]
    times = supported(stay) + [
        max(now, at) for now in moments(stay) for at in dysfunctions(stay) if abs(now - at) <= DAY
    ]
    looked = any(abs(now - at) <= DAY for now in moments(stay) for at, _ in vitals(stay, "sbp"))
    met = both(both(signs, infected), True if times else (False if looked else None))
    return met, (min(times) if met else None)


def ml_per_kg(stay: Admission, dose: str | None, unit: str | None) -> Number:
    """A volume per kg; None where volume or weight is unknown."""
    weight = Fraction(stay["weight"] or 0)
    if dose is None or unit is None or unit.strip().lower() != "ml" or weight <= 0:
        return None
    return Fraction(dose) / weight


def shock_after_fluids(stay: Admission) -> list[int]:
    """Times of SBP < 90 mmHg after at least 30 mL/kg in the 24 h before."""
    fluids = [
        (drug["start"], ml_per_kg(stay, drug["dose"], drug["unit"]))
        for drug in given(stay)
        if drug["name"] == "lactated ringer"
    ]
    found = []
    for at, value in vitals(stay, "sbp"):
        volume = sum(ml or 0 for start, ml in fluids if at - DAY <= start <= at)
        if value < 90 and volume >= 30:
            found.append(at)
    return found


def septic_shock(stay: Admission) -> Answer:
    """Severe sepsis with a vasopressor near SIRS, or with hypotension after fluids."""
    severe, since = severe_sepsis(stay)
    times = supported(stay) + shock_after_fluids(stay)
    met = both(severe, True if times else unsupported(stay))
    return met, (max(min(times), since or 0) if met else None)


def unsupported(stay: Admission) -> bool | None:
    """False: no vasopressor near SIRS and no fluids before hypotension. None: nobody can say."""
    if not sends(stay, "medication") or (sirs(stay)[0] is None and vasopressors(stay)):
        return None
    low = any(value < 90 for _, value in vitals(stay, "sbp"))
    unknown = any(
        drug["name"] == "lactated ringer" and ml_per_kg(stay, drug["dose"], drug["unit"]) is None
        for drug in given(stay)
    )
    return None if low and unknown else False


def shock(stay: Admission) -> Answer:
    """A vasopressor with lactate > 2 mmol/L within 24 h; without any lactate then, alone."""
    runs = vasopressors(stay)
    near = [
        (max(start, at), value)
        for start, stop in runs
        for at, value, _ in labs(stay, "lactate")
        if start - DAY <= at <= stop + DAY
    ]
    raised = [at for at, value in near if value > 2]
    if raised:
        return True, min(raised)
    if runs and not near:
        return True, min(start for start, _ in runs)
    if runs:
        return False, None
    return (False if sends(stay, "medication") else None), None
