"""Clinical concepts above SQL: below the steps (cohort, features) that ask for them."""

from ehrivig.concepts.library import concept

__all__ = ["concept"]
