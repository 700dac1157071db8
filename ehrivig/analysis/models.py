"""Regression tables: Table 3 (dose, timing, duration), S2, S3, and the subgroup forest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.concepts import bands
from ehrivig.dataset import Floats, exposed, matrix, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.logistic import LogisticFit, exposure_effect, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Study
from ehrivig.study.immortal_time import LATER_GROUP, immortal_time

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
    found = [Contrast("any", versus(study), exposed(frame))]
    for band in study.exposure.bands:
        count = bands.boundary_count(frame, band)
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


def versus(study: Study) -> str:
    """The contrast of all exposed with all unexposed, in words."""
    return f"{study.exposure.label} vs no {study.exposure.label}"


def varying(frame: pl.DataFrame, names: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Columns of the analysis table (rows, kept) and their names, without those all alike."""
    x = matrix(frame, names)
    complete = ~np.isnan(x).any(axis=1)
    keep = np.array([len(np.unique(column[complete])) > 1 for column in x.T], dtype=bool)
    return x[:, keep], tuple(n for n, k in zip(names, keep, strict=True) if k)


FEWEST_IN_CELL = 2


def supported(event: Floats, x: Floats, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which columns of `x` (rows, p) an outcome model of the rows `among` can carry; shape (p,).

    A yes/no column needs events and non-events among its yes and among its no; numbers always
    count. Rows with a missing value are left out.
    """
    known = among & ~np.isnan(event) & ~np.isnan(x).any(axis=1)
    e, z = event[known] > 0, x[known]
    keep = np.ones(x.shape[1], dtype=bool)
    for j, column in enumerate(z.T):
        levels = np.unique(column)
        if len(levels) <= 2:
            cells = [((column == v) & (e == y)).sum() for v in levels for y in (True, False)]
            keep[j] = len(levels) == 2 and min(cells) >= FEWEST_IN_CELL
    return keep


def set_weights(frame: pl.DataFrame) -> Floats | None:
    """The weight of each matched row (rows,); None where all rows of an arm count alike.

    They differ when matched sets differ in size, or a control stands for several exposed.
    """
    if "weight" not in frame.columns or frame.is_empty():
        return None
    weight, arm = values(frame, "weight"), exposed(frame)
    alike = all(np.ptp(weight[side]) == 0 for side in (arm, ~arm) if side.any())
    return None if alike else weight


def crude(
    event: Floats,
    arm: NDArray[np.bool_],
    label: str,
    estimand: str,
    weights: Floats | None = None,
) -> Effect:
    """Crude odds ratio of the event, exposed against unexposed; rows with NaN are left out.

    With `weights` (rows,) weighted, with the HC0 variance.
    """
    known = ~np.isnan(event)
    e, a = event[known], arm[known]
    fit = logistic(
        e,
        a[:, None].astype(float),
        event_label=label,
        names=["exposed"],
        firth="auto" if weights is None else False,
        weights=None if weights is None else weights[known],
    )
    return exposure_effect(fit, e, a, "exposed", estimand=estimand)


def adjusted(
    event: Floats,
    arm: NDArray[np.bool_],
    x: Floats,
    names: tuple[str, ...],
    label: str,
    estimand: str,
    *,
    pairs: NDArray[np.int64] | None = None,
) -> tuple[Effect, LogisticFit]:
    """Odds ratio of exposure given covariates `x` (rows, p), among complete rows.

    With `pairs` (rows,) the variance is clustered on them, and separation is an error (Firth's fit
    has no clustered variance).
    """
    full = np.column_stack([arm.astype(float), x])
    known = ~np.isnan(event) & ~np.isnan(full).any(axis=1)
    fit = logistic(
        event[known],
        full[known],
        event_label=label,
        names=["exposed", *names],
        firth="auto" if pairs is None else False,
        cluster=None if pairs is None else pairs[known],
    )
    effect = exposure_effect(fit, event[known], arm[known], "exposed", estimand=estimand)
    return effect, fit


def table3(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """Crude odds ratios in the matched: all exposed and each band, against all matched controls."""
    primary = study.primary
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
        rows.ask(question, partial(crude, y, arm, primary.event_label, "ATT, crude", w))


def table_s2(frame: pl.DataFrame, study: Study, rows: EffectRows) -> pl.DataFrame:
    """Multivariable logistic model of the primary outcome in everybody."""
    primary = study.primary
    x, names = varying(frame, study.analysis.adjust)
    question = Question(
        "table_s2",
        versus(study),
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
            x,
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
    (x, kept), arm = varying(frame, names), exposed(frame).astype(float)
    known = ~np.isnan(x).any(axis=1)
    try:
        fit = logistic(arm[known], x[known], names=kept, event_label="exposed", firth="auto")
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
    warning = immortal_time(study)
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
                "note": "; ".join(
                    (*fit.notes, *([warning] if name == "exposed" and warning else []))
                ),
            }
            for i, name in enumerate(fit.names)
            if not name.startswith("(")
        ],
        schema=TERMS_SCHEMA,
    )


def _failed(outcome: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame([{"outcome": outcome, "note": reason}], schema=TERMS_SCHEMA)
