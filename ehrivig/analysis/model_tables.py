"""Tables of models: Table 3 (dose, timing, duration), S2 (the outcome) and S3 (the exposure)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import contrasts, set_weights, varying, versus
from ehrivig.analysis.outcome_model import OutcomeModel, model_of
from ehrivig.dataset import exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.linear import LinearFit
from ehrivig.stats.regression.logistic import LogisticFit, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Study
from ehrivig.study.admitted import FOLLOWS, late_names
from ehrivig.study.immortal_time import LATER_GROUP, immortal_time

ODDS_RATIO, DIFFERENCE = "odds_ratio", "difference"
TERMS_SCHEMA: dict[str, Any] = {
    "outcome": pl.String,
    "event_label": pl.String,
    "term": pl.String,
    "label": pl.String,
    "odds_ratio": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "p": pl.Float64,
    "n": pl.Int64,
    "events": pl.Int64,
    "note": pl.String,
}


def table3(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """Crude effects in the matched: all exposed and each band, against all matched controls."""
    primary, model = study.primary, model_of(study.primary)
    event, control = values(matched, primary.name), ~exposed(matched)
    weights = set_weights(matched)
    for contrast in contrasts(matched, study):
        among = contrast.member | control
        note = "" if contrast.name == "any" else LATER_GROUP
        if contrast.on_boundary is not None:
            n = disclosure.shown(contrast.on_boundary, study.report.smallest_cell)
            note += f"; {n} exactly on the cut"
        question = Question(
            "table3",
            contrast.label,
            primary.name,
            "matched",
            primary.event_label,
            "table3",
            note=note,
            split=contrast.split,
        )
        arm, y = contrast.member[among], event[among]
        w = None if weights is None else weights[among]
        rows.ask(question, partial(model.crude, y, arm, "ATT, crude", w))


def table_s2(frame: pl.DataFrame, study: Study, rows: EffectRows) -> pl.DataFrame:
    """Multivariable model of the primary outcome in everybody."""
    primary, model = study.primary, model_of(study.primary)
    x, names = varying(frame, study.analysis.adjust)
    question = Question(
        "table_s2",
        versus(study),
        primary.name,
        "all",
        primary.event_label,
        adjusted=True,
    )
    fits: list[LogisticFit | LinearFit] = []

    def compute() -> Effect:
        y, arm = values(frame, primary.name), exposed(frame)
        estimand = "conditional mean difference" if model.number else "conditional odds ratio"
        effect, fit = model.adjusted(y, arm, x, names, estimand)
        fits.append(fit)
        return effect

    rows.ask(question, compute)
    if not fits:
        return _failed(primary.name, str(rows.rows[-1]["note"]), model)
    return _terms(fits[0], primary.name, study)


def table_s3(frame: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Multivariable logistic model of receiving the exposure, given the covariates of Table S3.

    The covariates are those of the matching that are baseline, with the repeated labs.
    """
    names = tuple(
        dict.fromkeys(
            [n for n in study.match.covariates if n not in study.match.allow_post_baseline]
            + list(study.analysis.repeat_labs)
        )
    )
    (x, kept), arm = varying(frame, names), exposed(frame).astype(float)
    known = ~np.isnan(x).any(axis=1)
    try:
        fit = logistic(arm[known], x[known], names=kept, event_label="exposed", firth="auto")
    except AnalysisError as error:
        return _failed(study.exposure.name, str(error))
    return _terms(fit, study.exposure.name, study)


def _terms(fit: LogisticFit | LinearFit, outcome: str, study: Study) -> pl.DataFrame:
    """A fit as one row per term: odds ratios of an event, or mean differences of a number."""
    labels = {v.name: v.label for v in study.covariates.variables}
    labels |= {v.name: v.label for v in study.outcomes.variables}
    labels["exposed"] = study.exposure.label
    column, estimates, label, events, notes = _estimates(fit)
    rows = [
        {
            "outcome": outcome,
            "event_label": label,
            "term": name,
            "label": labels.get(name, name),
            column: estimates[i],
            "lo": fit.lo[i],
            "hi": fit.hi[i],
            "p": fit.p[i],
            "n": fit.n,
            "events": events,
            "note": "; ".join(filter(None, (*notes, _note(name, study)))),
        }
        for i, name in enumerate(fit.names)
        if not name.startswith("(")
    ]
    return pl.DataFrame(rows, schema=_schema(column))


def _estimates(
    fit: LogisticFit | LinearFit,
) -> tuple[str, Any, str, int | None, tuple[str, ...]]:
    """The column of the estimates, they, what they are of, its events, and notes."""
    if isinstance(fit, LinearFit):
        return DIFFERENCE, fit.coef, fit.outcome_label, None, ()
    return ODDS_RATIO, fit.odds_ratio, fit.event_label, fit.events, fit.notes


def _note(term: str, study: Study) -> str:
    """The warning that a term of a model carries."""
    if term == "exposed":
        return immortal_time(study)
    return FOLLOWS if late_names(study, (term,)) else ""


def _schema(column: str) -> dict[str, Any]:
    """The columns of a table of terms, by what its estimates are."""
    return {column if name == ODDS_RATIO else name: kind for name, kind in TERMS_SCHEMA.items()}


def _failed(outcome: str, reason: str, model: OutcomeModel | None = None) -> pl.DataFrame:
    column = DIFFERENCE if model is not None and model.number else ODDS_RATIO
    return pl.DataFrame([{"outcome": outcome, "note": reason}], schema=_schema(column))
