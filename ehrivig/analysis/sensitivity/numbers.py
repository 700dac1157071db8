"""Outcomes that are numbers, in the matched: means, medians and ratios of means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights, versus
from ehrivig.analysis.outcome_model import EXPOSED, OutcomeModel, model_of
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.dataset import Floats, exposed, values
from ehrivig.disclosure import any_small
from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.study import Outcome, Study
from ehrivig.study.registries import OUTCOMES

_Compute = Callable[[OutcomeModel, Floats, NDArray[np.bool_], NDArray[np.int64]], Effect]
_FEW_WITHOUT = "not shown: few of an arm have none, which says who was not there"


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
                rows.ask(_question(outcome, study), partial(_of, compute, sample, outcome, study))


def _question(outcome: Outcome, study: Study) -> Question:
    label = model_of(outcome).label
    return Question("numbers", versus(study), outcome.name, "matched", label)


def _of(compute: _Compute, sample: Sample, outcome: Outcome, study: Study) -> Effect:
    """One estimate among the matched whose number is known."""
    matched = sample.matched
    if OUTCOMES[outcome.source].of_some and _tells_of_few(sample, outcome, study):
        raise AnalysisError(_FEW_WITHOUT)
    y, arm = values(matched, outcome.name), exposed(matched)
    known = ~np.isnan(y)
    if not arm[known].any() or arm[known].all():
        raise AnalysisError("one arm is empty")
    model, weights = model_of(outcome), set_weights(matched)
    if weights is None:
        return compute(model, y[known], arm[known], matched["pair_id"].to_numpy()[known])
    if compute is not _mean:
        what = "median_difference" if compute is _median else "negative_binomial"
        raise AnalysisError(f"{what}: matched sets of unequal size: see the mean difference")
    return model.crude(y, arm, "ATT", weights)


def _tells_of_few(sample: Sample, outcome: Outcome, study: Study) -> bool:
    """Whether few of an arm, matched or in no pair, have no number: the rows count who has."""
    key = ["hospital_id", "admission_id"]
    rest = sample.table.join(sample.matched.select(key), on=key, how="anti")
    cells: list[tuple[int | None, int | None]] = []
    for people in (sample.matched, rest):
        known, arm = people[outcome.name].is_not_null().to_numpy(), exposed(people)
        cells += [(int((known & side).sum()), int(side.sum())) for side in (arm, ~arm)]
    return any_small(cells, study.report.smallest_cell)


def _mean(
    model: OutcomeModel, y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64]
) -> Effect:
    return model.clustered(y, arm, sets)


def _median(
    model: OutcomeModel, y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64]
) -> Effect:
    return median_difference(y, arm, cluster=sets, outcome_label=model.label, estimand="ATT")


def _ratio(
    model: OutcomeModel, y: Floats, arm: NDArray[np.bool_], sets: NDArray[np.int64]
) -> Effect:
    x = arm[:, None].astype(float)
    fit = negative_binomial(y, x, names=[EXPOSED], outcome_label=model.label, cluster=sets)
    return fit.effect(EXPOSED, arm, estimand="ATT")
