"""The amount of one administration, from its dose, unit, product and weight.

Nothing is guessed: a unit that is not listed, a volume without a concentration, a vial without a
strength or a dose per kilogram without a weight gives no amount (null), and the administration
then lowers the dose coverage.

Amounts are whole nanograms in 64-bit integers, so that sums do not depend on the order of rows or
on threads. They are shown in grams, rounded to the microgram.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ehrivig.codes.dose_units import dose_unit

NG_PER_G = 1_000_000_000
NG_PER_UG = 1_000
UG_PER_G = 1_000_000
LARGEST_DOSE_G = 100_000.0
"""Above this an amount is not believed (null); it also keeps 64-bit sums from overflowing."""

_AMOUNTS = ("g", "mg", "ug", "ng", "mL", "vial", "g/kg", "mg/kg", "ug/kg", "unit")
"""The units of a dose that can be grams; a rate and a unit of activity cannot."""


def amount_ng(spellings: Iterable[str | None]) -> pl.Expr:
    """Nanograms of one administration (Int64); null where the amount is not known.

    `spellings` are the distinct dose units as written. Reads dose, dose_unit,
    concentration_g_per_l, strength_g, weight_kg and billing_unit_g (grams in one billing unit, null
    where the code is none). 1 mL x 1 g/L is 1 mg.
    """
    per_unit = {
        "g": pl.lit(1e9),
        "mg": pl.lit(1e6),
        "ug": pl.lit(1e3),
        "ng": pl.lit(1.0),
        "mL": pl.col("concentration_g_per_l") * 1e6,
        "vial": pl.col("strength_g") * 1e9,
        "g/kg": pl.col("weight_kg") * 1e9,
        "mg/kg": pl.col("weight_kg") * 1e6,
        "ug/kg": pl.col("weight_kg") * 1e3,
        "unit": pl.col("billing_unit_g") * 1e9,
    }
    nanograms = pl.lit(None, pl.Float64)
    for unit, written in _by_unit(spellings).items():
        held = pl.col("dose_unit").is_in(written)
        nanograms = pl.when(held).then(pl.col("dose") * per_unit[unit]).otherwise(nanograms)
    believed = nanograms.is_between(0.5, LARGEST_DOSE_G * NG_PER_G)
    return pl.when(believed).then(nanograms.round().cast(pl.Int64, strict=False))


def _by_unit(spellings: Iterable[str | None]) -> dict[str, list[str]]:
    """Unit -> its spellings that occur; in a fixed order."""
    found: dict[str, list[str]] = {}
    for text in sorted({spelling for spelling in spellings if spelling is not None}):
        unit = dose_unit(text)
        if unit in _AMOUNTS:
            found.setdefault(unit, []).append(text)
    return found


def ratio(numerator: pl.Expr, denominator: pl.Expr | int) -> pl.Expr:
    """numerator / denominator, correctly rounded; both whole numbers below 2^53.

    A constant divisor is spread over the rows first: Polars multiplies by the reciprocal of a
    constant, which is off by one unit in the last place in a third of all values and would move
    doses across a cut.
    """
    spread = numerator * 0 + denominator
    return numerator.cast(pl.Float64) / spread.cast(pl.Float64)


def grams(nanograms: pl.Expr) -> pl.Expr:
    """Grams (Float64) of whole nanograms, rounded half up to the microgram."""
    return ratio((nanograms + NG_PER_UG // 2) // NG_PER_UG, UG_PER_G)


def grams_per_kg(nanograms: pl.Expr, weight_kg: pl.Expr) -> pl.Expr:
    """Grams per kilogram, rounded to the microgram per kilogram; null without a weight above 0."""
    usable = weight_kg.is_finite() & (weight_kg > 0)
    per_kg = pl.when(usable).then(nanograms.cast(pl.Float64) / (weight_kg * NG_PER_UG))
    return ratio(per_kg.round().cast(pl.Int64, strict=False), UG_PER_G)
