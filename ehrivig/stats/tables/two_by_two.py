"""Effects of a 2x2 table, each with the name of its interval.

Arguments are events and people of the exposed and of the controls, always in that order.
"""

from __future__ import annotations

from math import log, sqrt

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import count_of, finite_number, one_of
from ehrivig.stats.result import Arms, Effect, Risk, Risks
from ehrivig.stats.wald import p_value, quantile, ratio_of, wald_interval


def risk_ratio(
    events_exposed: int,
    n_exposed: int,
    events_control: int,
    n_control: int,
    *,
    event_label: str = "event",
    level: float = 0.95,
    correction: float = 0.0,
) -> Effect:
    """The risk ratio of a 2x2 table with Wald's interval on the log scale (Katz).

    `correction` is added to all four cells and then named. Raises AnalysisError when an arm has
    no event without it. Source: Katz et al. 1978.
    """
    arms = _arms(events_exposed, n_exposed, events_control, n_control)
    a, b, c, d = _cells(arms, finite_number(correction, "correction", 0))
    if min(a, c) == 0:
        raise no_event()
    if b + d == 0:
        raise AnalysisError(
            "risk ratio: everybody had the event, so its interval has no width. "
            "Use correction=0.5 or a risk difference."
        )
    se = sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    ratio = log(a / (a + b)) - log(c / (c + d))
    added = f", {correction:g} added to each cell" if correction else ""
    return Effect.between(
        arms,
        "RR",
        wald_interval(ratio, se, level, ratio_of, p_without_se=1.0),
        event_label=event_label,
        method="2x2 table, Katz interval of the log" + added,
        variance="delta method on the log",
        level=level,
        risks=None if correction else crude_risks(arms, level),
    )


def risk_difference(
    events_exposed: int,
    n_exposed: int,
    events_control: int,
    n_control: int,
    *,
    event_label: str = "event",
    level: float = 0.95,
    interval: str = "newcombe",
) -> Effect:
    """The risk difference of a 2x2 table.

    `interval="newcombe"` is the hybrid of the arms' Wilson intervals (Newcombe 1998, method 10);
    `"wald"` the simple one, which fails near 0 and 1 and is refused where it has no width. The p is
    that of the pooled z test (its square is Pearson's chi-square without correction); it is 1 when
    all or none had the event. `se` is Wald's; where that is 0, what the interval's width implies.
    """
    one_of("interval", interval, ("newcombe", "wald"))
    arms = _arms(events_exposed, n_exposed, events_control, n_control)
    n1, n0 = arms.n_exposed, arms.n_control
    p1, p0 = arms.events_exposed / n1, arms.events_control / n0
    se = sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    if interval == "wald" and se == 0:
        raise AnalysisError(
            "risk difference: the risk of each arm is 0 or 1, so Wald's interval has no width. "
            'Use interval="newcombe".'
        )
    if interval == "wald":
        half = quantile(level) * se
        lo, hi, name = p1 - p0 - half, p1 - p0 + half, "Wald"
    else:
        l1, u1 = wilson(arms.events_exposed, n1, level)
        l0, u0 = wilson(arms.events_control, n0, level)
        lo = p1 - p0 - sqrt((p1 - l1) ** 2 + (u0 - p0) ** 2)
        hi, name = p1 - p0 + sqrt((u1 - p1) ** 2 + (p0 - l0) ** 2), "Newcombe"
    pooled = (arms.events_exposed + arms.events_control) / (n1 + n0)
    null_se = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    p = p_value((p1 - p0) / null_se) if null_se > 0 else 1.0
    return Effect.between(
        arms,
        "RD",
        (p1 - p0, lo, hi, se or (hi - lo) / (2 * quantile(level)), p),
        event_label=event_label,
        method=f"2x2 table, {name} interval",
        variance="unpaired binomial; p of Pearson's chi-square",
        level=level,
        risks=crude_risks(arms, level),
    )


def wilson(events: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion. Source: Wilson 1927."""
    events, n = count_of(events, "events"), count_of(n, "n")
    if not 0 <= events <= n or n == 0:
        raise UsageError(f"wilson: {events} events of {n}; events must lie between 0 and n > 0.")
    z = quantile(level)
    p = events / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def crude_risks(arms: Arms, level: float = 0.95) -> Risks:
    """The proportions with the event in both arms, each with Wilson's interval."""
    exposed, control = (
        Risk(events / n, *wilson(events, n, level))
        for events, n in (
            (arms.events_exposed, arms.n_exposed),
            (arms.events_control, arms.n_control),
        )
    )
    return exposed, control


def _arms(events_exposed: int, n_exposed: int, events_control: int, n_control: int) -> Arms:
    """The counts of both arms; raises on what cannot be events and people of an arm."""
    counts = (n_exposed, events_exposed, n_control, events_control)
    arms = Arms(*(count_of(value, "2x2 table") for value in counts))
    if arms.events_exposed > arms.n_exposed or arms.events_control > arms.n_control:
        raise UsageError("2x2 table: events must lie between 0 and n.")
    if min(arms.n_exposed, arms.n_control) == 0:
        raise AnalysisError("2x2 table: one arm is empty; there is no effect.")
    return arms


def _cells(arms: Arms, correction: float) -> tuple[float, float, float, float]:
    """Events and others of the exposed and of the controls, corrected."""
    a, b = arms.events_exposed, arms.n_exposed - arms.events_exposed
    c, d = arms.events_control, arms.n_control - arms.events_control
    return a + correction, b + correction, c + correction, d + correction


def no_event() -> AnalysisError:
    """The error of a risk ratio with an arm that had no event."""
    return AnalysisError(
        "risk ratio: a cell of the table is zero, so the ratio or its interval is infinite. "
        "Use correction=0.5, a risk difference, or an exact or Firth model."
    )
