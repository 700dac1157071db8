"""One survival curve and what is read from it: values at times, quantiles, restricted mean."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import NumericalWarning, UsageError
from ehrivig.stats.arrays import above_zero, finite_number, numbers
from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown

_QUANTILE_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, repr=False)
class SurvivalCurve(Shown):
    """The probability of no event yet, by time, in one group; arrays have one item per time.

    time : (k,) distinct follow-up times (of events and of censoring), ascending.
    n_risk, n_event, n_censor : (k,) at risk just before, and leaving at, each time (weighted).
    survival : (k,) S(t), right-continuous; 1 before the first time.
    se : (k,) standard error of S(t); nan where S(t) = 0.
    lower, upper : (k,) limits at `level`; nan where the transformation is undefined (S = 0 for
        log, S = 0 or 1 for log-log).
    n, events : rows and events in the group (not weighted).
    """

    group: object
    time: FloatArray
    n_risk: FloatArray
    n_event: FloatArray
    n_censor: FloatArray
    survival: FloatArray
    se: FloatArray
    lower: FloatArray
    upper: FloatArray
    n: int
    events: int
    conf_type: str
    level: float
    variance: str
    event_label: str = "event"

    def at(self, times: ArrayLike) -> SurvivalAt:
        """Return the estimate at `times` (m,), any order; times after the last carry it on."""
        wanted = np.atleast_1d(numbers(times, "times"))
        row = np.searchsorted(self.time, wanted, side="right")
        risk_row = np.searchsorted(self.time, wanted, side="left")
        start = float(self.n_risk[0])
        return SurvivalAt(
            time=wanted,
            survival=np.append(1.0, self.survival)[row],
            se=np.append(0.0, self.se)[row],
            lower=np.append(1.0, self.lower)[row],
            upper=np.append(1.0, self.upper)[row],
            n_risk=np.where(
                risk_row < self.time.size, np.append(self.n_risk, start)[risk_row], 0.0
            ),
        )

    def quantile(self, p: float = 0.5) -> Quantile:
        """Return the time by which a share `p` has had the event, with limits; nan if not reached.

        When the curve is flat at exactly 1 - p, the midpoint of the flat stretch (R's
        `quantile.survfit`). The limits invert the limits of the curve.
        """
        if not 0 < finite_number(p, "quantile: p") < 1:
            raise UsageError("quantile: p must lie between 0 and 1.")
        return Quantile(
            p=p,
            time=_first_below(self.time, self.survival, p),
            lower=_first_below(self.time, self.lower, p),
            upper=_first_below(self.time, self.upper, p),
        )

    def restricted_mean(self, horizon: float) -> RestrictedMean:
        """Return the mean event-free time up to `horizon` (same unit as time) and its SE.

        Area under S(t) on [0, horizon]; variance by Greenwood as R's `survival:::survmean`. Warns
        (NumericalWarning) when the horizon is past the last follow-up and S is not yet 0.
        """
        horizon, last = above_zero(horizon, "restricted mean: horizon"), float(self.time[-1])
        if horizon > last and self.survival[-1] > 0:
            warnings.warn(
                f"restricted mean: horizon {horizon:g} is past the last follow-up {last:g}; the "
                "curve is carried on flat",
                NumericalWarning,
                stacklevel=2,
            )
        keep = self.time <= horizon
        steps = np.append(self.time[keep], horizon)
        height = np.concatenate(([1.0], self.survival[keep]))
        area = np.diff(np.concatenate(([0.0], steps))) * height
        left = self.n_risk[keep] - self.n_event[keep]
        with np.errstate(divide="ignore", invalid="ignore"):
            hazard_var = np.where(left > 0, self.n_event[keep] / (self.n_risk[keep] * left), 0.0)
        area_after = np.cumsum(area[::-1])[::-1][1:]
        return RestrictedMean(
            horizon=float(horizon),
            mean=float(area.sum()),
            se=float(np.sqrt(np.sum(area_after**2 * hazard_var))),
        )


@dataclass(frozen=True, repr=False)
class SurvivalAt(Shown):
    """A survival curve read at m chosen times; every array is (m,). `n_risk` is just before."""

    time: FloatArray
    survival: FloatArray
    se: FloatArray
    lower: FloatArray
    upper: FloatArray
    n_risk: FloatArray


@dataclass(frozen=True, repr=False)
class Quantile(Shown):
    """The time by which a share `p` has had the event, with its limits (nan: not reached)."""

    p: float
    time: float
    lower: float
    upper: float


@dataclass(frozen=True, repr=False)
class RestrictedMean(Shown):
    """The mean event-free time up to `horizon` and its standard error, in the unit of time."""

    horizon: float
    mean: float
    se: float


def _first_below(time: FloatArray, curve: FloatArray, p: float) -> float:
    """Return the time at which `curve` first reaches 1 - p; the midpoint of a flat stretch there.

    As R's `survival:::findq`; nan when the curve does not reach 1 - p.
    """
    known = ~np.isnan(curve)
    time, fall = time[known], 1 - curve[known]
    reached = np.flatnonzero(fall >= p - _QUANTILE_TOLERANCE)
    if reached.size == 0:
        return float("nan")
    passed = np.flatnonzero(fall > p + _QUANTILE_TOLERANCE)
    start = float(time[reached[0]])
    if abs(fall[reached[0]] - p) > _QUANTILE_TOLERANCE:
        return start
    end = float(time[passed[0]]) if passed.size else float(time[-1])
    return (start + end) / 2
