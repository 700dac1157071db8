"""Hospitals that give the exposure at hours of the day at which the others do not: shifted times.

Where a drug is given on rounds, nearly all doses begin within few hours of the day, and hospitals
agree about when. Doses of one hospital that begin in two such spans, or in one that is hours away
from all others', tell of times in another zone than the rest. Drugs that are given around the clock
say nothing. Counted are stays, each at the hour at which it had most doses: one patient's many
doses at one hour are no habit of a hospital.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

NAME = "quality/exposure_hour"
FEWEST = 20
"""Stays that a hospital needs to be judged."""
SPAN, APART = 4, 5
"""Hours of a span, and between the beginnings of spans that are not the same."""
_OTHERS = 2
_NEARLY_ALL, _TOO_FEW = 0.8, 0.65


@dataclass(frozen=True)
class Hours:
    """The stays of a hospital by the hour at which they had most doses."""

    n: tuple[int, ...]

    @property
    def all(self) -> int:
        """All of them."""
        return sum(self.n)

    def within(self, first: int) -> int:
        """Those of the span that begins with an hour."""
        return sum(self.n[(first + hour) % 24] for hour in range(SPAN))

    @property
    def first(self) -> int:
        """The hour with which the fullest span begins."""
        return max(range(24), key=self.within)

    @property
    def most(self) -> int:
        """The stays of the fullest span."""
        return self.within(self.first)

    @property
    def second(self) -> int:
        """The stays of the fullest span that is another one."""
        return max(self.within(hour) for hour in range(24) if _apart(hour, self.first) >= APART)


def shifted(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> stays at hours of their own, of all at their hours.

    `frame`: hospital_id, hour (0 to 23), n. Hospitals with too few are not there.
    """
    hospitals = {name: hours for name, hours in _by_hospital(frame).items() if hours.all >= FEWEST}
    usual = {name: one for name, one in hospitals.items() if one.most >= _NEARLY_ALL * one.all}
    return {name: (_shifted(name, one, usual), one.all) for name, one in hospitals.items()}


def _by_hospital(frame: pl.DataFrame) -> dict[str, Hours]:
    found: dict[str, list[int]] = {}
    for name, hour, n in frame.select("hospital_id", "hour", "n").sort(pl.all()).iter_rows():
        found.setdefault(name, [0] * 24)[hour] += n
    return {name: Hours(tuple(hours)) for name, hours in found.items()}


def _shifted(name: str, own: Hours, usual: Mapping[str, Hours]) -> int:
    """Stays of a hospital away from the span of the others, where these have one in common."""
    firsts = [one.first for other, one in usual.items() if other != name]
    together = [
        hour for hour in firsts if sum(_apart(hour, h) < APART for h in firsts) * 2 > len(firsts)
    ]
    if len(firsts) < _OTHERS or len(together) * 2 <= len(firsts):
        return 0
    if name in usual:
        return own.most if all(_apart(own.first, hour) >= APART for hour in together) else 0
    two = own.most < _TOO_FEW * own.all and own.most + own.second >= _NEARLY_ALL * own.all
    return own.second if two else 0


def _apart(one: int, other: int) -> int:
    """Hours between two hours of the day, the shorter way."""
    return min((one - other) % 24, (other - one) % 24)
