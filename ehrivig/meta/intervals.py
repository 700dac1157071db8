"""Quantiles and p-values of normal and t statistics, and what an interval says of its error."""

from __future__ import annotations

import math
from typing import TypeVar

from scipy.stats import norm, t

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.result import FloatArray

Limit = TypeVar("Limit", float, FloatArray)


def critical_value(level: float, df: float = math.nan) -> float:
    """The two-sided quantile of the normal (df NaN) or t distribution."""
    upper = 0.5 + checked_level(level) / 2
    return float(norm.ppf(upper)) if math.isnan(df) else float(t.ppf(upper, df))


def two_sided_p(statistic: float, df: float = math.nan) -> float:
    """Two-sided p of a normal (df NaN) or t statistic, from the survival function."""
    size = abs(statistic)
    return float(2 * norm.sf(size)) if math.isnan(df) else float(2 * t.sf(size, df))


def standard_error(lo: Limit, hi: Limit, level: float) -> Limit:
    """The standard error of a normal interval, from its limits on the analysis scale."""
    distance = critical_value(level)
    if not distance > 0:
        raise UsageError(f"level: intervals of {level!r} have no width; give that of the limits.")
    return (hi - lo) / (2 * distance)
