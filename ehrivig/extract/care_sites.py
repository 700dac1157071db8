"""Whether the care sites of an OMOP source are its hospitals, where the study does not say."""

from __future__ import annotations

from ehrivig.database import Database
from ehrivig.errors import ExtractError

MOST_WITHOUT = 0.05
"""Above this part of the visits without a care site, they are no hospital of their own."""
MOST_GOING_ON = 0.2
"""Above this part of the visits that go on in another care site, these look like wards."""
_DECLARE = (
    'Write hospital_level = "location" or "source" under [extract] of the study file, or '
    '"care_site" where that is right'
)
_COUNTS = """
    WITH beside AS (
        SELECT
            *,
            lead(hospital_id) OVER in_time AS next_hospital,
            lead(started_at) OVER in_time AS next_started_at
        FROM prepared.visit
        WINDOW in_time AS (
            PARTITION BY person_id ORDER BY started_at, ended_at, visit_occurrence_id
        )
    )
    SELECT
        count(*),
        count(*) FILTER (care_site_id IS NULL),
        count(*) FILTER (
            next_hospital <> hospital_id AND next_started_at <= ended_at + INTERVAL 1 DAY
        )
    FROM beside
"""


def refuse_doubtful(db: Database) -> None:
    """ExtractError when only a part of the visits has a care site, or care sites look like wards.

    Needs `prepared.visit` of all hospitals.
    """
    ((visits, without, going_on),) = db.rows(_COUNTS)
    if MOST_WITHOUT * visits < without < visits:
        raise ExtractError(
            f"visit_occurrence: {without:,} of {visits:,} visits have no care_site_id, the others "
            f"have: of which hospital are they? Fill it. {_DECLARE}."
        )
    if going_on > MOST_GOING_ON * visits:
        raise ExtractError(
            f"visit_occurrence: {going_on:,} of {visits:,} visits go on in another care_site_id "
            f"within a day: the care sites look like wards. {_DECLARE}."
        )
