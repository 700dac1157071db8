"""The analysis table: one row per admission, and arrays out of it for the statistics.

The models read nothing but this table (`analysis.parquet`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.errors import AnalysisError
from ehrivig.stats.splines import spline_columns, spline_knots
from ehrivig.study import Covariate, Outcome, Study
from ehrivig.study.registries import OUTCOMES

KEY = ["hospital_id", "admission_id"]
MOMENTS = ("time_zero", "eligible_at", "eligible_undated")
"""When people are followed from, since when they met all criteria; whether one says no moment."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Variable:
    """One row of a table: its name, label, unit, heading, and whether it is yes/no.

    `of_some`: how many have no number is a count of people who were not there.
    """

    name: str
    label: str
    unit: str
    group: str
    binary: bool
    of_some: bool = False


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
    who = cohort.select(*KEY, "patient_id", "person_id", *MOMENTS)
    frame = who
    for part in (exposure, baseline, outcomes):
        fresh = [name for name in part.columns if name not in frame.columns or name in KEY]
        frame = frame.join(part.select(fresh), on=KEY, how="left", validate="1:1")
    if frame.height != cohort.height:
        raise ValueError(f"{cohort.height} admissions went in, {frame.height} came out")
    exposed = pl.col(f"{study.exposure.name}_any").alias("exposed")
    return frame.with_columns(exposed).with_columns(bands).sort(KEY)


HOSPITAL = "hospital "
"""Begins the name of a column that stands for hospitals in a model; no variable is so named."""
OTHERS, SHARE = f"{HOSPITAL}(any other)", f"{HOSPITAL}(share exposed)"
"""Of hospitals without a column of their own: that it is one, and how many it exposes. The share
holds who is exposed, himself among them: no model that is to predict people whom it has not seen
may learn from it."""
FEWEST_IN_ARM = 5
ADMISSIONS_PER_COLUMN = 20
"""Of the smaller arm, for each hospital with a column of its own (Peduzzi 1996 asks for 10)."""
PRIOR_ADMISSIONS = 10
"""How many admissions the share of all weighs in the shrunken share of a small hospital."""


def with_hospitals(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with the columns by which models tell hospitals apart; none for one hospital.

    A hospital with five in each arm has a column of its own (fixed effect), but for the largest,
    which is the reference; so have the largest such hospitals, one for every 20 of the smaller arm:
    a model of a small cohort must not be all hospitals. The others share one, and the share of
    their exposed, shrunken towards that of all. Source: Li, Zaslavsky & Landrum 2013.
    """
    frame = frame.drop(hospital_names(frame))
    by = frame.group_by("hospital_id").agg(
        pl.len().alias("n"), pl.col("exposed").sum().cast(pl.Int64).alias("e")
    )
    if by.height < 2:
        return frame
    own = (pl.col("e") >= FEWEST_IN_ARM) & (pl.col("n") - pl.col("e") >= FEWEST_IN_ARM)
    arm = int(frame["exposed"].sum())
    most = 1 + min(arm, frame.height - arm) // ADMISSIONS_PER_COLUMN
    large = by.filter(own).sort(["n", "hospital_id"], descending=[True, False]).head(most)
    small = by.join(large, on="hospital_id", how="anti")
    share = float(frame["exposed"].mean() or 0.0)  # type: ignore[arg-type]
    columns = [
        (pl.col("hospital_id") == name).cast(pl.Float64).alias(f"{HOSPITAL}{name}")
        for name in sorted(large["hospital_id"].to_list()[1:])
    ]
    if small.height and large.height:
        among = pl.col("hospital_id").is_in(small["hospital_id"].to_list())
        columns.append(among.cast(pl.Float64).alias(OTHERS))
    if small.height > 1:
        shrunken = {
            name: (e + PRIOR_ADMISSIONS * share) / (n + PRIOR_ADMISSIONS) - share
            for name, n, e in small.iter_rows()
        }
        value = pl.col("hospital_id").replace_strict(shrunken, default=0.0)
        columns.append(value.cast(pl.Float64).alias(SHARE))
    return frame.with_columns(columns)


SPLINE = "spline "
"""Begins the name of a column that bends a matching variable; no variable is so named."""


def with_splines(frame: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The table with the columns by which models bend the variables of [match] splines.

    Knots are at quantiles of the people of the table. A variable with too few values for a curve
    has no column.
    """
    frame = frame.drop(spline_names(frame))
    for name in study.match.splines:
        x = values(frame, name)
        try:
            bent = spline_columns(x, spline_knots(x, study.match.spline_knots))
        except AnalysisError:
            continue
        made = [pl.Series(f"{SPLINE}{name} {j + 1}", column) for j, column in enumerate(bent.T)]
        frame = frame.with_columns(one.fill_nan(None) for one in made)
    return frame


def spline_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """The columns of `with_splines` that a table has."""
    return tuple(name for name in frame.columns if name.startswith(SPLINE))


def straight(frame: pl.DataFrame, study: Study) -> tuple[str, ...]:
    """The variables of [match] splines that have no curve in a table: they take too few values."""
    bent = {name.removeprefix(SPLINE).rpartition(" ")[0] for name in spline_names(frame)}
    return tuple(name for name in study.match.splines if name not in bent)


def hospital_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """The columns of `with_hospitals` that a table has."""
    return tuple(name for name in frame.columns if name.startswith(HOSPITAL))


def score_names(frame: pl.DataFrame, study: Study) -> tuple[str, ...]:
    """The columns of the propensity score: the matching variables, their curves, and hospitals."""
    hospitals = hospital_names(frame) if study.hospital_in_score else ()
    return (*study.match.covariates, *spline_names(frame), *hospitals)


def baseline_names(frame: pl.DataFrame, study: Study) -> tuple[str, ...]:
    """Matching variables known at time zero, their curves, hospitals: of the time-zero designs."""
    late = study.match.allow_post_baseline
    known = tuple(name for name in study.match.covariates if name not in late)
    curves = [name for name in spline_names(frame) if name.split()[1] not in late]
    return (*known, *curves, *(hospital_names(frame) if study.hospital_in_models else ()))


def unbent_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """Columns of a score of which squares and products say nothing: curves, and hospitals."""
    return (*spline_names(frame), *hospital_names(frame))


def covariate_variable(covariate: Covariate) -> Variable:
    """The table row of a baseline variable."""
    return Variable(
        covariate.name, covariate.label, covariate.unit, covariate.group, covariate.binary
    )


def outcome_variable(outcome: Outcome) -> Variable:
    """The table row of an outcome."""
    some = OUTCOMES[outcome.source].of_some
    return Variable(outcome.name, outcome.label, outcome.unit, "", not outcome.unit, some)


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
