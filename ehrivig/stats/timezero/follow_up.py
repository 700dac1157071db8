"""One cohort on one clock: end of follow-up, event, and start of exposure, in hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.survival.follow_up_input import (
    column_names,
    design_matrix,
    event_indicator,
    finite_vector,
)
from ehrivig.stats.timezero.course import Course


@dataclass(frozen=True)
class FollowUp:
    """Checked arrays of n patients; build with `follow_up`.

    time_hours : (n,) > 0, from time zero to the event or the end of follow-up. event : (n,).
    start_hours : (n,) start of exposure, nan where it did not start before the end of follow-up.
    leaves_hours : (n,) until when exposure could start (the end of the stay); inf where always.
    x : (n, p) baseline covariates, or None. names : p. course : covariates that move, or None;
    sequential trials, time-dependent Cox and clone-censor-weight adjust for them.
    """

    time_hours: FloatArray
    event: BoolArray
    start_hours: FloatArray
    leaves_hours: FloatArray
    x: FloatArray | None
    names: tuple[str, ...]
    event_label: str
    course: Course | None = None

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.time_hours.size)

    @property
    def ever(self) -> BoolArray:
        """True where exposure started at any time of follow-up, shape (n,)."""
        return ~np.isnan(self.start_hours)


def follow_up(
    time_hours: ArrayLike,
    event: ArrayLike,
    start_hours: ArrayLike,
    x: ArrayLike | None = None,
    *,
    leaves_hours: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    event_label: str = "death",
    course: Course | None = None,
) -> FollowUp:
    """Return checked arrays.

    time_hours, event, start_hours : (n,). start_hours is nan for the never exposed; a start at or
        after the end of follow-up counts as never. x : (n, p) covariates known at time zero.
    leaves_hours : end of the stay, after which nobody starts; nan where it is not known, and None
        where everybody could always start.
    course : covariates that move, by `course`, without a gap while a patient is followed.

    Raises AnalysisError on times that are not above 0, infinite values, or a start before time
    zero (prevalent exposure has no start in this clock: leave those patients out).
    """
    time = finite_vector("time_hours", time_hours)
    if np.any(time <= 0):
        raise AnalysisError(
            f"time_hours: {int(np.sum(time <= 0))} of {time.size} are not above 0. Patients "
            "without follow-up after time zero cannot be analysed."
        )
    start = numbers(start_hours, "start_hours")
    if start.shape != time.shape:
        raise AnalysisError(f"start_hours: needs one value per row ({time.size} rows).")
    if np.any(np.isinf(start)) or np.any(start < 0):
        raise AnalysisError(
            "start_hours: holds infinite values or starts before time zero. Use nan for never, and "
            "leave out patients exposed before time zero."
        )
    leaves = np.full(time.size, np.inf)
    if leaves_hours is not None:
        given = numbers(leaves_hours, "leaves_hours")
        if given.shape != time.shape:
            raise AnalysisError(f"leaves_hours: needs one value per row ({time.size} rows).")
        started = np.where(start < time, start, 0.0)
        leaves = np.fmax(np.where(np.isnan(given), np.inf, given), started)
    matrix = None if x is None else design_matrix(x, time.size)
    return FollowUp(
        time_hours=time,
        event=event_indicator(event, time.size),
        start_hours=np.where(start < time, start, np.nan),
        leaves_hours=leaves,
        x=matrix,
        names=() if matrix is None else column_names(names, matrix.shape[1]),
        event_label=event_label,
        course=None if course is None else course.whole(time),
    )
