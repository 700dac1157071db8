"""The warnings of immortal time, and when they hold.

Whoever is told apart by what happens after time zero (ever exposed, late, long, high) had to live
until it happened.
"""

from __future__ import annotations

from ehrivig.study import Study

EVER_NEVER = "immortal time: ever against never exposed; read with the time-zero-safe analyses"
LATER_GROUP = (
    "immortal time: the group is defined by what happened after time zero; "
    "read with the time-zero-safe analyses"
)


def immortal_time(study: Study) -> str:
    """The warning that every ever-against-never number carries; empty where there is no need.

    Exposure that may begin after time zero credits the exposed with the time until it began.
    """
    end = study.exposure.end_hours
    return "" if end is not None and end <= 0 else EVER_NEVER


def warnings_of(study: Study) -> list[str]:
    """Every warning about immortal time that the outputs of a study carry."""
    grouped = [LATER_GROUP] if study.exposure.bands else []
    return [warning for warning in (immortal_time(study), *grouped) if warning]
