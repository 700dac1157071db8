"""The exposure's effect on the primary outcome and on every other yes/no outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.mean_differences import number_effects
from ehrivig.analysis.models import (
    adjusted,
    crude,
    set_weights,
    supported,
    varying,
    versus,
    with_crude_risks,
)
from ehrivig.dataset import exposed, score_names, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import exposure_effect, logistic
from ehrivig.stats.regression.standardise import LEFT_OUT, g_computation
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.contingency import discordant, mcnemar
from ehrivig.stats.tables.paired import paired_risk_difference
from ehrivig.stats.tables.sensitivity import e_value
from ehrivig.stats.tables.two_by_two import risk_difference, risk_ratio
from ehrivig.study import Outcome, Study


def main_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """The primary outcome by every measure, in all and in the matched; then the other outcomes."""
    if study.primary.unit:
        number_effects(frame, matched, study, rows)
    else:
        for population, people in (("all", frame), ("matched", matched)):
            crude_effects(people, _question(study, population), study, rows)
        _pairs(matched, study, rows)
        _doubly_robust(matched, study, rows)
    apart = {study.primary.name, *study.analysis.negative_controls}
    for outcome in study.outcomes.variables:
        if outcome.name not in apart and is_event(outcome):
            label = outcome.words
            question = Question(
                "outcomes", versus(study), outcome.name, "matched", label, "outcomes"
            )
            y, w = values(matched, outcome.name), set_weights(matched)
            rows.ask(question, partial(crude, y, exposed(matched), label, "ATT", w))


def is_event(outcome: Outcome) -> bool:
    """Whether the outcome is yes/no (a treatment during the stay is not an outcome)."""
    binary = not outcome.unit and outcome.source != "clearance"
    return binary and outcome.group == "outcome"


def _question(study: Study, population: str) -> Question:
    primary = study.primary
    return Question("main", versus(study), primary.name, population, primary.event_label)


def crude_effects(frame: pl.DataFrame, question: Question, study: Study, rows: EffectRows) -> None:
    """Odds ratio, risk difference and risk ratio of the primary outcome, crude, in `frame`."""
    primary = study.primary
    known = frame.filter(pl.col(primary.name).is_not_null())
    event, arm = values(known, primary.name), exposed(known)
    estimand = "association, unadjusted" if question.population == "all" else "ATT"
    label = primary.event_label
    weights = set_weights(known)
    cells = (int(event[arm].sum()), int(arm.sum()), int(event[~arm].sum()), int((~arm).sum()))

    def table(measure: Callable[..., Effect]) -> Effect:
        if not cells[1] or not cells[3]:
            raise AnalysisError("one arm is empty")
        if weights is not None:
            raise AnalysisError("matched sets of unequal size: see the weighted odds ratio")
        return replace(measure(*cells, event_label=label), estimand=estimand)

    rows.ask(question, lambda: crude(event, arm, label, estimand, weights))
    rows.ask(question, lambda: table(risk_difference))
    rows.ask(question, lambda: _with_e_value(table(risk_ratio)))


def _with_e_value(effect: Effect) -> Effect:
    """The risk ratio with the confounding that would explain it, and its interval, away."""
    found = e_value(effect.estimate, effect.lo, effect.hi)
    note = f"E-value {found.estimate:.2f}, of the limit nearer 1 {found.limit:.2f}"
    return replace(effect, notes=(*effect.notes, note))


def _pairs(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """What the pairs say: clustered and conditional odds ratio, McNemar, paired risk difference.

    Among the pairs in which both outcomes are known.
    """
    primary, contrast = study.primary, versus(study)
    if study.match.ratio > 1 or study.match.replace:
        return  # sets larger than pairs, or a control in many of them
    people, note = _known_pairs(matched, primary.name, study.report.smallest_cell)
    event, arm = values(people, primary.name), exposed(people)
    pair, label = people["pair_id"].to_numpy(), primary.event_label
    question = Question("main", contrast, primary.name, "matched", label, note=note)
    x, smallest = arm[:, None].astype(float), study.report.smallest_cell

    def clustered() -> Effect:
        _shown_cells(event, arm, pair, smallest)
        fit = logistic(event, x, cluster=pair, names=["exposed"], event_label=label)
        return with_crude_risks(exposure_effect(fit, event, arm, "exposed", estimand="ATT"))

    def conditional() -> Effect:
        _shown_cells(event, arm, pair, smallest)
        fit = conditional_logistic(event, x, pair, names=["exposed"], event_label=label)
        effect = exposure_effect(fit, event, arm, "exposed", estimand="ATT, conditional on pairs")
        note = f"{fit.strata_used} of {fit.strata} pairs are informative"
        return replace(effect, method=fit.method, notes=(*fit.notes, note))

    def paired() -> Effect:
        a, b, c, d = _shown_cells(event, arm, pair, smallest)
        test = mcnemar(b, c, "chi_square")
        effect = paired_risk_difference(a, b, c, d, event_label=label)
        return replace(effect, estimand="ATT", notes=(f"McNemar p = {test.p:.4g}",))

    rows.ask(question, clustered)
    rows.ask(question, conditional)
    rows.ask(question, paired)


def _shown_cells(
    event: np.ndarray, arm: np.ndarray, pair: np.ndarray, smallest: int
) -> tuple[int, int, int, int]:
    """Pairs with the event in both, in the exposed only, in the control only, and in neither.

    AnalysisError where one is of few: the odds ratio within pairs and every variance that knows
    the pairs are these four counts in other words.
    """
    cells = discordant(*_by_pair(event, arm, pair))
    if any(disclosure.small(count, smallest) for count in cells):
        raise AnalysisError(f"a cell of pairs is below {smallest}: suppressed")
    return cells


def _known_pairs(matched: pl.DataFrame, outcome: str, smallest: int) -> tuple[pl.DataFrame, str]:
    """The matched whose own outcome and whose mate's are known, and how many pairs that leaves."""
    unknown = pl.col(outcome).cast(pl.Float64).fill_nan(None).is_null()
    people = matched.filter(~unknown.any().over("pair_id"))
    every, left = matched["pair_id"].n_unique(), people["pair_id"].n_unique()
    gone = disclosure.shown(every - left, smallest)
    lost = f"{gone} of {every:,} pairs left out: the outcome of one or both is unknown"
    return people, "" if every == left else lost


def _doubly_robust(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """The matched once more, adjusted for the matching variables; variance clustered on pairs.

    Right when the score or the outcome model is. A rare covariate that would separate the outcome
    model is left to the matching. The odds ratio is conditional on the covariates;
    the risk difference is standardised to the matched exposed.
    """
    primary, label = study.primary, study.primary.event_label
    question = Question(
        "main", versus(study), primary.name, "matched", label, adjusted=True, design="matched"
    )
    event, arm = values(matched, primary.name), exposed(matched)
    pairs = matched["pair_id"].to_numpy()
    x, names = varying(matched, score_names(matched, study))
    keep = supported(event, x, np.ones(len(event), dtype=bool))
    x, names = x[:, keep], tuple(n for n, kept in zip(names, keep, strict=True) if kept)
    known = ~np.isnan(event) & ~np.isnan(x).any(axis=1)

    if set_weights(matched) is not None:
        return

    def conditional() -> Effect:
        effect, _ = adjusted(event, arm, x, names, label, "ATT, conditional", pairs=pairs)
        return replace(effect, method=f"{effect.method}, adjusted for {len(names)} covariates")

    def standardised() -> Effect:
        return g_computation(
            event[known],
            arm[known],
            x[known],
            population="exposed",
            variance=LEFT_OUT,
            cluster=pairs[known],
            names=names,
            event_label=label,
        ).risk_difference

    rows.ask(question, conditional)
    rows.ask(question, standardised)


def _by_pair(event: np.ndarray, arm: np.ndarray, pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events of the exposed and of the unexposed, pair by pair, each (pairs,)."""
    treated, control = np.flatnonzero(arm), np.flatnonzero(~arm)
    treated = treated[np.argsort(pair[treated])]
    control = control[np.argsort(pair[control])]
    if not np.array_equal(pair[treated], pair[control]):
        raise AnalysisError("the matched sets are not pairs")
    return event[treated], event[control]
