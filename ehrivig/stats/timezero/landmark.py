"""Landmark analysis: who had started by a fixed hour, among those still followed then."""

from __future__ import annotations

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero.contrast import by_then, hazard_ratio, risk_effects, with_hazard_ratio
from ehrivig.stats.timezero.follow_up import FollowUp

DEFAULT_LANDMARKS_HOURS = (24.0, 48.0, 72.0)


def landmark(cohort: FollowUp, landmark_hours: float, horizon_hours: float) -> tuple[Effect, ...]:
    """Return RD and RR at the horizon, and the HR, from `landmark_hours` on.

    Exposed: started in [0, landmark]. Only patients followed beyond the landmark count, so nobody
    is credited with time survived, and of them those who could still start; later starters stay
    unexposed. `horizon_hours` runs from time
    zero. Raises AnalysisError when the horizon is not after the landmark, or an arm is empty.
    Source: Anderson, Cain and Gelber 1983.
    """
    if not 0 < landmark_hours < horizon_hours:
        raise AnalysisError(
            f"landmark: {landmark_hours:g} h is not between 0 and the horizon {horizon_hours:g} h."
        )
    kept = (cohort.time_hours > landmark_hours) & (cohort.leaves_hours > landmark_hours)
    if not kept.any():
        raise AnalysisError(f"landmark: nobody is followed beyond {landmark_hours:g} h.")
    time = cohort.time_hours[kept] - landmark_hours
    event = cohort.event[kept]
    exposed = np.less_equal(cohort.start_hours[kept], landmark_hours)
    x = None if cohort.x is None else cohort.x[kept]
    method = f"landmark {landmark_hours:g} h"
    estimand = (
        f"started by {landmark_hours:g} h vs not, whatever came later, among patients followed "
        f"beyond {landmark_hours:g} h; {cohort.event_label} {by_then(horizon_hours)}"
    )
    labels = {"event_label": cohort.event_label, "method": method, "estimand": estimand}
    risks = risk_effects(time, event, exposed, horizon_hours - landmark_hours, **labels)
    return with_hazard_ratio(risks, lambda: hazard_ratio(time, event, exposed, x, **labels))
