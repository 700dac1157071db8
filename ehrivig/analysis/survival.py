"""Figures 2A and 2B: survival to the horizon, and cumulative incidence of clearance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from ehrivig.analysis.dataset import Floats, exposed, values
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.errors import AnalysisError
from ehrivig.stats.competing import cumulative_incidence
from ehrivig.stats.cox import cox
from ehrivig.stats.fine_gray import fine_gray
from ehrivig.stats.gray import gray_test
from ehrivig.stats.kaplan_meier import kaplan_meier
from ehrivig.stats.logrank import logrank
from ehrivig.stats.result import Effect
from ehrivig.stats.rmst import rmst_difference
from ehrivig.study import Study

SCHEMA: dict[str, Any] = {
    "curve": pl.String,
    "population": pl.String,
    "group": pl.String,
    "cause": pl.String,
    "time": pl.Float64,
    "estimate": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "at_risk": pl.Int64,
}
GRID_POINTS = 225  # eight a day over four weeks
GROUPS = ("control", "exposed")
CAUSES = {1: "event", 2: "death"}


def survival_curves(frame: pl.DataFrame, population: str, horizon: float, smallest: int) -> pl.DataFrame:
    """Kaplan-Meier curves of both arms on a fixed grid of days; at risk is blank when small."""
    known = frame.filter(pl.col("time_days").is_not_null())
    if known.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    fit = kaplan_meier(
        _positive(values(known, "time_days")),
        values(known, "event").astype(bool),
        group=exposed(known).astype(int),
        conf_type="log-log",
    )
    grid = np.linspace(0, horizon, GRID_POINTS)
    parts = []
    for curve in fit.curves:
        at = curve.at(grid)
        parts.append(
            _rows("km", population, GROUPS[int(str(curve.group))], "death", grid, at.survival,
                  at.lower, at.upper, at.n_risk, smallest)
        )
    return pl.concat(parts)


def clearance_curves(frame: pl.DataFrame, name: str, population: str, smallest: int) -> pl.DataFrame:
    """Aalen-Johansen curves of clearance and of death before it, from symptom onset.

    Patients enter at admission (left truncation), so that early time belongs to nobody unseen.
    """
    known = _clearance(frame, name)
    if known.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    fit = cumulative_incidence(
        values(known, f"{name}_days"),
        values(known, f"{name}_status").astype(int),
        entry=values(known, f"{name}_entry_days"),
        group=exposed(known).astype(int),
    )
    grid = np.linspace(0, 60, GRID_POINTS)
    parts = []
    for curve in fit.curves:
        at = curve.at(grid)
        cause = CAUSES.get(int(curve.cause), "other")
        parts.append(
            _rows("cif", population, GROUPS[int(str(curve.group))], cause, grid, at.estimate,
                  at.lower, at.upper, None, smallest)
        )
    return pl.concat(parts)
