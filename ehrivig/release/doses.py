"""How the exposed were dosed: beside bins of which some are hidden a mean has two digits, SD one.

Doses come in steps (vials of 5 g), days are whole: with all its digits, a mean is the sum over the
bins, and SD the sum of squares, from which a few hidden bins follow.
"""

from __future__ import annotations

import math
import re

import polars as pl

from ehrivig.release.attack.attack import kind
from ehrivig.release.attack.doses import DIGITS

Tables = dict[str, pl.DataFrame]
_DESCRIBED = re.compile(r"(mean|sd)_\w+")


def rounded(tables: Tables) -> Tables:
    """Tables whose means and SD of a feature have few digits where a bin of it is hidden."""
    hidden = _with_hidden_bins(tables)
    return {name: _rounded(frame, hidden) for name, frame in tables.items()}


def _with_hidden_bins(tables: Tables) -> list[str]:
    found = list[str]()
    for frame in tables.values():
        if kind(set(frame.columns)) == "histogram" and "feature" in frame.columns:
            found += frame.filter(pl.col("n").is_null())["feature"].unique().to_list()
    return sorted(found)


def _rounded(frame: pl.DataFrame, features: list[str]) -> pl.DataFrame:
    if kind(set(frame.columns)) != "descriptive" or not features:
        return frame
    of_them = pl.col("variable").is_in(features)
    names = [name for name in frame.columns if _DESCRIBED.fullmatch(name)]
    return frame.with_columns(
        pl.when(of_them).then(_short(name)).otherwise(pl.col(name)).alias(name) for name in names
    )


def _short(name: str) -> pl.Expr:
    """A column of means or SD with few digits."""
    digits = DIGITS[name.partition("_")[0]]
    numbers = pl.col(name).cast(pl.Float64)
    return numbers.map_elements(lambda v: to_digits(v, digits), return_dtype=pl.Float64)


def to_digits(value: float, digits: int) -> float:
    """A number to so many significant digits: to two, 89.7 is 90 and 0.1349 is 0.13."""
    if not value or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
