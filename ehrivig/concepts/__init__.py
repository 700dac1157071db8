"""Clinical concepts above SQL: below the steps (cohort, features) that ask for them."""

from ehrivig.concepts.given import define_given
from ehrivig.concepts.intervals import define_intervals
from ehrivig.concepts.lab_number import define_lab_number
from ehrivig.concepts.library import concept
from ehrivig.concepts.sent import define_sent, of_hospitals

__all__ = [
    "concept",
    "define_given",
    "define_intervals",
    "define_lab_number",
    "define_sent",
    "of_hospitals",
]
