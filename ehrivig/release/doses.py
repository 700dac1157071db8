"""How the exposed were dosed: beside bins of which some are hidden a mean has two digits, SD one.

Doses come in steps (vials of 5 g), days are whole: with all its digits, a mean is the sum over the
bins, and SD the sum of squares, from which a few hidden bins follow. Those of the people who had
the outcome, and of those who had not, tell how many of a bin had it, also where every bin is shown;
so does what compares both.
"""

from __future__ import annotations

import math
import re

import polars as pl

from ehrivig.release.attack.attack import kind
from ehrivig.release.attack.doses import DIGITS, step_of

Tables = dict[str, pl.DataFrame]
_DESCRIBED = re.compile(r"(mean|sd)_\w+")
_COMPARED = ("p", "smd")


def rounded(tables: Tables) -> Tables:
    """Tables whose means and SD of a feature have few digits where a bin of it is hidden.

    Where each bin has one dose, those of both outcomes have few digits in any case.
    """
    hidden, stepped = _with_hidden_bins(tables), _with_one_dose(tables)
    return {name: _rounded(frame, hidden, stepped) for name, frame in tables.items()}


def _histograms(tables: Tables) -> list[pl.DataFrame]:
    return [
        frame
        for frame in tables.values()
        if kind(set(frame.columns)) == "histogram" and "feature" in frame.columns
    ]


def _with_hidden_bins(tables: Tables) -> list[str]:
    found = list[str]()
    for frame in _histograms(tables):
        found += frame.filter(pl.col("n").is_null())["feature"].unique().to_list()
    return sorted(found)


def _with_one_dose(tables: Tables) -> list[str]:
    """Features of which each bin that holds people has one value."""
    return sorted(
        str(name)
        for frame in _histograms(tables)
        for (name,), rows in frame.group_by("feature", maintain_order=True)
        if step_of(rows.to_dicts()) is not None
    )


def _rounded(frame: pl.DataFrame, hidden: list[str], stepped: list[str]) -> pl.DataFrame:
    if kind(set(frame.columns)) != "descriptive" or not (hidden or stepped):
        return frame
    variable = pl.col("variable")
    of_all = [name for name in frame.columns if _DESCRIBED.fullmatch(name)]
    of_arms = [name for name in of_all if not name.endswith("_all")]
    frame = _in_short(frame, variable.is_in(hidden), of_all)
    frame = _in_short(frame, variable.is_in(stepped), of_arms)
    return _in_short(frame, variable.is_in(stepped), [n for n in _COMPARED if n in frame.columns])


def _in_short(frame: pl.DataFrame, rows: pl.Expr, names: list[str]) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(rows).then(_short(name)).otherwise(pl.col(name)).alias(name) for name in names
    )


def _short(name: str) -> pl.Expr:
    """A column of means, SD or what compares them with few digits."""
    digits = DIGITS.get(name.partition("_")[0], 2)
    numbers = pl.col(name).cast(pl.Float64)
    return numbers.map_elements(lambda v: to_digits(v, digits), return_dtype=pl.Float64)


def to_digits(value: float, digits: int) -> float:
    """A number to so many significant digits: to two, 89.7 is 90 and 0.1349 is 0.13."""
    if not value or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
