"""Squares and products of covariates: what a model that is linear in them cannot see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ehrivig.stats.arrays import standardised
from ehrivig.stats.result import FloatArray


def scaled(x: FloatArray) -> FloatArray:
    """Columns around 0 with a spread of 1; those all alike stay 0."""
    return standardised(x, x)


def squares_and_products(
    x: FloatArray, names: Sequence[str], plain: int = 0
) -> tuple[FloatArray, tuple[str, ...]]:
    """The squares and pairwise products of scaled columns, (n, q), and their names.

    x : (n, p), without the last `plain` columns, which have none. Left out are products that are
    all alike, and the square of a yes/no column, which tells no more than it.
    """
    bent = scaled(x[:, : x.shape[1] - plain])
    first, second = np.triu_indices(bent.shape[1])
    products = bent[:, first] * bent[:, second]
    two = np.array([len(np.unique(column)) <= 2 for column in bent.T], dtype=bool)
    more = np.ptp(products, axis=0) > 1e-9
    more &= ~((first == second) & two[first])
    labels = [
        f"{names[i]} squared" if i == j else f"{names[i]} x {names[j]}"
        for i, j in zip(first[more], second[more], strict=True)
    ]
    return products[:, more], tuple(labels)
