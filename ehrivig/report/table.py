"""A table of a run as it is read back, and a table as a reader sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.figures import digits
from ehrivig.stats.result import DIFFERENCES
from ehrivig.store import cells


@dataclass(frozen=True)
class RunTables:
    """Tables of one run folder; `people`: where its rows of admissions lie."""

    folder: Path
    people: Path = Path()

    def read(self, name: str) -> pl.DataFrame:
        """A CSV of the run; an empty frame when the run did not write it."""
        path = self.folder / name
        if not path.is_file() or path.stat().st_size < 2:
            return pl.DataFrame()
        return cells.read(path)


@dataclass(frozen=True)
class Table:
    """A table for a reader: a caption, a head, rows of text; a row with one cell is a heading."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""
    wide: bool = field(default=False)


_DIGITS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_UPRIGHT = str.maketrans("0123456789", _DIGITS)
_POWER = re.compile(r"\^(\d+)")
_MICRO = re.compile(r"\bu(?=(?:g|L|mol|kat|IU|U)\b)")


def typeset(unit: str) -> str:
    """A unit as it is printed: 10^9/L with a raised 9, ug and umol with a micro sign."""
    return _MICRO.sub("\u00b5", _POWER.sub(lambda found: found[1].translate(_UPRIGHT), unit))


def with_unit(label: str, unit: str | None) -> str:
    """A label and its unit, said once: "Age, y"; also of a label that ends with it."""
    return f"{label}, {typeset(unit)}" if unit and not label.endswith(f", {unit}") else label


def signed(value: float, digits: str) -> str:
    """A number with its sign, minus as long as plus; `digits` as in a format."""
    return f"{value:+{digits}}".replace("-", "\u2212")


def estimate_text(row: dict[str, Any]) -> str:
    """The estimate of a row of effects.csv with its limits, alike in digits; empty without one."""
    if row["estimate"] is None:
        return ""
    return minus(
        digits.interval(
            row["estimate"], row["lo"], row["hi"], ratio=row["measure"] not in DIFFERENCES
        )
    )


def minus(text: str) -> str:
    """A text of numbers with minus signs as long as plus."""
    return text.replace("-", "\u2212")


def p_text(p: float | None) -> str:
    """A p-value: three decimals, or <0.001; empty when there is none."""
    if p is None:
        return ""
    return "<0.001" if p < 0.001 else f"{p:.3f}"
