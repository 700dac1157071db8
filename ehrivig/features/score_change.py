"""How a severity score changed: its value some days after time zero, less that of the first day.

A recorded score counts before a computed one. Whoever left or died before the later day has no
change (null): the change is of those still there, and says so in the table's note.
"""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import concept, severity
from ehrivig.database import Database

LATER_DAY = 7


def score_change(db: Database, score: str, days: float | None) -> pl.DataFrame:
    """admission_id, value: the score of the 24 h from day `days` (7) less that of the first 24 h.

    One row per candidate admission, Float64; null where one of the two is not known (a computed
    score with more than two variables missing is not). Needs `candidate` and `eligible`.
    """
    first, later = 0.0, LATER_DAY if days is None else days
    both = _score(db, score, first).join(
        _score(db, score, later), on="admission_id", suffix="_later", validate="1:1"
    )
    change = (pl.col("value_later") - pl.col("value")).alias("value")
    return both.select("admission_id", change).sort("admission_id")


def _score(db: Database, score: str, day: float) -> pl.DataFrame:
    """The score in the 24 h from a day after time zero, for stays that reach that day.

    A discharge at midnight is a bare date: its day is of the stay.
    """
    db.table(
        "score_moment",
        "SELECT admission_id, time_zero + TO_SECONDS($seconds) AS anchor_at, discharged_at "
        "FROM candidate",
        {"seconds": round(day * 86_400)},
    )
    db.view("anchor", "SELECT admission_id, anchor_at FROM score_moment")
    day_asked = {"start_hours": 0.0, "end_hours": 24.0, "last": False}
    recorded = db.frame(concept("baseline_score"), {"scores": [score], **day_asked}).select(
        "admission_id", pl.col("value").alias("recorded")
    )
    computed = severity.scores_of_a_day(db, "score_moment.anchor_at")
    enough = pl.col(f"{score}_n_missing") <= severity.SOFA_MAX_MISSING
    there = db.frame(
        "SELECT admission_id FROM score_moment "
        "WHERE discharged_at IS NULL OR END_OF_STAY(discharged_at) > anchor_at"
    )
    known = (
        computed.select("admission_id", pl.when(enough).then(pl.col(score)).alias("computed"))
        .join(recorded, on="admission_id", how="left")
        .select("admission_id", pl.coalesce("recorded", "computed").cast(pl.Float64).alias("value"))
        .join(there, on="admission_id", how="semi")
    )
    everybody = db.frame("SELECT admission_id FROM candidate")
    return everybody.join(known, on="admission_id", how="left")
