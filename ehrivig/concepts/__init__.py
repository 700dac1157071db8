"""Clinical concepts above SQL: below the steps (cohort, features) that ask for them."""

from ehrivig.concepts.given import define_given
from ehrivig.concepts.library import concept

__all__ = ["concept", "define_given"]
