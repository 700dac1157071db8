"""The exposure of each candidate admission: whether, when, how much and for how long.

Definitions: clinical specification, section 3. Amounts are exact (whole nanograms) and shown in
grams; every cut is evaluated here and nowhere else.

An administration without a usable amount still counts as exposure, as a dose day and in the dose
coverage. The amounts of such an admission are lower bounds, `dose_complete` is false, and a band
is given only when the bound alone decides it.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import polars as pl

from ehrivig.concepts import concept, event_rows
from ehrivig.database import Database
from ehrivig.features.courses import day_sums, over_days, product_type, survey
from ehrivig.features.dose import grams, grams_per_kg, ratio
from ehrivig.study import Exposure, Study

FILE = "administrations.parquet"
BESIDE, DOUBTFUL = "stay_beside", "doubtful_dose"
_MICROSECONDS_PER_HOUR = 3_600_000_000
_MICROSECONDS_PER_DAY = 24 * _MICROSECONDS_PER_HOUR


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
    """One row per candidate: key, time_zero, weight_kg, symptom_onset_at, sends_medication,
    n_unread, unread_from.

    Reads `candidate` and `doubtful_dose`.
    """
    hours = {"start_hours": study.exposure.start_hours, "end_hours": study.exposure.end_hours}
    return db.frame(concept("exposure_read"), hours)


def doubtful(db: Database, study: Study) -> None:
    """Table `doubtful_dose`: admission_id, started_at of what may or may not be a dose.

    Reads `candidate` and `unread_exposure`; the outcomes and the dosing ask it.
    Doses of other rows of the same episode are among them, also of stays that are no candidates;
    not where each stay has a clock of its own, on which all of a person begin at one moment.
    """
    which = {"codelist": study.exposure.codelist, "routes": list(study.exposure.routes)}
    db.table(BESIDE, concept(BESIDE), {"one_clock": study.clock != "offsets"})
    several = bool(db.rows(f"SELECT 1 FROM {BESIDE} LIMIT 1"))
    with event_rows.of_everybody(db, "medication") if several else nullcontext():
        db.table(DOUBTFUL, concept(DOUBTFUL), which)


def doubtful_days(db: Database) -> pl.DataFrame:
    """admission_id, day (of 24 h from time zero on) of the rows of `doubtful_dose` with a start."""
    day = "(epoch_us(d.started_at) - epoch_us(c.time_zero)) // 86400000000"
    return db.frame(
        f"SELECT admission_id, {day} AS day FROM {DOUBTFUL} AS d "
        "INNER JOIN candidate AS c USING (admission_id) WHERE d.started_at >= c.time_zero"
    )


def dosing(
    administrations: pl.LazyFrame, candidates: pl.LazyFrame, exposure: Exposure
) -> pl.LazyFrame:
    """One row per candidate admission, sorted by hospital_id and admission_id.

    Columns: hospital_id, admission_id, <exposure>_any, n_administrations, first_dose_at,
    hours_to_first_dose, days_from_onset_to_first_dose (null without an onset of symptoms),
    max_daily_g, mean_daily_g (over days with an amount), total_g, total_g_per_kg,
    max_daily_g_per_kg, n_dose_days, duration_days, n_courses, product_type (the single type, or
    "mixed"), dose_coverage, dose_complete.

    Without an administration `_any` is false, n_administrations 0 and the rest null; without a time
    zero all are null. `_any` is null (unknown) for whom no dose is known where the hospital sends
    no administrations, and for whom rows that nobody can read may have been the first dose. After
    the first dose such rows leave the days and courses null, the amounts lower bounds; they count
    in the coverage. Administrations that no amount is known of: coverage 0, amounts null. Empty
    inputs keep the schema. `administrations` and `candidates` as the functions of these names leave
    them.
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
        *("hospital_id", "admission_id", "time_zero", "weight_kg"),
        _onset(candidates),
        *_doubt(candidates),
    )
    joined = who.join(exposed, on="admission_id", how="left")
    features = _features(exposure.name, product_type(known))
    return joined.select(features).sort("hospital_id", "admission_id")


def _onset(candidates: pl.LazyFrame) -> pl.Expr:
    """When symptoms began, where the candidates tell."""
    told = "symptom_onset_at" in candidates.collect_schema().names()
    onset = pl.col("symptom_onset_at") if told else pl.lit(None, pl.Datetime("us"))
    return onset.cast(pl.Datetime("us")).alias("symptom_onset_at")


def _doubt(candidates: pl.LazyFrame) -> list[pl.Expr]:
    """asked: whether without a dose somebody is known to have had none. n_unread, unread_from."""
    told = {"sends_medication", "n_unread", "unread_from"}
    if not told <= set(candidates.collect_schema().names()):
        nothing = pl.lit(None, pl.Datetime("us")).alias("unread_from")
        return [pl.lit(True).alias("asked"), pl.lit(0, pl.Int64).alias("n_unread"), nothing]
    asked = pl.col("sends_medication") & (pl.col("n_unread") == 0)
    return [asked.alias("asked"), pl.col("n_unread"), pl.col("unread_from")]


def _features(name: str, product: pl.Expr) -> list[pl.Expr]:
    """The columns of `dosing`, from the sums over an admission's days."""
    given, usable = pl.col("n_given"), pl.col("n_usable")
    total, largest, weight = pl.col("total_ng"), pl.col("max_daily_ng"), pl.col("weight_kg")
    placed = pl.col("time_zero").is_not_null()
    later = (pl.col("unread_from") >= pl.col("first_at")).fill_null(True)
    first = pl.when(later).then("first_at")
    since = (first - pl.col("time_zero")).dt.total_microseconds()
    sick = (first - pl.col("symptom_onset_at")).dt.total_microseconds()
    sure = pl.col("n_unread") == 0
    return [
        pl.col("hospital_id"),
        pl.col("admission_id"),
        pl.when(placed & given.is_not_null() & later)
        .then(True)
        .when(placed & pl.col("asked"))
        .then(False)
        .alias(f"{name}_any"),
        pl.when(placed).then(given.fill_null(0)).alias("n_administrations"),
        first.alias("first_dose_at"),
        ratio(since, _MICROSECONDS_PER_HOUR).alias("hours_to_first_dose"),
        ratio(sick, _MICROSECONDS_PER_DAY).alias("days_from_onset_to_first_dose"),
        grams(largest).alias("max_daily_g"),
        grams(_mean(total, pl.col("n_amount_days"))).alias("mean_daily_g"),
        grams(total).alias("total_g"),
        grams_per_kg(total, weight).alias("total_g_per_kg"),
        grams_per_kg(largest, weight).alias("max_daily_g_per_kg"),
        pl.when(sure).then("n_dose_days").alias("n_dose_days"),
        pl.when(sure).then(pl.col("last_day") - pl.col("first_day") + 1).alias("duration_days"),
        pl.when(sure).then("n_courses").alias("n_courses"),
        product.alias("product_type"),
        ratio(usable, given + pl.col("n_unread")).alias("dose_coverage"),
        (usable == given + pl.col("n_unread")).alias("dose_complete"),
    ]


def _mean(total_ng: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Nanograms per day with an amount, rounded half up; null without such a day."""
    return pl.when(days > 0).then((2 * total_ng + days) // (2 * days))
