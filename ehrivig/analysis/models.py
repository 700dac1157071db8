"""Regression tables: Table 3 (dose, timing, duration), S2, S3, and the subgroup forest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.dataset import Floats, exposed, matrix, values
from ehrivig.errors import AnalysisError
from ehrivig.features import dosing
from ehrivig.stats.logistic import LogisticFit, exposure_effect, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Study

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
IMMORTAL = (
    "immortal time: the group is defined by what happened after time zero; "
    "read with the time-zero-safe analyses"
)


@dataclass(frozen=True)
class Contrast:
    """A group of exposed admissions to be held against all unexposed ones."""

    name: str
    label: str
    member: NDArray[np.bool_]
    on_boundary: int | None = None
    split: str = ""


def contrasts(frame: pl.DataFrame, study: Study) -> list[Contrast]:
    """The exposed, then both sides of every band; `member` has shape (rows,)."""
    label = study.exposure.label
    found = [Contrast("any", f"{label} vs no {label}", exposed(frame))]
    for band in study.exposure.bands:
        count = dosing.boundary_count(frame, band)
        for side in ("low", "high"):
            text = band.low_label if side == "low" else band.high_label
            member = (frame[f"band_{band.name}"] == side).fill_null(False).to_numpy()
            found.append(
                Contrast(
                    f"{band.name}_{side}",
                    f"{label} {text} vs no {label}",
                    member & exposed(frame),
                    count,
                    f"band {band.name}",
                )
            )
    return found


def crude(event: Floats, arm: NDArray[np.bool_], label: str, estimand: str) -> Effect:
    """Crude odds ratio of the event, exposed against unexposed; rows with NaN are left out."""
    known = ~np.isnan(event)
    e, a = event[known], arm[known]
    fit = logistic(e, a[:, None].astype(float), event_label=label, names=["exposed"], firth="auto")
    return exposure_effect(fit, e, a, "exposed", estimand=estimand)


def adjusted(
    event: Floats,
    arm: NDArray[np.bool_],
    x: Floats,
    names: tuple[str, ...],
    label: str,
    estimand: str,
) -> tuple[Effect, LogisticFit]:
    """Odds ratio of exposure given covariates `x` (rows, p), among complete rows."""
    full = np.column_stack([arm.astype(float), x])
    known = ~np.isnan(event) & ~np.isnan(full).any(axis=1)
    fit = logistic(
        event[known], full[known], event_label=label, names=["exposed", *names], firth="auto"
    )
    effect = exposure_effect(fit, event[known], arm[known], "exposed", estimand=estimand)
    return effect, fit


def table3(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """Crude odds ratios in the matched: all exposed and each band, against all matched controls."""
    primary = study.primary
    event, control = values(matched, primary.name), ~exposed(matched)
    for contrast in contrasts(matched, study):
        among = contrast.member | control
        note = "" if contrast.name == "any" else IMMORTAL
        if contrast.on_boundary is not None:
            note += f"; {contrast.on_boundary} exactly on the cut"
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
        rows.ask(question, partial(crude, y, arm, primary.event_label, "ATT, crude"))


def table_s2(frame: pl.DataFrame, study: Study, rows: EffectRows) -> pl.DataFrame:
    """Multivariable logistic model of the primary outcome in everybody."""
    primary, names = study.primary, study.analysis.adjust
    question = Question(
        "table_s2",
        f"{study.exposure.label} vs no {study.exposure.label}",
        primary.name,
        "all",
        primary.event_label,
        adjusted=True,
    )
    fits: list[LogisticFit] = []

    def compute() -> Effect:
        effect, fit = adjusted(
            values(frame, primary.name),
            exposed(frame),
            matrix(frame, names),
            names,
            primary.event_label,
            "conditional odds ratio",
        )
        fits.append(fit)
        return effect

    rows.ask(question, compute)
    return _terms(fits[0] if fits else None, primary.name, study, rows)


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
    x, arm = matrix(frame, names), exposed(frame).astype(float)
    known = ~np.isnan(x).any(axis=1)
    varies = np.array([len(np.unique(x[known, j])) > 1 for j in range(x.shape[1])], dtype=bool)
    kept = tuple(n for n, v in zip(names, varies, strict=True) if v)
    try:
        fit = logistic(
            arm[known], x[known][:, varies], names=kept, event_label="exposed", firth="auto"
        )
    except AnalysisError as error:
        return _failed(study.exposure.name, str(error))
    return _terms(fit, study.exposure.name, study, None)


def _terms(
    fit: LogisticFit | None, outcome: str, study: Study, rows: EffectRows | None
) -> pl.DataFrame:
    """A fit as one row per term."""
    if fit is None:
        reason = str(rows.rows[-1]["note"]) if rows else "no estimate"
        return _failed(outcome, reason)
    labels = {v.name: v.label for v in study.covariates.variables}
    labels |= {v.name: v.label for v in study.outcomes.variables}
    labels["exposed"] = study.exposure.label
    return pl.DataFrame(
        [
            {
                "outcome": outcome,
                "event_label": fit.event_label,
                "term": name,
                "label": labels.get(name, name),
                "odds_ratio": fit.odds_ratio[i],
                "lo": fit.lo[i],
                "hi": fit.hi[i],
                "p": fit.p[i],
                "n": fit.n,
                "events": fit.events,
                "note": "; ".join(fit.notes),
            }
            for i, name in enumerate(fit.names)
            if not name.startswith("(")
        ],
        schema=TERMS_SCHEMA,
    )


def _failed(outcome: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame([{"outcome": outcome, "note": reason}], schema=TERMS_SCHEMA)
