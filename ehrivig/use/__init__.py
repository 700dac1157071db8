"""Use of the exposure drug by everybody: courses, indications, regimens, utilisation."""

from ehrivig.use.people import PATIENT_LEVEL, prepare, write

__all__ = ["PATIENT_LEVEL", "prepare", "write"]
