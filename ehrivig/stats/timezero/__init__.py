"""Analyses that give exposure no credit for time survived, beside the naive one that does.

Arrays in (`follow_up`), `Effect`s out, each with its estimand in words. `side_by_side` is the
table: naive, landmark at 24, 48 and 72 h, time-dependent Cox, sequential trials,
clone-censor-weight.
"""

from ehrivig.stats.timezero.clone_censor_weight import CloneCensorWeight, clone_censor_weight
from ehrivig.stats.timezero.compare import side_by_side
from ehrivig.stats.timezero.course import Course, course
from ehrivig.stats.timezero.extreme_weights import ExtremeWeights, extreme_weights
from ehrivig.stats.timezero.follow_up import FollowUp, follow_up
from ehrivig.stats.timezero.landmark import landmark
from ehrivig.stats.timezero.naive import ever_vs_never
from ehrivig.stats.timezero.sequential import nested_trials, sequential_trials
from ehrivig.stats.timezero.simulate import NaiveBiases, NullCohort, naive_biases, simulate_null
from ehrivig.stats.timezero.time_dependent import exposure_spells, time_dependent_cox

__all__ = [
    "CloneCensorWeight",
    "Course",
    "ExtremeWeights",
    "FollowUp",
    "NaiveBiases",
    "NullCohort",
    "clone_censor_weight",
    "course",
    "ever_vs_never",
    "exposure_spells",
    "extreme_weights",
    "follow_up",
    "landmark",
    "naive_biases",
    "nested_trials",
    "sequential_trials",
    "side_by_side",
    "simulate_null",
    "time_dependent_cox",
]
