"""Effects of matched pairs, each with the name of its interval.

Arguments are counts of pairs: `a` with the event in both, `b` in the exposed only, `c` in the
control only, `d` in neither.
"""

from __future__ import annotations

from math import log, sqrt

from scipy.optimize import brentq

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import count_of
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.tables.two_by_two import crude_risks, no_event
from ehrivig.stats.wald import p_value, quantile, ratio_of, wald_interval


def paired_risk_difference(
    a: int, b: int, c: int, d: int, *, event_label: str = "event", level: float = 0.95
) -> Effect:
    """The risk difference of pairs, exposed minus control, with Tango's score interval.

    The p is that of the same score test at no difference, McNemar's chi-square without correction:
    p is below 1 - level where the interval excludes 0. `se` is the root of
    (b + c - (b - c)^2 / n) / n^2; where that is 0, what the interval's width implies. Raises
    AnalysisError without a pair. Source: Tango 1998; McNemar 1947.
    """
    a, b, c, n = _pairs(a, b, c, d)
    difference = (b - c) / n
    lo, hi = tango(b, c, n, level)
    se = sqrt(max(0.0, b + c - (b - c) ** 2 / n)) / n
    return Effect.between(
        Arms(n, a + b, n, a + c),
        "RD",
        (
            difference,
            lo,
            hi,
            se or _implied(b, c, n, level),
            p_value((b - c) / sqrt(b + c)) if b + c else 1.0,
        ),
        event_label=event_label,
        method="pairs, Tango score interval",
        variance="paired score; p of McNemar's chi-square",
        level=level,
        risks=crude_risks(Arms(n, a + b, n, a + c), level),
    )


def _implied(b: int, c: int, n: int, level: float) -> float:
    """The standard error that the width of the interval implies; at a level next to 0, of 0.95."""
    known = level if quantile(level) > 0 else 0.95
    lo, hi = tango(b, c, n, known)
    return (hi - lo) / (2 * quantile(known))


def tango(b: int, c: int, n: int, level: float) -> tuple[float, float]:
    """Tango's score limits of the difference (b - c) / n of paired proportions.

    The differences that the score test at `level` does not reject, within -1 to 1. The interval
    has width whatever the counts.
    """
    z, difference = quantile(level), (b - c) / n
    upper = _limit(b, c, n, z, 1.0) if difference < 1 else 1.0
    lower = _limit(b, c, n, z, -1.0) if difference > -1 else -1.0
    return lower, upper


def _limit(b: int, c: int, n: int, z: float, end: float) -> float:
    """The limit between the estimate and `end`, -1 or 1."""

    def excess(delta: float) -> float:
        return end * _score(b, c, n, delta) + z

    # At the end itself the variance is 0 and the score without bound: it is always rejected.
    start, stop = (b - c) / n, end * (1 - 1e-15)
    if excess(stop) > 0:
        return end
    if excess(start) <= 0:  # a level next to 0: the limit is the estimate, but for rounding
        return start
    return float(brentq(excess, start, stop, xtol=1e-15, rtol=1e-14))


def _score(b: int, c: int, n: int, delta: float) -> float:
    """The score statistic of a true difference `delta`, the discordance estimated under it."""
    linear = -(b + c) + (2 * n - b + c) * delta
    root = sqrt(max(0.0, linear**2 + 8 * n * c * delta * (1 - delta)))
    q = max(0.0, (root - linear) / (4 * n), -delta)
    variance = n * (2 * q + delta * (1 - delta))
    gap = b - c - n * delta
    return gap / sqrt(variance) if variance > 0 else 0.0 if gap == 0 else gap * float("inf")


def paired_risk_ratio(
    a: int, b: int, c: int, d: int, *, event_label: str = "event", level: float = 0.95
) -> Effect:
    """The risk ratio of pairs, (a + b) / (a + c), with Wald's interval on the log scale.

    Variance of the log (b + c) / ((a + b)(a + c)). Raises AnalysisError when an arm has no event,
    and without a discordant pair, where the interval would have no width.
    Source: Agresti & Min 2004.
    """
    a, b, c, n = _pairs(a, b, c, d)
    if min(a + b, a + c) == 0:
        raise no_event()
    if b + c == 0:
        raise AnalysisError(
            "risk ratio of pairs: no pair is discordant, so its interval has no width. "
            "Use the risk difference of pairs."
        )
    se = sqrt((b + c) / ((a + b) * (a + c)))
    ratio = log((a + b) / (a + c))
    return Effect.between(
        Arms(n, a + b, n, a + c),
        "RR",
        wald_interval(ratio, se, level, ratio_of),
        event_label=event_label,
        method="pairs, Wald interval of the log",
        variance="paired (b + c) / ((a + b)(a + c))",
        level=level,
    )


def _pairs(*counts: int) -> tuple[int, int, int, int]:
    """The counts a, b and c, and the number of all pairs; raises on bad counts."""
    a, b, c, d = (count_of(value, "pairs: a count") for value in counts)
    if a + b + c + d == 0:
        raise AnalysisError("pairs: there are none; there is no effect.")
    return a, b, c, a + b + c + d
