"""Covariates that move after time zero: what was known of each patient when each step began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, numbers, refuse_far
from ehrivig.stats.collinear import dependent_columns
from ehrivig.stats.expansion import scaled
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.follow_up_input import column_names

_FLAT = 1e-12
"""A variance below it, of columns with one of 1, is rounding."""
SHORTEST_HOURS = 1e-4
"""Follow-up is cut into no shorter pieces: a Cox model takes such moments for one."""
Hours = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Course:
    """Moving covariates of n patients; build with `course`.

    values : (n, D, r), in force from d * step_hours until the next step, the last one from then on.
    Each is known when its step begins: of what happens within the step it says nothing. names : r.
    """

    values: FloatArray
    step_hours: float
    names: tuple[str, ...]

    def at(self, patient: IntArray, hours: Hours) -> FloatArray:
        """The values in force at some hours (m,) of some patients (m,), shape (m, r)."""
        return np.asarray(self.values[patient, self._step(hours)])

    def over(self, hours: Hours) -> FloatArray:
        """The values of everybody in force at hours (K,), shape (n, K, r)."""
        return np.asarray(self.values[:, self._step(hours)])

    def _step(self, hours: Hours) -> IntArray:
        """Which step an hour lies in; before time zero the first, beyond the last one the last."""
        step = np.floor(hours / self.step_hours + 1e-9).astype(np.int64)
        return np.asarray(np.clip(step, 0, self.values.shape[1] - 1))

    def whole(self, time_hours: Hours) -> Course:
        """The course of patients followed for `time_hours` (n,), with the last value after that.

        Raises AnalysisError where it is of others, or a value is missing while followed.
        """
        n, n_steps, _ = self.values.shape
        if n != time_hours.size:
            raise AnalysisError(f"course: has {n} patients where time_hours has {time_hours.size}.")
        followed = np.arange(n_steps) * self.step_hours < time_hours[:, None]
        missing = (np.isnan(self.values) & followed[:, :, None]).sum(axis=(0, 1))
        if missing.any():
            named = ", ".join(
                f"{name} in {count}"
                for name, count in zip(self.names, missing.tolist(), strict=True)
                if count
            )
            raise AnalysisError(
                f"course: missing while patients are followed: {named} of {int(followed.sum())} "
                "steps. Carry the last value forward; give those without any a value, and a column "
                "that says so."
            )
        known = np.where(followed[:, :, None], self.values, np.nan)  # nothing after the end
        return Course(_carried(known), self.step_hours, self.names)


def course(
    values: ArrayLike, *, step_hours: float = 24.0, names: Sequence[str] | None = None
) -> Course:
    """Return checked moving covariates.

    values : (n, D, r), or (n, D) of one covariate: what is known of each patient at the beginning
        of each step. nan only after the end of follow-up (`follow_up` checks that).

    Raises AnalysisError on another shape, infinite values, no steps, or a column that is the same
    in every step of everybody.
    """
    given = numbers(values, "course")
    cube = given[:, :, None] if given.ndim == 2 else given
    if cube.ndim != 3 or 0 in cube.shape:
        raise AnalysisError(
            "course: needs patients x steps x covariates, with at least one of each."
        )
    step_hours = above_zero(step_hours, "course: step_hours")
    if np.isinf(cube).any():
        raise AnalysisError("course: holds infinite values.")
    refuse_far(cube, "course")
    labels = column_names(names, cube.shape[2])
    flat = [
        label
        for label, column in zip(labels, np.moveaxis(cube, 2, 0), strict=True)
        if np.unique(column[~np.isnan(column)]).size < 2
    ]
    if flat:
        raise AnalysisError(
            f"course: {', '.join(flat)}: the same in every step of everybody, or nowhere known. "
            "Leave it out."
        )
    return Course(cube, step_hours, labels)


def own_columns(
    fixed: FloatArray, moving: FloatArray, names: tuple[str, ...], within: IntArray
) -> tuple[FloatArray, tuple[str, ...]]:
    """Those of the moving columns (m, r) that say what the fixed ones (m, p) do not, and names.

    within : (m,) strata, 0 .. S - 1, between which no row is compared: what is the same for all in
    each, as a value that nobody has on a day, says nothing. All rows are of people compared.
    """
    both = scaled(np.hstack((fixed, moving)))
    sizes = np.bincount(within)
    for j in range(both.shape[1]):
        mean = np.bincount(within, both[:, j]) / np.maximum(sizes, 1)
        both[:, j] -= mean[within]
    cross = both.T @ both
    flat = np.diag(cross) <= _FLAT * len(both)
    gone = {*dependent_columns(cross), *np.flatnonzero(flat).tolist()}
    keep = [j for j in range(len(names)) if j + fixed.shape[1] not in gone]
    return moving[:, keep], tuple(names[j] for j in keep)


def pieces_of(count: IntArray) -> tuple[IntArray, IntArray]:
    """The row that each piece is of, and its number in the row, where rows have `count` pieces."""
    row = np.repeat(np.arange(count.size), count)
    return row, np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)


def _carried(values: FloatArray) -> FloatArray:
    """The values (n, D, r) with the last one before each gap in it."""
    steps = np.arange(values.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, steps), axis=1)
    return np.take_along_axis(values, last, axis=1)
