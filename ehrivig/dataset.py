"""The analysis table: one row per admission, and arrays out of it for the statistics.

The models read nothing but this table (`analysis.parquet`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.study import Covariate, Outcome, Study

KEY = ["hospital_id", "admission_id"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Variable:
    """One row of a table: its name, label, unit, heading, and whether it is yes/no."""

    name: str
    label: str
    unit: str
    group: str
    binary: bool


def assemble(
    cohort: pl.DataFrame,
    baseline: pl.DataFrame,
    outcomes: pl.DataFrame,
    exposure: pl.DataFrame,
    bands: list[pl.Expr],
    study: Study,
) -> pl.DataFrame:
    """One row per admission of the cohort: exposure, covariates, outcomes; sorted by its key.

    Everybody of the cohort is known to be exposed, or not (`cohort.of_known_exposure`).

    `bands` are the expressions that put the exposed into dose, timing and duration groups.

    Raises ValueError when a join would lose or repeat an admission.
    """
    who = cohort.select(*KEY, "patient_id", "person_id", "time_zero")
    frame = who
    for part in (exposure, baseline, outcomes):
        fresh = [name for name in part.columns if name not in frame.columns or name in KEY]
        frame = frame.join(part.select(fresh), on=KEY, how="left", validate="1:1")
    if frame.height != cohort.height:
        raise ValueError(f"{cohort.height} admissions went in, {frame.height} came out")
    exposed = pl.col(f"{study.exposure.name}_any").alias("exposed")
    return frame.with_columns(exposed).with_columns(bands).sort(KEY)


def covariate_variable(covariate: Covariate) -> Variable:
    """The table row of a baseline variable."""
    return Variable(
        covariate.name, covariate.label, covariate.unit, covariate.group, covariate.binary
    )


def outcome_variable(outcome: Outcome) -> Variable:
    """The table row of an outcome."""
    return Variable(outcome.name, outcome.label, outcome.unit, "", not outcome.unit)


def values(frame: pl.DataFrame, name: str) -> Floats:
    """One column as numbers: NaN where missing, 0 and 1 for no and yes; shape (rows,)."""
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)


def exposed(frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Who is exposed; shape (rows,)."""
    return frame["exposed"].to_numpy().astype(bool)


def matrix(frame: pl.DataFrame, names: tuple[str, ...]) -> Floats:
    """Columns side by side; shape (rows, names); NaN where missing."""
    if not names:
        return np.empty((frame.height, 0))
    return np.column_stack([values(frame, name) for name in names])
