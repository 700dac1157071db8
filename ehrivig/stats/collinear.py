"""Columns that other columns determine, found in their cross product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray

PIVOT_TOLERANCE = 1e-11  # 1 - R2 of a column on those before it; R's glm uses the same number


def refuse_dependent(information: FloatArray, labels: Sequence[str], what: str) -> None:
    """Raise AnalysisError naming the columns that those before them determine."""
    dependent = dependent_columns(information)
    if not dependent:
        return
    named = ", ".join(labels[j] or f"column {j}" for j in dependent)
    raise AnalysisError(
        f"{what}: constant or collinear with the columns before it: {named}. "
        "Drop it (an exposure here means that one arm is empty)."
    )


def dependent_columns(information: FloatArray) -> list[int]:
    """The columns whose pivot vanishes in the elimination of a symmetric (k, k) matrix.

    In the order of the columns: one that has nothing of its own beside those before it is listed
    (a constant one, where an intercept is before it).
    """
    rest, dependent = information.copy(), []
    diagonal = np.diag(information)
    largest = float(diagonal.max(initial=0.0))
    for j in range(len(rest)):
        if rest[j, j] <= PIVOT_TOLERANCE * diagonal[j] or diagonal[j] <= 1e-20 * largest:
            dependent.append(j)
            rest[j, :] = rest[:, j] = 0.0
            continue
        rest -= np.outer(rest[:, j], rest[j, :]) / rest[j, j]
    return dependent
