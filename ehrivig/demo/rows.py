"""How arrays become columns of an event table: coded text, clock times, flattened grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.demo.margins import Flags, Floats, Ints

Index = NDArray[np.integer[Any]]


def coded(index: Index, names: Sequence[str]) -> pl.Series:
    """Text by number: row i is names[index[i]]; names are unique, 255 at most."""
    return pl.Series(index.astype(np.uint8)).cat.to(pl.Enum(list(names)))


def clock(minutes: Ints) -> pl.Series:
    """Hospital-local wall clock from minutes since 1970; null where negative."""
    times = pl.Series(minutes * 60_000_000).cast(pl.Datetime("us"))
    return times if not len(minutes) or minutes.min() >= 0 else _null_where(times, minutes < 0)


def _null_where(values: pl.Series, where: Flags) -> pl.Series:
    return values.scatter(np.flatnonzero(where), None)


def table(columns: Mapping[str, pl.Series | Floats | Ints | Flags]) -> pl.DataFrame:
    """A frame of named columns."""
    return pl.DataFrame(
        [
            values.alias(name) if isinstance(values, pl.Series) else pl.Series(name, values)
            for name, values in columns.items()
        ]
    )


def numbers(stays: pl.DataFrame, name: str) -> Any:
    """One column of the stays as an array."""
    return stays[name].to_numpy()


def within(offset: Floats, length: Ints, proportion: float = 0.9) -> Ints:
    """Whole minutes after admission, never later than `proportion` of the stay."""
    return np.asarray(np.minimum(offset, proportion * length), dtype=np.int64)
