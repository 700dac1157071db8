"""How much of clone-censor-weight rests on extreme weights: the largest, and what truncation does.

Weights that few people carry are a sign that some could hardly have followed a strategy. Cutting
them trades variance for bias: with strong confounding the truncated answer leans towards the crude
one. Source: Cole and Hernán 2008 (Am J Epidemiol 168:656).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.stats.timezero.clone_censor_weight import fittable
from ehrivig.stats.timezero.clone_risks import problem_of, risks_of
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import grace_period
from ehrivig.stats.timezero.lost_weights import lost_weights, until_lost

WHOLE = (0.0, 1.0)
CUT = (0.01, 0.99)


@dataclass(frozen=True)
class ExtremeWeights:
    """The largest weight, and the risk difference with the weights as they are and truncated."""

    largest: float
    difference: float
    truncated_difference: float

    @property
    def moved(self) -> float:
        """How far truncation moves the risk difference."""
        return abs(self.truncated_difference - self.difference)


def extreme_weights(
    cohort: FollowUp,
    *,
    grace_hours: float = 48.0,
    horizon_hours: float = 672.0,
    interval_hours: float = 6.0,
    truncate: tuple[float, float] = CUT,
    lost_hours: ArrayLike | None = None,
    penalised: bool = False,
) -> ExtremeWeights:
    """Return the largest weight of `clone_censor_weight`, and its answer with and without it.

    `truncate`: quantiles of the weights of each arm; those for `lost_hours` are left whole.
    `penalised`: the weight model is, as where many replicates were separated. Raises AnalysisError
    as clone_censor_weight.
    """
    grace = grace_period(grace_hours, interval_hours)
    cohort, lost = (cohort, None) if lost_hours is None else until_lost(cohort, lost_hours)
    ones, found = np.ones(cohort.n), []
    for shares in (WHOLE, truncate):
        made = problem_of(cohort, grace, horizon_hours, shares, "all_starters", lost)
        problem, _ = fittable(made, penalised=penalised)
        start, wait, weight = risks_of(problem, ones)
        if problem.lost is not None:
            followed = lost_weights(problem.lost, ones, penalised=problem.penalised)
            weight = weight[problem.lost.piece] * followed
        found.append((start - wait, float(weight.max())))
    (difference, largest), (truncated, _) = found
    return ExtremeWeights(largest, difference, truncated)
