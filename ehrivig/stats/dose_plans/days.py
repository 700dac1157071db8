"""Doses day by day on the clock from time zero, and the history that each day begins with.

Within a day the order is: what moves is known; who dies; who leaves the hospital alive; who is
dosed. So the dose of the day of a death, or of leaving, counts for nothing, a dose acts from the
next day on, and no time is immortal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, numbers, one_of
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.survival.follow_up_input import (
    column_names,
    design_matrix,
    event_indicator,
    finite_vector,
)
from ehrivig.stats.timezero.course import Course

HOURS_PER_DAY = 24.0
_ROUNDING = 1e-9
UNKNOWN = "whoever had a dose of unknown amount is followed until then"
Metric = Literal["dose_days", "grams"]
"""What of the doses so far the outcome depends on: their days, or their grams."""


@dataclass(frozen=True)
class DoseDays:
    """Checked arrays of n patients and D days; build with `dose_days`. All (n, D) but x, moving.

    present : in hospital as the day begins, and followed through it or until its event. at_risk :
    as present, wherever the patient is. died, left : on that day, left alive. decides : in hospital
    after that, so that a dose may be given. dosed, grams : of those days (nan: dosed, and nobody
    knows how much; 0 without a dose). x : (n, p). moving : (n, D, r), known as the day begins.
    unused : doses on days of death or leaving, or after them.
    """

    present: BoolArray
    at_risk: BoolArray
    died: BoolArray
    left: BoolArray
    decides: BoolArray
    dosed: BoolArray
    grams: FloatArray
    x: FloatArray
    moving: FloatArray
    names: tuple[str, ...]
    moving_names: tuple[str, ...]
    event_label: str
    unused: int

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.died.shape[0])

    @property
    def n_unknown(self) -> int:
        """How many had a dose of which nobody knows the amount."""
        return int(np.isnan(self.grams).any(axis=1).sum())

    @property
    def n_days(self) -> int:
        """Number of days."""
        return int(self.died.shape[1])


def dose_days(
    time_hours: ArrayLike,
    event: ArrayLike,
    leaves_hours: ArrayLike,
    grams: ArrayLike,
    x: ArrayLike | None = None,
    *,
    horizon_days: float,
    names: Sequence[str] | None = None,
    course: Course | None = None,
    event_label: str = "death",
) -> DoseDays:
    """Return checked arrays on a grid of 24 h from time zero to the horizon.

    time_hours, event : (n,) end of follow-up, above 0, and whether it is the event. leaves_hours :
    (n,) when each left the hospital alive; nan or inf for whoever did not. grams : (n, D) of each
    24 h, 0 for no dose, nan for one of unknown amount, D the days until the horizon. x : (n, p)
    covariates known at time zero. course : covariates that move, by `timezero.course`.

    Raises AnalysisError on other shapes, negative grams, and times that are not above 0.
    """
    time = finite_vector("time_hours", time_hours)
    if np.any(time <= 0):
        raise AnalysisError(
            f"time_hours: {int(np.sum(time <= 0))} of {time.size} are not above 0. Patients "
            "without follow-up after time zero cannot be analysed."
        )
    n, n_days = time.size, _n_days(horizon_days)
    given = numbers(grams, "grams")
    if given.shape != (n, n_days):
        raise AnalysisError(f"grams: needs {n} rows and a column for each of {n_days} days.")
    if np.any(given < 0) or np.isinf(given).any():
        raise AnalysisError("grams: holds negative or infinite amounts. Use nan for unknown ones.")
    leaves = numbers(leaves_hours, "leaves_hours")
    if leaves.shape != time.shape:
        raise AnalysisError(f"leaves_hours: needs one value per row ({n} rows).")
    fixed = np.zeros((n, 0)) if x is None else design_matrix(x, n)
    moves = None if course is None else course.whole(time)
    begins = np.arange(n_days) * HOURS_PER_DAY
    return _on_grid(
        time,
        event_indicator(event, n),
        np.where(np.isnan(leaves), np.inf, leaves),
        given,
        np.minimum(np.append(begins, np.inf)[1:], horizon_days * HOURS_PER_DAY),
        (fixed, np.zeros((n, n_days, 0)) if moves is None else moves.over(begins)),
        (column_names(names, fixed.shape[1]), () if moves is None else moves.names, event_label),
    )


def _n_days(horizon_days: float) -> int:
    if not above_zero(horizon_days, "horizon_days") > 1:
        raise AnalysisError("horizon_days: a dose acts from the next day on; needs more than 1.")
    return math.ceil(horizon_days - _ROUNDING)


def _on_grid(
    time: FloatArray,
    event: BoolArray,
    leaves: FloatArray,
    grams: FloatArray,
    ends: FloatArray,
    columns: tuple[FloatArray, FloatArray],
    words: tuple[tuple[str, ...], tuple[str, ...], str],
) -> DoseDays:
    """The grid of days that end at hours `ends` (D,)."""
    begins = np.append(0.0, ends[:-1])
    died_on = np.where(event, _day_of(time, ends), ends.size)
    left_on = np.where(leaves <= time + _ROUNDING, _day_of(leaves, ends), ends.size)
    left_on = np.where(left_on < died_on, left_on, ends.size)
    day = np.arange(ends.size)
    died, left = day == died_on[:, None], day == left_on[:, None]
    within = begins < time[:, None] - _ROUNDING
    whole = time[:, None] >= ends - _ROUNDING
    at_risk = within & (whole | died | left) & (day <= died_on[:, None])
    present = at_risk & (day <= left_on[:, None])
    decides = present & ~died & ~left
    dosed = decides & (grams != 0)
    return DoseDays(
        present=present,
        at_risk=at_risk,
        died=died & at_risk,
        left=left & at_risk,
        decides=decides,
        dosed=dosed,
        grams=np.where(dosed, grams, 0.0),
        x=columns[0],
        moving=columns[1],
        names=words[0],
        moving_names=words[1],
        event_label=words[2],
        unused=int(((grams != 0) & ~decides).sum()),
    )


def _day_of(hours: FloatArray, ends: FloatArray) -> IntArray:
    """The day in which moments (m,) lie, of days that end at `ends`; their number, after them."""
    return np.searchsorted(ends, hours - _ROUNDING, side="left").astype(np.int64)


class History(NamedTuple):
    """What was done before each day, (n, D) each: days dosed, grams, whether yesterday, last grams.

    grams, last_grams : nan where an amount before is not known.
    """

    dosed_days: FloatArray
    grams: FloatArray
    yesterday: FloatArray
    last_grams: FloatArray


def history(days: DoseDays) -> History:
    """The history of each person before each day."""
    dosed = days.dosed.astype(np.float64)
    at = np.where(days.dosed, np.arange(1, days.n_days + 1), 0)
    last = _before(np.maximum.accumulate(at, axis=1)).astype(np.int64)
    amounts = np.hstack((np.zeros((days.n, 1)), days.grams))
    total = _before(np.cumsum(days.grams, axis=1))
    latest = np.take_along_axis(amounts, last, axis=1)
    return History(
        dosed_days=_before(np.cumsum(dosed, axis=1)),
        grams=total,
        yesterday=_before(dosed),
        last_grams=np.where(np.isnan(total), np.nan, latest),
    )


def _before(values: FloatArray | IntArray) -> FloatArray:
    """Values (n, D) of the day before, 0 on the first."""
    return np.hstack((np.zeros((len(values), 1)), values[:, :-1]))


def metric_of(metric: Metric, past: History) -> FloatArray:
    """The declared dose so far, (n, D). Raises UsageError for a metric that is none."""
    one_of("metric", metric, get_args(Metric))
    return past.dosed_days if metric == "dose_days" else past.grams
