"""The checks over hospitals: their ids, as [quality] may name them.

The checks themselves are in `validate.hospitals`; a test holds both sides together.
"""

from ehrivig.contract import TABLES

OVER_HOSPITALS = (
    *(f"{table.name}.rows_left" for table in TABLES if table.name != "hospital"),
    "medication.exposure_left",
    *(f"{table.name}.volume" for table in TABLES if table.name != "hospital"),
    "study.hospital_set",
    "study.post_baseline_covariate",
    "study.unit_against_hospitals",
    "study.transfer",
    "study.drift",
    "study.transfer_counted_once",
    "study.death_known_elsewhere",
    "study.exposed_after_transfer",
    "study.index_after_rejected",
    "study.exposure_known",
    "study.arm_difference",
)
