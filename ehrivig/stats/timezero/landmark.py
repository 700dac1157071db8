"""Landmark analysis: who had started by a fixed hour, among those still followed then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero
from ehrivig.stats.result import BoolArray, Effect, FloatArray
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.timezero.contrast import event_by, hazard_ratio, risk_effects, with_hazard_ratio
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.groups import N_GROUPS, groups_of
from ehrivig.stats.timezero.standardised import (
    EXPOSED,
    Standardised,
    standardised,
    standardised_effects,
    that_vary,
    with_risks,
    without_separating,
)

DEFAULT_LANDMARKS_HOURS = (24.0, 48.0, 72.0)


def landmark(cohort: FollowUp, landmark_hours: float, horizon_hours: float) -> tuple[Effect, ...]:
    """Return RD and RR at the horizon, and the HR, from `landmark_hours` on.

    Exposed: started in [0, landmark]. Only patients followed beyond the landmark count, so nobody
    is credited with time survived, and of them those who could still start; later starters stay
    unexposed. `horizon_hours` runs from time
    zero. Raises AnalysisError when the horizon is not after the landmark, or an arm is empty.
    Source: Anderson, Cain and Gelber 1983.
    """
    at = _at(cohort, landmark_hours, horizon_hours)
    risks = risk_effects(at.time, at.event, at.exposed, horizon_hours - landmark_hours, **at.words)
    return with_hazard_ratio(
        risks,
        lambda: hazard_ratio(at.time, at.event, at.exposed, at.x, names=at.names, **at.words),
    )


def landmark_adjusted(
    cohort: FollowUp, landmark_hours: float, horizon_hours: float
) -> tuple[Effect, ...]:
    """Return the adjusted HR of `landmark`, and RD, RR and RMSTD (days) at the horizon.

    The risks are those of everybody followed beyond the landmark, had they started and had they
    not, by the Cox model. Raises AnalysisError as `landmark`; where the model cannot be fitted
    without one of the 20 groups of the jackknife, there is the hazard ratio with its risks alone.
    """
    at = _at(cohort, landmark_hours, horizon_hours)
    ratio = hazard_ratio(at.time, at.event, at.exposed, at.x, names=at.names, **at.words)
    span, group = horizon_hours - landmark_hours, groups_of(cohort)[at.kept]
    whole = _standardised(at, np.ones(at.time.size, dtype=np.bool_), span)
    try:
        left = [
            without_separating(partial(_standardised, at, group != g, span))
            for g in range(N_GROUPS)
        ]
    except AnalysisError:
        said = f"risks without limits: no model without each of {N_GROUPS} groups of people"
        return (replace(with_risks(ratio, whole), notes=(*ratio.notes, said)),)
    return standardised_effects(ratio, whole, left, horizon_hours)


@dataclass(frozen=True)
class _AtLandmark:
    """Who is followed beyond a landmark and could still start then: (n,) of the cohort in `kept`,
    the others (m,) of them; hours from the landmark on.
    """

    kept: BoolArray
    time: FloatArray
    event: BoolArray
    exposed: BoolArray
    x: FloatArray | None
    names: tuple[str, ...]
    words: dict[str, str]


def _at(cohort: FollowUp, landmark_hours: float, horizon_hours: float) -> _AtLandmark:
    landmark_hours = above_zero(landmark_hours, "landmark_hours")
    if not landmark_hours < above_zero(horizon_hours, "horizon_hours"):
        raise AnalysisError(
            f"landmark: {landmark_hours:g} h is not between 0 and the horizon {horizon_hours:g} h."
        )
    kept = (cohort.time_hours > landmark_hours) & (cohort.leaves_hours > landmark_hours)
    if not kept.any():
        raise AnalysisError(f"landmark: nobody is followed beyond {landmark_hours:g} h.")
    exposed = np.less_equal(cohort.start_hours[kept], landmark_hours)
    columns = exposed.astype(np.float64)[:, None]
    if cohort.x is not None:
        columns = np.hstack((columns, cohort.x[kept]))
    columns, names = that_vary(columns, (EXPOSED, *cohort.names))
    x = None if cohort.x is None else columns[:, 1:]
    estimand = (
        f"started by {landmark_hours:g} h vs not, whatever came later, among patients followed "
        f"beyond {landmark_hours:g} h; {event_by(cohort.event_label, horizon_hours)}"
    )
    return _AtLandmark(
        kept,
        cohort.time_hours[kept] - landmark_hours,
        cohort.event[kept],
        exposed,
        x,
        names,
        {
            "event_label": cohort.event_label,
            "method": f"landmark {landmark_hours:g} h",
            "estimand": estimand,
        },
    )


def _standardised(
    at: _AtLandmark, mine: BoolArray, span_hours: float, dropped: tuple[str, ...] = ()
) -> Standardised:
    """What the Cox model of some of the people (m,) says, averaged over them."""
    columns = at.exposed[mine].astype(np.float64)[:, None]
    if at.x is not None:
        columns = np.hstack((columns, at.x[mine]))
    columns, names = that_vary(columns, at.names, dropped)
    fit = cox(at.time[mine], at.event[mine], columns, names=names)
    strata = np.zeros(len(columns), dtype=np.int64)
    return standardised(fit, columns, strata, np.array([span_hours]))
