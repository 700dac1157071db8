"""p-values corrected in their families, without what they tell of tests that are not shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from ehrivig.stats.result import FloatArray
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm

_CORRECTED: dict[str, Callable[[FloatArray], FloatArray]] = {
    "p_holm": holm,
    "p_bh": benjamini_hochberg,
}


def families(frame: pl.DataFrame) -> pl.DataFrame:
    """Effects whose corrected p rest on shown p alone: a hidden test of a family counts as p = 1.

    Both corrections hand on the p of another test, to all its digits; a hidden one would give its
    counts away. So corrected, no p is smaller than the exact one. A table without a column
    `family` is one family.
    """
    if not {"p", "p_holm"} <= set(frame.columns):
        return frame
    named = pl.Series(["all"] * frame.height, dtype=pl.String)
    if "family" in frame.columns:
        named = frame["family"].cast(pl.String).fill_null("")
    for column, correct in _CORRECTED.items():
        if column in frame.columns:
            frame = frame.with_columns(_corrected(frame, named, correct).alias(column))
    return frame


def _corrected(
    frame: pl.DataFrame, named: pl.Series, correct: Callable[[FloatArray], FloatArray]
) -> pl.Series:
    p, found = frame["p"].cast(pl.Float64), np.full(frame.height, np.nan)
    for name in named.unique().to_list():
        mine = (named == name).to_numpy()
        if name:
            found[mine] = correct(p.fill_null(1.0).to_numpy()[mine])
    told = p.is_not_null().to_numpy()
    return pl.Series(np.where(told, found, np.nan)).fill_nan(None)
