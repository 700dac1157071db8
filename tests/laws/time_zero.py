"""The designs of time zero, as the laws call them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.timezero import (
    clone_censor_weight,
    course,
    ever_vs_never,
    extreme_weights,
    follow_up,
    landmark,
    sequential_trials,
    time_dependent_cox,
)
from ehrivig.stats.timezero.clone_outcomes import outcome_ratios
from ehrivig.stats.timezero.landmark import landmark_adjusted
from ehrivig.stats.timezero.sequential import sequential_effects
from ehrivig.stats.timezero.strategy_risks import strategy_risks
from ehrivig.stats.timezero.weighted_clones import weighted_clones
from tests.laws.estimator import FOLLOWED, Call, Estimator, effect, effects_of
from tests.laws.rows import Rows


def on_one_clock(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of time zero, from arrays."""

    def run(time: Any, event: Any, start: Any, x: Any, *options: Any, **more: Any) -> Any:
        return design(follow_up(time, event, start, x), *options, **more)

    return signed(run, design, ("time", "event", "start", "x"))


def clock(rows: Rows, *options: Any, **more: Any) -> Call:
    start = np.where(rows.arm == 1, 0.2 * rows.time, np.nan)
    return (rows.time, rows.event, start, rows.x, *options), more


def with_course(design: Callable[..., Any]) -> Callable[..., Any]:
    """A design of time zero, from arrays, with covariates that move."""

    def run(
        time: Any, event: Any, start: Any, x: Any, moves: Any, *, step_hours: float = 1, **more: Any
    ) -> Any:
        moving = course(moves, step_hours=step_hours)
        return design(follow_up(time, event, start, x, course=moving), **more)

    return signed(run, design, ("time", "event", "start", "x", "moves"))


def signed(
    run: Callable[..., Any], design: Callable[..., Any], arrays: tuple[str, ...]
) -> Callable[..., Any]:
    """The call from arrays, with the options of the design in its signature."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = [inspect.Parameter(name, kind) for name in arrays]
    theirs = list(inspect.signature(design).parameters.values())[1:]
    own += [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in theirs]
    run.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    return run


def in_another_unit(factor: float, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """A call whose start and options in hours are in another unit; `step_hours` is 1 by default."""
    hours = {k: v * factor for k, v in kwargs.items() if k.endswith("_hours")}
    if len(args) == 5 and isinstance(args[4], np.ndarray):
        hours["step_hours"] = factor
    return tuple(v * factor if isinstance(v, float) else v for v in args), kwargs | hours


def moving_clock(rows: Rows, **more: Any) -> Call:
    """As `clock`, with a value that moves from hour to hour, away from the covariates'."""
    (time, event, start, x), _ = clock(rows)
    moves = rows.value[:, None] * [1.0, 0.4, -0.2, 0.1] + rows.weights[:, None] * [0, 1, -1, 0.5]
    return (time, event, start, x, moves), more


def _first(found: Any) -> Any:
    """The first ratio of several, or the error in its place."""
    if isinstance(found[0], AnalysisError):
        raise found[0]
    return found[0]


TIME_ZERO = (
    Estimator(
        "ever against never",
        on_one_clock(ever_vs_never),
        lambda r: clock(r, 5.0),
        effects_of,
        "",
        FOLLOWED,
        also=(ever_vs_never, follow_up),
        clock=in_another_unit,
    ),
    Estimator(
        "landmark",
        on_one_clock(landmark),
        lambda r: clock(r, 1.0, 8.0),
        effects_of,
        "",
        FOLLOWED,
        also=(landmark,),
        clock=in_another_unit,
    ),
    Estimator(
        "time-dependent Cox",
        on_one_clock(time_dependent_cox),
        clock,
        effect,
        "",
        FOLLOWED,
        also=(time_dependent_cox,),
    ),
    Estimator(
        "sequential trials",
        on_one_clock(sequential_trials),
        lambda r: clock(r, window_hours=1.0, n_trials=3),
        effect,
        "",
        FOLLOWED,
        also=(sequential_trials,),
        clock=in_another_unit,
    ),
    Estimator(
        "time-dependent Cox, covariates that move",
        with_course(time_dependent_cox),
        moving_clock,
        effect,
        "",
        FOLLOWED,
        also=(course,),
        clock=in_another_unit,
    ),
    Estimator(
        "sequential trials, covariates that move",
        with_course(sequential_trials),
        lambda r: moving_clock(r, window_hours=1.0, n_trials=3),
        effect,
        "",
        FOLLOWED,
        clock=in_another_unit,
    ),
    Estimator(
        "clone-censor-weight, covariates that move",
        with_course(clone_censor_weight),
        lambda r: moving_clock(
            r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0, bootstraps=12, seed=3
        ),
        lambda found: effect(found.risk_difference),
        "",
        FOLLOWED,
        coherent=False,
        says=lambda found: found.risk_difference.variance,
        clock=in_another_unit,
        exempt={"order": "the bootstrap draws row numbers"},
    ),
    Estimator(
        "clone-censor-weight",
        on_one_clock(clone_censor_weight),
        lambda r: clock(
            r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0, bootstraps=12, seed=3
        ),
        lambda found: effect(found.risk_difference),
        "",
        FOLLOWED,
        coherent=False,
        says=lambda found: found.risk_difference.variance,
        also=(clone_censor_weight, extreme_weights),  # the same risks, without a bootstrap
        clock=in_another_unit,
        exempt={"order": "the bootstrap draws row numbers"},
    ),
    Estimator(
        "landmark, adjusted",
        on_one_clock(landmark_adjusted),
        lambda r: clock(r, 1.0, 8.0),
        effects_of,
        "",
        FOLLOWED,
        also=(landmark_adjusted,),
        clock=in_another_unit,
    ),
    Estimator(
        "sequential trials, their risks",
        on_one_clock(sequential_effects),
        lambda r: clock(r, 8.0, window_hours=1.0, n_trials=3),
        effects_of,
        "",
        FOLLOWED,
        also=(sequential_effects,),
        clock=in_another_unit,
    ),
    Estimator(
        "landmark, adjusted, covariates that move",
        with_course(landmark_adjusted),
        lambda r: moving_clock(r, landmark_hours=1.0, horizon_hours=8.0),
        effects_of,
        "",
        FOLLOWED,
        clock=in_another_unit,
    ),
    Estimator(
        "sequential trials, their risks, covariates that move",
        with_course(sequential_effects),
        lambda r: moving_clock(r, horizon_hours=8.0, window_hours=1.0, n_trials=3),
        effects_of,
        "",
        FOLLOWED,
        clock=in_another_unit,
    ),
    Estimator(
        "risks of both strategies",
        on_one_clock(strategy_risks),
        lambda r: clock(r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0),
        lambda found: {"start": found[0], "wait": found[1]},
        "",
        FOLLOWED,
        also=(strategy_risks,),
        clock=in_another_unit,
    ),
    Estimator(
        "outcomes of both strategies",
        on_one_clock(outcome_ratios),
        lambda r: clock(
            r, r.event[:, None], ["e"], grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0
        ),
        lambda found: effect(_first(found)),
        "",
        FOLLOWED,
        also=(outcome_ratios,),
        unknown=("outcomes", "start"),
        clock=in_another_unit,
    ),
    Estimator(
        "extreme weights",
        on_one_clock(extreme_weights),
        lambda r: clock(r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0),
        lambda found: {"largest": found.largest, "difference": found.difference},
        "",
        FOLLOWED,
        also=(extreme_weights,),
        clock=in_another_unit,
    ),
    Estimator(
        "weighted copies",
        on_one_clock(weighted_clones),
        lambda r: clock(r, grace_hours=2.0, horizon_hours=8.0, interval_hours=1.0),
        lambda found: {"effective": found.effective, "people": found.people},
        "",
        FOLLOWED,
        also=(weighted_clones,),
        clock=in_another_unit,
    ),
    Estimator(
        "clone-censor-weight, some lost",
        on_one_clock(clone_censor_weight),
        lambda r: clock(
            r,
            grace_hours=2.0,
            horizon_hours=8.0,
            interval_hours=1.0,
            bootstraps=12,
            seed=3,
            lost_hours=np.where(r.weights == 2, 0.7 * r.time, np.nan),
        ),
        lambda found: effects_of(found.effects),
        "",
        FOLLOWED,
        coherent=False,
        says=lambda found: found.risk_difference.variance,
        exempt={
            "order": "the bootstrap draws row numbers",
            "time_unit": "who was lost is weighted for by whole days",
        },
    ),
)
