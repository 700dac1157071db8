"""For each check: rows that violate it, and how many are to be counted."""

from __future__ import annotations

from tests.check_cases.besides import besides
from tests.check_cases.of_admission import ADMISSION
from tests.check_cases.of_events import events
from tests.check_cases.of_hospital import HOSPITAL, PATIENT
from tests.check_cases.of_medication import MEDICATION
from tests.check_cases.of_other_tables import OTHER
from tests.check_cases.of_results import RESULTS
from tests.check_cases.spoils import TIME

__all__ = ["APART", "BY_ITSELF", "CASES", "GROUPS", "besides"]

CASES = {**HOSPITAL, **PATIENT, **ADMISSION, **RESULTS, **MEDICATION, **OTHER, **events()}
BY_ITSELF = {  # a property of the hospital, or of what a layout reads, not of rows
    "hospital.timezone_known",
    *("admission.visit_kind_read", "admission.discharged_at_a_day", "admission.place_read"),
    *("admission.procedure_read", "admission.moment_of_its_date"),
    *("patient.death_rows_agree", "patient.death_at_a_day", "patient.death_at_of_its_date"),
    *("medication.drug_mapped", "medication.given_is_charted"),
    *("patient.birth_date_of_a_month", "icu_stay.moments_of_their_dates"),
    *("icu_stay.started_at_a_day", "icu_stay.stopped_at_a_day", "admission.person_of_visit"),
}

# A fault of the whole hospital, or of a distribution, needs a hospital without the other faults.
APART = {
    **{check: check for check in (*HOSPITAL, "admission.body_unit_mixup")},
    **{f"{table}.clock_change": "in Paris" for table in ("admission", "lab", "medication")},
    **{f"{table}.time_shift": "in another time zone" for table in ("lab", "vital", "medication")},
    **dict.fromkeys(("lab.unit_mixup", "vital.unit_mixup"), "in another unit"),
    "respiratory_support.fio2_is_fraction": "in another unit",
    **dict.fromkeys(
        ("procedure.code_known", "score.code_known", "pathogen_test.organism_known"),
        "in words of its own",
    ),
    "pathogen_test.specimen_known": "in other samples",
    "lab.collected_at_hours_known": "on days",
    "vital.measured_at_hours_known": "on days",
    **{
        f"{table}.{column}_of_utc_days": f"{table} {column}"
        for table, column in (
            *(("admission", "admitted_at"), ("admission", "discharged_at")),
            *(("patient", "death_at"), ("icu_stay", "stopped_at")),
        )
    },
    **{
        f"{table}.{time}_of_utc_days": "on days of UTC"
        for table, time in TIME.items()
        if table != "diagnosis"
    },
    "patient.birth_date_default": "of one birth date",
    "patient.birth_date_of_a_day": "of one day of birth",
    "patient.death_at_default": "of one day of death",
    "vital.sign_left": "of a sign without values",
    "admission.age_spike": "of one age",
    "admission.height_of_sex": "of one height",
    "score.value_is_charted": "in other samples",
    "diagnosis.present_on_admission_told": "in other samples",
    "diagnosis.diagnosed_at_of_its_stay": "of other stays",
    "admission.weight_of_height": "of other bodies",
    "lab.collected_at_minutes_known": "at full hours",
    **dict.fromkeys(("lab.value_spike", "lab.unit_suspect"), "values of all patients"),
}
GROUPS: dict[str, list[str]] = {}
for _check in CASES:
    GROUPS.setdefault(APART.get(_check, "one row each"), []).append(_check)
