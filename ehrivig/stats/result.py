"""What every statistical result carries, so that no number travels without its meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ehrivig import __version__
from ehrivig.stats.shown import Shown

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


SOFTWARE = f"ehrivig {__version__}"
"""This program and its version."""


Numbers = tuple[float, float, float, float, float]
"""Estimate, lower and upper limit, standard error and p; see `Effect` for their scales."""


@dataclass(frozen=True)
class Arms:
    """Rows of the exposed and of the controls, and those among them that had the event."""

    n_exposed: int
    events_exposed: int
    n_control: int
    events_control: int


def arms_of(event: FloatArray | BoolArray, exposed: BoolArray) -> Arms:
    """The counts of rows with `event` (n,) 0/1 and `exposed` (n,)."""
    control = ~exposed
    return Arms(
        int(exposed.sum()),
        int(event[exposed].sum()),
        int(control.sum()),
        int(event[control].sum()),
    )


@dataclass(frozen=True)
class Risk:
    """The probability of the event in one arm, with its interval."""

    estimate: float
    lo: float
    hi: float


Risks = tuple[Risk, Risk]
"""Of the exposed, then of the controls."""

DIFFERENCES = ("RD", "MD", "RMSTD", "HL shift", "median difference")
"""Measures of which 0 is no effect; of all others it is 1."""
OF_NUMBERS = ("MD", "HL shift", "median difference", "mean ratio")
"""Measures of a number, which has no events."""


@dataclass(frozen=True, repr=False)
class Effect(Shown):
    """One contrast of the exposed with the unexposed, with all that is needed to read it.

    `estimate`, `lo`, `hi` are on the scale of `measure` (a ratio for OR, RR, HR, SHR; a difference
    for RD, RMSTD, MD); `se` is on the scale on which the interval is symmetric (log for ratios).
    `events_*` count the event named by `event_label` and nothing else: an odds ratio of survival
    can never be taken for one of death. `risks` are the two that the contrast is of, where the
    analysis gives them. `software` is the program and version that made it.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = (
        *("measure", "estimate", "lo", "hi", "p", "event_label"),
        *("n_exposed", "events_exposed", "n_control", "events_control", "method"),
    )
    ONE_ROW: ClassVar[bool] = True

    measure: str
    estimate: float
    lo: float
    hi: float
    se: float
    p: float
    event_label: str
    n_exposed: int
    events_exposed: int
    n_control: int
    events_control: int
    method: str
    variance: str
    estimand: str = ""
    level: float = 0.95
    notes: tuple[str, ...] = field(default=())
    risks: Risks | None = None
    software: str = SOFTWARE

    @classmethod
    def between(
        cls,
        arms: Arms,
        measure: str,
        numbers: Numbers,
        *,
        event_label: str,
        method: str,
        variance: str,
        estimand: str = "",
        level: float = 0.95,
        notes: tuple[str, ...] = (),
        risks: Risks | None = None,
    ) -> Effect:
        """The contrast of two arms, from its five numbers and the counts of the arms."""
        estimate, lo, hi, se, p = (float(value) for value in numbers)
        return cls(
            measure=measure,
            estimate=estimate,
            lo=lo,
            hi=hi,
            se=se,
            p=p,
            event_label=event_label,
            n_exposed=arms.n_exposed,
            events_exposed=arms.events_exposed,
            n_control=arms.n_control,
            events_control=arms.events_control,
            method=method,
            variance=variance,
            estimand=estimand,
            level=level,
            notes=notes,
            risks=risks,
        )
