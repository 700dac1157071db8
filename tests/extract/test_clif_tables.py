"""CLIF's stays, results, vital signs, tests and support: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from drawn_source import Drawn, Row, day, drawn

H = {"hospitalization_id": "h"}
NOBODYS = {"hospitalization_id": "of nobody"}
STAY = H | {"patient_id": "p", "admission_dttm": day("01-02 10:00")}
STAY |= {"discharge_dttm": day("01-06 10:00"), "age_at_admission": 60.0}
VITAL_COLUMNS = ("code", "vocabulary", "vital_code", "unit")
VITALS = [
    *(("weight_kg", "CLIF", "weight", "kg"), ("height_cm", "CLIF", "height", "cm")),
    *(("heart_rate", "CLIF", "heart_rate", "/min"), ("gcs_total", "CLIF", "gcs", "points")),
    ("heart_rate", "other", "weight", "kg"),
]


@pytest.fixture
def clif() -> Iterator[Drawn]:
    """Stay h of person p in hospital H, of which a few vital signs are known by name."""
    with drawn("clif") as source:
        rows = ", ".join(str(row) for row in VITALS)
        told = f"(VALUES {rows}) AS t({', '.join(VITAL_COLUMNS)})"
        source.db.execute(f"CREATE TABLE ref.vital AS SELECT * FROM {told}")
        source.draw("source.clif_hospitalization", STAY)
        source.draw("source.clif_adt", H | {"hospital_id": "H", "in_dttm": day("01-02 10:00")})
        yield source


def rows(clif: Drawn, table: str, *columns: str) -> list[tuple[Any, ...]]:
    names = ("lab_category", "specimen", "stay", "support_moment", "vital_category")
    clif.prepare(*names, "words_unread")
    return clif.rows(table, *columns)


@pytest.mark.parametrize(
    ("place", "status"),
    [
        *(("Expired", "died"), ("Against Medical Advice (AMA)", "against_advice")),
        *(("AMA", "against_advice"), ("acute_care_hosp", "transferred"), ("Home", "alive")),
        *(("Hospice", "alive"), ("Missing", "unknown"), ("still admitted", "unknown")),
        *((None, "unknown"), ("", "unknown"), ("Another Word", "Another Word")),
    ],
)
def test_where_people_go(place: str | None, status: str) -> None:
    with drawn("clif") as source:
        columns = ", ".join(f"{one} VARCHAR" for one in VITAL_COLUMNS)
        source.db.execute(f"CREATE TABLE ref.vital ({columns})")
        source.draw("source.clif_hospitalization", STAY | {"discharge_category": place})
        source.draw("source.clif_hospitalization", STAY | {"hospitalization_id": "i"})
        found = dict(rows(source, "admission", "admission_id", "discharge_status"))
        assert found == {"h": status, "i": "unknown"}


@pytest.mark.parametrize(
    ("vitals", "found"),
    [
        ([("Weight_kg", 70.0, 10), ("height_cm", 180.0, 10)], (70.0, 180.0)),
        ([("weight_kg", 70.0, 11), ("weight_kg", 60.0, 12), ("weight_kg", 80.0, 10)], (80.0, None)),
        ([("weight_kg", 70.0, 11), ("weight_kg", 60.0, 11)], (60.0, None)),
        ([("weight_kg", 0.0, 10), ("height_cm", -1.0, 10)], (None, None)),
        ([("weight_kg", 0.5, 10), ("height_cm", 0.4, 10)], (0.5, 0.4)),
        ([("weight_kg", float("inf"), 10), ("height_cm", 50.0, 10)], (None, 50.0)),
        ([("heart_rate", 80.0, 10)], (None, None)),
    ],
)
def test_the_first_weight_and_height_above_zero(
    clif: Drawn, vitals: list[tuple[str, float, int]], found: tuple[float | None, float | None]
) -> None:
    for name, value, hour in vitals:
        moment = {"recorded_dttm": day(f"01-03 {hour}:00")}
        row = {"vital_category": name, "vital_value": value}
        clif.draw("source.clif_vitals", H | row | moment)
        clif.draw("source.clif_vitals", row | moment | {"hospitalization_id": "i"})
    assert rows(clif, "admission", "weight_kg", "height_cm", "age_years") == [(*found, 60.0)]


def test_the_time_measured_counts_before_the_time_recorded(clif: Drawn) -> None:
    early, late = {"measured_dttm": day("01-02 11:00")}, {"recorded_dttm": day("01-02 12:00")}
    weight = H | {"vital_category": "weight_kg"}
    clif.draw("source.clif_vitals", weight | {"vital_value": 60.0} | late)
    later = {"recorded_dttm": day("01-02 15:00")}
    clif.draw("source.clif_vitals", weight | {"vital_value": 70.0} | early | later)
    rate = H | {"vital_category": "Heart Rate", "vital_value": 80.0}
    clif.draw("source.clif_vitals", rate | early | later, rate | late)
    assert rows(clif, "admission", "weight_kg") == [(70.0,)]
    assert clif.rows("vital", "vital_code", "unit", "measured_at") == [
        ("heart_rate", "/min", day("01-02 11:00")),
        ("heart_rate", "/min", day("01-02 12:00")),
    ]


@pytest.mark.parametrize(
    ("table", "told", "found"),
    [
        (
            "vitals",
            {"vital_category": "heart_rate", "vital_value": 8.0},
            ("heart_rate", 8.0, "/min"),
        ),
        ("vitals", {"vital_category": "New sign", "vital_value": 8.0}, ("New sign", 8.0, None)),
        ("vitals", {"vital_category": "gcs_total", "vital_value": 8.0}, ("gcs_total", 8.0, None)),
        ("vitals", {"vital_category": None, "vital_value": 8.0}, None),
        ("vitals", {"vital_category": "weight_kg", "vital_value": 8.0}, None),
        ("vitals", {"vital_category": "height_cm", "vital_value": 8.0}, None),
        (
            "patient_assessments",
            {"assessment_category": "GCS total", "numerical_value": 8.0},
            ("gcs", 8.0, "points"),
        ),
        ("patient_assessments", {"assessment_category": "RASS", "numerical_value": 1.0}, None),
        ("output", {"output_group": "Urine", "output_value": 8.0}, ("urine_output", 8.0, "mL")),
        (
            "output",
            {"output_category": "urine", "output_value": 8.0, "output_unit": "L"},
            ("urine_output", 8.0, "L"),
        ),
        ("output", {"output_group": "stool", "output_value": 8.0}, None),
    ],
)
def test_vital_signs(clif: Drawn, table: str, told: Row, found: tuple[Any, ...] | None) -> None:
    moment = {"recorded_dttm": day("01-03 10:00")}
    clif.draw(f"source.clif_{table}", H | told | moment)
    clif.draw(f"source.clif_{table}", NOBODYS | moment | dict.fromkeys(told, "9"))
    seen = [row for row in rows(clif, "vital", "vital_code", "value", "unit") if row[0]]
    assert seen == ([found] if found else [])


LAB = H | {"lab_category": "creatinine", "lab_loinc_code": "2160-0", "reference_unit": "mg/dL"}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, ("creatinine", "CLIF")),
        ({"lab_specimen_category": "Blood/Plasma"}, ("creatinine", "CLIF")),
        ({"lab_specimen_category": "Venous"}, ("creatinine", "CLIF")),
        ({"lab_specimen_category": "Urine"}, ("creatinine_urine", "CLIF")),
        ({"lab_category": None}, ("2160-0", "LOINC")),
        ({"lab_category": "", "lab_specimen_category": "urine"}, ("2160-0", "LOINC")),
        ({"lab_category": None, "lab_loinc_code": " "}, (None, "CLIF")),
        ({"lab_category": "", "lab_loinc_code": None}, ("", "CLIF")),
        ({"lab_category": "D-dimer", "reference_unit": "ng/mL FEU"}, ("48065-7", "LOINC")),
        ({"lab_category": "D-dimer", "reference_unit": "ddu"}, ("48065-7", "LOINC")),
        ({"lab_category": "D-dimer", "reference_unit": "ng/mL"}, ("2160-0", "LOINC")),
        ({"lab_category": "D-dimer", "lab_loinc_code": None}, ("D-dimer", "CLIF")),
        ({"lab_category": "D-dimer", "lab_specimen_category": "csf"}, ("D-dimer_csf", "CLIF")),
        ({"reference_unit": "FEU"}, ("creatinine", "CLIF")),
        ({"lab_category": None, "reference_unit": "FEU"}, ("2160-0", "LOINC")),
    ],
)
def test_the_code_of_a_result(clif: Drawn, told: Row, found: tuple[str | None, str]) -> None:
    clif.draw("source.clif_labs", LAB | told, NOBODYS | {"lab_category": "x"})
    assert rows(clif, "lab", "lab_code", "vocabulary") == [found]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"diagnosis_code_format": "10"}, ("I10", "ICD10CM", None)),
        ({"diagnosis_code_format": "ICD-10-CM", "poa_present": 1.0}, ("I10", "ICD10CM", True)),
        ({"diagnosis_code_format": "ICD9", "poa_present": 0.0}, ("I10", "ICD9CM", False)),
        ({"diagnosis_code_format": "SNOMED", "poa_present": 2.0}, ("I10", "SNOMED", None)),
        ({"diagnosis_code": "ICD-10-CM: I10"}, ("I10", "ICD10CM", None)),
        ({"diagnosis_code_format": " ", "diagnosis_code": "icd9|401"}, ("401", "ICD9", None)),
        ({}, ("I10", None, None)),
    ],
)
def test_diagnoses(clif: Drawn, told: Row, found: tuple[Any, ...]) -> None:
    row = {"diagnosis_code": "I10"} | told
    clif.draw("source.clif_hospital_diagnosis", H | row, NOBODYS | {"diagnosis_code": "x"})
    assert rows(clif, "diagnosis", "code", "vocabulary", "present_on_admission") == [found]


TEST = H | {"organism_category": "SARS-CoV-2", "method_category": "PCR"}
TEST |= {"fluid_category": "nasopharynx", "result_category": "Not detected"}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, ("sars_cov_2", "rna", "respiratory", "negative")),
        ({"organism_category": "sars-cov2"}, ("sars_cov_2", "rna", "respiratory", "negative")),
        ({"organism_category": "Influenza A"}, ("influenza_a", "rna", "respiratory", "negative")),
        ({"method_category": "Antigen"}, ("sars_cov_2", "antigen", "respiratory", "negative")),
        ({"fluid_category": "Larynx"}, ("sars_cov_2", "rna", "respiratory", "negative")),
        ({"fluid_category": "blood/buffy coat"}, ("sars_cov_2", "rna", "blood", "negative")),
        ({"fluid_category": "feces/stool"}, ("sars_cov_2", "rna", "stool", "negative")),
        ({"fluid_category": "CSF"}, ("sars_cov_2", "rna", "csf", "negative")),
        ({"result_category": "Detected"}, ("sars_cov_2", "rna", "respiratory", "positive")),
        ({"result_category": "Negative"}, ("sars_cov_2", "rna", "respiratory", "negative")),
        *(
            ({"result_category": word}, ("sars_cov_2", "rna", "respiratory", result))
            for word, result in [("Indeterminate", "indeterminate"), ("Sent Away", "Sent Away")]
        ),
    ],
)
def test_tests_of_pathogens(clif: Drawn, told: Row, found: tuple[str, ...]) -> None:
    row = TEST | told
    table = "source.clif_microbiology_nonculture"
    clif.draw(table, row, NOBODYS | {"organism_category": "x"})
    columns = ("organism_code", "method", "specimen", "result")
    assert rows(clif, "pathogen_test", *columns) == [found]


@pytest.mark.parametrize(
    ("sex", "told"), [("Male", "male"), ("unknown", "unknown"), (None, "unknown"), ("X", "X")]
)
def test_a_person_in_each_hospital(clif: Drawn, sex: str | None, told: str) -> None:
    person = {"patient_id": "p", "sex_category": sex}
    clif.draw("source.clif_patient", person, person | {"patient_id": "of no stay"})
    clif.draw("source.clif_hospitalization", STAY | {"hospitalization_id": "i"})
    clif.draw("source.clif_adt", {"hospitalization_id": "i", "hospital_id": "G"})
    clif.draw("source.clif_hospitalization", STAY | {"hospitalization_id": "j"})
    clif.draw("source.clif_adt", {"hospitalization_id": "j", "hospital_id": "G"})
    found = rows(clif, "patient", "hospital_id", "patient_id", "sex")
    assert found == [("G", "p", told), ("H", "p", told)]


TEN, DAY, SECOND = day("01-03 10:00"), timedelta(days=1), timedelta(seconds=1)
HOUR = timedelta(hours=1)


def support(clif: Drawn, *points: tuple[Any, str | None, float | None]) -> list[tuple[Any, ...]]:
    """Device, FiO2, start and end of each interval, in the order of their starts."""
    for moment, device, fio2 in points:
        row = {"recorded_dttm": moment, "device_category": device, "fio2_set": fio2}
        clif.draw("source.clif_respiratory_support", H | row)
        clif.draw("source.clif_respiratory_support", NOBODYS | row | {"device_category": "x"})
    found = rows(clif, "respiratory_support", "device", "fio2", "started_at", "stopped_at")
    return sorted(found, key=lambda row: row[2])


@pytest.mark.parametrize(
    ("written", "device"),
    [
        *(("IMV", "imv"), ("NIPPV", "niv"), ("CPAP", "niv"), ("High Flow NC", "hfnc")),
        *(("hfnc", "hfnc"), ("Trach Collar", "face_mask"), ("T-piece", "face_mask")),
        *(("Room Air", "room_air"), ("Other", "other"), ("new thing", "new_thing")),
    ],
)
def test_devices(clif: Drawn, written: str, device: str) -> None:
    assert support(clif, (TEN, written, None)) == [(device, None, TEN, TEN + DAY)]


def test_of_several_devices_at_once_the_most_invasive_counts(clif: Drawn) -> None:
    at_once = [("CPAP", 0.4), ("IMV", 0.3), ("new thing", 0.2), ("Room Air", None)]
    assert [row[:2] for row in support(clif, *((TEN, *one) for one in at_once))] == [("imv", 0.4)]
    assert support(clif, (TEN + HOUR, "zz", None), (TEN + HOUR, "Other", None))[1][0] == "other"


def test_a_record_holds_until_the_next_the_discharge_or_a_day(clif: Drawn) -> None:
    end = STAY["discharge_dttm"]
    points = [(TEN, "IMV", None), (TEN + HOUR, "CPAP", None), (end - HOUR, "IMV", None)]
    assert [row[2:] for row in support(clif, *points, (end + HOUR, "IMV", None))] == [
        *((TEN, TEN + HOUR), (TEN + HOUR, TEN + HOUR + DAY)),
        *((end - HOUR, end), (end + HOUR, end + HOUR)),  # never before its beginning
    ]


def test_a_record_without_a_device_continues_that_of_a_day_before(clif: Drawn) -> None:
    points = [(TEN, "IMV", None), (TEN + DAY, None, None), (TEN + DAY + SECOND, None, None)]
    assert [row[0] for row in support(clif, (TEN - HOUR, None, None), *points)] == [
        *(None, "imv", "imv", None)
    ]


def test_fio2_goes_on_for_a_day_with_the_same_device(clif: Drawn) -> None:
    points = [
        *((TEN, "IMV", 0.5), (TEN + HOUR, None, None), (TEN + 2 * HOUR, "CPAP", None)),
        *((TEN + 3 * HOUR, "IMV", None), (TEN + 4 * HOUR, "IMV", 0.4)),
        *((TEN + 4 * HOUR + DAY, "IMV", None), (TEN + 4 * HOUR + DAY + SECOND, "IMV", None)),
    ]
    found = [row[1] for row in support(clif, *points)]
    assert found == [0.5, 0.5, None, None, 0.4, 0.4, None]


def test_rows_of_words_that_nobody_reads_are_counted(clif: Drawn) -> None:
    for word in ("ICU", "L&D", "hall", None):
        clif.draw("source.clif_adt", *(one | {"location_category": word} for one in (H, NOBODYS)))
    for table, column, words in [
        ("position", "position_category", ("Prone", "upside down")),
        ("renal_replacement_therapy", "mode_category", ("CVVH", "washing", None)),
        ("mcs", "support_category", ("whatever", None)),
    ]:
        for word in words:
            clif.draw(f"source.clif_{table}", *(one | {column: word} for one in (H, NOBODYS)))
    rows(clif, "patient", "hospital_id")
    columns = ("hospital_id", "about", "violated", "denominator")
    assert clif.prepared("words_unread", *columns) == [
        *(("H", "place", 3, 5), ("H", "procedure", 4, 7))  # the first place of the stay has no word
    ]


DOSE = H | {"admin_dttm": TEN, "med_name": "n"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"med_name": None, "med_category": "n"}, {"med_category": None}),
        (
            {"med_category": "x", "med_dose_unit": None},
            {"med_category": None, "med_dose_unit": "x"},
        ),
        ({"med_dose": None, "med_dose_unit": "1.0"}, {"med_dose": 1.0, "med_dose_unit": None}),
        ({"mar_action_category": None, "med_dose_unit": "g"}, {"mar_action_category": "g"}),
    ],
)
def test_records_that_differ_in_where_a_word_stands_have_ids_of_their_own(
    clif: Drawn, one: Row, other: Row
) -> None:
    clif.draw("source.clif_medication_admin_intermittent", DOSE | one, DOSE | other)
    assert len(set(rows(clif, "medication", "medication_id"))) == 2


def test_a_push_of_less_than_one_ends_no_rate(clif: Drawn) -> None:
    table = "source.clif_medication_admin_continuous"
    rate = DOSE | {"med_dose": 5.0, "med_dose_unit": "mcg/min", "mar_action_category": "going"}
    push = {"med_dose": 0.5, "med_dose_unit": "mg", "admin_dttm": TEN + HOUR}
    last = TEN + 2 * HOUR
    clif.draw(table, rate, rate | push, rate | {"admin_dttm": last})
    clif.draw(table, rate | {"admin_dttm": last + timedelta(microseconds=1)})
    found = dict(rows(clif, "medication", "started_at", "stopped_at"))
    at_once = last + timedelta(microseconds=1)
    assert found == {TEN: last, TEN + HOUR: None, last: at_once, at_once: None}


def test_places_of_no_stay_are_left_out(clif: Drawn) -> None:
    icu = {"location_category": "ICU", "in_dttm": TEN, "out_dttm": TEN + HOUR, "hospital_id": "H"}
    clif.draw("source.clif_adt", H | icu, NOBODYS | icu)
    found = rows(clif, "icu_stay", "admission_id", "started_at", "stopped_at")
    assert found == [("h", TEN, TEN + HOUR)]
