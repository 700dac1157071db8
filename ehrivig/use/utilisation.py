"""How much of the exposure drug was used, for what, where, when and which product: aggregates only.

One table per dimension, each beside the total. Small cells are suppressed, and where a suppressed
row could be computed from the total and the rows beside it, more rows are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.features.dose import UG_PER_G, ratio

DIMENSIONS = ("indication", "hospital_id", "month", "product_type")
CLASS = "indication_class"
ALL = "all"
_NONE = "none_found"
_UNKNOWN = "unknown"
_NUMBERS = (
    "courses",
    "patients",
    "administrations",
    "grams",
    "grams_per_kg",
    "courses_per_kg",
    "share_without_amount",
    "cost",
)
_SCHEMA: dict[str, pl.DataType] = {
    "dimension": pl.String(),
    "level": pl.String(),
    "courses": pl.Int64(),
    "patients": pl.Int64(),
    "administrations": pl.Int64(),
    "grams": pl.Float64(),
    "grams_per_kg": pl.Float64(),
    "courses_per_kg": pl.Int64(),
    "share_without_amount": pl.Float64(),
    "cost": pl.Float64(),
    "suppressed": pl.Boolean(),
}


def utilisation(
    courses: pl.DataFrame,
    *,
    smallest_cell: int,
    price_per_g: float | Mapping[str, float] | None = None,
    dimensions: Sequence[str] = DIMENSIONS,
) -> pl.DataFrame:
    """One row per dimension and level, after the total (dimension and level "all").

    Columns: courses, patients (distinct persons where a
    person_id is given, else distinct in a hospital), administrations, grams (of known amounts: a
    lower bound while share_without_amount is above 0), grams_per_kg (mean per course, over the
    courses_per_kg courses with all amounts and a weight), share_without_amount (of
    administrations), cost (grams at the declared price; null where a product has none), suppressed
    (numbers are null: fewer than `smallest_cell` patients, or open to subtraction).

    `courses` as `indication.assign` gives them. `price_per_g`: one price, or one per product type.
    `dimensions` may name indication_class instead of indication. Raises UsageError for an unknown
    dimension, for both of these, and for a price that is not a number from 0 up.
    """
    _check(dimensions, price_per_g)
    rows = _ready(courses, price_per_g)
    total = _summed(rows.with_columns(level=pl.lit(ALL)), ALL)
    if total.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    parts = [_hidden(total, smallest_cell, alone=True)]
    for dimension in dimensions:
        summed = _summed(rows.with_columns(level=_level(dimension)), dimension)
        parts.append(_hidden(summed, smallest_cell, alone=False))
    if parts[0]["suppressed"].item():
        parts = [_blank(part, pl.lit(True)) for part in parts]
    return pl.concat(parts).select(list(_SCHEMA))


def _check(dimensions: Sequence[str], price_per_g: float | Mapping[str, float] | None) -> None:
    known = (*DIMENSIONS, CLASS)
    unknown = sorted(set(dimensions) - set(known))
    if unknown:
        raise UsageError(
            f"utilisation: no dimension {', '.join(unknown)} (there are: {', '.join(known)})."
        )
    if {"indication", CLASS} <= set(dimensions):
        raise UsageError(
            "utilisation: indication and indication_class in one report would let hidden rows be "
            "computed from their class. Ask for one of them."
        )
    prices = price_per_g.values() if isinstance(price_per_g, Mapping) else [price_per_g or 0.0]
    if not all(0 <= price < float("inf") for price in prices):
        raise UsageError("utilisation: a price per gram must be a number from 0 up.")


def _level(dimension: str) -> pl.Expr:
    """The level of a course in one dimension."""
    if dimension == "month":
        return pl.col("started_on").dt.strftime("%Y-%m")
    if dimension == "indication":
        return pl.col(dimension).fill_null(_NONE)
    return pl.col(dimension).cast(pl.String).fill_null(_UNKNOWN)


def _ready(courses: pl.DataFrame, price_per_g: float | Mapping[str, float] | None) -> pl.DataFrame:
    """The courses with amounts in whole micrograms, so that no order changes a sum."""
    if isinstance(price_per_g, Mapping):
        price = pl.col("product_type").replace_strict(
            list(price_per_g), list(price_per_g.values()), default=None, return_dtype=pl.Float64
        )
    else:
        price = pl.lit(price_per_g, pl.Float64)
    per_kg = pl.when("complete").then((pl.col("total_g_per_kg") * 1e6).round().cast(pl.Int64))
    return courses.with_columns(
        amount_ug=(pl.col("total_g") * 1e6).round().cast(pl.Int64),
        per_kg_ug=per_kg,
        price=price,
    )


def _summed(rows: pl.DataFrame, dimension: str) -> pl.DataFrame:
    """One row per level of one dimension, by rising level."""
    unpriced = pl.col("price").is_null().any()
    # Grams are summed per price as whole numbers; a handful of prices are then added in order.
    by_price = (
        rows.group_by("level", "price")
        .agg(pl.col("amount_ug").sum())
        .sort("level", "price")
        .group_by("level", maintain_order=True)
        .agg(paid=(pl.col("price") * pl.col("amount_ug") / 1e6).sum())
    )
    return (
        rows.group_by("level")
        .agg(
            pl.len().cast(pl.Int64).alias("courses"),
            _who(rows).n_unique().cast(pl.Int64).alias("patients"),
            pl.col("n_administrations").sum().alias("administrations"),
            pl.col("amount_ug").sum(),
            (pl.col("per_kg_ug").sum() / pl.col("per_kg_ug").count() / 1e6).alias("grams_per_kg"),
            pl.col("per_kg_ug").count().cast(pl.Int64).alias("courses_per_kg"),
            (1 - pl.col("n_usable").sum() / pl.col("n_administrations").sum()).alias(
                "share_without_amount"
            ),
            unpriced.alias("unpriced"),
        )
        .join(by_price, on="level", how="left")
        .with_columns(
            grams=ratio(pl.col("amount_ug"), UG_PER_G),
            cost=pl.when(~pl.col("unpriced")).then(pl.col("paid").round(2)),
            grams_per_kg=pl.when(pl.col("courses_per_kg") > 0).then(
                pl.col("grams_per_kg").round(6)
            ),
            share_without_amount=pl.col("share_without_amount").round(6),
            dimension=pl.lit(dimension),
        )
        .sort("level")
    )


def _who(rows: pl.DataFrame) -> pl.Expr:
    """Who had a course: a person is one in all hospitals."""
    if "person_id" in rows.columns:
        return pl.col("person_id")
    return pl.struct("hospital_id", "patient_id")


def _hidden(table: pl.DataFrame, smallest_cell: int, *, alone: bool) -> pl.DataFrame:
    """The table of one dimension with its small rows, and what guards them, made null.

    Rows are judged by their patients; the mean per kilogram, besides, by its own courses.
    """
    rows = guarded(table["patients"].to_list(), smallest_cell, alone=alone)
    means = guarded(table["courses_per_kg"].to_list(), smallest_cell, alone=alone)
    shown = table.with_columns(
        pl.when(~pl.lit(means)).then(pl.col(name)).alias(name)
        for name in ("grams_per_kg", "courses_per_kg")
    )
    return _blank(shown, pl.lit(rows))


def guarded(counts: list[int], smallest_cell: int, *, alone: bool) -> pl.Series:
    """Which counts of a table to hide; `alone`: there is no total beside them.

    While the hidden ones sum to less than `smallest_cell` (a single one always does), the smallest
    shown one is hidden too: the total gives the hidden ones away.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < smallest_cell}
    others = [place for place, count in enumerate(counts) if count >= max(smallest_cell, 1)]
    others.sort(key=lambda place: (counts[place], place))
    while not alone and hidden and others:
        if sum(counts[place] for place in hidden) >= smallest_cell:
            break
        hidden.add(others.pop(0))
    return pl.Series([place in hidden for place in range(len(counts))], dtype=pl.Boolean)


def _blank(table: pl.DataFrame, hidden: pl.Expr) -> pl.DataFrame:
    return table.with_columns(
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name in _NUMBERS),
        suppressed=hidden,
    ).select(list(_SCHEMA))
