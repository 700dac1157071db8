"""The risks under both strategies of clone-censor-weight, without an interval."""

from __future__ import annotations

import numpy as np

from ehrivig.stats.timezero.clone_censor_weight import fittable
from ehrivig.stats.timezero.clone_risks import problem_of, risks_of
from ehrivig.stats.timezero.extreme_weights import WHOLE
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import grace_period


def strategy_risks(
    cohort: FollowUp, *, grace_hours: float, horizon_hours: float, interval_hours: float = 6.0
) -> tuple[float, float]:
    """Return the risk at the horizon if all start within grace, and if nobody does.

    The weights of `clone_censor_weight`, as they are. Raises AnalysisError as it does where a
    strategy has nobody to stand in for those censored.
    """
    grace = grace_period(grace_hours, interval_hours)
    problem, _ = fittable(problem_of(cohort, grace, horizon_hours, WHOLE, "all_starters"))
    start, wait, _ = risks_of(problem, np.ones(cohort.n))
    return start, wait
