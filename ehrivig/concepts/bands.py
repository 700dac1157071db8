"""The bands of the exposed: low or high dose, duration, timing, as the study cuts them."""

from __future__ import annotations

import polars as pl

from ehrivig.study import Band, Exposure

STANDARD = "standard"
"""The product type of the ordinary preparation, in every code list."""
_LOWER_BOUNDS = ("max_daily_g", "total_g", "total_g_per_kg", "max_daily_g_per_kg")
_AMOUNTS = (*_LOWER_BOUNDS, "mean_daily_g")


def bands(exposure: Exposure) -> list[pl.Expr]:
    """One expression per band of the study, named band_<name>: "low", "high" or null.

    Null: not exposed, or the amount is not known well enough. An incomplete amount is a lower
    bound, so it can put an admission into the high group but never into the low one.
    """
    return [_group(band).alias(f"band_{band.name}") for band in exposure.bands]


def boundary_count(features: pl.DataFrame, band: Band) -> int:
    """How many admissions lie exactly on the cut of a band (the side is the study's choice)."""
    on_cut = (_value(band) == band.cut) & _group(band).is_not_null()
    return int(features.select(on_cut.sum()).item())


def _value(band: Band) -> pl.Expr:
    """The number that a band divides by its cut."""
    if not band.of_product:
        return pl.col(band.feature)
    products = {band.feature: 1.0, STANDARD: 0.0}
    return pl.col("product_type").replace_strict(
        list(products), list(products.values()), default=None, return_dtype=pl.Float64
    )


def _group(band: Band) -> pl.Expr:
    """The side of a band's cut on which an admission lies; `boundary` names who holds the cut."""
    value = _value(band)
    high = value > band.cut if band.boundary == "low" else value >= band.cut
    decided = pl.lit(True)
    if band.feature in _LOWER_BOUNDS:
        decided = pl.col("dose_complete") | high
    elif band.feature in _AMOUNTS:
        decided = pl.col("dose_complete")
    return pl.when(decided & high).then(pl.lit("high")).when(decided & ~high).then(pl.lit("low"))
