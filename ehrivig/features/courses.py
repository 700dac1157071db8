"""Dose days and courses: administrations summed by local calendar day, and days joined to courses.

A day is the calendar day on which an infusion starts; with `midnight = "pro_rata"` its amount is
shared over its days by time. A course ends when the next dose day is more than `course_gap_days`
days after the last one (with 7: days 1 and 8 are one course, days 1 and 9 are two).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.features.dose import LONGEST_INFUSION_DAYS, amount_ng, grams, grams_per_kg
from ehrivig.study import Exposure

MIXED, UNKNOWN = "mixed", "unknown"
_DAY_SPAN = 2**23
_LARGEST_PACKED_KEY = 2**39


@dataclass(frozen=True)
class Survey:
    """What must be known before the sums: distinct values of two columns, and the range of keys.

    units: dose units as written. products: product types, in order. packed: whether a key and a
    day fit together into one 64-bit integer, which makes the sums several times faster.
    """

    units: tuple[str | None, ...]
    products: tuple[str, ...]
    packed: bool


def survey(administrations: pl.LazyFrame, key: str = "admission_id") -> Survey:
    """One look at the dose units, the product types and the keys (this part runs at once)."""
    found = (
        administrations.group_by("dose_unit", "product_type")
        .agg(pl.col(key).min().alias("lo"), pl.col(key).max().alias("hi"))
        .collect(engine="streaming")
    )
    packed = (
        found.schema["lo"].is_integer()
        and found.select(((pl.col("lo") >= 0) & (pl.col("hi") < _LARGEST_PACKED_KEY)).all()).item()
    )
    units = sorted(found["dose_unit"].drop_nulls().unique().to_list())
    products = sorted(found["product_type"].fill_null(UNKNOWN).unique().to_list())
    return Survey(tuple(units), tuple(products), bool(packed))


def in_window(exposure: Exposure) -> pl.Expr:
    """Whether an administration starts in the exposure window, closed at both ends.

    From time_zero + start_hours to the discharge, or to time_zero + end_hours if that is earlier.
    An unknown discharge sets no end, and one at midnight is a bare date: the day ends it. A row
    without a start or a time zero is outside.
    """
    since = pl.col("started_at") - pl.col("time_zero")
    inside = (since >= _hours(exposure.start_hours)).fill_null(False)
    if exposure.end_hours is not None:
        inside &= since <= _hours(exposure.end_hours)
    return inside & (pl.col("started_at") <= _end_of_stay()).fill_null(True)


def _end_of_stay() -> pl.Expr:
    """The last moment of a stay: the discharge, or the last of its day where it is a bare date."""
    discharge = pl.col("discharged_at")
    last = discharge + pl.duration(days=1) - pl.duration(microseconds=1)
    return pl.when(discharge.dt.truncate("1d") == discharge).then(last).otherwise(discharge)


def day_sums(
    administrations: pl.LazyFrame, exposure: Exposure, known: Survey, key: str = "admission_id"
) -> pl.LazyFrame:
    """One row per `key` and dose day, sorted by both; product types as positions in a list.

    Columns: key, day (Int64, days since 1970), amount_ng (Int64, null when no part has an amount),
    complete (every part has an amount), n_given and n_usable (administrations that start on this
    day: all, and with an amount), first_at, product_lo, product_hi (positions in known.products),
    new_course.
    """
    rows = _given(administrations, exposure, known, key)
    if exposure.midnight == "pro_rata":
        summed = _summed(_shared_by_time(rows), known, key, parts=True)
    else:
        summed = _summed(rows, known, key, parts=False)
    gap = pl.col("day") - pl.col("day").shift(1) > exposure.course_gap_days
    starts = ((pl.col(key) != pl.col(key).shift(1)) | gap).fill_null(True)
    return summed.with_columns(
        amount_ng=pl.when(pl.col("n_amounts") > 0).then(pl.col("amount_ng")), new_course=starts
    )


def daily_doses(
    administrations: pl.LazyFrame, exposure: Exposure, key: str = "admission_id"
) -> pl.LazyFrame:
    """One row per `key` and dose day, sorted by both, for tables and regimens.

    Columns: key, day (Date), dose_g (null when unknown; a lower bound unless `complete`), complete,
    n_given, n_usable, first_at, product_type (the day's single type, or "mixed"), new_course.
    """
    known = survey(administrations, key)
    return day_sums(administrations, exposure, known, key).select(
        key,
        pl.col("day").cast(pl.Int32).cast(pl.Date),
        grams(pl.col("amount_ng")).alias("dose_g"),
        "complete",
        "n_given",
        "n_usable",
        "first_at",
        product_type(known).alias("product_type"),
        "new_course",
    )


def courses(
    administrations: pl.LazyFrame, candidates: pl.LazyFrame, exposure: Exposure
) -> pl.LazyFrame:
    """One row per course, sorted by hospital_id, admission_id and course (1, 2, ...).

    Columns: hospital_id, admission_id, patient_id, course, started_on, stopped_on (Date),
    n_dose_days, n_administrations, n_usable, complete, total_g, max_daily_g (null without any
    amount; lower bounds unless `complete`), total_g_per_kg, weight_kg, product_type.
    `candidates` gives the keys and the weight.
    """
    known = survey(administrations)
    days = day_sums(administrations, exposure, known).with_columns(
        course=pl.col("new_course").cast(pl.Int64).cum_sum().over("admission_id")
    )
    summed = days.group_by("admission_id", "course").agg(
        *over_days(), pl.len().cast(pl.Int64).alias("n_dose_days"), pl.col("complete").all()
    )
    who = candidates.select("hospital_id", "admission_id", "patient_id", "weight_kg")
    return (
        summed.join(who, on="admission_id", how="inner")
        .select(
            "hospital_id",
            "admission_id",
            "patient_id",
            "course",
            pl.col("first_day").cast(pl.Int32).cast(pl.Date).alias("started_on"),
            pl.col("last_day").cast(pl.Int32).cast(pl.Date).alias("stopped_on"),
            "n_dose_days",
            pl.col("n_given").alias("n_administrations"),
            "n_usable",
            "complete",
            grams(pl.col("total_ng")).alias("total_g"),
            grams(pl.col("max_daily_ng")).alias("max_daily_g"),
            grams_per_kg(pl.col("total_ng"), pl.col("weight_kg")).alias("total_g_per_kg"),
            "weight_kg",
            product_type(known).alias("product_type"),
        )
        .sort("hospital_id", "admission_id", "course")
    )


def over_days() -> list[pl.Expr]:
    """The sums and bounds over the days of one group (of `day_sums`)."""
    known = pl.col("amount_ng").count() > 0
    return [
        pl.when(known).then(pl.col("amount_ng").sum()).alias("total_ng"),
        pl.col("amount_ng").max().alias("max_daily_ng"),
        pl.col("amount_ng").count().cast(pl.Int64).alias("n_amount_days"),
        pl.col("day").min().alias("first_day"),
        pl.col("day").max().alias("last_day"),
        pl.col("n_given").sum(),
        pl.col("n_usable").sum(),
        pl.col("product_lo").min(),
        pl.col("product_hi").max(),
    ]


def product_type(known: Survey) -> pl.Expr:
    """The name of the single product type of a group, or "mixed"."""
    name = pl.lit(None, pl.String)
    for place, product in enumerate(known.products):
        name = pl.when(pl.col("product_lo") == place).then(pl.lit(product)).otherwise(name)
    return pl.when(pl.col("product_lo") < pl.col("product_hi")).then(pl.lit(MIXED)).otherwise(name)


def _hours(hours: float) -> pl.Expr:
    return pl.duration(microseconds=round(hours * 3_600_000_000))


def _given(
    administrations: pl.LazyFrame, exposure: Exposure, known: Survey, key: str
) -> pl.LazyFrame:
    """The administrations in the window: key, day, times, amount, product."""
    place = pl.lit(0)
    for position, product in enumerate(known.products):
        held = pl.col("product_type").fill_null(UNKNOWN) == product
        place = pl.when(held).then(position).otherwise(place)
    return administrations.filter(in_window(exposure)).select(
        key,
        "started_at",
        "stopped_at",
        pl.col("started_at").dt.date().to_physical().cast(pl.Int64).alias("day"),
        amount_ng(known.units).alias("amount_ng"),
        place.cast(pl.UInt32).alias("product"),
    )


def _shared_by_time(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per infusion and day it runs on; the parts of an infusion sum to its amount.

    An infusion without a stop, with a stop before its start, or longer than LONGEST_INFUSION_DAYS
    stays whole on its start day. `starts` marks the part of the day it started.
    """
    start, stop = pl.col("started_at"), pl.col("stopped_at")
    believed = (stop > start) & (stop - start <= pl.duration(days=LONGEST_INFUSION_DAYS))
    end = pl.when(believed).then(stop - pl.duration(microseconds=1)).otherwise(start)
    last = end.dt.date().to_physical().cast(pl.Int64)
    first = pl.col("day")
    many = rows.with_columns(last=last, whole=first == last, first=first).with_columns(
        day=pl.int_ranges(first, pl.col("last") + 1)
    )
    return many.explode("day").with_columns(
        amount_ng=_until(pl.col("day") + 1) - _until(pl.col("day")),
        starts=pl.col("day") == pl.col("first"),
    )


def _until(day: pl.Expr) -> pl.Expr:
    """Nanograms of an infusion given before `day` begins (all on its last day, none on its first).

    Whole numbers: differences of it over the days of an infusion sum to the amount exactly.
    """
    amount = pl.col("amount_ng")
    begins = (day * 86_400_000_000).cast(pl.Datetime("us"))
    elapsed = (begins - pl.col("started_at")).dt.total_microseconds()
    length = (pl.col("stopped_at") - pl.col("started_at")).dt.total_microseconds()
    part = (amount * (elapsed / length)).round().cast(pl.Int64, strict=False)
    return (
        pl.when(day <= pl.col("first"))
        .then(amount * 0)
        .when(day > pl.col("last"))
        .then(amount)
        .otherwise(part)
    )


def _summed(rows: pl.LazyFrame, known: Survey, key: str, *, parts: bool) -> pl.LazyFrame:
    """One row per key and day, sorted by both; `parts`: rows are parts of infusions."""
    sums = [
        pl.col("amount_ng").sum(),
        pl.col("amount_ng").count().alias("n_amounts"),
        pl.len().alias("n_parts"),
        pl.col("started_at").min().alias("first_at"),
        pl.col("product").min().alias("product_lo"),
        pl.col("product").max().alias("product_hi"),
    ]
    given, usable = pl.col("n_parts"), pl.col("n_amounts")
    if parts:
        sums.append(pl.col("starts").sum().alias("n_starts"))
        sums.append((pl.col("starts") & pl.col("amount_ng").is_not_null()).sum().alias("n_known"))
        given, usable = pl.col("n_starts"), pl.col("n_known")
    return _by_key_and_day(rows, sums, known, key).with_columns(
        complete=pl.col("n_parts") == pl.col("n_amounts"),
        n_given=given.cast(pl.Int64),
        n_usable=usable.cast(pl.Int64),
    )


def _by_key_and_day(
    rows: pl.LazyFrame, sums: list[pl.Expr], known: Survey, key: str
) -> pl.LazyFrame:
    """Aggregates per key and day, sorted by both."""
    if not known.packed:
        return rows.group_by(key, "day").agg(sums).sort(key, "day")
    # One integer key: grouping and sorting by (key, day) as two columns costs twice as much.
    packed = pl.col(key).cast(pl.Int64) * _DAY_SPAN + pl.col("day") + _DAY_SPAN // 2
    dtype = rows.collect_schema()[key]
    return (
        rows.with_columns(packed=packed)
        .group_by("packed")
        .agg(sums)
        .sort("packed")
        .with_columns(
            (pl.col("packed") // _DAY_SPAN).cast(dtype).alias(key),
            (pl.col("packed") % _DAY_SPAN - _DAY_SPAN // 2).alias("day"),
        )
    )
