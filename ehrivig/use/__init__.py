"""Use of the exposure drug by everybody: courses, indications, regimens, utilisation."""

from ehrivig.use.people import prepare, write

__all__ = ["prepare", "write"]
