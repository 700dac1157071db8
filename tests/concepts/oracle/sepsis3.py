"""Sepsis-3 (Singer 2016, JAMA 315:801): infection with a rise of SOFA by two points."""

from __future__ import annotations

from oracle import sofa
from oracle.sepsis import both, infection
from oracle.sirs import Answer
from oracle.stay import DAY, HOUR, Admission, windows


def sepsis3(stay: Admission) -> Answer:
    """A day from 48 h before to 24 h after the infection; before it the lowest score, or none: 0.

    Too much missing gives a day no score, but its lowest possible score can still have risen.
    """
    infected, at = infection(stay)
    risen, scored, earlier = [], False, []
    days = zip(windows(stay, stay["admitted"]), sofa.days(stay, stay["admitted"]), strict=True)
    for (begin, end), day in days:
        before = min(earlier, default=0)
        near = at is None or (end > at - 48 * HOUR and begin <= at + DAY)
        if near:
            scored = scored or day["sofa"] is not None
            if day["sofa_lo"] - before >= 2:
                risen.append(begin if at is None else max(begin, at))
        if day["sofa"] is not None:
            earlier.append(day["sofa"])
    met = both(infected, True if risen else (False if scored else None))
    return met, (min(risen) if met else None)
