"""What every model of log hazard ratios has in common, and the effect that is read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.stats.result import Effect, FloatArray, IntArray, arms_of
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.follow_up_input import event_indicator
from ehrivig.stats.survival.risk_sets import RiskSets


class Rows(Protocol):
    """The data of a fit: rows in an order of their own, with their risk sets."""

    @property
    def row(self) -> IntArray:
        """The caller's row number of each row, (n,)."""

    @property
    def sets(self) -> RiskSets:
        """The risk sets of these rows."""


@dataclass(frozen=True, repr=False)
class HazardRatios(Shown):
    """Log hazard ratios of p covariates with their uncertainty.

    coef, se, naive_se, hazard_ratio, lo, hi, z, p : (p,); cov : (p, p). `se`, `cov`, the interval
    and p use the variance that `variance` names; `naive_se` is always from the information.
    n, events : rows and rows with the event. `design` serves what is computed later.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = ("names", "hazard_ratio", "lo", "hi", "p")

    MEASURE: ClassVar[str]

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    cov: FloatArray
    naive_se: FloatArray
    hazard_ratio: FloatArray
    lo: FloatArray
    hi: FloatArray
    z: FloatArray
    p: FloatArray
    loglik: float
    loglik_null: float
    iterations: int
    n: int
    events: int
    method: str
    variance: str
    event_label: str
    level: float
    design: Rows = field(repr=False, compare=False)

    def effect(
        self,
        column: int | str,
        exposed: ArrayLike,
        *,
        estimand: str = "",
        notes: tuple[str, ...] = (),
    ) -> Effect:
        """Return the hazard ratio of one covariate, with rows and events by arm.

        exposed : (n,) 0/1, the arm of each row in the caller's order. For rows that are parts of
        a person's follow-up, n and events count rows: say so in `notes`.
        """
        j = self.names.index(column) if isinstance(column, str) else column
        had = np.zeros(self.n, dtype=np.bool_)
        had[self.design.row[self.design.sets.event_rows]] = True
        return Effect.between(
            arms_of(had, event_indicator(exposed, self.n)),
            self.MEASURE,
            (self.hazard_ratio[j], self.lo[j], self.hi[j], self.se[j], self.p[j]),
            event_label=self.event_label,
            method=self.method,
            variance=self.variance,
            estimand=estimand,
            level=self.level,
            notes=notes,
        )
