"""Negative controls: outcomes that the exposure cannot cause show how much bias is left.

Their effects form an empirical null, against which the primary effect is read once more.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import log

import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.analysis.sample import Sample, matched_effect
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.study import Outcome, Study


@answers("negative_control")
def negative_controls(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "negative_control": each control outcome, then the calibrated primary.

    Matched, odds ratios, variance clustered on pairs, like the primary effect. Controls are no
    hypotheses: they are in no family. At least three with an estimate that is shown are needed to
    calibrate: with a hidden one among them, the others and the null would tell it.
    """
    matched = sample.matched
    found: list[Effect] = []

    def control(outcome: Outcome) -> Effect:
        if outcome.unit:
            raise AnalysisError("a number has no ratio: a negative control happens or not")
        effect = matched_effect(matched, _as_primary(study, outcome))
        events = (
            (effect.events_exposed, effect.n_exposed),
            (effect.events_control, effect.n_control),
        )
        if not disclosure.any_small(events, rows.smallest):
            found.append(effect)
        return effect

    for name in study.analysis.negative_controls:
        outcome = study.outcome(name)
        question = Question("negative_control", versus(study), name, "matched", _label(outcome))
        rows.ask(question, partial(control, outcome))
    question = Question(
        "negative_control",
        f"{versus(study)}, calibrated",
        study.primary.name,
        "matched",
        study.primary.event_label,
        adjusted=True,
    )
    rows.ask(question, lambda: _calibrated(matched, study, found))


def _label(outcome: Outcome) -> str:
    return outcome.event_label or outcome.label.lower()


def _as_primary(study: Study, outcome: Outcome) -> Study:
    """The study that asks the primary question of another outcome."""
    named = outcome.model_copy(update={"event_label": _label(outcome)})
    variables = tuple(named if v.name == named.name else v for v in study.outcomes.variables)
    section = study.outcomes.model_copy(update={"primary": named.name, "variables": variables})
    return study.model_copy(update={"outcomes": section})


def _calibrated(matched: pl.DataFrame, study: Study, controls: list[Effect]) -> Effect:
    """The primary effect with the mean bias of the controls taken off and their spread added."""
    if study.primary.unit:
        raise AnalysisError(
            "the primary outcome is a number: ratios of controls do not calibrate it"
        )
    null = fit_null([log(e.estimate) for e in controls], [e.se for e in controls])
    effect = matched_effect(matched, study)
    made = calibrate(null, log(effect.estimate), effect.se)
    note = (
        f"empirical null of {null.k} negative controls: mean log ratio {null.mean:.3g}, "
        f"sd {null.sd:.3g} at its most likely; uncalibrated p = {made.p_uncalibrated:.4g}"
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
    )
