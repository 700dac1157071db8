"""The contrast of two restricted mean survival times."""

from __future__ import annotations

import math

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.survival.kaplan_meier import SurvivalCurve
from ehrivig.stats.wald import wald_interval


def rmst_difference(
    exposed: SurvivalCurve, control: SurvivalCurve, horizon: float, *, estimand: str = ""
) -> Effect:
    """Return the difference in mean event-free time up to `horizon`, exposed minus control.

    `horizon` has the unit of the curves' time. The curves are independent, so variances add.
    Raises AnalysisError when neither curve varies. Source: Royston and Parmar 2013.
    """
    a, b = exposed.restricted_mean(horizon), control.restricted_mean(horizon)
    if exposed.level != control.level or exposed.event_label != control.event_label:
        raise AnalysisError("RMST: the two curves differ in level or event label.")
    se = math.hypot(a.se, b.se)
    if se == 0:
        raise AnalysisError(f"RMST: no event before {horizon:g} in either group, so no contrast.")
    return Effect.between(
        Arms(exposed.n, exposed.events, control.n, control.events),
        "RMSTD",
        wald_interval(a.mean - b.mean, se, exposed.level),
        event_label=exposed.event_label,
        method=f"area under the Kaplan-Meier curve to {horizon:g}",
        variance="Greenwood",
        estimand=estimand,
        level=exposed.level,
    )
