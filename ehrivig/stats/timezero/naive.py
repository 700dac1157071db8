"""Ever against never exposed: the analysis with immortal time, kept as a reproduction only."""

from __future__ import annotations

from dataclasses import replace

from ehrivig.stats.arrays import above_zero
from ehrivig.stats.result import Effect
from ehrivig.stats.timezero.contrast import hazard_ratio, risk_effects, with_hazard_ratio
from ehrivig.stats.timezero.follow_up import FollowUp

WARNING = (
    "immortal time: the exposed had to survive until their first dose, so this favours exposure; "
    "shown as a reproduction, not as an effect"
)


def ever_vs_never(cohort: FollowUp, horizon_hours: float) -> tuple[Effect, ...]:
    """Return RD and RR at the horizon and the HR of ever against never exposed from time zero.

    Raises AnalysisError when an arm is empty or without events. The hazard ratio is adjusted for
    the cohort's covariates; the risks are not.
    """
    horizon_hours = above_zero(horizon_hours, "horizon_hours")
    method = "naive ever vs never"
    estimand = (
        f"none: contrasts people who lived to be exposed with the others over {horizon_hours:g} h"
    )
    risks = risk_effects(
        cohort.time_hours,
        cohort.event,
        cohort.ever,
        horizon_hours,
        event_label=cohort.event_label,
        method=method,
        estimand=estimand,
    )
    effects = with_hazard_ratio(
        risks,
        lambda: hazard_ratio(
            cohort.time_hours,
            cohort.event,
            cohort.ever,
            cohort.x,
            event_label=cohort.event_label,
            method=method,
            estimand=estimand,
        ),
    )
    return tuple(with_note(effect, WARNING) for effect in effects)


def with_note(effect: Effect, note: str) -> Effect:
    """Return the effect with one more note."""
    return replace(effect, notes=(*effect.notes, note))
