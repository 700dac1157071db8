"""Outcomes that are numbers, in the matched: means, medians and ratios of means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights, versus
from ehrivig.analysis.outcome_model import EXPOSED, OutcomeModel, model_of
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.study import Outcome, Study
from ehrivig.study.registries import OUTCOMES

_Compute = Callable[[Floats, NDArray[np.bool_], NDArray[np.int64], str], Effect]


@answers("numbers")
def of_numbers(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "numbers": each outcome with a unit, the variance clustered on the sets.

    The difference of means stands first, for what the others are to be held against.
    """
    asked = [_mean]
    asked += [_median] if "median_difference" in study.analysis.sensitivity else []
    asked += [_ratio] if "negative_binomial" in study.analysis.sensitivity else []
    for outcome in study.outcomes.variables:
        if outcome.unit and outcome.group == "outcome":
            for compute in asked:
                rows.ask(_question(outcome, study), partial(_of, compute, sample.matched, outcome))


def _question(outcome: Outcome, study: Study) -> Question:
    note, label = OUTCOMES[outcome.source].caution, model_of(outcome).label
    return Question("numbers", versus(study), outcome.name, "matched", label, note=note)


def _of(compute: _Compute, matched: pl.DataFrame, outcome: Outcome) -> Effect:
    """One estimate among the matched whose number is known."""
    if set_weights(matched) is not None:
        raise AnalysisError("matched sets of unequal size: see the weighted mean difference")
    y, arm = values(matched, outcome.name), exposed(matched)
    known = ~np.isnan(y)
    if not arm[known].any() or arm[known].all():
        raise AnalysisError("one arm is empty")
    sets = matched["pair_id"].to_numpy()[known]
    return compute(y[known], arm[known], sets, model_of(outcome).label)


def _mean(y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64], label: str) -> Effect:
    return OutcomeModel(label, number=True).clustered(y, arm, sets)


def _median(y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64], label: str) -> Effect:
    return median_difference(y, arm, cluster=sets, outcome_label=label, estimand="ATT")


def _ratio(y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64], label: str) -> Effect:
    x = arm[:, None].astype(float)
    fit = negative_binomial(y, x, names=[EXPOSED], outcome_label=label, cluster=sets)
    return fit.effect(EXPOSED, arm, estimand="ATT")
