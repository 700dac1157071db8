"""What tests ask of severity and scores beyond what a study does."""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import concept
from ehrivig.concepts.severity import SOFA_MAX_MISSING, clear, prepare
from ehrivig.database import Database


def daily_sofa(db: Database) -> pl.DataFrame:
    """SOFA of every 24 h window of an eligible stay, from admission; sorted by admission and day.

    Columns: admission_id, day (1 is the first), the six components, sofa, sofa_n_missing, sofa_lo,
    sofa_hi.
    """
    prepare(db, "sofa")
    found = db.frame(concept("sofa"), {"max_missing": SOFA_MAX_MISSING})
    clear(db)
    return found.sort("admission_id", "day")


def agreement(db: Database, first: str, second: str) -> pl.DataFrame:
    """How two definitions agree: one row per pair of answers, with its number of admissions.

    Columns `first` and `second` (met, not met, not measured) and `admissions`; sorted. Raises
    UsageError for a definition that does not exist.
    """
    parts = []
    for name in (first, second):
        prepare(db, name)
        parts.append(db.frame(concept(name)).select("admission_id", "met"))
    clear(db)
    both = parts[0].join(parts[1], on="admission_id", how="full", coalesce=True, suffix="_second")
    return (
        both.select(_answer("met").alias("first"), _answer("met_second").alias("second"))
        .group_by("first", "second")
        .agg(pl.len().cast(pl.Int64).alias("admissions"))
        .sort("first", "second")
    )


def _answer(column: str) -> pl.Expr:
    """A three-valued answer in words."""
    words = pl.when(pl.col(column)).then(pl.lit("met")).otherwise(pl.lit("not met"))
    return pl.when(pl.col(column).is_null()).then(pl.lit("not measured")).otherwise(words)
