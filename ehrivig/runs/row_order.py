"""The order in which rows are written: by all columns, so that no thread has a say in it."""

from __future__ import annotations

import polars as pl

_FEW = ("hospital_id", "name", "table")
"""Columns of text with few values: their rows are sorted apart, which spares comparing text."""
_MANY = 200_000


def by_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table sorted by its columns from the left, as `sort(columns)` has them.

    A table whose first column tells all rows apart (once those of few values are set aside) is
    sorted by this one alone: a fifth of the cost of sorting by all. It pays for many rows only.
    """
    return _sorted(frame, frame.columns)


def _sorted(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Sorted by some of the columns; in the others a row does not differ from the next."""
    if frame.height < _MANY:
        return frame.sort(columns)
    first, *others = columns
    if first in _FEW and others and frame[first].null_count() == 0:
        parts = frame.partition_by(first, maintain_order=True, as_dict=True)
        return pl.concat([_sorted(parts[key], others) for key in sorted(parts)], rechunk=True)
    return _by(frame, columns)


def _by(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    ordered = frame.sort(columns[0])
    return ordered if ordered[columns[0]].n_unique() == ordered.height else frame.sort(columns)
