"""In which months the stays of a hospital begin: outside of the study period, or with a gap.

A hospital whose stays all lie outside of the study period, though those of others do not, gives
nobody to the study: its dates are in another year, or it is another extract. A month without stays
between months with many, in which the other hospitals have theirs, is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from statistics import median

import polars as pl

from ehrivig.validate.chance import at_most, low
from ehrivig.validate.network import Network

NAME = "quality/stay_month"
_LEAST_STAYS = 20
_LEFT, _BY_CHANCE, _AROUND = 0.1, 1e-6, 3
Months = Mapping[int, int]
"""Month (12 times the year, and the month) -> stays that begin in it."""
Counts = Iterator[tuple[str, int, int]]


def by_hospital(frame: pl.DataFrame) -> dict[str, dict[int, int]]:
    """Hospital -> its months. `frame`: hospital_id, month, n."""
    found: dict[str, dict[int, int]] = {}
    for hospital, month, n in frame.select("hospital_id", "month", "n").sort(pl.all()).iter_rows():
        found.setdefault(hospital, {})[month] = n
    return found


def outside(months: Mapping[str, Months], period: tuple[date, date] | None) -> Counts:
    """Hospital, its stays where all lie outside of the period and some elsewhere do not, all."""
    if period is None:
        return
    first, last = (12 * day.year + day.month for day in period)
    inside = {h: sum(n for m, n in own.items() if first <= m <= last) for h, own in months.items()}
    for hospital, own in months.items():
        stays = sum(own.values())
        nobody = not inside[hospital] and stays >= _LEAST_STAYS and any(inside.values())
        yield hospital, stays if nobody else 0, stays


def missing(months: Mapping[str, Months]) -> Counts:
    """Hospital, stays that are missing in months between others, those and all that came."""
    for hospital, own in months.items():
        others = [of for name, of in months.items() if name != hospital and sum(of.values()) >= 50]
        lost = 0
        for month in range(min(own), max(own) + 1) if others else ():
            there = low([_left(of, month) for of in others])
            lost += _lost(own, month) if there > _LEFT else 0
        yield hospital, lost, sum(own.values()) + lost


def _usual(own: Months, month: int) -> float:
    """The stays of a month as those before and those after it let expect, the fewer of both."""
    before = [own[m] for m in sorted(own) if m < month][-_AROUND:]
    after = [own[m] for m in sorted(own) if m > month][:_AROUND]
    return min(median(before), median(after)) if before and after else 0.0


def _left(own: Months, month: int) -> float:
    """The proportion of the stays of a month that came, of those expected; 1 where none are."""
    usual = _usual(own, month)
    return own.get(month, 0) / usual if usual else float(month in own)


def _lost(own: Months, month: int) -> int:
    """Stays that are missing in a month, where that is no chance."""
    here, usual = own.get(month, 0), _usual(own, month)
    gone = here < _LEFT * usual and at_most(here, usual) < _BY_CHANCE
    return round(usual) - here if gone else 0


def out_of_period(network: Network) -> Counts:
    """Stays of hospitals that have none in the study period, though others have."""
    study = network.study
    asked = any(one.rule == "period" for one in study.cohort.criteria)
    return outside(by_hospital(network.table(NAME)), study.extract.period if asked else None)


def in_every_month(network: Network) -> Counts:
    """Stays that are missing in months between others."""
    return missing(by_hospital(network.table(NAME)))
