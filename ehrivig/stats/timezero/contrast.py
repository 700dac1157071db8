"""The effects that every time-zero design reports: risks at a horizon, and a hazard ratio."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray, Risk, Risks, arms_of
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from ehrivig.stats.wald import ratio_of, wald_interval

HOURS_PER_DAY = 24.0
_FEWEST_TOLD = 10
"""Of fewer people no number is told that would be theirs."""


def two_arms(exposed: BoolArray, event: BoolArray, design: str) -> None:
    """Raise AnalysisError when an arm is empty or there is no event."""
    if exposed.all() or not exposed.any():
        which = "unexposed" if exposed.all() else "exposed"
        raise AnalysisError(f"{design}: nobody is {which}, so nothing can be compared.")
    if not event.any():
        raise AnalysisError(f"{design}: there is no event in the people compared.")


def by_then(hours: float) -> str:
    """The end of a horizon in words: "by day 28", or by so many hours where it is no whole day."""
    return f"by {hours:g} h" if hours % HOURS_PER_DAY else f"by day {hours / HOURS_PER_DAY:g}"


def event_by(label: str, hours: float) -> str:
    """An event by the end of a horizon, where its own words name no day."""
    named = any(character.isdigit() for character in label)
    return label if named else f"{label} {by_then(hours)}"


def risk_effects(
    time_hours: FloatArray,
    event: BoolArray,
    exposed: BoolArray,
    horizon_hours: float,
    *,
    event_label: str,
    method: str,
    estimand: str,
) -> tuple[Effect, Effect]:
    """Return the risk difference and risk ratio at the horizon, unadjusted.

    time_hours, event, exposed : (n,). Risks are 1 - Kaplan-Meier, so that loss to follow-up before
    the horizon is allowed (without it they are proportions); Greenwood variance. Without an event
    in one arm the ratio is `without` numbers.
    """
    time = np.minimum(time_hours, horizon_hours)
    had = event & (time_hours <= horizon_hours)
    two_arms(exposed, had, method)
    curves = kaplan_meier(time, had, group=exposed, event_label=event_label)
    (r1, s1), (r0, s0) = (_risk(curves[arm], horizon_hours) for arm in (True, False))
    both = (_with_limits(curves[True], horizon_hours), _with_limits(curves[False], horizon_hours))
    arms = arms_of(had, exposed)
    common = (event_label, arms, method, "Greenwood", estimand)
    certain = no_event(r1, r0, (arms.n_exposed, arms.n_control))
    difference = effect_of("RD", r1 - r0, math.hypot(s1, s0), *common, risks=both, notes=certain)
    if s1 == s0 == 0:
        reason = "in each arm everybody or nobody has the event, so no interval has a width"
        return without("RD", reason, difference), without("RR", reason, difference)
    if min(r1, r0) <= 0:
        return difference, without("RR", "no event in one arm, so no risk ratio", difference)
    ratio = effect_of(
        "RR", math.log(r1 / r0), math.hypot(s1 / r1, s0 / r0), *common, risks=both, notes=certain
    )
    return difference, ratio


def no_event(risk: float, control: float, n: tuple[float, float]) -> tuple[str, ...]:
    """What an interval does not hold where in an arm of n people nobody, or everybody, has the
    event: how rare, or how common, it may be all the same.

    Source: Hanley and Lippman-Hand 1983 (the rule of three).
    """
    for value, size in zip((risk, control), n, strict=True):
        if 0 < value < 1:
            continue
        who = "no event" if value <= 0 else "nobody without the event"
        if size < _FEWEST_TOLD:
            return (f"one arm has {who} among fewer than {_FEWEST_TOLD} people",)
        most = 1 - 0.05 ** (1 / max(size, 1.0))
        may = f"up to {most:.1%}" if value <= 0 else f"down to {1 - most:.1%}"
        return (f"one arm has {who}: its true risk may be {may}, which the interval does not hold",)
    return ()


def without(measure: str, reason: str, other: Effect) -> Effect:
    """The effect that a design cannot give beside `other`: no number, and the reason as a note."""
    nan, notes = math.nan, (f"no estimate: {reason}",)
    return replace(other, measure=measure, estimate=nan, lo=nan, hi=nan, se=nan, p=nan, notes=notes)


def _risk(curve: SurvivalCurve, horizon_hours: float) -> tuple[float, float]:
    """Return the risk at the horizon and its standard error (0 where everybody had the event)."""
    if curve.time[-1] < horizon_hours and curve.survival[-1] > 0:
        warnings.warn(
            f"follow-up of an arm ends before the horizon of {horizon_hours:g} h; its risk is the "
            "one at the end of its follow-up",
            NumericalWarning,
            stacklevel=4,
        )
    at = curve.at(horizon_hours)
    se = float(at.se[0])
    return 1 - float(at.survival[0]), 0.0 if math.isnan(se) else se


def _with_limits(curve: SurvivalCurve, horizon_hours: float) -> Risk:
    """The risk at the horizon with the limits of the curve; without them where it never moved."""
    at = curve.at(horizon_hours)
    return Risk(*(1 - float(side[0]) for side in (at.survival, at.upper, at.lower)))


def effect_of(
    measure: str,
    value: float,
    se: float,
    event_label: str,
    arms: Arms,
    method: str,
    variance: str,
    estimand: str,
    *,
    limits: tuple[float, float] | None = None,
    notes: tuple[str, ...] = (),
    risks: Risks | None = None,
    level: float = 0.95,
) -> Effect:
    """Return an Effect from a value on its symmetric scale (the log for RR, OR, HR).

    limits replace the normal interval (on the symmetric scale too).
    """
    back = ratio_of if measure in {"RR", "OR", "HR"} else float
    return Effect.between(
        arms,
        measure,
        wald_interval(value, se, level, back, limits=limits),
        event_label=event_label,
        method=method,
        variance=variance,
        estimand=estimand,
        level=level,
        notes=notes,
        risks=risks,
    )


def hazard_ratio(
    time_hours: FloatArray,
    event: BoolArray,
    exposed: BoolArray,
    x: FloatArray | None,
    *,
    event_label: str,
    method: str,
    estimand: str,
    names: tuple[str, ...] | None = None,
) -> Effect:
    """Return the Cox hazard ratio of the exposed, adjusted for `x` (n, p) when given.

    names : of the exposure and of the p covariates, for messages.
    """
    two_arms(exposed, event, method)
    columns = exposed.astype(np.float64)[:, None]
    if x is not None:
        columns = np.hstack((columns, x))
    fit = cox(time_hours, event, columns, names=names, event_label=event_label)
    effect = fit.effect(0, exposed, estimand=estimand)
    return relabelled(effect, method, x)


def with_hazard_ratio(
    risks: tuple[Effect, Effect], make: Callable[[], Effect]
) -> tuple[Effect, ...]:
    """Difference and ratio of risks, and the hazard ratio, without numbers where it has none."""
    try:
        return (*risks, make())
    except AnalysisError as error:
        return (*risks, without("HR", str(error), risks[0]))


def relabelled(effect: Effect, method: str, x: FloatArray | None) -> Effect:
    """Return the effect with the design's name before the model's."""
    adjusted = "" if x is None else f", adjusted for {x.shape[1]} covariates"
    return replace(effect, method=f"{method}: {effect.method}{adjusted}")
