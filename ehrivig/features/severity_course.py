"""How sick people are day by day: what the designs adjust for that start people after time zero."""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import severity
from ehrivig.database import Database
from ehrivig.study import Study

TABLE = "severity_course"


def severity_course(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate admission and day, to the horizon: what `analysis.time_varying` names.

    admission_id, day (0: of the 24 h before time zero), a Float64 column per name, null where not
    known. Needs `candidate` and `eligible`.
    """
    found = severity.sofa_course(db, study.horizon_days)
    return found.select("admission_id", "day", *study.analysis.time_varying)
