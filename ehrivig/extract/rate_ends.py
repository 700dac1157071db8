"""Rates of the exposure of which nobody charted an end: ended as the study declares, for all.

Doses, courses, utilisation, severity, scores and the checks read one `stopped_at`.
"""

from __future__ import annotations

from ehrivig import resources
from ehrivig.database import Database, Query
from ehrivig.study import Exposure

_ENDED = """
SELECT
    m.* REPLACE (
        COALESCE(m.stopped_at, e.ended_at) AS stopped_at,
        e.ended_at IS NOT NULL AS end_assumed
    )
FROM resolved.charted_medication AS m
LEFT JOIN ref.rate_end AS e
    ON m.admission_id = e.admission_id AND m.drug = e.drug AND m.started_at = e.started_at
    AND m.dose = e.dose AND m.dose_unit = e.dose_unit
    AND m.stopped_at IS NULL AND m.status = 'given'
"""


def end(db: Database, exposure: Exposure, *, keep: bool = False) -> None:
    """End the open rates of `resolved.medication` by `open_rate_hours`; as it is without that key.

    `keep`: it is a table. Column end_assumed is true of the rows that were ended so.
    """
    if exposure.open_rate_hours is None:
        return
    kind = "TABLE" if keep else "VIEW"
    db.execute(f"ALTER {kind} resolved.medication RENAME TO charted_medication")
    asked = {
        "codelist": exposure.codelist,
        "routes": list(exposure.routes),
        "hours": exposure.open_rate_hours,
    }
    db.table("ref.rate_end", Query.load(resources.sql_folder() / "layout" / "rate_end.sql"), asked)
    make = db.table if keep else db.view
    make("resolved.medication", _ENDED)
    if keep:
        db.execute("DROP TABLE resolved.charted_medication")
