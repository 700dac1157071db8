"""Checked arrays for every survival analysis: what is not a time, event or covariate is refused."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import numbers, refuse_far, refuse_far_weights
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

_BLOCK_ROWS = 4_096


def finite_vector(name: str, values: ArrayLike, n: int | None = None) -> FloatArray:
    """Return one finite number per row, shape (n,).

    Raises AnalysisError when `values` is not one-dimensional, is empty, is not of length `n`,
    or holds a missing or infinite value (the message counts them, it never shows them).
    """
    vector = numbers(values, name)
    if vector.ndim != 1:
        raise AnalysisError(f"{name}: has {vector.ndim} dimensions, needs 1 (one value per row).")
    if vector.size == 0:
        raise AnalysisError(f"{name}: there is no row to analyse.")
    if n is not None and vector.size != n:
        raise AnalysisError(f"{name}: has {vector.size} rows where time has {n}.")
    bad = int(vector.size - np.count_nonzero(np.isfinite(vector)))
    if bad:
        raise AnalysisError(
            f"{name}: {bad} of {vector.size} values are missing or infinite. "
            "Drop or impute these rows first."
        )
    refuse_far(vector, name)
    return vector


def follow_up_time(time: ArrayLike, *, allow_zero_quietly: bool = False) -> FloatArray:
    """Return follow-up times >= 0, shape (n,), in the caller's unit.

    Raises AnalysisError on negative, missing or infinite times. A time of exactly 0 is kept (the
    row is at risk at time 0 only) with a NumericalWarning, because it often stands for an unknown
    time.
    """
    vector = finite_vector("time", time)
    negative = int(np.count_nonzero(vector < 0))
    if negative:
        raise AnalysisError(
            f"time: {negative} of {vector.size} values are negative. Mend the dates, or give "
            "entry times when follow-up starts before the origin."
        )
    zero = int(np.count_nonzero(vector == 0))
    if zero and not allow_zero_quietly:
        warnings.warn(
            f"time: {zero} of {vector.size} values are exactly 0; they count as at risk at time 0 "
            "and nowhere else",
            NumericalWarning,
            stacklevel=3,
        )
    return vector


def event_indicator(event: ArrayLike, n: int) -> BoolArray:
    """Return True where the row ends in the event, shape (n,).

    Raises AnalysisError unless every value is 0, 1, False or True.
    """
    if type(event) is np.ndarray and event.dtype == np.bool_ and event.shape == (n,):
        return event
    vector = finite_vector("event", event, n)
    if not np.all((vector == 0) | (vector == 1)):
        raise AnalysisError("event: values other than 0 and 1. Code 1 for the event, 0 for none.")
    return np.asarray(vector == 1)


def event_status(status: ArrayLike, n: int) -> IntArray:
    """Return 0 for censored and 1, 2, ... for the cause of the event, shape (n,).

    Raises AnalysisError on a value that is not a whole number >= 0.
    """
    vector = finite_vector("status", status, n)
    if np.any(vector < 0) or np.any(vector != np.floor(vector)):
        raise AnalysisError("status: needs whole numbers, 0 for censored, 1, 2, ... for the cause.")
    return vector.astype(np.int64)


def entry_time(entry: ArrayLike | None, time: FloatArray) -> FloatArray | None:
    """Return the time at which each row comes under observation (open end), shape (n,), or None.

    A row is at risk in (entry, time]. Raises AnalysisError where entry >= time.
    """
    if entry is None:
        return None
    vector = finite_vector("entry", entry, time.size)
    late = int(np.count_nonzero(vector >= time))
    if late:
        raise AnalysisError(
            f"entry: {late} of {time.size} rows have entry >= time, so they are never at risk. "
            "Drop them."
        )
    return vector


def case_weights(weights: ArrayLike | None, n: int) -> FloatArray | None:
    """Return weights > 0, shape (n,), or None when every row counts once.

    Raises AnalysisError on a weight that is missing, infinite, zero or negative,
    and where the largest is too small or large for sums of squares.
    """
    if weights is None:
        return None
    vector = finite_vector("weights", weights, n)
    if np.any(vector <= 0):
        raise AnalysisError(
            f"weights: {int(np.count_nonzero(vector <= 0))} of {n} are not above 0. "
            "Drop the rows that should not count."
        )
    refuse_far_weights(vector)
    return vector


def design_matrix(x: ArrayLike, n: int) -> FloatArray:
    """Return the covariates, shape (n, p), from shape (n,) or (n, p).

    Raises AnalysisError on a wrong shape or a missing or infinite value (columns are named).
    """
    matrix = numbers(x, "x")
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[0] != n or matrix.shape[1] == 0:
        raise AnalysisError(
            f"x: has shape {matrix.shape}; needs ({n},) or ({n}, p) with p >= 1 covariates."
        )
    if not np.all(np.isfinite(matrix)):
        bad = [j for j in range(matrix.shape[1]) if not np.all(np.isfinite(matrix[:, j]))]
        raise AnalysisError(
            f"x: columns {bad} hold missing or infinite values. Drop or impute these rows first."
        )
    with np.errstate(over="ignore"):
        far = [j for j in range(matrix.shape[1]) if not np.isfinite(matrix[:, j] @ matrix[:, j])]
    if far:
        raise AnalysisError(
            f"x: columns {far} hold values so large that their squares overflow. Change the unit."
        )
    return matrix


def constant_columns(matrix: FloatArray) -> list[int]:
    """Return the columns of `matrix` (n, p) that hold one value only."""
    head = matrix[:1000]
    suspects = np.flatnonzero(np.all(head == head[0], axis=0))
    return [int(j) for j in suspects if np.all(matrix[:, j] == matrix[0, j])]


def standardised(matrix: FloatArray, order: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the rows of `matrix` (n, p) in `order`, centred and scaled; centres and scales (p,).

    The result is stored by columns. A column without spread keeps scale 1.
    """
    ordered = np.empty(matrix.shape, order="F")
    for start in range(0, order.size, _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        ordered[rows] = matrix[order[rows]]
    center, scale = ordered.mean(axis=0), np.ones(matrix.shape[1])
    for j in range(matrix.shape[1]):
        column = ordered[:, j]
        column -= center[j]
        spread = float(np.sqrt(column @ column / column.size))
        if spread > 0:
            scale[j] = spread
            column /= spread
    return ordered, center, scale


def column_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """Return one name per covariate; x0, x1, ... when none is given."""
    if names is None:
        return tuple(f"x{j}" for j in range(p))
    if len(names) != p:
        raise AnalysisError(f"names: {len(names)} names for {p} covariates.")
    return tuple(names)
