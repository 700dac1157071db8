"""The exposure of each candidate admission: whether, when, how much and for how long.

Definitions: clinical specification, section 3. Amounts are exact (whole nanograms) and shown in
grams; every cut is evaluated here and nowhere else.

An administration without a usable amount still counts as exposure, as a dose day and in the dose
coverage. The amounts of such an admission are lower bounds, `dose_complete` is false, and a band
is given only when the bound alone decides it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.features.courses import day_sums, over_days, product_type, survey
from ehrivig.features.dose import grams, grams_per_kg, ratio
from ehrivig.study import Exposure, Study

FILE = "administrations.parquet"
_MICROSECONDS_PER_HOUR = 3_600_000_000


def administrations(db: Database, study: Study, folder: Path) -> Path:
    """Write the exposure drug's clean administrations to the candidates; the file's path.

    One row per administration given by an allowed route: hospital_id, admission_id, patient_id,
    medication_id (leads back to the full row), dose, dose_unit, concentration_g_per_l and
    strength_g (the row's own or else the product's), billing_unit_g, product_type, started_at,
    stopped_at, and the candidate's weight_kg, time_zero, discharged_at. Reads `medication` and
    `candidate`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    given_to(db, study.exposure, "SELECT * FROM candidate", path)
    return path


def given_to(db: Database, exposure: Exposure, who: str, path: Path) -> None:
    """Write a drug's clean administrations to the admissions that query `who` gives.

    `who` gives admission_id, patient_id, weight_kg, time_zero, discharged_at; columns of the file
    as `administrations` has them.
    """
    columns = "admission_id, patient_id, weight_kg, time_zero, discharged_at"
    db.view("recipient", f"SELECT {columns} FROM ({who})")
    values = {
        "codelist": exposure.codelist,
        "routes": list(exposure.routes),
    }
    db.copy(concept("administration"), path, values)


def candidates(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate: key, time_zero, weight_kg, sends_medication, n_unread.

    Reads `candidate` and `unread_exposure`.
    """
    return db.frame(concept("exposure_read"), study.exposure.asked)


def dosing(
    administrations: pl.LazyFrame, candidates: pl.LazyFrame, exposure: Exposure
) -> pl.LazyFrame:
    """One row per candidate admission, sorted by hospital_id and admission_id.

    Columns: hospital_id, admission_id, <exposure>_any, n_administrations, first_dose_at,
    hours_to_first_dose, max_daily_g, mean_daily_g (over days with an amount), total_g,
    total_g_per_kg, max_daily_g_per_kg, n_dose_days, duration_days, n_courses, product_type (the
    single type, or "mixed"), dose_coverage, dose_complete.

    Without an administration `_any` is false, n_administrations 0 and the rest null; without a time
    zero all are null. `_any` is null (unknown) for whom no dose is known where the hospital sends
    no administrations, or where rows that nobody can read may have been one. Administrations that
    no amount is known of: coverage 0, amounts null. Empty inputs keep the schema. `administrations`
    and `candidates` as the functions of these names leave them.
    """
    known = survey(administrations)
    days = day_sums(administrations, exposure, known)
    exposed = days.group_by("admission_id").agg(
        *over_days(),
        pl.col("first_at").min(),
        pl.len().cast(pl.Int64).alias("n_dose_days"),
        pl.col("new_course").sum().cast(pl.Int64).alias("n_courses"),
    )
    who = candidates.select(
        "hospital_id", "admission_id", "time_zero", "weight_kg", asked=_asked(candidates)
    )
    joined = who.join(exposed, on="admission_id", how="left")
    features = _features(exposure.name, product_type(known))
    return joined.select(features).sort("hospital_id", "admission_id")


def _asked(candidates: pl.LazyFrame) -> pl.Expr:
    """Whether somebody without a dose is known to have had none; everybody, where nothing says."""
    told = {"sends_medication", "n_unread"} <= set(candidates.collect_schema().names())
    return pl.col("sends_medication") & (pl.col("n_unread") == 0) if told else pl.lit(True)


def _features(name: str, product: pl.Expr) -> list[pl.Expr]:
    """The columns of `dosing`, from the sums over an admission's days."""
    given, usable = pl.col("n_given"), pl.col("n_usable")
    total, largest, weight = pl.col("total_ng"), pl.col("max_daily_ng"), pl.col("weight_kg")
    placed = pl.col("time_zero").is_not_null()
    since = (pl.col("first_at") - pl.col("time_zero")).dt.total_microseconds()
    return [
        pl.col("hospital_id"),
        pl.col("admission_id"),
        pl.when(placed & given.is_not_null())
        .then(True)
        .when(placed & pl.col("asked"))
        .then(False)
        .alias(f"{name}_any"),
        pl.when(placed).then(given.fill_null(0)).alias("n_administrations"),
        pl.col("first_at").alias("first_dose_at"),
        ratio(since, _MICROSECONDS_PER_HOUR).alias("hours_to_first_dose"),
        grams(largest).alias("max_daily_g"),
        grams(_mean(total, pl.col("n_amount_days"))).alias("mean_daily_g"),
        grams(total).alias("total_g"),
        grams_per_kg(total, weight).alias("total_g_per_kg"),
        grams_per_kg(largest, weight).alias("max_daily_g_per_kg"),
        pl.col("n_dose_days"),
        (pl.col("last_day") - pl.col("first_day") + 1).alias("duration_days"),
        pl.col("n_courses"),
        product.alias("product_type"),
        ratio(usable, given).alias("dose_coverage"),
        (usable == given).alias("dose_complete"),
    ]


def _mean(total_ng: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Nanograms per day with an amount, rounded half up; null without such a day."""
    return pl.when(days > 0).then((2 * total_ng + days) // (2 * days))
