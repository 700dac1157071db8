"""Windows of a study in hours from time zero, and in words."""

from __future__ import annotations

from ehrivig.study import Covariate, Study
from ehrivig.study.registries import COVARIATES

ZERO = {
    "admission": "admission to the hospital",
    "severity_onset": "the first moment of severity",
    "eligible": "the moment at which all criteria are met",
}


def time_zero(study: Study) -> str:
    """What time zero is, in words."""
    return ZERO[study.cohort.time_zero]


def moment(hours: float | None) -> str:
    """A moment in hours or, from four days on, in days; None: the end of the stay."""
    if hours is None:
        return "end of the stay"
    if hours == 0:
        return "time zero"
    return f"{hours / 24:g} d" if abs(hours) >= 96 and hours % 24 == 0 else f"{hours:g} h"


def window(start: float, end: float | None) -> str:
    """A window [start, end) from time zero, in words."""
    return f"[{moment(start)}, {moment(end)})"


def of_covariate(study: Study, variable: Covariate) -> tuple[float, float | None] | None:
    """The window in which a covariate is looked for; None where it is known at any time.

    A treatment that is admitted after time zero, without a window of its own, is looked for in the
    whole stay.
    """
    source = COVARIATES[variable.source]
    if not source.window:
        return None
    if variable.window_hours is not None:
        return variable.window_hours
    if source.treatment and variable.name in study.match.allow_post_baseline:
        return (0.0, None)
    return study.covariates.window_hours


def horizon(study: Study) -> float | None:
    """Hours from time zero to the end of follow-up; None: no day ends it."""
    days = study.follow_up_days
    return None if days is None else 24 * days


def follow_up_end(study: Study) -> str:
    """Until when people are followed, in words."""
    hours = horizon(study)
    if hours is None:
        return "the last day known" if study.primary.source == "death" else "the end of the stay"
    of_stay = ", within the stay" if study.primary.source == "in_hospital_death" else ""
    return f"{moment(hours)}{of_stay}"
