"""p-values corrected for how many were looked at; the family is what is passed in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import FloatArray, IntArray


def holm(p: ArrayLike) -> FloatArray:
    """Holm's step-down p of each test, same shape (m,): the family-wise error is kept.

    NaN stays NaN and does not count in the family. Raises UsageError for a p outside [0, 1].
    Source: Holm 1979.
    """
    values, known = _family(p)
    ordered = np.argsort(values, kind="stable")
    m = len(values)
    raised = np.maximum.accumulate(values[ordered] * np.arange(m, 0, -1))
    return _back(np.minimum(raised, 1.0), ordered, known)


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """The Benjamini-Hochberg p of each test, same shape (m,): the false discovery rate is kept.

    NaN stays NaN and does not count in the family. Raises UsageError for a p outside [0, 1].
    Source: Benjamini & Hochberg 1995.
    """
    values, known = _family(p)
    ordered = np.argsort(values, kind="stable")
    m = len(values)
    lowered = values[ordered] * m / np.arange(1, m + 1)
    lowered = np.minimum.accumulate(lowered[::-1])[::-1]
    return _back(np.minimum(lowered, 1.0), ordered, known)


def _family(p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The p-values that are known, and a copy of all with their places."""
    every = np.atleast_1d(numbers(p, "p-values")).copy()
    values = every[~np.isnan(every)]
    if every.ndim != 1 or bool(((values < 0) | (values > 1)).any()):
        raise UsageError("p-values: one dimension, each between 0 and 1 (or NaN).")
    return values, every


def _back(adjusted: FloatArray, ordered: IntArray, every: FloatArray) -> FloatArray:
    """Adjusted values in the places where they came from."""
    values = np.empty(len(adjusted))
    values[ordered] = adjusted
    result = every.copy()
    result[~np.isnan(every)] = values
    return result
