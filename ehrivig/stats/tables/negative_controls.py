"""What negative controls say of bias, and an effect read against it: the empirical null."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import above_zero, checked_level, finite_number
from ehrivig.stats.design_matrix import finite_vector
from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import p_value, ratio_of

_PRIOR, _WIDEST, _GRID = 0.5, 4.0, 401
"""Scale of the half-normal prior of the spread of biases; the grid goes to so many scales."""

_FAR, _SMALLEST = 600.0, 1e-100
"""Log ratios and errors beyond it are of no ratio that a double holds."""


@dataclass(frozen=True, repr=False)
class EmpiricalNull(Shown):
    """What effects of no effect look like here: log ratios spread as N(mean, sd^2) by bias alone.

    `k` negative controls; `loglik` at the maximum. `spreads` (g,) of the bias that are held to be
    possible, with what each would make of its mean: `weights` (g,), that sum to 1, `means` (g,),
    and the variances of the bias of the next outcome, `variances` (g,).
    """

    mean: float
    sd: float
    k: int
    loglik: float
    spreads: FloatArray
    weights: FloatArray
    means: FloatArray
    variances: FloatArray


@dataclass(frozen=True, repr=False)
class Calibrated(Shown):
    """An effect against the empirical null: its ratio, interval and p with the bias taken out.

    `se` of the log ratio: the spread of what it may be.
    """

    estimate: float
    lo: float
    hi: float
    p: float
    se: float
    p_uncalibrated: float
    level: float


def fit_null(log_ratio: ArrayLike, se: ArrayLike) -> EmpiricalNull:
    """The empirical null of negative controls by maximum likelihood: N(mean, sd^2 + se_i^2).

    `log_ratio` (k,), `se` (k,) > 0 of outcomes that the exposure cannot cause. Raises AnalysisError
    with fewer than 3 controls or missing values. Source: Schuemie et al. 2014.

    Few controls hardly tell how far biases spread, and the most likely spread of three is often 0.
    So every spread counts by its likelihood and a half-normal prior of scale 0.5 (a bias seldom
    changes a ratio more than 2.7-fold), the mean integrated out: Gelman 2006; Schuemie et al. 2018.
    """
    y, s = finite_vector(log_ratio, "log_ratio"), finite_vector(se, "se")
    if len(y) != len(s) or bool(
        (s <= _SMALLEST).any() or (s > _FAR).any() or (abs(y) > _FAR).any()
    ):
        raise UsageError("negative controls: a log ratio, and its standard error above 0, of each.")
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
    return EmpiricalNull(mean, sd, len(y), loglik, *_posterior(y, s))


def _posterior(
    y: FloatArray, s: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Spreads on a grid, their weights, and mean and variance of the next bias at each."""
    spreads = np.linspace(0.0, _WIDEST * _PRIOR, _GRID)
    precision = 1 / (spreads[:, None] ** 2 + s**2)
    of_mean = 1 / precision.sum(axis=1)
    means = (precision * y).sum(axis=1) * of_mean
    likelihood = 0.5 * (np.log(precision) - precision * (y - means[:, None]) ** 2).sum(axis=1)
    weight = likelihood + 0.5 * np.log(of_mean) - 0.5 * (spreads / _PRIOR) ** 2
    weights = np.exp(weight - weight.max())
    return spreads, weights / weights.sum(), means, spreads**2 + of_mean


def _null_loglik(y: FloatArray, s: FloatArray, sd: float) -> tuple[float, float]:
    """The best mean for this spread, and the log-likelihood there."""
    variance = sd**2 + s**2
    mean = float((y / variance).sum() / (1 / variance).sum())
    terms = np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance
    return mean, -0.5 * float(terms.sum())


def calibrate(null: EmpiricalNull, log_ratio: float, se: float, level: float = 0.95) -> Calibrated:
    """An effect (log ratio and its SE) read against the empirical null.

    Its bias is predicted from those of the controls, whatever their spread may be: the estimate has
    the mean of the prediction taken off, interval and two-sided p are of the predicted bias and the
    effect's own error together (the same at every true effect, which negative controls alone cannot
    check). Source: Schuemie et al. 2014; 2018 for the interval.
    """
    log_ratio, se = finite_number(log_ratio, "log_ratio"), above_zero(se, "se")
    if abs(log_ratio) > _FAR or se > _FAR:
        raise UsageError("calibrate: a log ratio or its standard error is beyond all ratios.")
    tail = (1 - checked_level(level)) / 2
    mean = float(null.weights @ null.means)
    variance = null.variances + se**2
    spread = sqrt(float(null.weights @ (variance + (null.means - mean) ** 2)))

    def below(bias: float) -> float:
        """The chance that bias and error together are below this."""
        return float(null.weights @ ndtr((bias - null.means) / np.sqrt(variance)))

    def at(side: Callable[[float], float]) -> float:
        """The bias beyond which, on a side, the tail lies: the nearer 1 the level, the farther."""
        far = 40 * spread
        return float(brentq(lambda b: side(b) - tail, mean - far, mean + far, xtol=1e-12))

    def above(bias: float) -> float:
        return _above(null, variance, bias)

    return Calibrated(
        estimate=ratio_of(log_ratio - mean),
        lo=ratio_of(log_ratio - at(above)),
        hi=ratio_of(log_ratio - at(below)),
        p=min(1.0, 2 * min(below(log_ratio), above(log_ratio))),
        se=spread,
        p_uncalibrated=p_value(log_ratio / se),
        level=level,
    )


def _above(null: EmpiricalNull, variance: FloatArray, bias: float) -> float:
    """The chance that bias and error together are above this, exact far out."""
    return float(null.weights @ ndtr((null.means - bias) / np.sqrt(variance)))
