"""The effect measures that can be pooled, and what each needs: its scale, its null, its words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ehrivig.stats.arrays import one_of
from ehrivig.stats.result import FloatArray

Method = Literal["MH", "IV", "Peto"]
Model = Literal["common", "random"]
Tau2 = Literal["DL", "REML", "PM"]
Interval = Literal["normal", "hksj"]

METHODS: tuple[Method, ...] = ("MH", "IV", "Peto")
MODELS: tuple[Model, ...] = ("common", "random")
TAU2_ESTIMATORS: tuple[Tau2, ...] = ("DL", "REML", "PM")
INTERVALS: tuple[Interval, ...] = ("normal", "hksj")


@dataclass(frozen=True)
class Measure:
    """One effect measure: a ratio is pooled as its logarithm, a difference as it is.

    `sources` names the kinds of trial data the measure can be computed from.
    """

    code: str
    label: str
    ratio: bool
    sources: tuple[str, ...]

    @property
    def null(self) -> float:
        """The value of no effect on the measure's own scale: 1 for a ratio, 0 for a difference."""
        return 1.0 if self.ratio else 0.0

    def to_scale(self, value: FloatArray) -> FloatArray:
        """Values on the analysis scale (natural logarithm for ratios)."""
        return np.log(value) if self.ratio else np.asarray(value, dtype=np.float64)

    def value_to_scale(self, value: float) -> float:
        """One value on the analysis scale; minus infinity for a ratio of 0 or less."""
        if not self.ratio:
            return value
        return math.log(value) if value > 0 else -math.inf

    def from_scale(self, value: float) -> float:
        """A value of the analysis scale on the measure's own scale."""
        return float(np.exp(value)) if self.ratio else float(value)


_COUNTS = ("counts", "estimates")
_MEANS = ("means", "estimates")
_ESTIMATES = ("estimates",)

MEASURES: dict[str, Measure] = {
    measure.code: measure
    for measure in (
        Measure("OR", "Odds ratio", True, _COUNTS),
        Measure("RR", "Risk ratio", True, _COUNTS),
        Measure("RD", "Risk difference", False, _COUNTS),
        Measure("MD", "Mean difference", False, _MEANS),
        Measure("SMD", "Standardised mean difference", False, _MEANS),
        Measure("HR", "Hazard ratio", True, _ESTIMATES),
        Measure("SHR", "Subdistribution hazard ratio", True, _ESTIMATES),
        Measure("IRR", "Incidence rate ratio", True, _ESTIMATES),
        Measure("RMSTD", "Restricted mean survival time difference", False, _ESTIMATES),
    )
}


def measure_named(code: str) -> Measure:
    """The measure of a code. Raises UsageError when it is unknown."""
    one_of("measure", code, tuple(MEASURES))
    return MEASURES[code]
