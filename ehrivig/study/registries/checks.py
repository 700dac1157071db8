"""The checks over hospitals: their ids, as [quality] may name them.

The checks themselves are in `validate.hospitals`; a test holds both sides together.
"""

from ehrivig.contract import EVENT_TABLES, TABLES

OVER_HOSPITALS = (
    *(f"{table.name}.rows_left" for table in TABLES if table.name != "hospital"),
    *(f"{table.name}.sent" for table in EVENT_TABLES),
    *(f"{table.name}.sent_for_criteria" for table in EVENT_TABLES),
    "hospital.sent",
    "admission.begins_with_its_rows",
    *(f"{name}.begins_with_its_stays" for name in ("lab", "vital", "medication")),
    *(f"{name}.begins_at_one_time" for name in ("lab", "vital", "medication")),
    *(f"{name}.charted_for_all" for name in ("lab", "vital", "score", "respiratory_support")),
    *(
        f"{table.name}.{what}"
        for what in ("of_many_values", "of_several_values")
        for table in TABLES
        if table.name not in ("hospital", "patient")
    ),
    *(
        f"{name}.{what}"
        for what in ("at_all_hours", "on_all_days")
        for name in (
            *("diagnosis", "finding", "icu_stay", "lab", "medication", "pathogen_test"),
            *("procedure", "respiratory_support", "score", "vital"),
        )
    ),
    "admission.in_every_month",
    "admission.in_period",
    "medication.exposure_days",
    "medication.exposure_unit_sizes",
    "patient.of_both_sexes",
    "patient.sexes_as_elsewhere",
    "admission.deaths_recorded",
    "admission.deaths_as_elsewhere",
    "admission.deaths_plausible",
    "medication.exposure_sent",
    "medication.exposure_left",
    "medication.exposure_hours",
    "medication.exposure_courses",
    "medication.exposure_units",
    "medication.exposure_as_elsewhere",
    "medication.exposure_products",
    *(f"{table.name}.volume" for table in TABLES if table.name != "hospital"),
    *(
        f"{t.name}.{what}"
        for what in ("months", "stays_with", "ends", "begins", "of_everybody")
        for t in EVENT_TABLES
    ),
    "study.hospital_set",
    "study.rows_placed",
    "study.post_baseline_covariate",
    "study.unit_against_hospitals",
    "study.dose_against_hospitals",
    "study.dose_of_its_size",
    "study.evidence_beside",
    "study.mapping_found",
    "study.transfer",
    "study.drift",
    "study.transfer_counted_once",
    "study.death_known_elsewhere",
    "study.exposed_after_transfer",
    "study.exposed_in_next_stay",
    "study.death_in_other_stay",
    "study.index_after_rejected",
    "study.eligible_undated",
    "study.exposure_known",
    "study.arm_difference",
)
