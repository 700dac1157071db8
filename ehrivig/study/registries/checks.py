"""The checks over hospitals: their ids, as [quality] may name them.

The checks themselves are in `validate.hospitals`; a test holds both sides together.
"""

OVER_HOSPITALS = (
    "study.hospital_set",
    "study.post_baseline_covariate",
    "study.unit_against_hospitals",
    "study.transfer",
    "study.drift",
    "study.transfer_counted_once",
    "study.death_known_elsewhere",
    "study.exposed_after_transfer",
    "study.arm_difference",
)
