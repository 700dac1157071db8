"""Whether the answer rests on few people's weights."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.analysis.diagnostics.diagnostic import Diagnostic, Evidence
from ehrivig.analysis.lost_answer import followed_to_discharge
from ehrivig.analysis.sensitivity import time_zero
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray
from ehrivig.stats.timezero import extreme_weights
from ehrivig.stats.timezero.clone_censor_weight import PENALISED
from ehrivig.stats.timezero.weighted_clones import WeightedClones, weighted_clones
from ehrivig.stats.weighting.estimands import ESTIMANDS
from ehrivig.stats.weighting.weight import Weights, inverse_probability

FEWEST_PEOPLE = 20.0


def largest(e: Evidence) -> list[Diagnostic]:
    """The largest weight of clone-censor-weight, and what cutting such weights would do."""
    if e.study.answer != "clone_censor_weight":
        return []
    weight, moved = None, None
    try:
        cohort, lost = followed_to_discharge(e.table, e.study)
        seen = extreme_weights(
            cohort,
            grace_hours=e.study.grace_hours,
            horizon_hours=_horizon(e),
            lost_hours=lost if e.answerable.weighted_for_lost else None,
            penalised=_penalised(e),
        )
        weight, moved = seen.largest, seen.moved / _standard_error(e)
    except AnalysisError:
        pass  # the row of the answer says why
    source = "Cole and Hernan 2008; 20 and half a standard error by convention"
    return [
        Diagnostic(
            "largest_weight",
            weight,
            20.0,
            "largest weight of a person",
            source,
            "some could hardly have followed a strategy: lengthen grace, or restrict",
            decides=True,
        ),
        Diagnostic(
            "weight_truncation",
            moved,
            0.5,
            "how far truncating the weights at 1 and 99% moves the answer, in standard errors",
            source,
            "the answer depends on where weights are cut: read both",
            decides=True,
        ),
    ]


def effective(e: Evidence, found: WeightedClones | None) -> list[Diagnostic]:
    """How many people the weights leave; none of an answer without weights."""
    if e.study.answer == "clone_censor_weight":
        value = None if found is None else found.effective
    elif e.study.answer in ("iptw", "overlap", "aipw"):
        value = _effective_share(e)
    else:
        return []
    return [
        Diagnostic(
            "effective_sample_size",
            value,
            0.5,
            "effective sample size of the weights, as a share of the arm that loses most",
            "Kish 1965; a design effect of 2 by convention",
            "few people carry the answer: its interval is wide for a reason",
            at_most=False,
        ),
        *_people(e, found),
    ]


def _people(e: Evidence, found: WeightedClones | None) -> list[Diagnostic]:
    """How many people the smaller strategy is worth, of an answer by copies."""
    if e.study.answer != "clone_censor_weight":
        return []
    return [
        Diagnostic(
            "people_per_strategy",
            None if found is None else found.people,
            FEWEST_PEOPLE,
            "effective number of people who followed the strategy that fewer did",
            "Kish 1965; 20 by convention",
            "hardly anybody followed a strategy: lengthen grace_hours",
            at_most=False,
            decides=True,
        )
    ]


def _effective_share(e: Evidence) -> float | None:
    made = score_weights(e)
    if made is None:
        return None
    known, weights = made
    arm = e.arm[known]
    treated = weights.effective_treated / max(int(arm.sum()), 1)
    return float(min(treated, weights.effective_control / max(int((~arm).sum()), 1)))


def score_weights(e: Evidence) -> tuple[BoolArray, Weights] | None:
    """The weights of the score for the answer's population, and of which rows; None without.

    Of an answer without weights of its own, those for everybody.
    """
    known = ~np.isnan(e.score)
    name = "overlap" if e.study.answer == "overlap" else "iptw"
    aims = {entry.analysis: entry.name for entry in ESTIMANDS.values() if entry.analysis}
    try:
        weights = inverse_probability(e.arm[known], e.score[known], aims[name], stabilised=True)
    except AnalysisError:
        return None
    return known, weights


def clones(e: Evidence) -> WeightedClones | None:
    """What the weights of clone-censor-weight leave; None where it is not the answer, or has no
    estimate."""
    if e.study.answer != "clone_censor_weight":
        return None
    try:
        cohort, lost = followed_to_discharge(e.table, e.study)
        return weighted_clones(
            cohort,
            grace_hours=e.study.grace_hours,
            horizon_hours=_horizon(e),
            lost_hours=lost if e.answerable.weighted_for_lost else None,
            penalised=_penalised(e),
        )
    except AnalysisError:
        return None


def _penalised(e: Evidence) -> bool:
    """Whether the weight model of the answer had to be, for its replicates."""
    return PENALISED in (e.primary["note"] or "")


def _horizon(e: Evidence) -> float:
    return e.study.horizon_days * time_zero.HOURS_PER_DAY


def _standard_error(e: Evidence) -> float:
    """Of the risk difference of the answer, which may be declared as a ratio; NaN without one."""
    same = ("contrast", "population", "event_label")
    rows = e.tables["effects"].filter(
        *(pl.col(name).eq_missing(e.primary[name]) for name in same), measure="RD"
    )
    found = rows["se"].drop_nulls()
    return float(found[0]) if found.len() else float("nan")
