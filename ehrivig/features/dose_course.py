"""How much of the exposure drug each admission was given on each day from time zero on."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import polars as pl

from ehrivig.features.courses import daily_doses, in_window
from ehrivig.study import Study

TABLE = "dose_course"
_EPOCH = datetime(1970, 1, 1)


def dose_course(
    administrations: Path, study: Study, doubtful: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row per candidate admission and day of 24 h from time zero with a dose, to the horizon.

    admission_id, day (Int64, 0 from time zero on), grams (Float64; null where the amount of one
    administration of the day is not known). Doses of the whole stay count, also after the exposure
    window; those before time zero do not. `administrations`: the file of `dosing.administrations`.
    `doubtful`: admission_id, day of what may or may not be a dose, whose day has no known amount.
    """
    whole = study.exposure.model_copy(update={"start_hours": 0.0, "end_hours": None})
    given = pl.scan_parquet(administrations).filter(in_window(whole))
    days = daily_doses(_from_time_zero(given), whole)
    horizon = math.ceil(study.horizon_days - 1e-9)
    day = pl.col("day").to_physical().cast(pl.Int64)
    known = days.select(
        "admission_id", day.alias("day"), pl.when("complete").then("dose_g").alias("grams")
    )
    if doubtful is not None and doubtful.height:
        unknown = doubtful.unique().lazy()
        lost = pl.lit(None, pl.Float64).alias("grams")
        known = known.join(unknown, on=["admission_id", "day"], how="anti")
        known = pl.concat([known, unknown.with_columns(lost)])
    return (
        known.filter(pl.col("day") < horizon)
        .sort("admission_id", "day")
        .collect(engine="streaming")
    )


def _from_time_zero(given: pl.LazyFrame) -> pl.LazyFrame:
    """The administrations on a clock of which time zero is a midnight, so that days are of it."""
    moved = (pl.col(name) - pl.col("time_zero") + pl.lit(_EPOCH) for name in _MOMENTS)
    return given.with_columns(*moved).with_columns(
        time_zero=pl.lit(_EPOCH), discharged_at=pl.lit(None, pl.Datetime("us"))
    )


_MOMENTS = ("started_at", "stopped_at")
