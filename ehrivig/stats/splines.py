"""Restricted cubic splines: a curve that is smooth between knots and a straight line beyond them.

Source: Stone & Koo 1985; Harrell 2015 (quantiles of the knots). R: `Hmisc::rcspline.eval`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import FloatArray

QUANTILES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.50, 0.6583, 0.8167, 0.975),
}
"""Where so many knots lie, as parts of the known values."""


def spline_knots(x: ArrayLike, knots: int = 4) -> FloatArray:
    """The knots (k,) of the values `x` (n,), NaN where not known: at quantiles, each once.

    Raises UsageError for fewer than 3 knots or more than 7; AnalysisError where fewer than three
    differ, as of a number that takes few values.
    """
    if knots not in QUANTILES:
        raise UsageError(f"splines: {knots!r} knots; there are 3 to 7.")
    values = numbers(x, "x")
    known = values[~np.isnan(values)]
    found = np.unique(np.quantile(known, QUANTILES[knots])) if len(known) else np.empty(0)
    if len(found) < 3:
        raise AnalysisError("splines: too few values for a curve.")
    return np.asarray(found, dtype=np.float64)


def spline_columns(x: ArrayLike, knots: ArrayLike) -> FloatArray:
    """What a curve has beyond the line `x` (n,): (n, k - 2), in the unit of `x`; NaN stays NaN.

    With `x` itself they span all curves with these knots (k,), in rising order.
    """
    values, t = numbers(x, "x"), numbers(knots, "knots")
    last, before, first = t[-1], t[-2], t[0]

    def bend(knot: float) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.maximum(values - knot, 0.0) ** 3)

    columns = [
        bend(knot)
        - bend(before) * (last - knot) / (last - before)
        + bend(last) * (before - knot) / (last - before)
        for knot in t[:-2]
    ]
    return np.asarray(np.column_stack(columns) / (last - first) ** 2, dtype=np.float64)
