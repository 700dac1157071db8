"""The contrast of two restricted mean survival times: difference and ratio."""

from __future__ import annotations

import math

from scipy.stats import norm

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.kaplan_meier import SurvivalCurve


def rmst_difference(
    exposed: SurvivalCurve, control: SurvivalCurve, horizon: float, *, estimand: str = ""
) -> Effect:
    """Return the difference in mean event-free time up to `horizon`, exposed minus control.

    `horizon` has the unit of the curves' time. The curves are independent, so variances add.
    Raises AnalysisError when neither curve varies. Source: Royston and Parmar 2013.
    """
    a, b = exposed.restricted_mean(horizon), control.restricted_mean(horizon)
    se = math.hypot(a.se, b.se)
    return _effect("RMSTD", a.mean - b.mean, se, exposed, control, horizon, estimand)


def rmst_ratio(
    exposed: SurvivalCurve, control: SurvivalCurve, horizon: float, *, estimand: str = ""
) -> Effect:
    """Return the ratio of mean event-free times up to `horizon`; SE by delta method on the log.

    Raises AnalysisError when neither curve varies, or a mean is 0.
    """
    a, b = exposed.restricted_mean(horizon), control.restricted_mean(horizon)
    if a.mean <= 0 or b.mean <= 0:
        raise AnalysisError("RMST ratio: a restricted mean is 0, so the ratio is undefined.")
    se = math.hypot(a.se / a.mean, b.se / b.mean)
    return _effect("RMSTR", math.log(a.mean / b.mean), se, exposed, control, horizon, estimand)


def _effect(
    measure: str,
    value: float,
    se: float,
    exposed: SurvivalCurve,
    control: SurvivalCurve,
    horizon: float,
    estimand: str,
) -> Effect:
    """Return the contrast with its symmetric interval (`value` is a log for the ratio)."""
    if exposed.level != control.level or exposed.event_label != control.event_label:
        raise AnalysisError("RMST: the two curves differ in level or event label.")
    if se == 0:
        raise AnalysisError(f"RMST: no event before {horizon:g} in either group, so no contrast.")
    z = float(norm.ppf((1 + exposed.level) / 2))
    back = math.exp if measure == "RMSTR" else float
    return Effect(
        measure=measure,
        estimate=back(value),
        lo=back(value - z * se),
        hi=back(value + z * se),
        se=se,
        p=float(2 * norm.sf(abs(value / se))),
        event_label=exposed.event_label,
        n_exposed=exposed.n,
        events_exposed=exposed.events,
        n_control=control.n,
        events_control=control.events,
        method=f"area under the Kaplan-Meier curve to {horizon:g}",
        variance="Greenwood",
        estimand=estimand,
        level=exposed.level,
    )
