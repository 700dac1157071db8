"""What a wrong row is wrong in besides."""

from __future__ import annotations

from tests.check_cases.spoils import TIME

# What a wrong row is wrong in besides: the same check twice when two rows are.
ALSO = {
    "medication.drug_code_present": "medication.drug_name_present",
    "medication.vocabulary_known": "medication.drug_name_present",
    "medication.local_known": "medication.drug_name_present",
    "diagnosis.code_is_a_code": "diagnosis.code_formed",
    "admission.discharged_at_placeholder": "admission.length_of_stay",
    "patient.death_after_birth": "patient.death_after_admission",
    "patient.national_id_checksum": "patient.person_id_hashed",
    "patient.one_death": "admission.patient_kept",
    "patient.one_identity": "admission.patient_kept",
    "patient.patient_id_present": "admission.patient_known",
    "hospital.hospital_id_present": (
        "hospital.hospital_id_unique hospital.timezone_present hospital.timezone_present"
    ),
    "hospital.hospital_id_unique": "hospital.timezone_present",
    "hospital.name_text_is_sound": (
        4 * "hospital.hospital_id_unique " + 4 * "hospital.timezone_present "
    ),
    "admission.admission_id_repeated": "admission.no_readmission admission.no_overlap",
    "admission.admission_id_unique": "admission.no_readmission admission.no_overlap",
    "admission.admitted_at_plausible": (
        "admission.length_of_stay admission.age_agrees admission.admitted_at_date_only"
    ),
    "admission.admitted_before_extract": (
        "admission.discharge_after_admission admission.admitted_at_date_only admission.onset_recent"
    ),
    "admission.no_readmission": "admission.onset_recent",
    "admission.clock_change": "admission.onset_recent",
    "admission.age_hard_range": "admission.age_agrees",
    "admission.body_not_swapped": "admission.height_hard_range admission.weight_soft_range",
    "admission.body_unit_mixup": 29 * "admission.weight_soft_range ",
    "admission.discharge_day_month": (
        "admission.discharge_after_admission admission.admitted_at_date_only "
        "admission.onset_before_discharge"
    ),
    "admission.length_of_stay": "admission.admitted_at_date_only",
    "admission.no_overlap": "admission.no_readmission admission.onset_recent",
    "admission.onset_plausible": "admission.onset_recent",
    "admission.patient_kept": "patient.one_identity patient.one_identity",
    "diagnosis.diagnosed_at_possible": "diagnosis.diagnosed_at_plausible",
    "lab.clock_change": "lab.collected_at_in_stay lab.resulted_after_collected",
    "lab.collected_at_after_death": "lab.resulted_after_collected",
    "lab.collected_at_date_only": "lab.resulted_after_collected",
    "lab.collected_at_in_stay": "lab.resulted_after_collected",
    "lab.collected_at_hours_known": 20 * "lab.collected_at_date_only ",
    "vital.measured_at_hours_known": 20 * "vital.measured_at_date_only ",
    "lab.decimal_comma": "lab.qualitative",
    "lab.text_read": "lab.qualitative lab.qualitative",
    "admission.age_fits_body": "admission.age_agrees",
    "patient.birth_date_default": (
        20 * "admission.age_spike " + 23 * "patient.birth_date_of_a_day "
    ),
    "medication.exposure_given": "medication.status_given",
    "medication.exposure_in_order": "medication.stopped_at_after_start",
    "medication.stopped_at_after_start": "medication.exposure_in_order",
    "diagnosis.local_code": "diagnosis.local_known",
    "vital.sign_left": 60 * "vital.value_present ",
    "medication.exposure_route": "medication.product_included",
    "medication.exposure_date_only": "medication.started_at_date_only",
    "medication.started_at_date_only": "medication.exposure_date_only",
    "admission.one_episode": "admission.no_readmission",
    "medication.drug_text_is_plain": "medication.charted_once",
    "medication.product_type_known": "medication.charted_once",
    "lab.hard_range": "lab.soft_range",
    "lab.sample_time_is_own": "lab.collected_at_date_only",
    "lab.sentinel": "lab.hard_range lab.soft_range",
    "lab.time_shift": 20 * "lab.resulted_after_collected ",
    "lab.unit_mixup": 25 * "lab.hard_range lab.soft_range ",
    "lab.value_spike": 50 * "lab.soft_range ",
    "vital.hard_range": "vital.soft_range",
    "vital.sentinel": "vital.hard_range vital.soft_range",
    "vital.unit_mixup": 25 * "vital.hard_range vital.soft_range ",
    "medication.not_reversed": "medication.dose_positive",
    "medication.order_not_beside_given": ("medication.status_recorded medication.status_recorded"),
    "medication.status_present": "medication.status_recorded medication.exposure_given",
    **dict.fromkeys(
        (
            *("medication.status_recorded", "medication.status_given"),
            *("medication.status_accepted", "medication.dose_positive"),
        ),
        "medication.exposure_given",
    ),
    "medication.strength_known": "medication.amount_known",
    "medication.row_aligned": "medication.amount_known",
    "medication.time_shift": 38 * "medication.not_duplicate medication.exposure_not_duplicate ",
    "medication.not_duplicate": "medication.exposure_not_duplicate",
    "medication.exposure_not_duplicate": 3 * "medication.not_duplicate ",
    "diagnosis.present_on_admission_told": 5 * "diagnosis.chronic_on_admission ",
    "respiratory_support.fio2_is_fraction": 25 * "respiratory_support.fio2_range ",
    "icu_stay.started_at_after_death": "icu_stay.stopped_at_after_start",
    "pathogen_test.collected_at_in_stay": "pathogen_test.collected_at_before_discharge",
    "icu_stay.started_at_in_stay": "icu_stay.stopped_at_after_start",
    "respiratory_support.started_at_after_death": "respiratory_support.stopped_at_after_start",
    "respiratory_support.started_at_date_only": "respiratory_support.stopped_at_after_start",
    "respiratory_support.started_at_in_stay": "respiratory_support.stopped_at_after_start",
}
ENDS_BEFORE_IT_STARTS = {  # a start that is moved to after the extract, of a row with an end
    "icu_stay": "icu_stay.stopped_at_after_start",
    "respiratory_support": "respiratory_support.stopped_at_after_start",
    "lab": "lab.resulted_after_collected",
}


BEYOND = {  # what lies after the end of its stay
    "icu_stay": ["icu_stay.stopped_at_in_stay"],
    "pathogen_test": ["pathogen_test.collected_at_before_discharge"],
}
EARLY = {  # a start that is moved to before the admission
    "lab": ["lab.resulted_in_time"],
    "icu_stay": ["icu_stay.started_at_after_admission"],
}


def besides() -> dict[str, list[str]]:
    """`ALSO`, with what wrong times of events are wrong in."""
    found = {check: text.split() for check, text in ALSO.items()}
    for table, time in TIME.items():
        at, end = f"{table}.{time}_", ENDS_BEFORE_IT_STARTS.get(table)
        judged = table != "diagnosis"  # its times are not held against the stay
        outside, ends = [f"{at}in_stay"] * judged, [end] if end else []
        ends += [f"{at}before_discharge"] * (table == "pathogen_test")
        midnight = ["medication.exposure_date_only"] * (table == "medication")
        found[f"{at}before_extract"] = [*outside, f"{at}date_only", *ends, *midnight]
        found[f"{at}day_month"] = [*outside, f"{at}before_extract", *ends]
        found[f"{at}plausible"] = [*outside, *EARLY.get(table, ())]
        # the dose of a clean row lies within a day of the admission, where a stay still counts
        late = outside if table != "medication" else []
        found[f"{table}.admission_kept"] = ["admission.discharge_after_admission", *late]
        found[f"{table}.admission_kept"] += BEYOND.get(table, [])
        if judged:
            found.setdefault(f"{at}after_death", []).append("patient.death_at_date_only")
    return found
