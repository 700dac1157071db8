"""Arrays as the statistics take them: checked once, with an error that names what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import numbers, refuse_far_weights
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.result import BoolArray, FloatArray

INTERCEPT = "(intercept)"
FAR = 1e4  # spreads: beyond, predictions from an intercept at zero lose digits


def finite_vector(values: ArrayLike, what: str, n: int | None = None) -> FloatArray:
    """The values as a float array of shape (n,).

    Raises UsageError on another shape or length, AnalysisError when a value is NaN or infinite
    (the message counts them).
    """
    array = numbers(values, what)
    if array.ndim != 1:
        raise UsageError(f"{what}: expected one dimension, got shape {array.shape}.")
    if n is not None and array.shape[0] != n:
        raise UsageError(f"{what}: has {array.shape[0]} rows, the outcome has {n}.")
    _refuse_non_finite(array, what)
    return array


def binary_vector(values: ArrayLike, what: str, n: int | None = None) -> FloatArray:
    """The values as 0.0 and 1.0, shape (n,); UsageError when anything else is in them."""
    array = finite_vector(values, what, n)
    if not bool(((array == 0.0) | (array == 1.0)).all()):
        raise UsageError(f"{what}: must hold 0 and 1 only (or false and true).")
    return array


def arm_vector(values: ArrayLike, what: str = "treated", n: int | None = None) -> BoolArray:
    """True for the exposed, shape (n,); UsageError when a value is neither 0 nor 1."""
    return np.asarray(binary_vector(values, what, n) == 1.0)


def finite_matrix(values: ArrayLike, what: str, n: int) -> FloatArray:
    """The covariates as a float array of shape (n, p); one dimension is one column.

    Raises UsageError on a wrong shape, AnalysisError when a value is NaN or infinite.
    """
    array = numbers(values, what)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[0] != n:
        raise UsageError(f"{what}: expected {n} rows and one column each, got {array.shape}.")
    _refuse_non_finite(array, what)
    return array


def near_zero(x: FloatArray) -> FloatArray:
    """The columns (n, p), those that vary far from zero moved to their means.

    For models with an intercept whose coefficients nobody reads: fitted values stay the same.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite the fit refuses
        centre, spread = x.mean(axis=0), x.std(axis=0)
    far = (np.abs(centre) > FAR * spread) & (x.max(axis=0) > x.min(axis=0))
    return x - np.where(far, centre, 0.0) if far.any() else x


def standardised(x: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intercept and the columns, centred and scaled, (n, 1 + p), and the scales (p,).

    Slopes do not depend on the centre; far from it they would lose digits. `w` (n,) are weights.
    """
    total = w.sum()
    centred = x - (w @ x) / total
    scale = np.sqrt((w @ centred**2) / total)
    scale[scale == 0] = 1.0
    return np.column_stack([np.ones(len(x)), centred / scale]), scale


@dataclass(frozen=True)
class Design:
    """Columns of a regression: `names` (p,), `matrix` with an intercept (n, 1 + p), `scale` (p,).

    The matrix is centred and scaled; `slopes` and `covariance` go back to the units of the columns.
    """

    names: tuple[str, ...]
    matrix: FloatArray
    scale: FloatArray

    def slopes(self, beta: FloatArray) -> FloatArray:
        """The coefficients (p,) of the columns, of those of the matrix (1 + p,)."""
        return np.asarray(beta, dtype=np.float64)[1:] / self.scale

    def covariance(self, whole: FloatArray) -> FloatArray:
        """That of the slopes (p, p), of that of the matrix (1 + p, 1 + p)."""
        whole = np.asarray(whole, dtype=np.float64)
        return np.asarray(whole[1:, 1:] / np.outer(self.scale, self.scale), dtype=np.float64)


def design_of(
    x: ArrayLike,
    names: Sequence[str] | None,
    n: int,
    what: str,
    weights: FloatArray | None = None,
) -> Design:
    """The columns of `x` (n, p) for the model called `what`.

    Raises UsageError on a wrong shape; AnalysisError for missing values, no more rows than
    coefficients, and columns that others determine.
    """
    columns = finite_matrix(x, "x", n)
    labels = column_names(names, columns.shape[1])
    if n <= columns.shape[1] + 1:
        raise AnalysisError(f"{what}: {n} rows for {columns.shape[1] + 1} coefficients.")
    w = np.ones(n) if weights is None else weights
    matrix, scale = standardised(columns, w)
    refuse_dependent(matrix.T @ (matrix * w[:, None]), (INTERCEPT, *labels), what)
    return Design(labels, matrix, scale)


def weight_vector(values: ArrayLike | None, n: int) -> FloatArray | None:
    """Weights of shape (n,), none negative, not all zero; None stays None (all equal to one)."""
    if values is None:
        return None
    weights = finite_vector(values, "weights", n)
    if n and bool((weights < 0).any()):
        raise AnalysisError("weights: some are negative; a weight must be 0 or more.")
    if n and not bool((weights > 0).any()):
        raise AnalysisError("weights: all are zero; nothing is left to analyse.")
    refuse_far_weights(weights)
    return weights


def column_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """One name for each of p columns; `x1`, `x2`, ... where none were given."""
    if names is None:
        return tuple(f"x{j + 1}" for j in range(p))
    names = [names] if isinstance(names, str) else names
    if len(names) != p:
        raise UsageError(f"names: {len(names)} names for {p} columns.")
    return tuple(names)


def _refuse_non_finite(array: FloatArray, what: str) -> None:
    """Raise AnalysisError when the array holds NaN, infinity, or what has no finite square.

    One pass when all is well.
    """
    flat = array.ravel(order="K")
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(flat @ flat):
            return
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        raise AnalysisError(
            f"{what}: {bad} of {array.size} values are missing or infinite. "
            "Impute them or leave those rows out before the fit."
        )
    raise AnalysisError(f"{what}: values so large that their squares overflow. Change the unit.")
