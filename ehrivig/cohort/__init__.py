"""Who is studied: criteria in the order of the study file, with an attrition row for each.

Inside a hospital the criteria are judged in SQL (`screen`); the index admission of a person is
found when all hospitals have met (`select`). Every criterion is three-valued: met, not met, not
measured. Only the met stay, and the not measured are counted apart.
"""

from ehrivig.cohort.attrition import (
    ATTRITION_SCHEMA,
    admissions_read,
    empty_message,
    of_known_exposure,
    of_unknown_order,
    select,
)
from ehrivig.cohort.criteria import cohort_query, screen

__all__ = [
    "ATTRITION_SCHEMA",
    "admissions_read",
    "cohort_query",
    "empty_message",
    "of_known_exposure",
    "of_unknown_order",
    "screen",
    "select",
]
