"""Negative controls: outcomes that the exposure cannot cause show how much bias is left.

Each is asked by the design of the answer. Their effects form an empirical null, against which the
answer is read once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from math import ceil, isfinite, log

import numpy as np

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.analysis.sample import Sample, matched_effect
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.analysis.sensitivity.time_zero import HOURS_PER_DAY, cohort_of, followed_people
from ehrivig.analysis.sensitivity.weighting import DESIGNS, by_weights
from ehrivig.analysis.strategies import deadline
from ehrivig.analysis.survival import horizon_of
from ehrivig.dataset import values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.timezero.clone_outcomes import outcome_ratios
from ehrivig.stats.wald import quantile
from ehrivig.study import Outcome, Study
from ehrivig.study.registries import ANSWERS

RATIOS = ("RR", "HR", "OR")
"""What may be calibrated, the first that the answer's design gives."""
_INTERVAL_HOURS = 6.0
"""Intervals of grace are as long as this, or the next shorter that divides a landmark."""
_NO_TIME = "a coded diagnosis has no time: asked by clone-censor-weight of the same covariates"


@answers("negative_control")
def negative_controls(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "negative_control": each control outcome, then the calibrated answer.

    Controls are no hypotheses: they are in no family. At least three with an estimate that is shown
    are needed to calibrate: with a hidden one among them, the others and the null would tell it.
    """
    ask, question = _design(sample, study)
    found: list[Effect] = []

    def control(outcome: Outcome) -> Effect:
        if outcome.unit:
            raise AnalysisError("a number has no ratio: a negative control happens or not")
        effect = ask(outcome)
        events = (
            (effect.events_exposed, effect.n_exposed),
            (effect.events_control, effect.n_control),
        )
        if not disclosure.any_small(events, rows.smallest):
            found.append(effect)
        return effect

    for name in study.analysis.negative_controls:
        outcome = study.outcome(name)
        asked = replace(question, outcome=name, event_label=outcome.words)
        rows.ask(asked, partial(control, outcome))
    asked, _ = rows.designs.get((study.answer, study.primary.name), (question, []))
    calibrated = replace(
        asked,
        analysis=question.analysis,
        contrast=f"{asked.contrast}, calibrated",
        family="",
        adjusted=True,
        design="",
    )
    rows.ask(calibrated, lambda: _calibrated(_answer(sample, study, rows), found))


def _design(sample: Sample, study: Study) -> tuple[Callable[[Outcome], Effect], Question]:
    """What asks the question of the answer of another outcome, and the question in words."""
    primary = study.primary
    question = Question(
        "negative_control", versus(study), primary.name, "matched", primary.event_label
    )
    if study.answer in DESIGNS:
        return partial(_weighted, sample, study), replace(question, population="all")
    if not ANSWERS[study.answer].death:
        return partial(_matched, sample, study), question
    grace = deadline(study)[0] or study.grace_hours
    question = replace(
        question,
        contrast=f"{study.exposure.label} within {grace:g} h vs not (clone-censor-weight)",
        population="all",
        immortal=False,
        counted=False,
        note="" if study.answer == "clone_censor_weight" else _NO_TIME,
    )
    return _cloned(sample, study, grace), question


def _matched(sample: Sample, study: Study, outcome: Outcome) -> Effect:
    """Odds ratio in the matched, variance clustered on pairs."""
    return matched_effect(sample.matched, _as_primary(study, outcome))


def _weighted(sample: Sample, study: Study, outcome: Outcome) -> Effect:
    """The answer's ratio, or the risk ratio, by the weights of the answer."""
    measure = study.answer_measure if study.answer_measure in RATIOS else RATIOS[0]
    asked = _as_primary(study, outcome)
    found = by_weights(study.answer, sample.table, sample.score, asked)
    return next(effect for effect in found if effect.measure == measure)


def _cloned(sample: Sample, study: Study, grace: float) -> Callable[[Outcome], Effect]:
    """Risk ratio under the strategies of the answer; all controls are weighted at once."""
    names = [n for n in study.analysis.negative_controls if not study.outcome(n).unit]

    @cache
    def made() -> dict[str, Effect | AnalysisError]:
        people, _ = followed_people(sample.table, study)
        found = outcome_ratios(
            cohort_of(sample.table, study)[0],
            np.column_stack([values(people, name) for name in names]),
            [study.outcome(name).words for name in names],
            grace_hours=grace,
            interval_hours=grace / ceil(grace / _INTERVAL_HOURS),
            horizon_hours=max(horizon_of(study) * HOURS_PER_DAY, 2 * grace),
        )
        return dict(zip(names, found, strict=True))

    def ask(outcome: Outcome) -> Effect:
        found = made()[outcome.name]
        if isinstance(found, AnalysisError):
            raise found
        return found

    return ask


def _as_primary(study: Study, outcome: Outcome) -> Study:
    """The study that asks the primary question of another outcome."""
    named = outcome.model_copy(update={"event_label": outcome.words})
    variables = tuple(named if v.name == named.name else v for v in study.outcomes.variables)
    section = study.outcomes.model_copy(update={"primary": named.name, "variables": variables})
    return study.model_copy(update={"outcomes": section})


def _answer(sample: Sample, study: Study, rows: EffectRows) -> Effect:
    """The ratio of the answer's design, from the rows that are there; of pairs, as it is made."""
    if study.primary.unit:
        raise AnalysisError(
            "the primary outcome is a number: ratios of controls do not calibrate it"
        )
    if study.answer == "matched":
        return matched_effect(sample.matched, study)
    _, found = rows.designs.get((study.answer, study.primary.name), (None, []))
    for measure in (study.answer_measure, *RATIOS):
        for effect in found if measure in RATIOS else ():
            if effect.measure == measure and isfinite(effect.se):
                return effect
    raise AnalysisError(f"{study.answer} gives no ratio here that controls could calibrate")


def _spread(effect: Effect) -> float:
    """The standard error of the log ratio; of a t interval the one of the normal as wide as it."""
    if "t interval" not in effect.variance:
        return effect.se
    return log(effect.hi / effect.lo) / (2 * quantile(effect.level))


def _calibrated(effect: Effect, controls: list[Effect]) -> Effect:
    """The answer's ratio with the mean bias of the controls taken off and their spread added."""
    null = fit_null([log(e.estimate) for e in controls], [_spread(e) for e in controls])
    made = calibrate(null, log(effect.estimate), _spread(effect))
    note = (
        f"empirical null of {null.k} negative controls: mean log ratio {null.mean:.3g}, "
        f"sd {null.sd:.3g} at its most likely; uncalibrated p = {effect.p:.4g}"
    )
    return replace(
        effect,
        estimate=made.estimate,
        lo=made.lo,
        hi=made.hi,
        se=made.se,
        p=made.p,
        method=f"{effect.method}, empirically calibrated",
        variance=f"{effect.variance}, with the predicted spread of biases (half-normal prior, 0.5)",
        notes=(*effect.notes, note),
        risks=None,
    )
