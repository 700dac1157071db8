"""The table that puts the naive analysis beside its time-zero-safe twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.shown import Shown
from ehrivig.stats.timezero.clone_censor_weight import clone_censor_weight
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.landmark import DEFAULT_LANDMARKS_HOURS, landmark
from ehrivig.stats.timezero.naive import ever_vs_never
from ehrivig.stats.timezero.sequential import sequential_trials
from ehrivig.stats.timezero.time_dependent import time_dependent_cox


@dataclass(frozen=True, repr=False)
class DesignResult(Shown):
    """The effects of one design, or why it has none (`problem`, empty when it has)."""

    design: str
    effects: tuple[Effect, ...]
    problem: str = ""


def side_by_side(
    cohort: FollowUp,
    *,
    horizon_hours: float = 672.0,
    landmarks_hours: tuple[float, ...] = DEFAULT_LANDMARKS_HOURS,
    grace_hours: float = 48.0,
    window_hours: float = 24.0,
    n_trials: int = 7,
    bootstraps: int = 500,
    seed: int = 0,
    workers: int = 1,
) -> tuple[DesignResult, ...]:
    """Return one result per design, naive first. A design that fails says why and stops no other.

    See `ever_vs_never`, `landmark`, `time_dependent_cox`, `sequential_trials`,
    `clone_censor_weight`.
    """

    def cloned() -> tuple[Effect, ...]:
        result = clone_censor_weight(
            cohort,
            grace_hours=grace_hours,
            horizon_hours=horizon_hours,
            bootstraps=bootstraps,
            seed=seed,
            workers=workers,
        )
        return result.risk_difference, result.risk_ratio

    def trials() -> tuple[Effect, ...]:
        return (sequential_trials(cohort, window_hours=window_hours, n_trials=n_trials),)

    attempts: list[tuple[str, Callable[[], tuple[Effect, ...]]]] = [
        ("naive ever vs never", partial(ever_vs_never, cohort, horizon_hours)),
        *(
            (f"landmark {hours:g} h", partial(landmark, cohort, hours, horizon_hours))
            for hours in landmarks_hours
        ),
        ("time-dependent Cox", lambda: (time_dependent_cox(cohort),)),
        ("sequential trials", trials),
        ("clone-censor-weight", cloned),
    ]
    return tuple(_attempt(design, run) for design, run in attempts)


def _attempt(design: str, run: Callable[[], tuple[Effect, ...]]) -> DesignResult:
    """Return the effects of a design, or the message of its AnalysisError."""
    try:
        return DesignResult(design, run())
    except AnalysisError as error:
        return DesignResult(design, (), str(error))
