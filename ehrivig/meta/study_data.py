"""What k studies report: counts, means, or estimates with intervals; checked when made.

`labels` (one per study, may be empty) only serve messages. Every mistake is a UsageError that
names the studies, what is wrong, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

import numpy as np

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class _StudyData:
    """Columns of equal length, one value per study."""

    kind: ClassVar[str] = ""

    labels: tuple[str, ...]

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The names of the numeric columns."""
        return tuple(f.name for f in fields(cls) if f.name not in ("labels", "level"))

    @classmethod
    def from_columns(cls, numbers: Mapping[str, FloatArray], labels: tuple[str, ...]) -> Self:
        """The studies of columns by name, one value and one label per study."""
        return cls(labels=labels, **numbers)

    @property
    def k(self) -> int:
        """The number of studies."""
        return len(getattr(self, self.columns()[0]))

    def take(self, rows: IntArray) -> Self:
        """The studies at some row numbers."""
        chosen = {name: getattr(self, name)[rows] for name in self.columns()}
        labels = tuple(self.labels[row] for row in rows) if self.labels else ()
        return replace(self, labels=labels, **chosen)

    def __post_init__(self) -> None:
        for name in self.columns():
            value = np.atleast_1d(numbers(getattr(self, name), name))
            object.__setattr__(self, name, value)
        lengths = {len(getattr(self, name)) for name in self.columns()}
        if len(lengths) > 1 or (self.labels and len(self.labels) not in lengths):
            raise UsageError("trial data: the columns differ in length. Give one value per study.")
        for name in self.columns():
            self._refuse(~np.isfinite(getattr(self, name)), f"{name} is not a number", "give it")
        self._check()

    def _check(self) -> None:
        """Refuse impossible rows."""

    def _check_size(self, name: str, least: int) -> None:
        """Refuse what cannot be a number of persons, or is below `least`."""
        value = getattr(self, name)
        self._refuse(value < 0, f"{name} is negative", "correct the count")
        self._refuse(
            value != np.floor(value),
            f"{name} is not a whole number",
            "give counts, not percentages",
        )
        self._refuse(value < least, f"{name} is below {least}", "correct it or delete the row")

    def _refuse(self, wrong: BoolArray, problem: str, mend: str) -> None:
        """Raise UsageError naming up to five studies in which something is wrong."""
        rows = np.flatnonzero(wrong)
        if len(rows):
            names = "; ".join(
                self.labels[row] if self.labels else f"study {row + 1}" for row in rows[:5]
            )
            more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
            raise UsageError(f"trials: {names}{more}: {problem}. Mend: {mend}.")


@dataclass(frozen=True, kw_only=True)
class Counts(_StudyData):
    """2x2 counts of k studies: events and sizes of the treated and the control arm, (k,) each.

    Raises UsageError for negative, fractional or missing counts, an empty arm, or events above n.
    """

    kind: ClassVar[str] = "counts"

    labels: tuple[str, ...] = ()
    events_treated: FloatArray
    n_treated: FloatArray
    events_control: FloatArray
    n_control: FloatArray

    def _check(self) -> None:
        for arm in ("treated", "control"):
            events, n = f"events_{arm}", f"n_{arm}"
            self._check_size(events, 0)
            self._check_size(n, 1)
            above = getattr(self, events) > getattr(self, n)
            self._refuse(above, f"{events} is above {n}", "correct the counts")

    @property
    def cells(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """a, b, c, d (k,) each: treated with and without event, control with and without."""
        a, c = self.events_treated, self.events_control
        return a, self.n_treated - a, c, self.n_control - c

    @property
    def n(self) -> FloatArray:
        """Persons in both arms (k,)."""
        return self.n_treated + self.n_control

    @property
    def no_event(self) -> BoolArray:
        """Studies (k,) without an event in either arm ("double zero")."""
        return np.asarray((self.events_treated == 0) & (self.events_control == 0))

    @property
    def only_events(self) -> BoolArray:
        """Studies (k,) in which everybody in both arms had the event."""
        _, b, _, d = self.cells
        return np.asarray((b == 0) & (d == 0))


@dataclass(frozen=True, kw_only=True)
class Means(_StudyData):
    """Means, standard deviations and sizes of both arms of k studies, (k,) each.

    Raises UsageError for a value that is not finite, a standard deviation <= 0, or an arm below 2.
    """

    kind: ClassVar[str] = "means"

    labels: tuple[str, ...] = ()
    mean_treated: FloatArray
    sd_treated: FloatArray
    n_treated: FloatArray
    mean_control: FloatArray
    sd_control: FloatArray
    n_control: FloatArray

    def _check(self) -> None:
        for arm in ("treated", "control"):
            self._check_size(f"n_{arm}", 2)
            name = f"sd_{arm}"
            self._refuse(
                getattr(self, name) <= 0,
                f"{name} is not above 0",
                "give the standard deviation of the arm, not its standard error",
            )

    @property
    def n(self) -> FloatArray:
        """Persons in both arms (k,)."""
        return self.n_treated + self.n_control


@dataclass(frozen=True, kw_only=True)
class Estimates(_StudyData):
    """Published effects of k studies: estimate, lo, hi (k,) on the measure's own scale.

    `level` is the confidence level of the intervals. Raises UsageError for lo > hi, an interval of
    no width, or an estimate outside its interval. Ratios <= 0 are refused with the measure.
    """

    kind: ClassVar[str] = "estimates"

    labels: tuple[str, ...] = ()
    estimate: FloatArray
    lo: FloatArray
    hi: FloatArray
    level: float = 0.95

    def _check(self) -> None:
        self._refuse(self.lo > self.hi, "lo is above hi", "swap or correct the limits")
        self._refuse(self.lo == self.hi, "lo equals hi", "give an interval that has a width")
        outside = (self.estimate < self.lo) | (self.estimate > self.hi)
        self._refuse(outside, "the estimate lies outside lo to hi", "correct the row")

    def check_ratio(self) -> None:
        """Refuse limits that no ratio can have (UsageError)."""
        self._refuse(self.lo <= 0, "lo of a ratio is not above 0", "give ratios, not logarithms")

    @property
    def n(self) -> FloatArray:
        """Persons in both arms (k,): unknown, NaN."""
        return np.full(self.k, np.nan)


StudyData = Counts | Means | Estimates
