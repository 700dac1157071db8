"""What stands in the columns of a table, in few numbers that can be stored and compared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

NUMBERS = ("known", "distinct", "mean", "sd")
_ORIGIN = datetime(2020, 1, 1)
_IN_TEXT = re.compile(r"\d+(?:\.\d+)?")


def summary(frame: pl.DataFrame, **place: str) -> list[dict[str, Any]]:
    """One row per column: known values, distinct ones, mean and spread; `place` in front."""
    return [{**place, "column": name, **_of(frame[name])} for name in frame.columns]


def _of(values: pl.Series) -> dict[str, Any]:
    known = values.drop_nulls()
    numbers = _numbers(known)
    if values.dtype.is_float():  # the last digits differ between processors
        values = values.round_sig_figs(9)
    mean, spread = numbers.mean(), numbers.std()
    return {
        "known": len(known),
        "distinct": values.n_unique(),
        "mean": "" if mean is None else f"{mean:.12g}",
        "sd": "" if spread is None else f"{spread:.12g}",
    }


def _numbers(known: pl.Series) -> pl.Series:
    """Numbers as they are, minutes of 2020; of texts the numbers in them, whatever the words."""
    if known.dtype.is_temporal():
        known = (known.cast(pl.Datetime("us")) - _ORIGIN).dt.total_microseconds() / 60e6
    if known.dtype.is_numeric() or known.dtype == pl.Boolean:
        return known.cast(pl.Float64)
    texts = known.cast(pl.String).to_list()
    found = [float(number) for text in texts for number in _IN_TEXT.findall(text)]
    return pl.Series(found, dtype=pl.Float64)


def differences(
    found: Sequence[dict[str, Any]], stored: Sequence[dict[str, str]], tolerance: float
) -> Iterator[str]:
    """Where summaries are not the same, but for the last digits, in which processors may differ."""
    now, then = ({_key(row): row for row in rows} for rows in (found, stored))
    yield from (f"{key} is new" for key in now.keys() - then.keys())
    yield from (f"{key} is gone" for key in then.keys() - now.keys())
    for key in now.keys() & then.keys():
        for name in NUMBERS:
            one, other = str(now[key][name]), str(then[key][name])
            if not (one == other or _near(one, other, tolerance)):
                yield f"{key}: {name} {other} -> {one}"


def _key(row: dict[str, Any]) -> str:
    return ".".join(str(value) for name, value in row.items() if name not in NUMBERS)


def _near(one: str, other: str, tolerance: float) -> bool:
    a, b = (float(text or "nan") for text in (one, other))
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-9)
