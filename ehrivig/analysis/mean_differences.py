"""The exposure's effect on a primary outcome that is a number: days of stay, points of a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights, varying, versus
from ehrivig.analysis.outcome_model import model_of
from ehrivig.dataset import Floats, exposed, score_names, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.tables import rank
from ehrivig.stats.tables.hodges_lehmann import Shift, paired_shift
from ehrivig.study import Study

SHIFT = "HL shift"


def number_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Mean differences in all, in the matched and adjusted, and the median shift within pairs."""
    for population, people in (("all", frame), ("matched", matched)):
        crude_difference(people, _question(study, population), study, rows)
    _pairs(matched, study, rows)
    _adjusted(matched, study, rows)


def _question(study: Study, population: str, *, adjusted: bool = False) -> Question:
    primary = study.primary
    label = model_of(primary).label
    contrast = versus(study)
    question = Question("main", contrast, primary.name, population, label)
    return replace(question, adjusted=adjusted, design="matched" if adjusted else "")


def crude_difference(
    people: pl.DataFrame, question: Question, study: Study, rows: EffectRows
) -> None:
    """The difference of the means in `people`, with the rank test of both arms beside it."""
    model = model_of(study.primary)
    estimand = "association, unadjusted" if question.population == "all" else "ATT"
    y, arm = values(people, study.primary.name), exposed(people)
    weights = set_weights(people)

    def compute() -> Effect:
        effect = model.crude(y, arm, estimand, weights)
        if weights is not None:
            return effect
        known = ~np.isnan(y)
        test = rank.kruskal_wallis([y[known & ~arm], y[known & arm]])
        return replace(effect, notes=(*effect.notes, f"Kruskal-Wallis p = {test.p:.4g}"))

    rows.ask(question, compute)


def _shift_effect(found: Shift, p: float, pairs: int) -> Effect:
    """A median shift within pairs as an Effect; a rank interval has no standard error."""
    return Effect.between(
        Arms(pairs, pairs, pairs, pairs),
        SHIFT,
        (found.shift, found.lo, found.hi, float("nan"), p),
        event_label="",
        method=f"Hodges-Lehmann, {found.method}",
        variance="ranks",
    )


def _pairs(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """The mean difference with pairs as clusters, and the median shift within pairs."""
    if study.match.ratio > 1 or study.match.replace:
        return  # sets larger than pairs, or a control in many of them
    model, question = model_of(study.primary), _question(study, "matched")
    y, arm = values(matched, study.primary.name), exposed(matched)
    pair, known = matched["pair_id"].to_numpy(), ~np.isnan(y)

    def within() -> Effect:
        treated, control = _by_pair(y, arm, pair)
        test = rank.wilcoxon_signed_rank(treated, control)
        found = _shift_effect(paired_shift(treated, control), test.p, len(treated))
        note = f"{len(treated)} pairs with both values"
        return replace(found, event_label=model.label, estimand="ATT, in pairs", notes=(note,))

    rows.ask(question, lambda: model.clustered(y[known], arm[known], pair[known]))
    rows.ask(question, within)


def _by_pair(y: Floats, arm: np.ndarray, pair: np.ndarray) -> tuple[Floats, Floats]:
    """The values of the exposed and of the unexposed of each pair in which both are known."""
    treated, control = np.flatnonzero(arm), np.flatnonzero(~arm)
    treated, control = treated[np.argsort(pair[treated])], control[np.argsort(pair[control])]
    if not np.array_equal(pair[treated], pair[control]):
        raise AnalysisError("the matched sets are not pairs")
    both = ~np.isnan(y[treated]) & ~np.isnan(y[control])
    return y[treated][both], y[control][both]


def _adjusted(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """The matched once more, adjusted for the matching variables; clustered on pairs."""
    if set_weights(matched) is not None:
        return
    y, arm = values(matched, study.primary.name), exposed(matched)
    x, names = varying(matched, score_names(matched, study))
    pairs = matched["pair_id"].to_numpy()

    def compute() -> Effect:
        effect, _ = model_of(study.primary).adjusted(y, arm, x, names, "ATT", pairs=pairs)
        return replace(effect, method=f"{effect.method}, adjusted for {len(names)} covariates")

    rows.ask(_question(study, "matched", adjusted=True), compute)
