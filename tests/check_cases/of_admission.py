"""What is wrong in a stay."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.check_cases.spoils import (
    START,
    Spoil,
    admission,
    as_heavy,
    as_tall,
    born_in_1969,
    both,
    patient,
    utc_days,
)

ADMISSION: dict[str, tuple[Spoil, int]] = {
    "admission.admission_id_present": (admission(admission_id=None), 1),
    "admission.patient_id_present": (admission(patient_id=None), 1),
    "admission.admission_id_repeated": (
        lambda h: h.add("admission", admission_id="1", patient_id="1"),
        1,
    ),
    "admission.admission_id_unique": (
        lambda h: h.add("admission", admission_id="1", patient_id="2"),
        2,
    ),
    "admission.patient_known": (admission(patient_id="none"), 1),
    "admission.patient_kept": (lambda h: h.add("patient", patient_id="3", sex="male"), 1),
    "admission.admitted_at_present": (admission(admitted_at=None), 1),
    "admission.discharged_at_present": (admission(discharged_at=None), 1),
    "admission.discharged_at_placeholder": (admission(discharged_at=datetime(9999, 12, 31, 5)), 1),
    "admission.discharge_after_admission": (admission(discharged_at=datetime(2020, 1, 9, 5)), 1),
    "admission.admitted_before_extract": (admission(admitted_at=datetime(2020, 7, 1)), 1),
    "admission.discharged_before_extract": (admission(discharged_at=datetime(2020, 7, 1, 5)), 1),
    "admission.admitted_at_plausible": (admission(admitted_at=datetime(1899, 12, 30)), 1),
    "admission.discharge_day_month": (
        admission(admitted_at=datetime(2020, 3, 2), discharged_at=datetime(2020, 1, 4, 5)),
        1,
    ),
    "admission.discharge_status_accepted": (admission(discharge_status="home"), 1),
    "admission.not_moribund_discharge": (admission(discharge_status="against_advice"), 1),
    "admission.death_dates_agree": (
        both(
            admission(discharge_status="died"),
            patient(death_at=datetime(2020, 3, 1, 5)),
            lambda h: h.change("admission", 1, discharge_status="died"),
            lambda h: h.change("patient", 1, death_at=START + timedelta(days=10)),
        ),
        1,
    ),
    "admission.died_is_recorded": (
        both(
            patient(death_at=START + timedelta(days=4)),
            lambda h: h.change("patient", 1, death_at=START + timedelta(days=40)),
        ),
        1,
    ),
    "admission.death_has_date": (
        both(
            admission(discharge_status="died"),
            lambda h: h.change("admission", 1, discharge_status="died"),
            lambda h: h.change("patient", 1, death_at=START + timedelta(days=10)),
        ),
        1,
    ),
    "admission.no_readmission": (
        lambda h: [
            h.add(
                "admission",
                admission_id=f"{number}b",
                patient_id=number,
                admitted_at=START + timedelta(days=days),
                discharged_at=START + timedelta(days=days + 2),
            )
            for number, days in (("1", 20), ("2", 60))
        ],
        1,
    ),
    "admission.death_not_of_the_stay": (
        both(
            lambda h: h.change("patient", 0, death_at=START + timedelta(days=10, hours=20)),
            lambda h: h.change("patient", 1, death_at=START + timedelta(days=30)),
        ),
        1,
    ),
    "admission.one_episode": (
        lambda h: h.add(
            "admission",
            admission_id="9",
            patient_id="2",
            admitted_at=START + timedelta(days=10, hours=2),
            discharged_at=START + timedelta(days=15),
        ),
        1,
    ),
    "admission.no_overlap": (
        lambda h: [
            h.add(
                "admission",
                admission_id=f"{number}b",
                patient_id=number,
                admitted_at=START + timedelta(days=days),
                discharged_at=START + timedelta(days=days + 2),
            )
            for number, days in (("1", 5), ("2", 60))
        ],
        1,
    ),
    "admission.onset_plausible": (admission(symptom_onset_at=datetime(1900, 1, 1, 5)), 1),
    "admission.onset_before_discharge": (
        both(
            admission(symptom_onset_at=datetime(2020, 2, 20, 5)),
            lambda h: h.change("admission", 1, symptom_onset_at=datetime(2020, 1, 5, 5)),
        ),
        1,
    ),
    "admission.onset_recent": (
        both(
            admission(symptom_onset_at=datetime(2019, 1, 20, 5)),
            lambda h: h.change("admission", 1, symptom_onset_at=datetime(2020, 1, 5, 5)),
        ),
        1,
    ),
    "admission.length_of_stay": (admission(admitted_at=datetime(2018, 1, 1)), 1),
    "admission.age_hard_range": (admission(age_years=999), 1),
    "admission.age_agrees": (admission(age_years=40), 1),
    "admission.weight_sentinel": (admission(weight_kg=0), 1),
    "admission.height_sentinel": (admission(height_cm=999), 1),
    "admission.body_not_swapped": (admission(weight_kg=170, height_cm=70), 1),
    "admission.weight_hard_range": (admission(weight_kg=400), 1),
    "admission.height_hard_range": (admission(height_cm=1.7), 1),
    "admission.weight_soft_range": (admission(weight_kg=160), 1),
    "admission.height_soft_range": (admission(height_cm=130), 1),
    "admission.weight_kg_present": (admission(weight_kg=None), 1),
    "admission.body_unit_mixup": (
        lambda h: [h.person(f"p{n}", weight_kg=150.0 + n) for n in range(30)],
        33,
    ),
    "admission.discharge_status_known": (admission(discharge_status="unknown"), 1),
    "admission.admitted_at_date_only": (admission(admitted_at=datetime(2020, 1, 10)), 1),
    "admission.clock_change": (
        both(
            lambda h: h.change("hospital", 0, timezone="Europe/Paris"),
            admission(
                admitted_at=datetime(2020, 3, 29, 2, 30), discharged_at=datetime(2020, 4, 2, 5)
            ),
        ),
        1,
    ),
    "admission.symptom_onset_at_present": (admission(symptom_onset_at=None), 1),
    "admission.height_cm_present": (admission(height_cm=None), 1),
    "admission.current_smoker_present": (admission(current_smoker=None), 1),
    "admission.age_spike": (born_in_1969(one_day=False), 20),
    "admission.age_usual": (
        both(admission(age_years=None), patient(birth_date=date(1901, 1, 1))),
        1,
    ),
    "admission.onset_not_admission": (admission(symptom_onset_at=START), 1),
    "admission.weight_of_height": (as_heavy(), 103),
    "admission.height_of_sex": (as_tall(), 83),
    "admission.age_fits_body": (admission(age_years=0.0, weight_kg=70.0), 1),
    "admission.discharged_at_date_only": (admission(discharged_at=datetime(2020, 1, 20)), 1),
    "admission.symptom_onset_at_date_only": (admission(symptom_onset_at=datetime(2020, 1, 7)), 1),
    "admission.age_known": (both(admission(age_years=None), patient(birth_date=None)), 1),
    "admission.admitted_at_of_utc_days": (utc_days("admission", "admitted_at"), 5),
    "admission.discharged_at_of_utc_days": (utc_days("admission", "discharged_at"), 5),
}
