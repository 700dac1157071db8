"""p-values corrected for how many were looked at, by statsmodels; the family is what is passed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import FloatArray


def holm(p: ArrayLike) -> FloatArray:
    """Holm's step-down p of each test, same shape (m,): the family-wise error is kept.

    NaN stays NaN and does not count in the family. Raises UsageError for a p outside [0, 1].
    Source: Holm 1979.
    """
    return _corrected(p, "holm")


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """The Benjamini-Hochberg p of each test, same shape (m,): the false discovery rate is kept.

    NaN stays NaN and does not count in the family. Raises UsageError for a p outside [0, 1].
    Source: Benjamini & Hochberg 1995.
    """
    return _corrected(p, "fdr_bh")


def _corrected(p: ArrayLike, method: str) -> FloatArray:
    from statsmodels.stats.multitest import multipletests

    every = np.atleast_1d(numbers(p, "p-values")).copy()
    known = ~np.isnan(every)
    values = every[known]
    if every.ndim != 1 or bool(((values < 0) | (values > 1)).any()):
        raise UsageError("p-values: one dimension, each between 0 and 1 (or NaN).")
    if values.size:
        with _nothing_to_collect():
            every[known] = multipletests(values, method=method)[1]
    return every


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Within the block a collection of garbage looks at new objects alone.

    `multipletests` orders one for ten numbers, which takes a look at every object of a run.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
