"""Weighted estimates beside the matched ones: IPTW, overlap weights, and doubly robust AIPW."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import supported, varying, versus
from ehrivig.analysis.outcome_model import model_of
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.dataset import Floats, exposed, score_names, unbent_names, values
from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.regression.linear import WeightedMeans
from ehrivig.stats.regression.marginal import (
    MarginalEffects,
    Report,
    cohort_of,
    influence_covariance,
)
from ehrivig.stats.regression.standardise import LEFT_OUT, aipw
from ehrivig.stats.result import BoolArray, Effect
from ehrivig.stats.weighting.cross_fitted import cross_fitted_aipw
from ehrivig.stats.weighting.estimands import ESTIMANDS, Estimand
from ehrivig.stats.weighting.weight import inverse_probability
from ehrivig.study import Study

ALONE = 1e-6
"""What is left of a row's leverage, below which its own residual is rounding."""
VARIANCE = "influence function, score estimated, each row left out (as HC3)"


@answers("weighting")
def weighted(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "weighting": each weighting that the study names, in its order."""
    weighting(sample.table, sample.score, study, rows)


def weighting(table: pl.DataFrame, score: Floats, study: Study, rows: EffectRows) -> None:
    """The primary outcome by each weighting that the study asks for: odds ratio, difference, ratio.

    `score` (rows of table,) is the propensity score, NaN where a matching variable is missing.
    """
    label = study.primary.event_label
    question = Question("weighting", versus(study), study.primary.name, "all", label, adjusted=True)
    for name in (name for name in study.analysis.sensitivity if name in DESIGNS):
        question = replace(question, design=name)
        rows.ask(question, partial(by_weights, name, table, score, study))


_AIMS = {entry.analysis: entry for entry in ESTIMANDS.values() if entry.analysis}
TARGETED = "tmle_cross_fitted"
DESIGNS = (*_AIMS, "aipw", "aipw_cross_fitted", TARGETED)
"""The weightings by their names in [analysis] sensitivity."""


def by_weights(name: str, table: pl.DataFrame, score: Floats, study: Study) -> list[Effect]:
    """The effects on the primary outcome by one of `DESIGNS`; `score` as in `weighting`.

    Among whose outcome and score are known.
    """
    known = ~np.isnan(values(table, study.primary.name)) & ~np.isnan(score)
    people, e = table.filter(pl.Series(known)), score[known]
    if name in _AIMS:
        return _weighted(people, e, _AIMS[name], study)
    return (
        _augmented(people, e, study)
        if name == "aipw"
        else _learned(people, study, targeted=name == TARGETED)
    )


def _weighted(people: pl.DataFrame, score: Floats, aim: Estimand, study: Study) -> list[Effect]:
    """The contrasts of the weighted risks; of a number the difference of the weighted means."""
    event, arm = values(people, study.primary.name), exposed(people)
    x, names = varying(people, score_names(people, study))
    made = inverse_probability(arm, score, aim.name, stabilised=True)
    risks, influence = weighted_risks(event, arm, x, score, aim)
    method = f"weighted: {made.method}"
    note = (
        f"effective sample size {made.effective_treated:.0f} and {made.effective_control:.0f}; "
        f"largest weight {made.largest:.1f}"
    )
    model = model_of(study.primary)
    if model.number:
        means = WeightedMeans(risks, influence, arm, VARIANCE)
        found = means.difference(model.label, method=method, estimand=aim.name)
        return [replace(found, notes=(note,))]
    cohort = cohort_of(event, arm, x, None, names)
    report = Report(cohort, model.label, 0.95, aim.name, method)
    contrasts = report.from_covariance(risks, influence_covariance(cohort, influence), VARIANCE)
    effects = (contrasts.odds_ratio, contrasts.risk_difference, contrasts.risk_ratio)
    return [replace(effect, notes=(*effect.notes, note)) for effect in effects]


def weighted_risks(
    event: Floats, arm: BoolArray, x: Floats, score: Floats, aim: Estimand
) -> tuple[Floats, Floats]:
    """Weighted risks (exposed, unexposed), (2,), and their influence values, (n, 2).

    The influence of the score's estimation (a logistic model in `x`, (n, p), maximum likelihood) is
    in them; with the score taken as known the intervals would be too wide. As in HC3, each value is
    what leaving the row out would change, to first order: without that the rows that pull the fit
    towards themselves, and heavy weights, make intervals of small cohorts too narrow.
    Raises AnalysisError where a row decides its own score alone, of which no variance exists.
    Source: Lunceford & Davidian 2004; Li, Thomas & Li 2019 (overlap); MacKinnon & White 1985.
    """
    e, a = score, arm.astype(float)
    design = np.column_stack([np.ones(len(a)), x])
    information = (design * (e * (1 - e))[:, None]).T @ design / len(a)
    inverse = np.linalg.inv(information)
    leverage = e * (1 - e) * np.einsum("ij,ij->i", design @ inverse, design) / len(a)
    alone = int((leverage > 1 - ALONE).sum())
    if alone:
        raise AnalysisError(
            f"weighting: {alone} of {len(a)} rows decide their own score, so that no variance "
            "exists. Give the score fewer variables."
        )
    scores = design * ((a - e) / (1 - leverage))[:, None]
    risks, influence = [], []
    for inside, weight, slope in zip((a, 1 - a), aim.weights(e), aim.slopes(e), strict=True):
        total = float(np.mean(weight * inside))
        risk = float(np.mean(weight * inside * event)) / total
        residual = inside * (event - risk) / total
        bend = (slope * residual) @ design / len(a)
        risks.append(risk)
        share = weight * inside / (total * len(a))
        influence.append(weight * residual / (1 - share) + scores @ (inverse @ bend))
    return np.array(risks), np.column_stack(influence)


def _augmented(people: pl.DataFrame, score: Floats, study: Study) -> list[Effect]:
    """AIPW: the score model has all matching variables, the outcome model of each arm those that
    it can carry there (a rare one with an empty cell separates it).
    """
    if study.primary.unit:
        raise AnalysisError("the outcome model is of events; the primary outcome is a number")
    event, arm = values(people, study.primary.name), exposed(people)
    x, names = varying(people, score_names(people, study))
    keep = supported(event, x, arm) & supported(event, x, ~arm)
    if arm.any() and not arm.all():
        keep &= (np.ptp(x[arm], axis=0) > 0) & (np.ptp(x[~arm], axis=0) > 0)
    found, kept = _fitted(event, arm, x, score, (names, keep), study.primary.event_label)
    dropped = [name for name in names if name not in kept]
    notes = (f"not in the outcome model: {', '.join(dropped)}",) if dropped else ()
    effects = (found.risk_difference, found.risk_ratio, found.odds_ratio)
    return [replace(effect, notes=(*effect.notes, *notes)) for effect in effects]


def _learned(people: pl.DataFrame, study: Study, *, targeted: bool) -> list[Effect]:
    """AIPW or TMLE with learned models of all matching variables, hospitals without products."""
    if study.primary.unit:
        raise AnalysisError("the outcome model is of events; the primary outcome is a number")
    x, names = varying(people, score_names(people, study))
    found = cross_fitted_aipw(
        values(people, study.primary.name),
        exposed(people),
        x,
        learner=study.analysis.learner,
        seed=study.study.seed,
        plain=sum(name in unbent_names(people) for name in names),
        targeted=targeted,
        names=names,
        event_label=study.primary.event_label,
    )
    return [found.risk_difference, found.risk_ratio, found.odds_ratio]


def _fitted(
    event: Floats,
    arm: BoolArray,
    x: Floats,
    score: Floats,
    columns: tuple[tuple[str, ...], BoolArray],
    label: str,
) -> tuple[MarginalEffects, list[str]]:
    """AIPW, and the columns of its outcome model: of those to be kept, all that separate no event.

    The score model has them all the same, and either model suffices.
    """
    names, keep = columns
    kept = [name for name, k in zip(names, keep, strict=True) if k]
    while True:
        among = np.array([name in kept for name in names], dtype=bool)
        try:
            found = aipw(
                event,
                arm,
                x[:, among],
                propensity=score,
                variance=LEFT_OUT,
                names=kept,
                event_label=label,
            )
        except SeparationError as error:
            left = [name for name in kept if name not in error.columns.split(", ")]
            if len(left) == len(kept):
                raise
            kept = left
        else:
            return found, kept
