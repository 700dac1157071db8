"""Every check of every suite: a row that violates it, a row that does not, and the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from ehrivig import contract, validate
from ehrivig.study import Study

START = datetime(2020, 1, 10, 9, 30)
Spoil = Callable[[Any], None]
TIME = {
    "icu_stay": "started_at",
    "diagnosis": "diagnosed_at",
    "lab": "collected_at",
    "vital": "measured_at",
    "medication": "started_at",
    "respiratory_support": "started_at",
    "procedure": "started_at",
    "score": "scored_at",
    "finding": "observed_at",
    "pathogen_test": "collected_at",
}
COPIED = [table for table in TIME if table != "medication"]
CODES = {
    "diagnosis": ["code"],
    "lab": ["lab_code"],
    "vital": ["vital_code"],
    "respiratory_support": ["device"],
    "procedure": ["procedure_code"],
    "score": ["score_code"],
    "finding": ["finding_code"],
    "pathogen_test": ["organism_code"],
}


def put(table: str, **values: Any) -> Spoil:
    """Add a wrong row beside a clean one."""

    def spoil(hospital: Any) -> None:
        hospital.add(table, admission_id="2")
        hospital.add(table, **values)

    return spoil


def patient(**values: Any) -> Spoil:
    return lambda hospital: hospital.change("patient", 2, **values)


def admission(**values: Any) -> Spoil:
    return lambda hospital: hospital.change("admission", 2, **values)


def many(table: str, n: int, **values: Any) -> Spoil:
    """Add `n` rows of which each has its own value from a function of its number."""

    def spoil(hospital: Any) -> None:
        for number in range(n):
            made = {key: v(number) if callable(v) else v for key, v in values.items()}
            hospital.add(table, **made)

    return spoil


def spread(table: str, n: int, **values: Any) -> Spoil:
    """As `many`, over fifteen further patients with a stay each."""

    def spoil(hospital: Any) -> None:
        for number in range(15):
            hospital.person(f"spread{number}")
        many(table, n, admission_id=lambda n: f"spread{n % 15}", **values)(hospital)

    return spoil


def days(table: str) -> Spoil:
    """Twenty events on bare dates, of which five are of the day of admission."""
    first = datetime(2020, 1, 10)
    bare = {TIME[table]: lambda n: first + timedelta(days=n // 5)}
    bare |= {"resulted_at": lambda n: START + timedelta(days=n // 5)} if table == "lab" else {}
    return many(table, 20, value=lambda n: 36 + n / 10, value_std=lambda n: 36 + n / 10, **bare)


def born_in_1969(*, one_day: bool) -> Spoil:
    """Twenty patients of one day, or of days of one month, beside patients of twenty ages."""

    def spoil(hospital: Any) -> None:
        born = [date(1969, 6, 1 if one_day else n + 1) for n in range(20)]
        for number, day in enumerate([*born, *(date(1928 + 2 * n, 3, 2 + n) for n in range(20))]):
            hospital.person(f"born{number}")
            hospital.change("patient", -1, birth_date=day)
            hospital.change("admission", -1, age_years=(START.date() - day).days / 365.25)

    return spoil


def died_at_once(hospital: Any) -> None:
    """Twenty patients who died on one day, in the afternoon."""
    for number in range(20):
        hospital.person(f"dead{number}")
        hospital.change("patient", -1, death_at=datetime(2020, 2, 29, 15, number))


def born_in_january(hospital: Any) -> None:
    """Twenty patients of twenty years, all born on one day of January."""
    for number in range(20):
        hospital.person(f"first{number}")
        hospital.change("patient", -1, birth_date=date(1950 + number, 1, 15))
        hospital.change("admission", -1, age_years=70.0 - number)


def as_tall() -> Spoil:
    """Forty men and forty women of the same heights."""

    def spoil(hospital: Any) -> None:
        for number in range(80):
            hospital.person(f"tall{number}", height_cm=150.0 + number // 2)
            hospital.change("patient", -1, sex=("male", "female")[number % 2])

    return spoil


def as_heavy() -> Spoil:
    """A hundred people of whom the tall weigh less."""

    def spoil(hospital: Any) -> None:
        for number in range(100):
            body = {"height_cm": 150.0 + number / 3, "weight_kg": 90.0 - number / 3}
            hospital.person(f"heavy{number}", **body)

    return spoil


def utc_days(table: str, column: str) -> Spoil:
    """Let all rows of a table be at midnight of UTC, on days of their own."""

    def spoil(hospital: Any) -> None:
        for number in range(2):
            hospital.person(f"utc{number}")
        if table not in ("admission", "patient"):
            many(table, 5)(hospital)
        days = 10 if column == "discharged_at" else 40 if column == "death_at" else 0
        days += 3 if column == "stopped_at" else 0
        for number, row in enumerate(hospital.rows[table]):
            later = number % 5 if table not in ("admission", "patient") else 0
            row[column] = datetime(2020, 1, 11, 8) + timedelta(days=days + later)
            for end in {"stopped_at", "resulted_at"} & set(row) - {column}:
                row[end] = row[column] + timedelta(hours=3)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(hospital: Any) -> None:
        for one in spoils:
            one(hospital)

    return spoil


def of_five_percent(**values: Any) -> Spoil:
    """A dose in mL of a product of 50 g/L."""

    def spoil(hospital: Any) -> None:
        drug = len(hospital.drugs) + 1
        hospital.drugs.append((drug, "local", f"5% {drug}", "Octagam 5%", "iv"))
        hospital.classes.append((drug, "ivig", "include", "standard", 50.0, None))
        hospital.add("medication", drug=drug, dose=2.0, dose_unit="mL", **values)

    return spoil


def events() -> dict[str, tuple[Spoil, int]]:
    """The checks that every table of events has."""
    found: dict[str, tuple[Spoil, int]] = {}
    for table, time in TIME.items():
        found[f"{table}.admission_id_present"] = put(table, admission_id=None), 1
        found[f"{table}.admission_known"] = put(table, admission_id="none"), 1
        found[f"{table}.admission_kept"] = (
            both(
                admission(discharged_at=START - timedelta(days=1)),
                put(table, admission_id="3"),
            ),
            1,
        )
        for code in CODES.get(table, []):
            found[f"{table}.{code}_present"] = put(table, **{code: None}), 1
        found[f"{table}.{time}_before_extract"] = put(table, **{time: datetime(2020, 7, 1)}), 1
        found[f"{table}.{time}_plausible"] = put(table, **{time: datetime(1900, 1, 1, 5)}), 1
        found[f"{table}.{time}_day_month"] = put(table, **{time: datetime(2020, 11, 1, 5)}), 1
        if table == "diagnosis":
            continue
        found[f"{table}.{time}_present"] = put(table, **{time: None}), 1
        found[f"{table}.{time}_in_stay"] = put(table, **{time: datetime(2020, 5, 5, 5)}), 1
        late = datetime(2020, 1, 19, 12)
        found[f"{table}.{time}_after_death"] = (
            both(
                lambda h: h.change("patient", 0, death_at=datetime(2020, 1, 17)),
                put(table, **{time: late}),
            ),
            1,
        )
        found[f"{table}.{time}_date_only"] = put(table, **{time: datetime(2020, 1, 12)}), 1
    for table in ("icu_stay", "respiratory_support", "procedure", "medication"):
        early = {"stopped_at": START, "started_at": START + timedelta(hours=5)}
        found[f"{table}.stopped_at_after_start"] = put(table, **early), 1
    for table in COPIED:
        own = {TIME[table]: START + timedelta(hours=9)}
        for end in ("stopped_at", "resulted_at"):
            own |= {end: START + timedelta(days=1)} if end in contract.BY_NAME[table].names else {}
        name = "copies" if table in ("lab", "vital") else "not_copy"
        found[f"{table}.{name}"] = many(table, 2, **own), 1
    for table in ("lab", "vital", "medication"):
        found[f"{table}.time_shift"] = (
            both(
                many(table, 20, **{TIME[table]: lambda n: START - timedelta(minutes=5 + n)}),
                many(table, 20, **{TIME[table]: lambda n: START + timedelta(days=2, minutes=n)}),
            ),
            20,
        )
    return found


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
}
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
}
LAB: dict[str, tuple[Spoil, int]] = {
    "diagnosis.vocabulary_accepted": (put("diagnosis", vocabulary="ICDX"), 1),
    "diagnosis.vocabulary_known": (put("diagnosis", vocabulary=None), 1),
    "lab.vocabulary_known": (put("lab", vocabulary=None), 1),
    "diagnosis.code_is_a_code": (put("diagnosis", code="否认高血压"), 1),
    "lab.result_present": (put("lab", value=None, value_std=None), 1),
    "lab.code_known": (put("lab", analyte=None), 1),
    "lab.unit_known": (put("lab", unit="?", value_std=None), 1),
    "lab.hard_range": (put("lab", value=6000.0, value_std=6000.0), 1),
    "lab.soft_range": (put("lab", value=2000.0, value_std=2000.0), 1),
    "lab.sentinel": (
        both(put("lab", value=9999.0, value_std=9999.0), put("lab", value=999.0, value_std=999.0)),
        1,
    ),
    "lab.censored": (put("lab", censored="<"), 1),
    "lab.text_read": (
        both(
            put("lab", value=None, value_std=None, value_text="12.3 (10-20)"),
            put("lab", value=None, value_std=80.0, value_text="12.3 H"),
        ),
        1,
    ),
    "lab.qualitative": (
        both(
            put("lab", value=None, value_std=None, value_text="阴性"), put("lab", value_text="80")
        ),
        1,
    ),
    "lab.decimal_comma": (
        both(
            put("lab", value=None, value_std=None, value_text="1,234"),
            put("lab", value=None, value_std=None, value_text="ok"),
        ),
        1,
    ),
    "lab.text_is_plain": (put("lab", unit="ｕmol/L"), 1),
    "lab.row_aligned": (put("lab", unit="80.5"), 1),
    "lab.resulted_after_collected": (put("lab", resulted_at=START), 1),
    "lab.resulted_in_time": (put("lab", resulted_at=START + timedelta(days=6)), 1),
    "lab.clock_change": (
        both(
            lambda h: h.change("hospital", 0, timezone="Europe/Paris"),
            put("lab", collected_at=datetime(2020, 3, 29, 2, 15)),
        ),
        1,
    ),
    "lab.sample_time_is_own": (
        put("lab", collected_at=datetime(2020, 1, 11), resulted_at=datetime(2020, 1, 11)),
        1,
    ),
    "lab.value_spike": (
        both(
            many("lab", 200, value=lambda n: 60.0 + n % 40, value_std=lambda n: 60.0 + n % 40),
            many("lab", 25, value=3000.0, value_std=3000.0),
            many("lab", 25, value=6.0, value_std=6.0),  # the limit of measurement
        ),
        25,
    ),
    "lab.unit_mixup": (spread("lab", 25, value_std=lambda n: 0.8 + n / 100), 25),
    "lab.unit_suspect": (
        spread("lab", 25, analyte="crp", lab_code="crp", value_std=lambda n: 3.0 + n / 10),
        25,
    ),
    "vital.vital_code_accepted": (put("vital", vital_code="shoe_size"), 1),
    "vital.value_present": (put("vital", value=None, value_std=None), 1),
    "vital.unit_known": (put("vital", unit="?", value_std=None), 1),
    "vital.hard_range": (put("vital", value=50.0, value_std=50.0), 1),
    "vital.soft_range": (put("vital", value=42.0, value_std=42.0), 1),
    "vital.sentinel": (
        both(
            put("vital", value=99.0, value_std=99.0),
            put("vital", vital_code="sbp", value=99.0, value_std=99.0),
        ),
        1,
    ),
    "vital.unit_mixup": (spread("vital", 25, value=98.6, value_std=98.6), 25),
    "vital.sign_left": (spread("vital", 60, value=None, value_std=None), 60),
}
MEDICATION: dict[str, tuple[Spoil, int]] = {
    "medication.key_unique": (
        both(put("medication", medication_id="m"), put("medication", medication_id="m")),
        2,
    ),
    "medication.status_recorded": (put("medication", status="unknown"), 1),
    "medication.status_given": (put("medication", status="not_given"), 1),
    "medication.status_accepted": (put("medication", status="somehow"), 1),
    "medication.dose_positive": (put("medication", dose=0.0), 1),
    "medication.not_reversed": (
        both(
            put("medication", order_id="back", dose=5.0),
            put("medication", order_id="back", dose=-5.0),
        ),
        1,
    ),
    "medication.not_duplicate": (
        many("medication", 2, started_at=lambda n: START + timedelta(minutes=600 + 5 * n)),
        1,
    ),
    "medication.one_dose_at_a_time": (
        many(
            "medication",
            2,
            dose=lambda n: 5.0 + n,
            started_at=lambda n: START + timedelta(minutes=600 + 5 * n),
        ),
        1,
    ),
    "medication.strength_known": (
        both(
            put("medication", dose=2.0, dose_unit="vial"),
            put("medication", dose=2.0, dose_unit="vial", strength_g=2.5),
        ),
        1,
    ),
    "medication.amount_known": (
        both(
            put("medication", dose=2.0, dose_unit="mL"),
            put("medication", dose=2.0, dose_unit="mL", concentration_g_per_l=50.0),
            put("medication", dose=2.0, dose_unit="mg/kg"),
            of_five_percent(concentration_g_per_l=100.0),
            of_five_percent(concentration_g_per_l=30.0),
        ),
        2,
    ),
    "medication.not_copy": (
        many(
            "medication",
            2,
            medication_id="copied",
            order_id="c",
            started_at=START + timedelta(hours=9),
        ),
        1,
    ),
    "medication.drug_code_present": (
        both(
            put("medication", drug_code=None, drug_name=None),
            put("medication", drug_code=None, drug_name="IVIG"),
        ),
        1,
    ),
    "medication.local_known": (
        both(
            put("medication", drug_code="88123", vocabulary="local", drug_name=None, drug=None),
            put("medication", drug_code="88124", vocabulary="local", drug_name="Ringer", drug=None),
        ),
        1,
    ),
    "medication.vocabulary_known": (
        both(
            put("medication", vocabulary=None, drug_name=None),
            put("medication", vocabulary=None, drug_name="IVIG"),
        ),
        1,
    ),
    "medication.route_known": (
        lambda h: (
            h.drugs.append((5, "local", "19", "Gamunex", None)),
            h.classes.append((5, "ivig", "include", "standard", None, None)),
            h.add("medication", drug=5, drug_code="19", drug_name="Gamunex", route=None),
        ),
        1,
    ),
    "medication.route_accepted": (put("medication", route="into the vein"), 1),
    "medication.grams_per_kg": (
        put("medication", dose=176.0, started_at=START + timedelta(days=4)),
        1,
    ),
    "medication.hcpcs_not_grams": (
        lambda h: (
            h.drugs.append((4, "HCPCS", "J1569", "Gammagard", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.add("medication", drug=4, drug_code="J1569", dose=40.0),
            h.add("medication", drug=4, drug_code="J1569", dose=40.0, dose_unit="unit"),
        ),
        1,
    ),
    "medication.order_not_beside_given": (
        both(
            put("medication", order_id="x"),
            put("medication", order_id="x", status="unknown"),
            put("medication", status="unknown"),
        ),
        1,
    ),
    "medication.product_mapped": (
        lambda h: (
            h.drugs.append((4, "local", "17", "IVIG new brand", "iv")),
            h.add("medication"),
            h.add("medication", drug=4, drug_code="17", drug_name="IVIG new brand"),
        ),
        1,
    ),
    "medication.product_clear": (
        lambda h: (
            h.drugs.append((4, "local", "18", "丙种球蛋白", "im")),
            h.classes.append((4, "ivig", "quarantine", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, drug_code="18", drug_name="丙种球蛋白"),
        ),
        1,
    ),
    "medication.product_included": (
        put("medication", drug=2, drug_name="Hepatitis B Immune Globulin"),
        1,
    ),
    "medication.not_over_midnight": (
        both(
            put(
                "medication",
                started_at=START.replace(hour=23),
                stopped_at=START + timedelta(days=1),
            ),
            put("medication", stopped_at=START.replace(hour=23)),
        ),
        1,
    ),
    "medication.drug_text_is_sound": (
        lambda h: (
            h.drugs.append((4, "local", "19", "¾²×¢ÈËÃâÒßÇòµ°°×(pH4)", "iv")),
            h.add("medication"),
            h.add("medication", drug=4),
        ),
        1,
    ),
    "medication.drug_text_is_plain": (
        lambda h: (
            h.drugs.append((4, "local", "20", "静注人免疫球蛋白（ｐＨ４）", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.add("medication"),
            h.add("medication", drug=4),
        ),
        1,
    ),
    "medication.row_aligned": (put("medication", dose_unit="10.0"), 1),
    "medication.clock_change": (
        both(
            lambda h: h.change("hospital", 0, timezone="Europe/Paris"),
            lambda h: h.change("admission", 0, discharged_at=datetime(2020, 4, 10, 5)),
            put("medication", started_at=datetime(2020, 3, 29, 2, 15)),
        ),
        1,
    ),
}
OTHER: dict[str, tuple[Spoil, int]] = {
    "respiratory_support.device_accepted": (put("respiratory_support", device="mask"), 1),
    "respiratory_support.fio2_range": (put("respiratory_support", fio2=0.1), 1),
    "respiratory_support.fio2_is_fraction": (many("respiratory_support", 25, fio2=40.0), 25),
    "score.hard_range": (put("score", value=25.0), 1),
    "score.value_present": (put("score", value=None), 1),
    "admission.symptom_onset_at_present": (admission(symptom_onset_at=None), 1),
    "admission.height_cm_present": (admission(height_cm=None), 1),
    "admission.current_smoker_present": (admission(current_smoker=None), 1),
    "icu_stay.stopped_at_present": (put("icu_stay", stopped_at=None), 1),
    "medication.drug_name_present": (put("medication", drug_name=None), 1),
    "pathogen_test.specimen_present": (put("pathogen_test", specimen=None), 1),
    "patient.person_is_one": (
        lambda h: [
            h.add("patient", patient_id=f"p{n}", sex="male", person_id="0") for n in range(6)
        ],
        6,
    ),
    "medication.charted_once": (
        lambda h: [
            h.add("medication", started_at=START + timedelta(hours=n), dose=d, dose_unit=unit)
            for n, d, unit in ((30, 12.5, "g"), (30.2, 12500.0, "mg"), (40, 12.5, "g"))
        ],
        1,
    ),
    "patient.sex_present": (patient(sex=None), 1),
    "patient.birth_date_default": (born_in_1969(one_day=True), 20),
    "patient.birth_date_of_a_day": (born_in_january, 20),
    "patient.death_at_default": (died_at_once, 20),
    "admission.age_spike": (born_in_1969(one_day=False), 20),
    "admission.age_usual": (
        both(admission(age_years=None), patient(birth_date=date(1901, 1, 1))),
        1,
    ),
    "medication.exposure_given": (put("medication", status="cancelled"), 1),
    "medication.exposure_in_order": (
        put("medication", stopped_at=START, started_at=START + timedelta(hours=5)),
        1,
    ),
    "medication.exposure_route": (
        lambda h: [
            h.drugs.append((4, "ATC", "J06BA02", "Human Immunoglobulin (pH4)", "sc")),
            h.classes.append((4, "ivig", "exclude", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, route="sc"),
        ],
        1,
    ),
    "medication.exposure_name": (
        lambda h: [
            h.drugs.append((4, "ATC", "J05AX13", "Human Immunoglobulin (pH4)", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.classes.append((4, "umifenovir", "include", None, None, None)),
            h.add("medication", dose=5.0),
            h.add("medication", drug=4),
        ],
        1,
    ),
    "medication.dose_sentinel": (
        put("medication", dose=999.0, dose_unit="mL", concentration_g_per_l=10.0),
        1,
    ),
    "medication.dose_nines": (
        put("medication", dose=99.0, dose_unit="mL", concentration_g_per_l=50.0),
        1,
    ),
    "diagnosis.of_sex": (
        lambda h: [
            h.change("patient", 2, sex="male"),
            h.add("diagnosis", code="O80", admission_id="2"),
            h.add("diagnosis", code="O80", admission_id="3"),
        ],
        1,
    ),
    "diagnosis.diagnosed_at_not_discharge": (
        put("diagnosis", diagnosed_at=START + timedelta(days=10)),
        1,
    ),
    "diagnosis.chronic_on_admission": (
        put("diagnosis", code="E11.9", present_on_admission=False),
        1,
    ),
    "icu_stay.not_the_whole_stay": (
        put("icu_stay", started_at=START, stopped_at=START + timedelta(days=10)),
        1,
    ),
    "admission.onset_not_admission": (admission(symptom_onset_at=START), 1),
    "admission.weight_of_height": (as_heavy(), 103),
    "respiratory_support.fio2_of_device": (put("respiratory_support", fio2=0.21), 1),
    "lab.collected_at_minutes_known": (
        many(
            "lab",
            20,
            collected_at=lambda n: datetime(2020, 1, 12, n + 1),
            resulted_at=lambda n: datetime(2020, 1, 12, n + 1, 30),
        ),
        20,
    ),
    "vital.systolic_above_diastolic": (
        lambda h: [
            h.add(
                "vital",
                vital_code=code,
                value=value,
                value_std=value,
                unit="mmHg",
                measured_at=START + timedelta(hours=hours),
            )
            for hours, code, value in (
                (30, "sbp", 70.0),
                (30, "dbp", 120.0),
                (31, "sbp", 120.0),
                (31, "dbp", 70.0),
            )
        ],
        1,
    ),
    "score.apache_above_sofa": (
        lambda h: [
            h.add("score", score_code=code, value=value)
            for code, value in (("sofa", 10.0), ("apache_ii", 5.0))
        ],
        1,
    ),
    "pathogen_test.positive_first": (
        lambda h: [
            h.add(
                "pathogen_test",
                admission_id=who,
                result=result,
                collected_at=START + timedelta(days=day),
            )
            for who, day, result in (
                ("1", 1, "negative"),
                ("1", 2, "negative"),
                ("1", 5, "positive"),
                ("2", 1, "positive"),
                ("2", 3, "negative"),
                ("2", 5, "negative"),
            )
        ],
        1,
    ),
    "medication.exposure_not_duplicate": (
        many("medication", 4, started_at=START + timedelta(hours=10)),
        3,
    ),
    "diagnosis.diagnosed_at_of_its_stay": (
        lambda h: [
            h.add("diagnosis", diagnosed_at=datetime(year, month, 20, 8, minute))
            for year, month in ((2019, 12), (2020, 2))
            for minute in range(1, 26)
        ],
        50,
    ),
    "diagnosis.local_known": (put("diagnosis", vocabulary="local", code="zebra"), 1),
    "diagnosis.local_code": (put("diagnosis", vocabulary="local", code="K70.3"), 1),
    "admission.height_of_sex": (as_tall(), 83),
    "diagnosis.ruled_out": (put("diagnosis", code="Z03.8"), 1),
    "medication.amount_not_a_rate": (put("medication", dose=50.0, dose_unit="mL/h"), 1),
    "medication.end_of_rate": (
        put(
            "medication",
            **{"dose": 1.0, "dose_unit": "g/h", "end_assumed": True},
            **{"started_at": START, "stopped_at": START + timedelta(hours=5)},
        ),
        1,
    ),
    "diagnosis.one_code": (put("diagnosis", code="I10;E11.9"), 1),
    "admission.age_fits_body": (admission(age_years=0.0, weight_kg=70.0), 1),
    "medication.exposure_date_only": (put("medication", started_at=datetime(2020, 1, 12)), 1),
    "diagnosis.code_formed": (put("diagnosis", code="high blood pressure"), 1),
    "finding.code_known": (put("finding", finding_code="shoe_size"), 1),
    "procedure.code_known": (many("procedure", 2, procedure_code="haircut"), 2),
    "score.code_known": (many("score", 2, score_code="wit"), 2),
    "score.value_is_charted": (many("score", 25, value=0.0), 25),
    "pathogen_test.organism_known": (many("pathogen_test", 2, organism_code="yeti"), 2),
    "pathogen_test.specimen_known": (many("pathogen_test", 2, specimen="hair"), 2),
    "admission.discharged_at_date_only": (admission(discharged_at=datetime(2020, 1, 20)), 1),
    "admission.symptom_onset_at_date_only": (admission(symptom_onset_at=datetime(2020, 1, 7)), 1),
    "admission.age_known": (both(admission(age_years=None), patient(birth_date=None)), 1),
    "icu_stay.started_at_after_admission": (
        put("icu_stay", started_at=START - timedelta(hours=2)),
        1,
    ),
    "icu_stay.stopped_at_in_stay": (put("icu_stay", stopped_at=datetime(2020, 5, 5, 5)), 1),
    "icu_stay.stopped_at_date_only": (put("icu_stay", stopped_at=datetime(2020, 1, 13)), 1),
    "patient.death_at_date_only": (patient(death_at=datetime(2020, 3, 1)), 1),
    "pathogen_test.collected_at_before_discharge": (
        put("pathogen_test", collected_at=START + timedelta(days=11)),
        1,
    ),
    "admission.admitted_at_of_utc_days": (utc_days("admission", "admitted_at"), 5),
    "admission.discharged_at_of_utc_days": (utc_days("admission", "discharged_at"), 5),
    "patient.death_at_of_utc_days": (utc_days("patient", "death_at"), 5),
    "icu_stay.stopped_at_of_utc_days": (utc_days("icu_stay", "stopped_at"), 5),
    **{
        f"{table}.{TIME[table]}_of_utc_days": (utc_days(table, TIME[table]), 5)
        for table in TIME
        if table != "diagnosis"
    },
    "diagnosis.diagnosed_at_date_only": (
        put("diagnosis", present_on_admission=True, diagnosed_at=datetime(2020, 1, 12)),
        1,
    ),
    "diagnosis.present_on_admission_known": (
        put("diagnosis", present_on_admission=None, diagnosed_at=datetime(2020, 1, 12, 9)),
        1,
    ),
    "diagnosis.present_on_admission_told": (
        many("diagnosis", 20, present_on_admission=False, code=lambda n: f"I{n + 10}"),
        20,
    ),
    "lab.collected_at_hours_known": (days("lab"), 20),
    "vital.measured_at_hours_known": (days("vital"), 20),
    "medication.status_present": (put("medication", status=None), 1),
    "medication.product_type_known": (
        lambda h: [
            h.drugs.append((4, "local", "i", "Immunoglobulin X", "iv")),
            h.classes.append((4, "ivig", "include", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, drug_name="Immunoglobulin X"),
        ],
        1,
    ),
    "pathogen_test.method_present": (put("pathogen_test", method=None), 1),
    "pathogen_test.result_present": (put("pathogen_test", result=None), 1),
    "finding.present_present": (put("finding", present=None), 1),
    "pathogen_test.method_accepted": (put("pathogen_test", method="guess"), 1),
    "pathogen_test.result_accepted": (put("pathogen_test", result="阴性"), 1),
    "pathogen_test.result_is_done": (put("pathogen_test", result="not_done"), 1),
    "pathogen_test.two_negatives": (
        lambda h: [
            h.add(
                "pathogen_test",
                admission_id=who,
                result=result,
                collected_at=START + timedelta(days=day),
            )
            for who, day, result in (
                ("1", 1, "positive"),
                ("1", 3, "negative"),
                ("2", 1, "positive"),
                ("2", 3, "negative"),
                ("2", 5, "negative"),
            )
        ],
        1,
    ),
}
CASES = {**HOSPITAL, **PATIENT, **ADMISSION, **LAB, **MEDICATION, **OTHER, **events()}
BY_ITSELF = {  # a property of the hospital, or of what a layout reads, not of rows
    "hospital.timezone_known",
    *("admission.visit_kind_read", "admission.discharged_at_a_day", "admission.place_read"),
    *("admission.procedure_read", "admission.moment_of_its_date"),
    *("patient.death_rows_agree", "patient.death_at_a_day", "patient.death_at_of_its_date"),
    *("medication.drug_mapped", "medication.given_is_charted"),
    *("patient.birth_date_of_a_month", "icu_stay.moments_of_their_dates"),
    *("icu_stay.started_at_a_day", "icu_stay.stopped_at_a_day", "admission.person_of_visit"),
}


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
CLEAN = ("A", "Z")  # before and behind the one with faults, which is H
GROUPS: dict[str, list[str]] = {}
for _check in CASES:
    GROUPS.setdefault(APART.get(_check, "one row each"), []).append(_check)


def measured(db: Any, plan: Study) -> dict[str, validate.Measurement]:
    return {m.check: m for m in validate.measure(db, plan, ["H"])}


@pytest.fixture(scope="module")
def found(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str], dict[str, validate.Measurement]]:
    """What was measured in the hospital of a group of cases, each with patients of its own."""

    @cache
    def measure(group: str) -> dict[str, validate.Measurement]:
        db = of_group(group, hospitals).database()
        made = measured(db, plan)
        db.close()
        return made

    return measure


def of_group(group: str, hospitals: Callable[[], Any]) -> Any:
    """The hospital of a group of cases."""
    together = hospitals()
    for rows in together.rows.values():
        rows.clear()
    for number, check in enumerate(GROUPS[group]):
        alone = hospitals()
        CASES[check][0](alone)
        together.take(alone, str(number))
    return together


def clean_one(hospitals: Callable[[], Any], timezone: str | None) -> Any:
    """A clean hospital with events."""
    made = hospitals()
    for table in contract.EVENT_TABLES:
        made.add(table.name)
        made.add(table.name, admission_id="2")
    made.change("hospital", timezone=timezone)
    return made


@pytest.fixture(scope="module")
def clean_alone(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str | None], dict[str, validate.Measurement]]:
    """What was measured in a clean hospital of a time zone that is by itself."""

    @cache
    def measure(timezone: str | None) -> dict[str, validate.Measurement]:
        db = clean_one(hospitals, timezone).database()
        made = measured(db, plan)
        db.close()
        return made

    return measure


@pytest.fixture(scope="module")
def beside(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str], tuple[str | None, list[validate.Measurement]]]:
    """The hospital of a group of cases between two clean ones: their time zone, and what was
    measured in the three."""

    @cache
    def measure(group: str) -> tuple[str | None, list[validate.Measurement]]:
        faulty = of_group(group, hospitals)
        timezone = faulty.rows["hospital"][0]["timezone"]
        for name in CLEAN:
            faulty.stand_beside(clean_one(hospitals, timezone), name)
        db = faulty.database()
        made = validate.measure(db, plan, sorted(["H", *CLEAN]))
        db.close()
        return timezone, made

    return measure


@pytest.mark.parametrize("group", [g for g in GROUPS if g != "hospital.hospital_id_present"])
@pytest.mark.parametrize("name", [*CLEAN, "H"])
def test_hospitals_beside_each_other_are_measured_as_alone(
    group: str,
    name: str,
    beside: Callable[[str], tuple[str | None, list[validate.Measurement]]],
    clean_alone: Callable[[str | None], dict[str, validate.Measurement]],
    found: Callable[[str], dict[str, validate.Measurement]],
) -> None:
    """A clean hospital, before or behind the one with faults, has none of them; nor hides any.

    Rows that name no hospital are never read beside those of several.
    """
    timezone, made = beside(group)
    alone = found(group) if name == "H" else clean_alone(timezone)
    own = {m.check: m for m in made if m.hospital_id == name}
    assert own == {check: replace(m, hospital_id=name) for check, m in alone.items()}


def test_every_check_has_a_case() -> None:
    declared = {c.check for checks in validate.suites().values() for c in checks}
    assert declared == set(CASES) | BY_ITSELF
    assert set(besides()) <= set(CASES)


@pytest.mark.parametrize("check", sorted(CASES))
def test_check_counts_the_wrong_rows_only(
    check: str, found: Callable[[str], dict[str, validate.Measurement]]
) -> None:
    group = APART.get(check, "one row each")
    expected = CASES[check][1]
    spilled = [other for case in GROUPS[group] for other in besides().get(case, ())]
    one = found(group)[check]
    assert one.violated == expected + spilled.count(check)
    assert one.denominator >= one.violated


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_else_is_violated(
    group: str, found: Callable[[str], dict[str, validate.Measurement]]
) -> None:
    expected = Counter({check: CASES[check][1] for check in GROUPS[group]})
    for check in GROUPS[group]:
        expected.update(besides().get(check, ()))
    assert {m.check: m.violated for m in found(group).values() if m.violated} == expected


def test_a_clean_hospital_violates_nothing(hospital: Any, opened: Any, plan: Study) -> None:
    for table in contract.EVENT_TABLES:
        hospital.add(table.name)
        hospital.add(table.name, admission_id="2")
    found = validate.measure(opened(), plan, ["H"])
    assert {m.check: m.violated for m in found if m.violated} == {}
    assert {check.verdict for check in validate.judge(found, plan)} == {"pass"}


BODY = ("weight_hard_range", "height_hard_range", "weight_soft_range", "height_soft_range")


def test_a_newborn_known_by_birth_date_is_no_small_adult(
    hospital: Any, opened: Any, plan: Study
) -> None:
    """No recorded age: 3.4 kg and 50 cm are right for the day of birth, and wrong for 60 years."""
    hospital.change("admission", 2, age_years=None, weight_kg=3.4, height_cm=50)
    adult = measured(opened(), plan)
    assert adult["admission.weight_hard_range"].violated == 1
    admitted = hospital.rows["admission"][2]["admitted_at"]
    hospital.change("patient", 2, birth_date=admitted.date())
    newborn = measured(opened(), plan)
    assert [newborn[f"admission.{name}"].violated for name in BODY] == [0, 0, 0, 0]


def test_an_empty_hospital_violates_nothing(hospital: Any, opened: Any, plan: Study) -> None:
    for name in hospital.rows:
        hospital.rows[name].clear()
    found = validate.measure(opened(), plan, ["H"])
    assert {m.violated for m in found} == {0}


def test_a_hospital_without_a_time_zone_is_blocked(hospital: Any, opened: Any, plan: Study) -> None:
    extract = plan.extract.model_copy(update={"timezone": None})
    naive = plan.model_copy(update={"extract": extract})
    hospital.change("hospital", 0, timezone="Middle/Earth")
    found = measured(opened(), naive)["hospital.timezone_known"]
    assert (found.violated, found.denominator) == (1, 1)
    assert measured(opened(), plan)["hospital.timezone_known"].violated == 0
