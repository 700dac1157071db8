"""What is wrong in who a hospital or a person is."""

from __future__ import annotations

from datetime import date, datetime

from tests.check_cases.spoils import (
    Spoil,
    born_in_1969,
    born_in_january,
    both,
    died_at_once,
    patient,
    put,
    utc_days,
)

HOSPITAL: dict[str, tuple[Spoil, int]] = {
    "hospital.hospital_id_present": (put("hospital", hospital_id=None), 1),
    "hospital.timezone_present": (lambda h: h.change("hospital", 0, timezone=None), 1),
    "hospital.hospital_id_unique": (lambda h: h.add("hospital"), 1),
    "hospital.name_text_is_sound": (
        both(put("hospital", hospital_name="Wuhan"), put("hospital", hospital_name="�x")),
        1,
    ),
}

PATIENT: dict[str, tuple[Spoil, int]] = {
    "patient.patient_id_present": (patient(patient_id=None), 1),
    "patient.patient_id_repeated": (
        lambda h: h.add("patient", patient_id="1", sex="female", birth_date=date(1960, 5, 1)),
        1,
    ),
    "patient.one_identity": (lambda h: h.add("patient", patient_id="1", sex="male"), 2),
    "patient.one_death": (
        both(
            patient(death_at=datetime(2020, 2, 1, 5)),
            lambda h: h.add(
                "patient",
                patient_id="3",
                sex="female",
                birth_date=date(1960, 5, 1),
                death_at=datetime(2020, 2, 3, 5),
            ),
        ),
        2,
    ),
    "patient.sex_accepted": (patient(sex="1"), 1),
    "patient.birth_date_plausible": (patient(birth_date=date(1900, 1, 1)), 1),
    "patient.death_before_extract": (patient(death_at=datetime(2020, 8, 1, 5)), 1),
    "patient.death_after_birth": (patient(death_at=datetime(1950, 8, 1, 5)), 1),
    "patient.death_after_admission": (patient(death_at=datetime(2020, 1, 9, 5)), 1),
    "patient.person_id_hashed": (patient(person_id="11010519491231002X"), 1),
    "patient.national_id_checksum": (patient(person_id="110105194912310021"), 1),
    "patient.person_is_one": (
        lambda h: [
            h.add("patient", patient_id=f"p{n}", sex="male", person_id="0") for n in range(6)
        ],
        6,
    ),
    "patient.sex_present": (patient(sex=None), 1),
    "patient.birth_date_default": (born_in_1969(one_day=True), 20),
    "patient.birth_date_of_a_day": (born_in_january, 20),
    "patient.death_at_default": (died_at_once, 20),
    "patient.death_at_date_only": (patient(death_at=datetime(2020, 3, 1)), 1),
    "patient.death_at_of_utc_days": (utc_days("patient", "death_at"), 5),
}
