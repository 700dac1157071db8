"""The amount of one administration, from its dose, unit, product and weight.

Nothing is guessed: a unit that is not listed, a volume without a concentration, a vial without a
strength, a dose per kilogram without a weight or a rate without an end gives no amount (null), and
the administration then lowers the dose coverage. A rate is given for as long as it ran: of charted
changes each is a piece, and the pieces add up.

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

_AMOUNTS = ("g", "mg", "ug", "ng", "mL", "vial", "g/kg", "mg/kg", "ug/kg", "ng/kg", "unit")
"""The units of a dose that can be grams; a unit of activity cannot."""
_MINUTES = {"min": 1, "h": 60, "day": 1440}
_RATES = tuple(
    f"{amount}/{time}"
    for amount in ("g", "mg", "ug", "ng", "mL", "g/kg", "mg/kg", "ug/kg", "ng/kg")
    for time in _MINUTES
)
"""The rates that can be grams, by the time that they run."""
LONGEST_INFUSION_DAYS = 7
"""A longer infusion is not believed: nobody charted its end (assumed)."""


def amount_ng(spellings: Iterable[str | None]) -> pl.Expr:
    """Nanograms of one administration (Int64); null where the amount is not known.

    `spellings` are the distinct dose units as written. Reads dose, dose_unit,
    concentration_g_per_l, strength_g, weight_kg and billing_unit_g (grams in one billing unit, null
    where the code is none), and of rates started_at and stopped_at. 1 mL x 1 g/L is 1 mg; for 90
    min 2 ug/kg/min of 70 kg are 12.6 mg.
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
        "ng/kg": pl.col("weight_kg"),
        "unit": pl.col("billing_unit_g") * 1e9,
    }
    nanograms = pl.lit(None, pl.Float64)
    for unit, written in _by_unit(spellings).items():
        held = pl.col("dose_unit").is_in(written)
        amount, _, time = unit.rpartition("/") if unit in _RATES else (unit, "", "")
        given = pl.col("dose") * per_unit[amount]
        given = given * _microseconds() / (_MINUTES[time] * 60e6) if time else given
        nanograms = pl.when(held).then(given).otherwise(nanograms)
    believed = nanograms.is_between(0.5, LARGEST_DOSE_G * NG_PER_G)
    return pl.when(believed).then(nanograms.round().cast(pl.Int64, strict=False))


def gives_mass(unit: str) -> bool:
    """Whether a dose in this unit can be grams."""
    return bool(_by_unit([unit]))


def _microseconds() -> pl.Expr:
    """How long an administration ran; null where that is not known, or not believed."""
    length = (pl.col("stopped_at") - pl.col("started_at")).dt.total_microseconds()
    longest = LONGEST_INFUSION_DAYS * 86_400_000_000
    return pl.when((length > 0) & (length <= longest)).then(length)


def _by_unit(spellings: Iterable[str | None]) -> dict[str, list[str]]:
    """Unit -> its spellings that occur; in a fixed order."""
    found: dict[str, list[str]] = {}
    for text in sorted({spelling for spelling in spellings if spelling is not None}):
        unit = dose_unit(text)
        if unit in _AMOUNTS or unit in _RATES:
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
