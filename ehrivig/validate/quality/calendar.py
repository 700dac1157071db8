"""Completeness over calendar time: since when, and until when, a hospital's tables are charted.

Rows of a month for each stay that began in it, and a step function fitted to them: none, then a
level, then none again. Source: the step estimator of EDS-TeVa (github.com/aphp/edsteva).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ehrivig.disclosure import shown
from ehrivig.validate.quality import numbers

_MANY, _MOST_PARTIAL = 12, 25
"""Hospitals whose tables are shown by month, and tables that are named, at most."""
FEWEST_MONTHS = 4
"""Months with enough stays that a step can be seen in."""
_LEAST_GAIN = 0.5
"""The part of the squared error that a step must take away."""
_NOTHING = 0.25
"""Of the level: what a month outside the step has at most."""
_EXPECTED = 10
"""Rows that the months outside would have had at the level: fewer may be none by chance."""


@dataclass(frozen=True)
class Charted:
    """A table of a hospital by month (year x 12 + month), oldest first.

    `shares`: rows for each stay as a part of the level; None for a month with too few stays.
    `begin`, `end`: the months between which it is charted, where that is not all of them.
    `outside`: stays that began in another month.
    """

    hospital_id: str
    table: str
    months: tuple[int, ...]
    shares: tuple[float | None, ...]
    begin: int | None
    end: int | None
    outside: int

    @property
    def is_partial(self) -> bool:
        """Whether charting begins after the first stays, or ends before the last ones."""
        return self.begin is not None or self.end is not None


def charted(folder: Path, smallest: int) -> list[Charted]:
    """Every table of every hospital of a run with months enough, in order."""
    stays = numbers.aggregate(folder, "stay_month")
    rows = numbers.aggregate(folder, "month")
    return [one for one in _each(stays, rows, smallest) if one is not None]


def _each(stays: pl.DataFrame, rows: pl.DataFrame, smallest: int) -> Iterator[Charted | None]:
    counted = {
        (hospital, table, month): n
        for hospital, table, month, n in rows.select("hospital_id", "table", "month", "n").rows()
    }
    tables = sorted(rows.select("hospital_id", "table").unique().rows())
    of_hospital: dict[str, dict[int, int]] = {}
    for hospital, month, n in stays.select("hospital_id", "month", "n").rows():
        of_hospital.setdefault(hospital, {})[month] = n
    for hospital, table in tables:
        begun = of_hospital.get(hospital, {})
        if begun:
            months = range(min(begun), max(begun) + 1)
            n_rows = [counted.get((hospital, table, month), 0) for month in months]
            n_stays = [begun.get(month, 0) for month in months]
            yield _charted(hospital, table, months, n_rows, n_stays, smallest)


def _charted(
    hospital: str,
    table: str,
    months: Sequence[int],
    n_rows: list[int],
    n_stays: list[int],
    smallest: int,
) -> Charted | None:
    enough = [number for number, n in enumerate(n_stays) if n >= max(smallest, 1)]
    if len(enough) < FEWEST_MONTHS:
        return None
    weights = np.array([n_stays[number] for number in enough], float)
    per_stay = np.array([n_rows[number] for number in enough], float) / weights
    first, last, level = step(per_stay, weights)
    if level <= 0:
        return None
    shares: list[float | None] = [None] * len(n_stays)
    for number, value in zip(enough, per_stay, strict=True):
        shares[number] = float(value / level)
    begin = None if first == 0 else months[enough[first]]
    end = None if last == len(enough) - 1 else months[enough[last]]
    inside = range(enough[first] if first else 0, (enough[last] if end else len(n_stays) - 1) + 1)
    outside = sum(n for number, n in enumerate(n_stays) if number not in inside)
    return Charted(hospital, table, tuple(months), tuple(shares), begin, end, outside)


def step(per_stay: np.ndarray, weights: np.ndarray) -> tuple[int, int, float]:
    """First and last month of the step that fits rows for each stay best, and its level.

    `per_stay`, `weights`: one value a month. The whole range where no step takes away half of the
    squared error, where months outside it have more than a quarter of the level, or where so few
    rows are expected of them that none may be chance.
    """
    size = len(per_stay)
    whole = _error(per_stay, weights, 0, size - 1)
    spans = ((first, last) for first in range(size) for last in range(first, size))
    best = min(spans, key=lambda span: _error(per_stay, weights, *span))
    level = float(
        np.average(per_stay[best[0] : best[1] + 1], weights=weights[best[0] : best[1] + 1])
    )
    rest = np.ones(size, bool)
    rest[best[0] : best[1] + 1] = False
    expected = level * weights[rest].sum()
    gained = _error(per_stay, weights, *best) <= (1 - _LEAST_GAIN) * whole
    nothing = per_stay[rest].max(initial=0.0) <= _NOTHING * level
    if expected >= _EXPECTED and gained and nothing:
        return best[0], best[1], level
    return 0, size - 1, float(np.average(per_stay, weights=weights))


def _error(per_stay: np.ndarray, weights: np.ndarray, first: int, last: int) -> float:
    """Weighted squared error of a level between two months, and nothing elsewhere."""
    inside = slice(first, last + 1)
    level = np.average(per_stay[inside], weights=weights[inside])
    fitted = np.zeros(len(per_stay))
    fitted[inside] = level
    return float((weights * (per_stay - fitted) ** 2).sum())


def month_name(month: int) -> str:
    """2020-03, of year x 12 + month."""
    year, number = divmod(month - 1, 12)
    return f"{year:04d}-{number + 1:02d}"


def shown_on_page(folder: Path, n_hospitals: int, smallest: int) -> dict[str, Any]:
    """Tables by month of every hospital (of few), and where charting begins late or ends early."""
    every = charted(folder, smallest)
    partial = sorted((c for c in every if c.is_partial), key=lambda c: -c.outside)
    shown_ = [] if n_hospitals > _MANY else every
    names = sorted({one.hospital_id for one in shown_})
    return {
        "calendars": {name: [c for c in shown_ if c.hospital_id == name] for name in names},
        "month_name": month_name,
        "partial": [
            {
                "hospital": one.hospital_id,
                "table": one.table,
                "begin": month_name(one.begin) if one.begin else "",
                "end": month_name(one.end) if one.end else "",
                "outside": shown(one.outside, smallest),
            }
            for one in partial[:_MOST_PARTIAL]
        ],
        "n_partial": len(partial),
    }
