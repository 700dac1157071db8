"""Risks that a Cox model gives if everybody compared were exposed, and if nobody were.

A hazard ratio has no risks of its own; these are of the people that it is about, each with their
own covariates, averaged (g-formula). Source: Makuch 1982; Hernán 2010 (Epidemiology 21:13).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit, stdtr, stdtrit

from ehrivig.errors import SeparationError
from ehrivig.stats.result import Effect, FloatArray, IntArray, Risk
from ehrivig.stats.survival.cox import CoxFit
from ehrivig.stats.survival.cox_likelihood import moments
from ehrivig.stats.timezero.contrast import HOURS_PER_DAY, event_by
from ehrivig.stats.timezero.groups import N_GROUPS, jackknife
from ehrivig.stats.wald import ratio_of

_STEPS = 168
"""Of the time free of the event, whose curve is followed step by step; every 4 hours of 28 days."""
_BLOCK = 4_096
_T, _FAR = float(stdtrit(N_GROUPS - 1, 0.975)), 1e4
"""So many standard errors are the limits of 95%; and so many are p = 0."""
EXPOSED = "exposed"
"""The name of the exposure's column in messages."""


@dataclass(frozen=True)
class Standardised:
    """What one fit says: the log hazard ratio, and if all were exposed or none, each (2,), the risk
    by the horizon and the mean hours free of the event until then.

    span : mean hours until the horizon, of which those free are a part.
    """

    log_ratio: float
    risk: FloatArray
    free: FloatArray
    span: float


def standardised(
    fit: CoxFit, columns: FloatArray, stratum: IntArray, horizon: FloatArray
) -> Standardised:
    """Average over rows (m, p) whose first column is the exposure, in strata (m,) of the fit.

    horizon : (S,) hours from the origin of each stratum's clock, above 0.
    """
    data, coef = fit.design, fit.coef * fit.design.scale
    step = data.mean_weight * moments(data, coef).inverse[0]
    step = step * math.exp(-float((data.x @ coef).max()))
    risk, free = np.zeros(2), np.zeros(2)
    for s in np.unique(stratum):
        mine = data.sets.stratum == s
        grid = np.linspace(0, horizon[s], _STEPS + 1)
        at = np.searchsorted(data.sets.event_time[mine], grid, side="right")
        hazard = np.append(0.0, np.cumsum(step[mine]))[at]
        rows = np.flatnonzero(stratum == s)
        for first in range(0, rows.size, _BLOCK):
            x = columns[rows[first : first + _BLOCK]].copy()
            for place, exposure in enumerate((1.0, 0.0)):
                x[:, 0] = exposure
                relative = np.exp(((x - data.center) / data.scale) @ coef)
                survival = np.exp(-np.outer(relative, hazard)).sum(axis=0)
                risk[place] += len(x) - survival[-1]
                free[place] += np.trapezoid(survival, grid)
    n = len(columns)
    return Standardised(float(fit.coef[0]), risk / n, free / n, float(horizon[stratum].mean()))


def that_vary(
    columns: FloatArray, names: tuple[str, ...], dropped: tuple[str, ...] = ()
) -> tuple[FloatArray, tuple[str, ...]]:
    """The exposure, which is first, and those of the other columns (m, p) that vary; their names.

    dropped : names of columns that are left out besides.
    """
    kept = (np.ptp(columns, axis=0) > 0) & [name not in dropped for name in names]
    kept[0] = True
    return columns[:, kept], tuple(name for name, k in zip(names, kept, strict=True) if k)


def without_separating(fit: Callable[[tuple[str, ...]], Standardised]) -> Standardised:
    """What `fit` gives when told to drop the covariates that separate; the exposure stays.

    For parts of a cohort: in the whole of it a covariate that separates is refused by name.
    """
    dropped: tuple[str, ...] = ()
    while True:
        try:
            return fit(dropped)
        except SeparationError as error:
            named = set(error.columns.split(", ")) - {EXPOSED, *dropped}
            if not named:
                raise
            dropped = (*dropped, *sorted(named))


def with_risks(ratio: Effect, found: Standardised) -> Effect:
    """The hazard ratio with its standardised risks, without limits."""
    first, second = (Risk(float(risk), math.nan, math.nan) for risk in found.risk)
    return replace(ratio, risks=(first, second))


def standardised_effects(
    ratio: Effect,
    whole: Standardised,
    left: Sequence[Standardised],
    horizon_hours: float,
    *,
    correct: bool = False,
) -> tuple[Effect, ...]:
    """Return the hazard ratio with its risks, and the contrasts RD, RR and RMSTD (in days) of them.

    left : as `whole`, without each of the 20 groups of patients. correct : the risks have their
    first-order bias taken off, as the hazard ratio has. Where a risk is 0 or 1 there is the hazard
    ratio alone.
    """
    if not all(0 < risk < 1 for one in (whole, *left) for risk in one.risk):
        return (with_risks(ratio, whole),)
    own, parts = _scales(whole), np.stack([_scales(one) for one in left])
    better, se = jackknife(own, parts)
    value = better if correct else own
    if not ((value[:4] > 0) & (value[:4] < 1)).all():
        return (with_risks(ratio, whole),)
    if not (se > 0).all():
        return (with_risks(ratio, whole),)
    risks = Pair(value[:2], se[4:6], _correlation(parts[:, :2]))
    free = Pair(value[2:4], se[6:8], _correlation(parts[:, 2:4]))
    lo, hi = risks.each(_T)
    first, second = (Risk(*(float(side[k]) for side in (value, lo, hi))) for k in (0, 1))
    ratio = replace(ratio, risks=(first, second))
    event = event_by(ratio.event_label, horizon_hours)
    then = ratio.estimand if event in ratio.estimand else f"{ratio.estimand}; {event}"
    ratio_of_arms = replace(ratio, estimand=f"{then}; standardised to them")
    days = whole.span / HOURS_PER_DAY
    return (
        ratio,
        _difference(ratio_of_arms, "RD", risks, 1.0, float(se[8])),
        _ratio(ratio_of_arms, math.log(value[0] / value[1]), float(se[10])),
        _difference(ratio_of_arms, "RMSTD", free, days, float(se[9])),
    )


def _scales(found: Standardised) -> FloatArray:
    """Both risks and shares of time free, logits of these four, the differences of both, and the
    log ratio of the risks.
    """
    free = found.free / found.span
    both = np.concatenate((found.risk, free))
    gaps = found.risk[0] - found.risk[1], (found.free[0] - found.free[1]) / HOURS_PER_DAY
    return np.concatenate((both, logit(both), gaps, [math.log(found.risk[0] / found.risk[1])]))


def _correlation(parts: FloatArray) -> float:
    """How two columns (20, 2) go together when a group is left out; 0 where one does not vary."""
    spread = parts - parts.mean(axis=0)
    size = math.sqrt(float((spread[:, 0] ** 2).sum() * (spread[:, 1] ** 2).sum()))
    return float((spread[:, 0] * spread[:, 1]).sum()) / size if size > 0 else 0.0


@dataclass(frozen=True)
class Pair:
    """Two proportions (2,) with the standard errors of their logits (2,), and their correlation."""

    value: FloatArray
    se: FloatArray
    correlation: float

    def each(self, t: float) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits (2,) of both, `t` standard errors from the logits."""
        middle = logit(self.value)
        return expit(middle - t * self.se), expit(middle + t * self.se)

    def difference(self, t: float) -> tuple[float, float]:
        """Limits of the first minus the second, from the limits of each.

        The standard error of a difference grows as the risks do, so that limits at even distances
        miss on one side: 91% covered of 499 simulated cohorts of 400 without an effect, 94% so.
        Source: Zou & Donner 2008 (variance estimates recovered).
        """
        lo, hi = self.each(t)
        down, up = self.value - lo, hi - self.value
        gap = float(self.value[0] - self.value[1])
        below = down[0] ** 2 + up[1] ** 2 - 2 * self.correlation * down[0] * up[1]
        above = up[0] ** 2 + down[1] ** 2 - 2 * self.correlation * up[0] * down[1]
        return gap - math.sqrt(max(float(below), 0.0)), gap + math.sqrt(max(float(above), 0.0))

    def p(self) -> float:
        """The p whose interval of the difference ends at 0."""
        sign = 0 if self.value[0] > self.value[1] else 1

        def end(t: float) -> float:
            return self.difference(t)[sign]

        if end(0.0) == 0:
            return 1.0
        if end(_FAR) * end(0.0) > 0:
            return 0.0
        t = float(brentq(end, 0.0, _FAR, xtol=1e-12))
        return 2 * float(stdtr(N_GROUPS - 1, -t))


def _difference(ratio: Effect, measure: str, pair: Pair, unit: float, se: float) -> Effect:
    """The difference of a pair, in units of which 1 has so many, beside the hazard ratio."""
    lo, hi = pair.difference(_T)
    return replace(
        _beside(ratio, measure, se),
        estimate=float(pair.value[0] - pair.value[1]) * unit,
        lo=lo * unit,
        hi=hi * unit,
        p=pair.p(),
        variance=f"jackknife over {N_GROUPS} groups of patients, t limits of both arms' logits",
    )


def _ratio(ratio: Effect, value: float, se: float) -> Effect:
    """The ratio of the risks beside the hazard ratio, from its log, with t limits."""
    return replace(
        _beside(ratio, "RR", se),
        estimate=ratio_of(value),
        lo=ratio_of(value - _T * se),
        hi=ratio_of(value + _T * se),
        p=2 * float(stdtr(N_GROUPS - 1, -abs(value) / se)),
        variance=f"jackknife over {N_GROUPS} groups of patients, t interval",
    )


def _beside(ratio: Effect, measure: str, se: float) -> Effect:
    """Another measure of the same model."""
    return replace(ratio, measure=measure, se=se, method=f"{ratio.method}, g-formula")
