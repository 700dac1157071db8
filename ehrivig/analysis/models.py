"""Who is compared with whom, and the logistic models that most analyses fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.concepts import bands
from ehrivig.dataset import Floats, exposed, matrix, values
from ehrivig.stats.regression.logistic import LogisticFit, exposure_effect, logistic
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.tables.two_by_two import crude_risks
from ehrivig.study import Study


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
    effect = exposure_effect(fit, e, a, "exposed", estimand=estimand)
    return effect if weights is not None else with_crude_risks(effect)


def with_crude_risks(effect: Effect) -> Effect:
    """An unadjusted effect with the proportions of both arms."""
    counts = (effect.n_exposed, effect.events_exposed, effect.n_control, effect.events_control)
    return replace(effect, risks=crude_risks(Arms(*counts), effect.level))


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
