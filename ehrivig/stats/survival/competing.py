"""Cumulative incidence with competing events (Aalen-Johansen), and the cause-specific Cox model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import labelled, numbers, whole_number
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.cox import CoxFit, Ties, cox
from ehrivig.stats.survival.follow_up_input import (
    entry_time,
    event_status,
    follow_up_time,
)
from ehrivig.stats.survival.risk_sets import build_risk_sets
from ehrivig.stats.wald import quantile

IncidenceInterval = Literal["log-log", "plain"]


@dataclass(frozen=True, repr=False)
class IncidenceCurve(Shown):
    """The probability of having had one cause's event, by time, in one group.

    time : (k,) distinct times of any event in the group, ascending. incidence : (k,) F(t),
    right-continuous, 0 before the first time; variance : (k,) of F(t); lower, upper : (k,) limits
    (nan where F is 0 or 1 on the log-log scale). n_risk : (k,) at risk just before.
    n_event : (k,) events of this cause. n, events : rows, and rows with this cause.
    """

    group: object
    cause: int
    time: FloatArray
    incidence: FloatArray
    variance: FloatArray
    lower: FloatArray
    upper: FloatArray
    n_risk: FloatArray
    n_event: FloatArray
    n: int
    events: int
    last_follow_up: float
    level: float
    conf_type: str
    event_label: str
    method: str = "Aalen-Johansen"
    variance_method: str = "Aalen (as cmprsk cuminc)"

    def at(self, times: ArrayLike) -> IncidenceAt:
        """Return the estimate at `times` (m,); nan after the last follow-up of the group."""
        wanted = np.atleast_1d(numbers(times, "times"))
        row = np.searchsorted(self.time, wanted, side="right")
        known = wanted <= self.last_follow_up
        columns = (self.incidence, self.variance, self.lower, self.upper)
        values = [np.where(known, np.append(0.0, column)[row], np.nan) for column in columns]
        return IncidenceAt(wanted, *values)


@dataclass(frozen=True, repr=False)
class IncidenceAt(Shown):
    """A cumulative incidence curve read at m times; every array is (m,)."""

    time: FloatArray
    incidence: FloatArray
    variance: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, repr=False)
class CumulativeIncidence(Shown):
    """One curve per group and cause, by group, then cause."""

    curves: tuple[IncidenceCurve, ...]

    def curve(self, cause: int, group: object = "all") -> IncidenceCurve:
        """Return the curve of `cause` in `group`. Raises AnalysisError when there is none."""
        for curve in self.curves:
            if curve.cause == cause and curve.group == group:
                return curve
        raise AnalysisError(f"cumulative incidence: no cause {cause!r} in group {group!r}.")


def cumulative_incidence(
    time: ArrayLike,
    status: ArrayLike,
    *,
    group: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    level: float = 0.95,
    conf_type: IncidenceInterval = "log-log",
    timefix: bool = True,
    event_labels: dict[int, str] | None = None,
) -> CumulativeIncidence:
    """Return the Aalen-Johansen cumulative incidence of every cause, as R's `cmprsk::cuminc`.

    time, status, group, entry : (n,). status is 0 for censored, 1, 2, ... for the cause; a row is
        at risk in (entry, time]. event_labels names the causes.
    conf_type : scale of the limits; `log-log` keeps them in (0, 1).

    Raises AnalysisError on unusable input or no event; warns (NumericalWarning) on times of 0 and
    where the risk set runs empty before the end of follow-up (left truncation).
    Source: Aalen and Johansen 1978; variance of Aalen 1978 as coded by R. Gray.
    """
    if conf_type not in get_args(IncidenceInterval):
        raise AnalysisError(
            f"conf_type: {conf_type!r} is not one of {get_args(IncidenceInterval)}."
        )
    t = follow_up_time(time)
    s = event_status(status, t.size)
    g = labelled("group", group, t.size)
    if not s.any():
        raise AnalysisError("cumulative incidence: there is no event of any cause.")
    sets = build_risk_sets(t, s > 0, stratum=g.codes, entry=entry_time(entry, t), timefix=timefix)
    n_risk, n_any = sets.at_risk(), sets.tied()
    by_cause = {int(c): sets.tied((s == c).astype(np.float64)) for c in np.unique(s[s > 0])}
    curves = []
    for k, label in enumerate(g.labels):
        lo, hi = np.searchsorted(sets.stratum, [k, k + 1])
        member = g.codes == k
        last = float(t[member].max())
        rows = slice(lo, hi)
        _warn_if_emptied(n_risk[rows], n_any[rows], sets.event_time[rows], last)
        for cause, n_event in by_cause.items():
            f, v = incidence_with_variance(n_risk[rows], n_any[rows], n_event[rows])
            lower, upper = _limits(f, v, quantile(level), conf_type)
            curves.append(
                IncidenceCurve(
                    group=label,
                    cause=cause,
                    time=sets.event_time[rows],
                    incidence=f,
                    variance=v,
                    lower=lower,
                    upper=upper,
                    n_risk=n_risk[rows],
                    n_event=n_event[rows],
                    n=int(member.sum()),
                    events=int(np.count_nonzero(s[member] == cause)),
                    last_follow_up=last,
                    level=level,
                    conf_type=conf_type,
                    event_label=(event_labels or {}).get(cause, f"cause {cause}"),
                )
            )
    return CumulativeIncidence(tuple(curves))


def incidence_with_variance(
    n_risk: FloatArray, n_any: FloatArray, n_event: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return F(t) of one cause and its variance, (k,) each, at the k times of any event.

    n_risk, n_any, n_event : (k,) at risk, events of any cause, events of this cause.
    """
    survival = np.cumprod((n_risk - n_any) / n_risk)
    before = np.concatenate(([1.0], survival[:-1]))
    incidence = np.cumsum(before * n_event / n_risk)
    inverse = np.where(survival > 0, 1 / np.where(survival > 0, survival, 1.0), 0.0)
    other = np.where(survival > 0, _jump_variance(n_any - n_event, n_risk, before), 0.0)
    own = _jump_variance(n_event, n_risk, before)
    ratio = incidence * inverse
    v1 = np.cumsum(ratio**2 * other + (1 + ratio) ** 2 * own)
    v2 = np.cumsum(inverse * ratio * other + inverse * (1 + ratio) * own)
    v3 = np.cumsum(inverse**2 * (other + own))
    return incidence, np.maximum(v1 + incidence**2 * v3 - 2 * incidence * v2, 0.0)


def _jump_variance(events: FloatArray, n_risk: FloatArray, before: FloatArray) -> FloatArray:
    """Return S(t-)^2 times the (tie-corrected) variance of the jump events / n_risk, (k,)."""
    several = events > 1
    correction = np.where(several, 1 - (events - 1) / np.where(several, n_risk - 1, 1.0), 1.0)
    return before**2 * correction * events / n_risk**2


def _limits(
    incidence: FloatArray, variance: FloatArray, z: float, conf_type: IncidenceInterval
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper limits (k,) of F."""
    se = np.sqrt(variance)
    if conf_type == "plain":
        return np.maximum(incidence - z * se, 0.0), np.minimum(incidence + z * se, 1.0)
    inside = (incidence > 0) & (incidence < 1)
    f = np.where(inside, incidence, np.nan)
    half = z * se / (f * np.log(f))
    with np.errstate(over="ignore"):  # within rounding of 1 the lower limit is 0
        return f ** np.exp(-half), f ** np.exp(half)


def _warn_if_emptied(n_risk: FloatArray, n_any: FloatArray, time: FloatArray, last: float) -> None:
    """Warn when all at risk had an event while follow-up goes on: F can never rise again."""
    emptied = np.flatnonzero(n_risk <= n_any)
    if emptied.size and time[emptied[0]] < last:
        warnings.warn(
            "cumulative incidence: everyone at risk had an event before follow-up ended, so the "
            "curves stay flat from there. With late entry, start at a later time.",
            NumericalWarning,
            stacklevel=3,
        )


def cause_specific_cox(
    time: ArrayLike,
    status: ArrayLike,
    x: ArrayLike,
    *,
    cause: int = 1,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: Ties = "efron",
    names: Sequence[str] | None = None,
    level: float = 0.95,
    event_label: str | None = None,
) -> CoxFit:
    """Return the Cox model of one cause, other causes ending the time at risk; see `cox`.

    status : (n,) 0 for censored, 1, 2, ... for the cause. The hazard ratio is about the rate of
    `cause` among those still without any event, not about its cumulative incidence.
    """
    cause = whole_number(cause, "cause", 1)
    s: IntArray = event_status(status, follow_up_time(time, allow_zero_quietly=True).size)
    return cox(
        time,
        s == cause,
        x,
        entry=entry,
        strata=strata,
        cluster=cluster,
        weights=weights,
        ties=ties,
        names=names,
        level=level,
        event_label=event_label or f"cause {cause}",
    )
