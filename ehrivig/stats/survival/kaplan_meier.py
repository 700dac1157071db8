"""The survival curve: Kaplan-Meier estimate, intervals, quantiles and restricted mean by group."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import labelled
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.curve import Quantile, RestrictedMean, SurvivalAt, SurvivalCurve
from ehrivig.stats.survival.follow_up_input import (
    case_weights,
    entry_time,
    event_indicator,
    follow_up_time,
)
from ehrivig.stats.survival.risk_sets import RiskSets, build_risk_sets
from ehrivig.stats.wald import quantile

ConfType = Literal["log", "log-log", "plain"]

__all__ = [
    "ConfType",
    "KaplanMeier",
    "Quantile",
    "RestrictedMean",
    "SurvivalAt",
    "SurvivalCurve",
    "kaplan_meier",
]


@dataclass(frozen=True, repr=False)
class KaplanMeier(Shown):
    """One survival curve per group, in the sorted order of the group labels."""

    curves: tuple[SurvivalCurve, ...]

    def __getitem__(self, group: object) -> SurvivalCurve:
        """Return the curve of `group`. Raises AnalysisError when there is none."""
        for curve in self.curves:
            if curve.group == group:
                return curve
        raise AnalysisError(f"Kaplan-Meier: no group {group!r}; groups are {self.groups}.")

    @property
    def groups(self) -> tuple[object, ...]:
        """Group labels."""
        return tuple(curve.group for curve in self.curves)


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    group: ArrayLike | None = None,
    conf_type: ConfType = "log",
    level: float = 0.95,
    robust: bool | None = None,
    timefix: bool = True,
    event_label: str = "event",
) -> KaplanMeier:
    """Return the Kaplan-Meier curve of each group, as R's `survfit(Surv(entry, time, event) ~ g)`.

    time, event, entry, weights, group : (n,). A row is at risk in (entry, time]; without `entry`
        from the origin. `event` is 0/1, `weights` are above 0, `group` any labels.
    conf_type : scale of the interval: `log` (R's default), `log-log`, `plain`.
    robust : infinitesimal jackknife instead of Greenwood; None (default) means only with weights
        that are not whole numbers, as R.
    timefix : treat times closer than 1.5e-8 as one (see `risk_sets.time_ranks`).

    Raises AnalysisError on unusable input; warns (NumericalWarning) on times of 0 and where the
    risk set runs empty before the end of follow-up (left truncation).
    Source: Kaplan and Meier 1958; Greenwood 1926; R survival 3.5 `survfitKM`.
    """
    if conf_type not in get_args(ConfType):
        raise AnalysisError(f"conf_type: {conf_type!r} is not one of {get_args(ConfType)}.")
    t = follow_up_time(time)
    d = event_indicator(event, t.size)
    e = entry_time(entry, t)
    w = case_weights(weights, t.size)
    g = labelled("group", group, t.size)
    if robust is None:
        robust = w is not None and bool(np.any(w != np.floor(w)))
    sets = build_risk_sets(
        t, np.ones(t.size, dtype=np.bool_), stratum=g.codes, entry=e, timefix=timefix
    )
    table = _table(sets, d, np.ones(t.size) if w is None else w)
    if robust:
        log_variance = _jackknife_variance(sets, d, np.ones(t.size) if w is None else w, table)
    else:
        log_variance = _greenwood(sets, table)
    z = quantile(level)
    bounds = np.append(sets.first_of_stratum, sets.size)
    counts = np.bincount(g.codes), np.bincount(g.codes, d)
    curves = tuple(
        _curve(
            label,
            sets.event_time[lo:hi],
            tuple(column[lo:hi] for column in table),
            log_variance[lo:hi],
            (z, level, conf_type),
            (int(counts[0][k]), int(counts[1][k])),
            "infinitesimal jackknife" if robust else "Greenwood",
            event_label,
        )
        for k, (label, lo, hi) in enumerate(zip(g.labels, bounds[:-1], bounds[1:], strict=True))
    )
    return KaplanMeier(curves)


_Table = tuple[FloatArray, ...]


def _table(sets: RiskSets, event: BoolArray, weights: FloatArray) -> _Table:
    """Return n_risk, n_event, n_censor (J,) at each distinct time of each group."""
    n_event = sets.tied(weights * event)
    n_censor = sets.tied(weights * ~event)
    n_risk = sets.at_risk(weights)
    # a running sum of weights can leave rounding dust: at risk is at least what leaves now
    return np.maximum(n_risk, n_event + n_censor), n_event, n_censor


def _greenwood(sets: RiskSets, table: _Table) -> FloatArray:
    """Return the variance of log S(t), shape (J,): the running sum of d / (n (n - d))."""
    n_risk, n_event, _ = table
    with np.errstate(divide="ignore", invalid="ignore"):
        return sets.cumulate(np.where(n_event > 0, n_event / (n_risk * (n_risk - n_event)), 0.0))


def _jackknife_variance(
    sets: RiskSets, event: BoolArray, weights: FloatArray, table: _Table
) -> FloatArray:
    """Return the infinitesimal-jackknife variance of log S(t), shape (J,).

    The influence of a row on -log S(t) is event/(n - d) at its own time minus the Greenwood-like
    sum C over its time at risk. Rows that have left keep theirs; rows still at risk share C(t), so
    their squares expand into sums over the risk set and nothing is O(n J).
    """
    n_risk, n_event, _ = table
    left = n_risk - n_event
    safe = np.where(left > 0, left, 1.0)
    step = np.where(left > 0, n_event / (n_risk * safe), 0.0)
    running = sets.cumulate(step)
    own = np.zeros(sets.slot.size)
    own[sets.event_rows] = event[sets.event_rows] / safe[sets.event_index]
    influence = own - sets.until(step)
    before = np.zeros(own.size)
    if sets.entry_slot is not None:
        before = np.append(0.0, running)[sets.entry_slot]
    squared = weights**2
    moments = [sets.at_risk(squared * before**k) - sets.tied(squared * before**k) for k in range(3)]
    waiting = running**2 * moments[0] - 2 * running * moments[1] + moments[2]
    gone = sets.cumulate(sets.tied(squared * influence**2))
    return np.asarray(np.where(left > 0, np.maximum(gone + waiting, 0.0), np.inf))


def _curve(
    label: object,
    time: FloatArray,
    table: _Table,
    log_variance: FloatArray,
    scale: tuple[float, float, ConfType],
    counts: tuple[int, int],
    variance: str,
    event_label: str,
) -> SurvivalCurve:
    """Return the curve of one group from its slice of the table."""
    n_risk, n_event, n_censor = table
    survival: FloatArray = np.cumprod(
        np.maximum((n_risk - n_event) / n_risk, 0.0), dtype=np.float64
    )
    emptied = np.flatnonzero(survival == 0)
    if emptied.size and emptied[0] < time.size - 1:
        warnings.warn(
            "Kaplan-Meier: every row at risk had the event before follow-up ended, so the curve "
            "stays at 0. With late entry, start the curve at a later time.",
            NumericalWarning,
            stacklevel=3,
        )
    z, level, conf_type = scale
    log_se = np.where(survival > 0, np.sqrt(log_variance), np.nan)
    lower, upper = _limits(survival, log_se, z, conf_type)
    return SurvivalCurve(
        group=label,
        time=time,
        n_risk=n_risk,
        n_event=n_event,
        n_censor=n_censor,
        survival=survival,
        se=survival * log_se,
        lower=lower,
        upper=upper,
        n=counts[0],
        events=counts[1],
        conf_type=conf_type,
        level=level,
        variance=variance,
        event_label=event_label,
    )


def _limits(
    survival: FloatArray, log_se: FloatArray, z: float, conf_type: ConfType
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper limits (k,) of S on the chosen scale (R's `survfit_confint`)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf_type == "plain":
            half = z * log_se * survival
            return np.maximum(survival - half, 0.0), np.minimum(survival + half, 1.0)
        logged = np.log(np.where(survival > 0, survival, np.nan))
        if conf_type == "log":
            return np.exp(logged - z * log_se), np.minimum(np.exp(logged + z * log_se), 1.0)
        logged = np.where(survival < 1, logged, np.nan)
        half = z * log_se / logged
        inner = np.log(-logged)
        return np.exp(-np.exp(inner - half)), np.exp(-np.exp(inner + half))
