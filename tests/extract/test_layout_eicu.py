"""eICU: a hand-made hospital of every table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import Rows, opened, write

from ehrivig import extract
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.study import load

PLAN = load("eicu_demo")


def unit(number: int, stay: int, person: str, admitted: int, **other: Any) -> dict[str, Any]:
    """A row of patient: a unit stay `admitted` minutes after the hospital admission."""
    row = {
        "patientunitstayid": number,
        "patienthealthsystemstayid": stay,
        "uniquepid": person,
        "hospitalid": 7,
        "gender": "Female",
        "age": "70",
        "admissionheight": 160.0,
        "admissionweight": None,
        "hospitaladmitoffset": -admitted,
        "hospitaldischargeyear": 2014,
        "hospitaldischargeoffset": 10_000 - admitted,
        "hospitaldischargelocation": "Home",
        "hospitaldischargestatus": "Alive",
        "unitstaytype": "admit",
        "unitvisitnumber": 1,
        "unitdischargeoffset": 2_000,
        "unitdischargestatus": "Alive",
    }
    return row | other


DEAD = {"hospitaldischargestatus": "Expired", "hospitaldischargelocation": "Death"}
_REASON = "All Diagnosis|Non-operative|Diagnosis|Respiratory"
_ENDOCRINE = "Endocrine (R)/Insulin Dependent Diabetes"
_CANCER = "Hematology/Oncology (R)/Cancer"
EICU: dict[str, Rows] = {
    "patient": [
        unit(1, 10, "a", 60),
        unit(2, 10, "a", 5_060, unitvisitnumber=2, admissionweight=80.0, unitdischargeoffset=600),
        unit(3, 11, "a", 0, hospitaldischargeyear=2015, age="71", **DEAD),
        unit(4, 12, "b", 30, age="> 89", gender="", unitstaytype="stepdown/other"),
        unit(5, 13, "c", 0, hospitaldischargestatus="", unitdischargestatus="Expired"),
        unit(6, 14, "c", 0, hospitaldischargelocation="Other Hospital", gender="Male"),
        unit(7, 15, "d", -10, unitdischargestatus="Expired", hospitalid=8),
    ],
    "admissiondx": [
        {"patientunitstayid": 3, "admitdxenteredoffset": offset, "admitdxname": name}
        | {"admitdxpath": f"admission diagnosis|{path}"}
        for offset, name, path in (
            (7, "Sepsis, renal/UTI (including bladder)", _REASON),
            (9, "sepsis,  Pulmonary", _REASON),
            (9, "Rhythm disturbance (atrial, supraventricular)", _REASON),
            (9, "A new plague (of this year)", _REASON),
            (9, None, f"{_REASON}|Asthma"),
            (9, "CABG alone, coronary artery bypass grafting", "All Diagnosis|Operative|Diagnosis"),
            (9, "Thoracotomy for lung cancer", "All Diagnosis|Operative|Diagnosis"),
            (9, "Cardiovascular", "Non-operative Organ Systems|Organ System|Cardiovascular"),
            (9, "Yes", "Elective|Yes"),
        )
    ],
    "apacheapsvar": [
        {"patientunitstayid": 1, "creatinine": 2.0, "wbc": -1.0, "meanbp": 55, "fio2": 40}
        | {"eyes": 4, "verbal": 5, "motor": 6, "pao2": 80.0},
        {"patientunitstayid": 2, "creatinine": 1.0, "wbc": 9.0, "meanbp": -1, "fio2": -1}
        | {"eyes": 4, "verbal": -1, "motor": 6, "pao2": -1.0},
    ],
    "apachepatientresult": [
        {"patientunitstayid": 1, "apachescore": score, "apacheversion": version}
        for score, version in ((70, "IV"), (70, "IVa"))
    ],
    "diagnosis": [
        {"patientunitstayid": 1, "diagnosisoffset": 30, "diagnosisstring": "d", "icd9code": code}
        for code in ("401.9, I10", "E980.2, 965.00, T40.60", "V62.84, R45.851", "E87.2", "", "31.1")
    ]
    + [
        {"patientunitstayid": 3, "diagnosisoffset": 30, "diagnosisstring": "d", "icd9code": "E87.2"}
    ],
    "infusiondrug": [
        {"infusiondrugid": number, "patientunitstayid": 1, "infusionoffset": offset}
        | {"drugname": name, "drugrate": rate}
        for number, offset, name, rate in (
            (1, 0, "Norepinephrine (mcg/kg/min)", "0.1"),
            (2, 30, "Norepinephrine (mcg/kg/min)", "0.2"),
            (3, 90, "Norepinephrine ()", "0"),
            (4, 120, "norepinephrine (ml/hr)", "5"),
            (5, 40, "Vasopressin 40 Units Sodium Chloride 0.9% 100 ml (units/min)", ".04"),
            (6, 50, "Vasopressin (units/min)", "OFF"),
        )
    ],
    "intakeoutput": [
        {"patientunitstayid": 1, "intakeoutputoffset": 60, "cellvaluenumeric": value}
        | {"cellpath": f"flowsheet|Flowsheet Cell Labels|I&O|{side} (ml)|{label}"}
        | {"celllabel": label}
        for side, label, value in (
            ("Output", "Urine", 200.0),
            ("Output", "Foley cath", 100.0),
            ("Output", "Urine Count", 2.0),
            ("Output", "Mixed Urine/Stool Volume", 50.0),
            ("Intake", "Urine", 9.0),
        )
    ],
    "medication": [
        {"medicationid": number, "patientunitstayid": 1, "drugstartoffset": 10, "prn": prn}
        | {"frequency": "Continuous" if number == 6 else "Once"}
        | {"drugstopoffset": stop, "drugordercancelled": cancelled, "drugname": name}
        | {"drughiclseqno": hicl, "dosage": dosage, "routeadmin": route}
        for number, name, hicl, dosage, route, stop, cancelled, prn in (
            (1, "ALBUMIN 25% 50 ML", 5, "25 g", "IV", 70, False, False),
            (2, None, 5, "1,000 mL", "IVPB", 0, False, False),
            (3, "albumin", 5, "1-2 mg", "PO", 0, True, False),
            (4, None, 6, "5 3", "ZPYXVEND", 0, False, True),
            (5, None, None, "PYXIS", "Both Eyes", 0, False, False),
            (6, "NOREPINEPHRINE 4 MG/250 ML", 7, "4 MG", "IV CONT", 0, False, False),
        )
    ],
    "pasthistory": [
        {"patientunitstayid": number, "pasthistoryoffset": offset}
        | {"pasthistorypath": path and f"notes/Progress Notes/Past History/{path}"}
        for number, offset, path in (
            (1, 20, "Past History Obtain Options/Performed"),
            (1, 20, "Organ Systems/Pulmonary/Pulmonary Function Tests/FEV1 (%)/FEV1 <30"),
            (2, 20, f"Organ Systems/{_ENDOCRINE}/insulin dependent diabetes"),
            (1, 40, f"Organ Systems/{_ENDOCRINE}/insulin dependent diabetes"),
            (1, 40, "Organ Systems/Renal  (R)/Renal Failure/renal failure - hemodialysis"),
            (1, 40, "Organ Systems/Renal  (R)/Renal Failure/renal failure- not currently dialyzed"),
            (1, 40, f"Organ Systems/{_CANCER}/Metastases/liver"),
            (1, 40, f"Organ Systems/{_CANCER}/Metastases/skin"),
            (1, 40, f"Organ Systems/{_CANCER}/a new word"),
            (1, 40, "Organ Systems/Dermatology/eczema/eczema"),
            (1, 40, "Other/eczema"),
            (1, 45, None),
        )
    ],
    "physicalexam": [
        {"patientunitstayid": 1, "physicalexamoffset": offset, "physicalexampath": f"x/GCS/{end}"}
        for offset, end in (
            (5, "Eyes Score/3"),
            (5, "Verbal Score/4"),
            (5, "Motor Score/5"),
            (6, "15"),
            (7, "Eyes Score/3"),
            (8, "Score/scored"),
        )
    ],
    "respiratorycare": [
        {"patientunitstayid": 2, "respcarestatusoffset": 100, "airwaytype": "Oral ETT"}
        | {"ventstartoffset": 50, "ventendoffset": 0}
        | {"priorventstartoffset": -300, "priorventendoffset": -200}
    ],
    "respiratorycharting": [
        {"patientunitstayid": 1, "respchartoffset": offset, "respchartvaluelabel": label}
        | {"respchartvalue": value}
        for offset, label, value in (
            (0, "O2 Device", "Nasal cannula"),
            (60, "O2 Device", "Ventilator"),
            (60, "O2 Device", "None (Room air)"),
            (90, "FiO2", "60"),
            (120, "Tidal Volume (set)", "450"),
            (130, "LPM O2", "2"),
        )
    ],
    "treatment": [
        {"patientunitstayid": 1, "treatmentoffset": 15, "treatmentstring": text}
        for text in ("renal|dialysis|C V V H D", "renal|dialysis|hemodialysis|emergent", "renal|x")
    ],
    "vitalaperiodic": [
        {"patientunitstayid": 1, "observationoffset": 12, "noninvasivesystolic": 90}
        | {"noninvasivediastolic": 40, "noninvasivemean": None}
    ],
}
CLOCK = "round(date_diff('second', a.admitted_at, e.{}) / 60.0)::INTEGER"


def written(folder: Path, tables: dict[str, Rows] = EICU) -> Path:
    for name, rows in tables.items():
        write(folder / f"{name}.parquet", rows)
    return folder


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = written(tmp_path_factory.mktemp("eicu"))
    with opened(folder, PLAN, "7") as found:
        yield found


def of_stay(db: Database, table: str, columns: str, moment: str, stay: int = 10) -> Any:
    """Columns of a stay's rows, after the minutes from its admission."""
    return db.rows(
        f"SELECT {CLOCK.format(moment)} AS minute, {columns} FROM mapped.{table} AS e "
        f"JOIN mapped.admission AS a USING (admission_id) WHERE admission_id = {stay} ORDER BY ALL"
    )


def test_stays_and_their_order(db: Database) -> None:
    rows = db.rows(
        "SELECT admission_id, patient_id, discharge_status, age_years, weight_kg, height_cm, "
        "year(admitted_at), date_diff('minute', admitted_at, discharged_at) "
        "FROM mapped.admission ORDER BY 1"
    )
    assert rows == [
        (10, "a", "alive", 70.0, 80.0, 160.0, 2001, 10_000),
        (11, "a", "died", 71.0, None, 160.0, 2005, 10_000),
        (12, "b", "alive", 90.0, None, 160.0, 2001, 10_000),
        (13, "c", "unknown", 70.0, None, 160.0, 2001, 10_000),
        (14, "c", "transferred", 70.0, None, 160.0, 2001, 10_000),
    ]


def test_people_have_no_dates_and_one_sex(db: Database) -> None:
    rows = db.rows("SELECT patient_id, sex, birth_date, death_at FROM mapped.patient ORDER BY ALL")
    known = [("a", "female"), ("b", "unknown"), ("c", "female"), ("c", "male")]
    assert rows == [(*one, None, None) for one in known]


def test_a_death_in_the_unit_of_who_left_alive_is_unknown(tmp_path: Path) -> None:
    with opened(written(tmp_path), PLAN, "8") as db:
        assert db.rows("SELECT discharge_status FROM mapped.admission") == [("unknown",)]
        assert db.rows(
            "SELECT started_at < admitted_at FROM mapped.icu_stay, mapped.admission"
        ) == [(True,)]


def test_units_are_nested_without_step_down(db: Database) -> None:
    assert of_stay(db, "icu_stay", "admission_id", "started_at") == [(60, 10), (5_060, 10)]
    assert of_stay(db, "icu_stay", "admission_id", "stopped_at") == [(2_060, 10), (5_660, 10)]
    assert of_stay(db, "icu_stay", "admission_id", "started_at", 12) == []


def test_codes_are_told_apart(db: Database) -> None:
    found = of_stay(db, "diagnosis", "vocabulary, code, present_on_admission", "diagnosed_at")
    assert {row[:3] for row in found if row[3] is None} == {
        (90, "ICD9CM", "401.9"),
        (90, "ICD10CM", "I10"),
        (90, "ICD9CM", "E980.2"),
        (90, "ICD9CM", "965.00"),
        (90, "ICD10CM", "T40.60"),
        (90, "ICD9CM", "V62.84"),
        (90, "ICD10CM", "R45.851"),
        (90, "ICD10CM", "E87.2"),
        (90, "local", "d"),
        (90, "local", "31.1"),
    }


def test_a_history_is_coded_by_the_longest_heading_and_was_there_on_admission(db: Database) -> None:
    found = of_stay(db, "diagnosis", "vocabulary, code, present_on_admission", "diagnosed_at")
    notes = "notes/Progress Notes/Past History"
    assert [row for row in found if row[3]] == [
        (100, "ICD10", "C78.7", True),
        (100, "ICD10", "C79.9", True),
        (100, "ICD10", "C80.9", True),
        (100, "ICD10", "E14.9", True),  # of two units of the stay the first
        (100, "ICD10", "N18.5", True),
        (100, "ICD10", "N18.9", True),
        (100, "ICD10", "Z99.2", True),
        (100, "local", f"{notes}/Organ Systems/Dermatology/eczema/eczema", True),
        (100, "local", f"{notes}/Other/eczema", True),
        (105, "local", None, True),
    ]


def test_why_a_patient_came_to_the_unit_is_a_diagnosis(db: Database) -> None:
    found = of_stay(db, "diagnosis", "vocabulary, code, present_on_admission", "diagnosed_at", 11)
    assert found == [
        (0, "ICD10", "A41.9", None),  # entered 7 minutes later, so when the unit stay began
        (0, "ICD10", "C34.9", None),
        (0, "ICD10", "I49.9", None),
        (0, "ICD10", "J18.9", None),
        (0, "ICD10", "J45.9", None),
        (0, "ICD10", "N39.0", None),
        (0, "local", "A new plague (of this year)", None),
        (30, "ICD10CM", "E87.2", None),
    ]


@pytest.mark.parametrize(
    ("source", "admitted", "other", "present"),
    [
        ("Emergency Department", 200, {}, True),
        ("Direct Admit", 0, {}, True),
        ("Other Hospital", 30, {}, True),
        ("Emergency Department", 200, {"unitvisitnumber": 2}, None),
        ("Emergency Department", 12_960, {}, None),
        ("Floor", 200, {}, None),
        ("Operating Room", 200, {}, None),
        ("", 200, {}, None),
        (None, 200, {}, None),
    ],
)
def test_why_somebody_came_from_outside_was_there_on_admission(
    tmp_path: Path, source: str | None, admitted: int, other: dict[str, Any], present: bool | None
) -> None:
    """Else a pulmonary embolism with which somebody came were one of the stay."""
    reasons = [
        {"patientunitstayid": 1, "admitdxenteredoffset": offset, "admitdxname": name}
        | {"admitdxpath": f"admission diagnosis|All Diagnosis|Non-operative|Diagnosis|x|{name}"}
        for offset, name in (
            (600, "Embolus, pulmonary"),
            (-20, "Pneumonia, fungal"),
            (None, "Asthma"),
        )
    ]
    reasons[0]["admitdxname"] = ""  # its path says it
    patients = [unit(1, 10, "a", admitted, unitadmitsource=source, **other)]
    later = EICU["diagnosis"][:1]
    tables = {"patient": patients, "admissiondx": reasons, "diagnosis": later}
    folder = written(tmp_path, tables)
    with opened(folder, PLAN, "7") as db:
        found = db.rows(
            f"SELECT {CLOCK.format('diagnosed_at')}, code, present_on_admission FROM "
            "mapped.diagnosis AS e JOIN mapped.admission AS a USING (admission_id) "
            "WHERE code IN ('I26.9', 'B49', 'J17.2', 'J45.9') ORDER BY ALL"
        )
    assert found == [
        (admitted - 20, "B49", present),
        (admitted - 20, "J17.2", present),
        (admitted, "I26.9", present),
        (admitted, "J45.9", present),
    ]


def test_operations_and_histories_that_name_a_disease_are_one(tmp_path: Path) -> None:
    names = {
        "GI obstruction, surgery for (including lysis of adhesions)": "K56.6",
        "Cancer-small intestinal, surgery for": "C17.9",
        "Cancer-esophageal, surgery for (abdominal approach)": "C15.9",
        "Lymphoma, non-Hodgkins, surgery for (including staging)": "C85.9",
        "Kidney transplant": "Z94.0",
        "CABG alone, coronary artery bypass grafting": None,
    }
    reasons = [
        {"patientunitstayid": 1, "admitdxenteredoffset": 0, "admitdxname": name}
        | {"admitdxpath": f"admission diagnosis|All Diagnosis|Operative|Diagnosis|x|{name}"}
        for name in names
    ]
    history = {
        "Gastrointestinal (R)/s/p Liver Transplant/s/p liver transplant": "Z94.4",
        "Hematology/Oncology (R)/Cancer/Cancer-Primary Site/bile duct": "C24.0",
        "RHEUMATIC / SLE /sle ": "M32.9",  # blanks and case are no part of a path
        "Renal   (R)/Renal  Failure/renal failure - hemodialysis\n": "N18.5",
    }
    listed = [
        {"patientunitstayid": 1, "pasthistoryoffset": 0}
        | {"pasthistorypath": f"notes/Progress Notes/Past History/Organ Systems/{path}"}
        for path in history
    ]
    folder = written(tmp_path, EICU | {"admissiondx": reasons, "pasthistory": listed})
    with opened(folder, PLAN, "7") as db:
        found = db.rows("SELECT code FROM mapped.diagnosis WHERE vocabulary = 'ICD10' ORDER BY 1")
    expected = {code for code in (names | history).values() if code} | {"Z99.2"}
    assert [code for (code,) in found] == sorted(expected)


@pytest.mark.parametrize("left", ["pasthistory", "admissiondx"])
def test_of_a_stay_without_a_diagnosis_nothing_is_told(tmp_path: Path, left: str) -> None:
    """Else it were coded, and what arose in it absent, though nobody lists what arises."""
    others = {"pasthistory", "admissiondx"} - {left}
    of_nobody = {"diagnosis": [EICU["diagnosis"][0] | {"patientunitstayid": 6}]}
    told = {n: rows for n, rows in EICU.items() if n not in others} | of_nobody
    with opened(written(tmp_path / "untold", told), PLAN, "7") as db:
        assert db.rows("SELECT admission_id, count(*) FROM mapped.diagnosis GROUP BY 1") == [
            (14, 2)
        ]
    told["diagnosis"] = EICU["diagnosis"]
    with opened(written(tmp_path / "told", told), PLAN, "7") as db:
        found = db.rows("SELECT count(*) FROM mapped.diagnosis")
    assert found == [({"pasthistory": 21, "admissiondx": 18}[left],)]


def test_apache_is_known_at_the_end_of_the_first_day(db: Database) -> None:
    assert of_stay(db, "lab", "lab_code, value, unit", "collected_at") == [
        (60 + 1_440, "creatinine", 2.0, "mg/dL"),
        (60 + 1_440, "pao2", 80.0, "mmHg"),
        (5_060 + 600, "creatinine", 1.0, "mg/dL"),
        (5_060 + 600, "wbc", 9.0, "10^3/uL"),
    ]
    assert of_stay(db, "score", "score_code, value", "scored_at") == [(1_500, "apache_iv", 70.0)]


def test_vital_signs(db: Database) -> None:
    assert of_stay(db, "vital", "vital_code, value, unit", "measured_at") == [
        (65, "gcs", 12.0, "points"),
        (66, "gcs", 15.0, "points"),
        (72, "dbp", 40.0, "mmHg"),
        (72, "sbp", 90.0, "mmHg"),
        (120, "urine_output", 100.0, "mL"),
        (120, "urine_output", 200.0, "mL"),
        (150, "fio2", 60.0, "%"),
        (1_500, "fio2", 40.0, "%"),
        (1_500, "gcs", 15.0, "points"),
        (1_500, "map", 55.0, "mmHg"),
    ]


def test_orders(db: Database) -> None:
    columns = "medication_id, drug_name, dose, dose_unit, route, status"
    rows = of_stay(db, "medication", columns, "started_at")
    assert [row[1:] for row in rows if row[1].startswith("order")] == [
        ("order 1", "ALBUMIN 25% 50 ML", 25.0, "g", "iv", "given"),
        ("order 2", "albumin", 1000.0, "mL", "iv", "given"),
        ("order 3", "albumin", None, None, "po", "cancelled"),
        ("order 4", None, None, None, "unknown", "unknown"),
        ("order 5", None, None, None, "other", "given"),
        ("order 6", "NOREPINEPHRINE 4 MG/250 ML", None, None, "iv", "given"),  # of the bag
    ]
    stops = of_stay(db, "medication", "medication_id", "stopped_at")
    assert {name: minute for minute, name in stops if name < "order 3" and "order" in name} == {
        "order 1": 130,
        "order 2": None,
    }
    assert db.rows("SELECT * FROM prepared.words_unread") == [("7", "order", 4, 8)]


def test_charted_rates_hold_until_the_next(db: Database) -> None:
    rows = db.rows(
        f"SELECT {CLOCK.format('started_at')}, {CLOCK.format('stopped_at')}, drug_name, dose, "
        "dose_unit, status FROM mapped.medication AS e JOIN mapped.admission AS a "
        "USING (admission_id) WHERE medication_id LIKE 'inf%' ORDER BY medication_id"
    )
    vasopressin = "Vasopressin 40 Units Sodium Chloride 0.9% 100 ml"
    assert rows == [
        (60, 90, "Norepinephrine", 0.1, "ug/kg/min", "given"),
        (90, 150, "Norepinephrine", 0.2, "ug/kg/min", "given"),
        (150, 150, "Norepinephrine", 0.0, None, "stopped"),
        (180, None, "norepinephrine", 5.0, "mL/h", "given"),
        (100, None, vasopressin, 0.04, "unit/min", "given"),
        (110, None, "Vasopressin", None, "unit/min", "unknown"),
    ]


def test_support_and_renal_replacement(db: Database) -> None:
    rows = db.rows(
        f"SELECT {CLOCK.format('started_at')}, {CLOCK.format('stopped_at')}, device "
        "FROM mapped.respiratory_support AS e JOIN mapped.admission AS a USING (admission_id) "
        "ORDER BY ALL"
    )
    assert rows == [
        (60, 120, "nasal_cannula"),
        (120, 180, "imv"),
        (180, 180 + 1_440, "imv"),
        (4_760, 4_860, "imv"),
        (5_110, 5_160, "imv"),
        (5_160, 5_160 + 1_440, "imv"),
    ]
    assert of_stay(db, "procedure", "procedure_code", "started_at") == [
        (75, "crrt"),
        (75, "hemodialysis"),
    ]


def test_what_is_absent_is_said(tmp_path: Path) -> None:
    folder = written(tmp_path, {"patient": EICU["patient"]})
    found = extract.inspect(folder, PLAN)
    assert set(found.absent) >= {"lab", "vital", "medication", "respiratory_support", "finding"}
    with opened(folder, PLAN, "7") as db:
        assert db.rows("SELECT count(*) FROM mapped.vital") == [(0,)]


def test_moments_in_an_offset_column_are_refused(tmp_path: Path) -> None:
    rows = [row | {"hospitaladmitoffset": "2014-01-01 08:00"} for row in EICU["patient"]]
    wrong = pl.DataFrame(rows).with_columns(pl.col("hospitaladmitoffset").str.to_datetime())
    folder = written(tmp_path)
    wrong.write_parquet(folder / "patient.parquet")
    with pytest.raises(ExtractError, match="hospitaladmitoffset is TIMESTAMP, but must be a numb"):
        extract.inspect(folder, PLAN)
