"""Outcomes of laboratory values: how one changed, and whether it reached what was wanted.

The baseline is that of the covariates: the first, or the last, result in their window.
"""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.features.baseline import measured
from ehrivig.study import Outcome, Study
from ehrivig.study.rules.reached import CHANGE_DAYS


def lab_change(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value (Float64, standard unit): the last result by the horizon less the first.

    One row per candidate admission; null where one of the two was not measured. Needs `candidate`.
    """
    days = CHANGE_DAYS if variable.within_days is None else variable.within_days
    end = study.covariates.window_hours[1]
    span = {"start_hours": end, "within_days": days}
    later = db.frame(concept("lab_last"), {"analyte": _analyte(variable), **span})
    both = later.join(
        _baseline(db, study, variable), on="admission_id", how="left", suffix="_before"
    )
    change = (pl.col("value") - pl.col("value_before")).cast(pl.Float64)
    return both.select("admission_id", change.alias("value")).sort("admission_id")


def lab_reached(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value (Boolean): whether a result after time zero is within all limits.

    One row per candidate admission; null where nobody can know. Needs `candidate`.
    """
    limits = {
        "at_least": variable.at_least,
        "at_most": variable.at_most,
        "times_at_least": variable.times_baseline_at_least,
        "times_at_most": variable.times_baseline_at_most,
    }
    db.load("lab_baseline", _baseline(db, study, variable))
    start, end = study.covariates.window_hours
    window = {"start_hours": start, "end_hours": end, "within_days": variable.within_days}
    asked = {"analyte": _analyte(variable), **window, **limits}
    found = db.frame(concept("lab_reached"), asked)
    return found.with_columns(pl.col("value").cast(pl.Boolean)).sort("admission_id")


def _baseline(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value: the baseline of an outcome's analyte, where it was measured."""
    db.view("anchor", "SELECT admission_id, time_zero AS anchor_at FROM candidate")
    window, which = study.covariates.window_hours, study.covariates.value
    found = measured(db, "lab", [_analyte(variable)], window, which)
    return found.select("admission_id", pl.col("value").cast(pl.Float64))


def _analyte(variable: Outcome) -> str:
    return variable.code or variable.name
