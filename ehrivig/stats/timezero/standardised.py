"""Risks that a Cox model gives if everybody compared were exposed, and if nobody were.

A hazard ratio has no risks of its own; these are of the people that it is about, each with their
own covariates, averaged (g-formula). Source: Makuch 1982; Hernán 2010 (Epidemiology 21:13).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
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
EXPOSED = "exposed"
"""The name of the exposure's column in messages."""


@dataclass(frozen=True)
class Standardised:
    """What one fit says: the log hazard ratio, and if all were exposed or none, each (2,), the risk
    by the horizon and the mean hours free of the event until then.
    """

    log_ratio: float
    risk: FloatArray
    free: FloatArray


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
    return Standardised(float(fit.coef[0]), risk / len(columns), free / len(columns))


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
    own = _scales(whole)
    better, se = jackknife(own, np.stack([_scales(one) for one in left]))
    value = better if correct else own
    if not ((value[:2] > 0) & (value[:2] < 1)).all():
        return (with_risks(ratio, whole),)
    if not (se > 0).all():
        return (with_risks(ratio, whole),)
    t = float(stdtrit(N_GROUPS - 1, 0.975))
    middle, half = logit(value[:2]), t * se[4:6]
    lo, hi = expit(middle - half), expit(middle + half)
    first, second = (Risk(*(float(side[k]) for side in (value, lo, hi))) for k in (0, 1))
    ratio = replace(ratio, risks=(first, second))
    event = event_by(ratio.event_label, horizon_hours)
    then = ratio.estimand if event in ratio.estimand else f"{ratio.estimand}; {event}"
    then = f"{then}; standardised to them"
    made = (
        ("RD", float(value[0] - value[1]), float(se[2])),
        ("RR", math.log(value[0] / value[1]), float(se[6])),
        ("RMSTD", float(value[3]), float(se[3])),
    )
    return ratio, *(_contrast(replace(ratio, estimand=then), one, t) for one in made)


def _scales(found: Standardised) -> FloatArray:
    """Both risks, their difference, that of the days free; logits of both, and the log ratio."""
    first, second = found.risk
    days = (found.free[0] - found.free[1]) / HOURS_PER_DAY
    logs = (logit(first), logit(second), math.log(first / second))
    return np.array([first, second, first - second, days, *logs])


def _contrast(ratio: Effect, found: tuple[str, float, float], t: float) -> Effect:
    """A contrast (measure, value, se) of the risks beside the hazard ratio, with t limits."""
    measure, value, se = found
    back = ratio_of if measure == "RR" else float
    return replace(
        ratio,
        measure=measure,
        estimate=back(value),
        lo=back(value - t * se),
        hi=back(value + t * se),
        se=se,
        p=2 * float(stdtr(N_GROUPS - 1, -abs(value) / se)),
        method=f"{ratio.method}, g-formula",
        variance=f"jackknife over {N_GROUPS} groups of patients, t interval",
    )
