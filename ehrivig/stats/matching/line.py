"""Treated and controls on the line of their distance, and how two equally near ones are told apart.

Every rule here is about positions: all units of all groups are sorted once, ascending and stable,
and a unit's place in that order is its position.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.arrays import finite_number, labelled, numbers, refuse_far
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

TieRule = Literal["matchit-4.7", "matchit-4.5"]
TIE_RULES = ("matchit-4.7", "matchit-4.5")


@dataclass(frozen=True)
class Line:
    """The units of one exact group, each arm ascending by position.

    `*_row` are row numbers of the input, `*_at` distances, `*_position` places in the order of all
    units. `before` (treated) counts the group's controls at lower positions: those are to the left
    of a treated unit, the others to its right.
    """

    treated_row: IntArray
    treated_at: FloatArray
    treated_position: IntArray
    control_row: IntArray
    control_at: FloatArray
    control_position: IntArray
    before: IntArray


def checked_distance(distance: ArrayLike, treated: ArrayLike) -> tuple[FloatArray, BoolArray]:
    """The distance (n,) as floats and the arm (n,) as booleans.

    Raises UsageError for wrong shapes or arms that are not 0/1, AnalysisError for a distance that
    is missing or infinite (the message counts them).
    """
    d, arms = numbers(distance, "distance"), numbers(treated, "treated")
    if d.ndim != 1 or arms.shape != d.shape:
        raise UsageError(f"distance {d.shape} and treated {arms.shape}: need the same (n,).")
    if not bool(((arms == 0) | (arms == 1)).all()):
        raise UsageError("treated: must hold 0 and 1 only (or false and true).")
    arm = arms == 1
    bad = int((~np.isfinite(d)).sum())
    if bad:
        raise AnalysisError(
            f"distance: {bad} of {len(d)} values are missing or infinite. "
            "Match on rows with a distance only, or impute the covariates of the score."
        )
    refuse_far(d, "distance")
    return d, arm


def warn_empty_arm(arm: BoolArray) -> None:
    """Warn when there is nobody to match, or nobody to match with."""
    if arm.all() or not arm.any():
        missing = "rows" if not len(arm) else "controls" if arm.all() else "treated rows"
        warnings.warn(f"matching: there are no {missing}; no pair exists.", NumericalWarning,
                      stacklevel=3)  # fmt: skip


def checked_caliper(caliper: float | None) -> float:
    """The caliper as a width, infinite for None; UsageError when it is negative or NaN."""
    if caliper is None or (isinstance(caliper, float) and caliper == np.inf):
        return np.inf
    return finite_number(caliper, "caliper", 0)


def reach(distance: FloatArray, caliper: float) -> float:
    """The widest gap that counts as within the caliper: the caliper, up to the rounding of a gap.

    0.57 - 0.55 is 0.019999999999999907 and 0.55 - 0.53 is 0.020000000000000018: scores rounded to
    two decimals lie a caliper of 0.02 apart, whatever their binary digits say.
    """
    largest = float(np.abs(distance).max(initial=0.0))
    return caliper + 4 * float(np.finfo(np.float64).eps) * (largest + caliper)


def group_codes(exact: ArrayLike | None, n: int) -> IntArray | None:
    """A number per exact group, (n,); several columns (n, k) must agree in all of them."""
    if exact is None:
        return None
    codes = np.zeros(n, dtype=np.int64)
    for column in _columns(exact, n):
        found = labelled("exact", column, n)
        codes = np.unique(codes * len(found.labels) + found.codes, return_inverse=True)[1]
    return codes


def _columns(exact: ArrayLike, n: int) -> list[ArrayLike]:
    """The columns of labels; a two-dimensional array has several."""
    try:
        shape = np.shape(exact)
    except ValueError as error:  # rows of unequal length
        raise UsageError(f"exact: expected {n} rows of as many labels each.") from error
    if len(shape) not in (1, 2) or shape[0] != n:
        raise UsageError(f"exact: expected {n} rows, got shape {shape}.")
    if len(shape) == 1:
        return [exact]
    table = exact if isinstance(exact, np.ndarray) else np.asarray(exact, dtype=object)
    return [table[:, j] for j in range(shape[1])]


def lines(distance: FloatArray, treated: BoolArray, exact: IntArray | None) -> list[Line]:
    """One line per exact group that has both arms; one line of all without `exact`."""
    order = np.argsort(distance, kind="stable")
    if exact is None:
        return [_line(distance, treated, order, np.arange(len(order)))] if len(order) else []
    by_group = np.argsort(exact[order], kind="stable")
    sizes = np.bincount(exact)
    cuts = np.cumsum(sizes)[:-1]
    found = [
        _line(distance, treated, order[positions], positions)
        for positions in np.split(by_group, cuts)
    ]
    return [line for line in found if len(line.treated_row) and len(line.control_row)]


def _line(distance: FloatArray, treated: BoolArray, rows: IntArray, positions: IntArray) -> Line:
    """The line of these rows, already ascending by position."""
    arm, at = treated[rows], distance[rows]
    return Line(
        treated_row=rows[arm],
        treated_at=at[arm],
        treated_position=positions[arm],
        control_row=rows[~arm],
        control_at=at[~arm],
        control_position=positions[~arm],
        before=np.asarray(np.cumsum(~arm)[arm], dtype=np.int64),
    )
