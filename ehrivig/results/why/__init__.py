"""Why a person is in a study or not, and how he counts: local, asked for by name, never logged."""

from ehrivig.results.why.estimate import effect
from ehrivig.results.why.section import Section, lines
from ehrivig.results.why.stay import why

__all__ = ["Section", "effect", "lines", "why"]
