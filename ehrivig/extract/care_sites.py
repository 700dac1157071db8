"""Whether the visits of an OMOP source say what is a stay, and of which hospital."""

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


_WITHOUT_STAYS = """
    SELECT hospital_id, violated, denominator
    FROM prepared.words_unread
    ANTI JOIN prepared.visit_stay USING (hospital_id)
    WHERE about = 'visit' AND violated > 0
    ORDER BY hospital_id
"""


def refuse_unread(db: Database) -> None:
    """ExtractError for the first hospital without a stay, of whose visits nobody knows the kind.

    It would be no hospital of the extract. Needs what the OMOP layout prepares, of all hospitals.
    """
    for hospital_id, unread, visits in db.rows(_WITHOUT_STAYS)[:1]:
        raise ExtractError(
            f"visit_occurrence: hospital {hospital_id}: visit_concept_id is 0, empty or in no "
            f"vocabulary in {unread:,} of {visits:,} visits, and none of them is a stay. Map it "
            "(9201 inpatient, 9202 outpatient, 9203 emergency)."
        )


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
