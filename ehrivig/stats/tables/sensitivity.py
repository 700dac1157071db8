"""How much unmeasured confounding would explain an effect away, and what negative controls say."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.design_matrix import finite_vector
from ehrivig.stats.result import FloatArray
from ehrivig.stats.wald import p_value, quantile


@dataclass(frozen=True)
class EValue:
    """The risk ratio that a confounder needs, with exposure and with outcome, to explain all.

    `estimate` explains away the point estimate, `limit` moves the confidence limit nearer 1 to 1
    (1.0 when the interval holds 1 already; NaN when no interval was given).
    """

    estimate: float
    limit: float
    risk_ratio: float
    conversion: str


def e_value(
    estimate: float,
    lo: float | None = None,
    hi: float | None = None,
    *,
    measure: Literal["RR", "OR", "HR"] = "RR",
    common: bool = False,
) -> EValue:
    """The E-value of a ratio and of its interval: RR + sqrt(RR (RR - 1)) for RR >= 1, else of 1/RR.

    `common`: the outcome happens in more than 15% by the end of follow-up; then an odds ratio is
    taken as its square root and a hazard ratio as (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)). A
    rare outcome's OR and HR stand for the risk ratio. Raises UsageError for a ratio that is not
    above 0 or outside its interval. Source: VanderWeele & Ding 2017.
    """
    if measure not in ("RR", "OR", "HR"):
        raise UsageError(f"measure: {measure!r}; E-values are for RR, OR and HR.")
    ends = [estimate if end is None else end for end in (lo, hi)]
    if not 0 < ends[0] <= estimate <= ends[1] < np.inf:
        raise UsageError("e_value: need 0 < lo <= estimate <= hi, all finite.")
    risk = _as_risk_ratio(estimate, measure, common)
    nearer = lo if estimate >= 1 else hi
    limit = float("nan")
    if nearer is not None:
        crosses = (nearer <= 1) if estimate >= 1 else (nearer >= 1)
        limit = 1.0 if crosses else _bound(_as_risk_ratio(nearer, measure, common))
    conversion = "none" if measure == "RR" else f"{measure}, {'common' if common else 'rare'} event"
    return EValue(_bound(risk), limit, risk, conversion)


def _bound(ratio: float) -> float:
    """RR + sqrt(RR (RR - 1)) of the ratio or its inverse, whichever is above 1."""
    r = max(ratio, 1 / ratio)
    return r + sqrt(r * (r - 1))


def _as_risk_ratio(ratio: float, measure: str, common: bool) -> float:
    """The risk ratio that an odds or hazard ratio stands for."""
    if not common or measure == "RR":
        return ratio
    if measure == "OR":
        return sqrt(ratio)
    return float((1 - 0.5 ** sqrt(ratio)) / (1 - 0.5 ** sqrt(1 / ratio)))


@dataclass(frozen=True)
class EmpiricalNull:
    """What effects of no effect look like here: log ratios spread as N(mean, sd^2) by bias alone.

    `k` negative controls; `loglik` at the maximum.
    """

    mean: float
    sd: float
    k: int
    loglik: float


@dataclass(frozen=True)
class Calibrated:
    """An effect against the empirical null: its ratio, interval and p with the bias taken out."""

    estimate: float
    lo: float
    hi: float
    p: float
    p_uncalibrated: float
    level: float


def fit_null(log_ratio: ArrayLike, se: ArrayLike) -> EmpiricalNull:
    """The empirical null of negative controls by maximum likelihood: N(mean, sd^2 + se_i^2).

    `log_ratio` (k,), `se` (k,) > 0 of outcomes that the exposure cannot cause. Raises AnalysisError
    with fewer than 3 controls or missing values. Source: Schuemie et al. 2014.
    """
    y, s = finite_vector(log_ratio, "log_ratio"), finite_vector(se, "se")
    if len(y) != len(s) or bool((s <= 0).any()):
        raise UsageError("negative controls: one standard error above 0 for each log ratio.")
    if len(y) < 3:
        raise AnalysisError(f"negative controls: {len(y)} of them; at least 3 are needed.")
    width = float(np.std(y)) + float(s.max())

    def minus_loglik(sd: float) -> float:
        return -_null_loglik(y, s, sd)[1]

    grid = np.linspace(0.0, 2.0 * width, 41)
    best = int(np.argmin([minus_loglik(float(sd)) for sd in grid]))
    around = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 40)])
    found = minimize_scalar(minus_loglik, bounds=around, method="bounded", options={"xatol": 1e-12})
    flat = 1e-12 * (1.0 + abs(minus_loglik(0.0)))  # so small a gain is rounding
    sd = float(found.x) if found.fun < minus_loglik(0.0) - flat else 0.0
    mean, loglik = _null_loglik(y, s, sd)
    return EmpiricalNull(mean, sd, len(y), loglik)


def _null_loglik(y: FloatArray, s: FloatArray, sd: float) -> tuple[float, float]:
    """The best mean for this spread, and the log-likelihood there."""
    variance = sd**2 + s**2
    mean = float((y / variance).sum() / (1 / variance).sum())
    terms = np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance
    return mean, -0.5 * float(terms.sum())


def calibrate(null: EmpiricalNull, log_ratio: float, se: float, level: float = 0.95) -> Calibrated:
    """An effect (log ratio and its SE) read against the empirical null.

    The p is two-sided under N(mean, sd^2 + se^2); the estimate has the mean bias taken off, and
    the interval carries the spread of the bias (the same at every true effect, which negative
    controls alone cannot check). Source: Schuemie et al. 2014; 2018 for the interval.
    """
    if not se > 0:
        raise UsageError("calibrate: the standard error must be above 0.")
    width = sqrt(null.sd**2 + se**2)
    z = quantile(level)
    shifted = log_ratio - null.mean
    return Calibrated(
        estimate=exp(shifted),
        lo=exp(shifted - z * width),
        hi=exp(shifted + z * width),
        p=p_value(shifted / width),
        p_uncalibrated=p_value(log_ratio / se),
        level=level,
    )
