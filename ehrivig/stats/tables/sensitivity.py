"""How much unmeasured confounding would explain an effect away: the E-value."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import above_zero, one_of
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, repr=False)
class EValue(Shown):
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
    one_of("E-value: measure", measure, ("RR", "OR", "HR"))
    what = "E-value: ratio"
    estimate = above_zero(estimate, what)
    lo, hi = (None if end is None else above_zero(end, what) for end in (lo, hi))
    if not (lo or estimate) <= estimate <= (hi or estimate):
        raise UsageError("E-value: needs lo <= estimate <= hi.")
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
