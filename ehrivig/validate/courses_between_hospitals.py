"""Hospitals whose courses of the exposure have far more days without a dose than all others'.

A course has a dose on most of its days, or on every second one, and hospitals that study one drug
hardly differ in it: where rows are missing, days without a dose lie inside of courses. Where rows
are of orders, each course has but its first day.
"""

from __future__ import annotations

import polars as pl

from ehrivig.validate.chance import high, low

NAME = "quality/course"
FEWEST = 20
"""Stays with doses on several days that a hospital needs to be judged."""
_OTHERS, _FEW, _ALIKE = 2, 0.8, 1.25
_SHORT, _AS_LONG = 0.25, 2.0


def with_gaps(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> days that lack a dose inside of courses, of the days of courses.

    `frame`: hospital_id, n_several (stays with doses on several days), n_dosed (these days),
    n_span (days from the first to the last of them).
    """
    counts = frame.filter(pl.col("n_several") >= FEWEST).sort("hospital_id")
    rows = counts.select("hospital_id", "n_dosed", "n_span").rows()
    shares = {name: dosed / span for name, dosed, span in rows}
    return {name: (_missing(name, dosed, span, shares), span) for name, dosed, span in rows}


def _missing(hospital: str, dosed: int, span: int, shares: dict[str, float]) -> int:
    others = [share for name, share in shares.items() if name != hospital]
    if len(others) < _OTHERS or high(others) > _ALIKE * low(others):
        return 0
    return round(span * low(others)) - dosed if shares[hospital] < _FEW * low(others) else 0


def too_short(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> days with a dose that are missing, where stays have a quarter of those elsewhere.

    `frame`: hospital_id, n_stays, n_days (days with a dose).
    """
    counts = frame.filter(pl.col("n_stays") >= FEWEST).sort("hospital_id")
    rows = counts.select("hospital_id", "n_stays", "n_days").rows()
    lengths = {name: days / stays for name, stays, days in rows}
    found = {}
    for name, stays, days in rows:
        others = [length for other, length in lengths.items() if other != name]
        alike = len(others) >= _OTHERS and high(others) <= _AS_LONG * low(others)
        lost = round(stays * low(others)) - days if alike else 0
        short = alike and lengths[name] < _SHORT * low(others)
        found[name] = (lost if short else 0), days + max(lost, 0)
    return found
