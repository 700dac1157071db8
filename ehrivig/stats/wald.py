"""Wald's intervals and tests: symmetric on the scale on which the estimate is normal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log
from sys import float_info

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from ehrivig.stats.arrays import checked_level
from ehrivig.stats.result import FloatArray, Numbers

_LARGEST_LOG = log(float_info.max)


@dataclass(frozen=True)
class Ratios:
    """Ratios exp(coef) with their limits, and se, z and two-sided p of coef; each (k,)."""

    ratio: FloatArray
    lo: FloatArray
    hi: FloatArray
    se: FloatArray
    z: FloatArray
    p: FloatArray


def ratios(
    coef: FloatArray, covariance: FloatArray, level: float, df: FloatArray | None = None
) -> Ratios:
    """The ratios of log ratios `coef` (k,) with covariance (k, k); a limit may be infinite.

    Normal, or of t with `df` (k,) degrees of freedom.
    """
    se = np.sqrt(np.diag(covariance))
    width = quantile(level) if df is None else -stdtrit(df, (1 - checked_level(level)) / 2)
    half, z = width * se, coef / se
    with np.errstate(over="ignore"):
        ratio, lo, hi = np.exp(coef), np.exp(coef - half), np.exp(coef + half)
    tail = ndtr(-np.abs(z)) if df is None else stdtr(df, -np.abs(z))
    return Ratios(ratio, lo, hi, se, z, 2.0 * tail)


def exponential(values: FloatArray) -> FloatArray:
    """exp, infinite without a warning where a double ends."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(values))


def ratio_of(log_ratio: float) -> float:
    """exp of one number, infinite where a double ends."""
    return exp(log_ratio) if log_ratio < _LARGEST_LOG else inf


def wald_interval(
    value: float,
    se: float,
    level: float,
    back: Callable[[float], float] = float,
    *,
    limits: tuple[float, float] | None = None,
    p_without_se: float = float("nan"),
) -> Numbers:
    """Estimate, limits, se and p of a value on its symmetric scale; `back` takes ratios from logs.

    `limits` on that scale stand in for the normal ones, `p_without_se` where the standard error
    is 0.
    """
    half = quantile(level) * se
    lo, hi = limits or (value - half, value + half)
    p = p_value(value / se) if se > 0 else p_without_se
    return back(value), back(lo), back(hi), se, p


def quantile(level: float) -> float:
    """The number of standard errors on each side of a two-sided normal interval.

    Raises UsageError for a level that does not lie between 0 and 1.
    """
    return float(-ndtri((1 - checked_level(level)) / 2))


def t_quantile(level: float, df: float) -> float:
    """The same of a t interval; normal where `df` is infinite."""
    if not np.isfinite(df):
        return quantile(level)
    return float(-stdtrit(df, (1 - checked_level(level)) / 2))


def p_value(z: float) -> float:
    """The two-sided p of a standard normal z."""
    return 2 * float(ndtr(-abs(z)))
