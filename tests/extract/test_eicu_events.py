"""eICU's diagnoses, results, vital signs and procedures: what each column makes of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from drawn_source import Drawn, Row, drawn

U = {"patientunitstayid": "u"}
UNIT = U | {"patienthealthsystemstayid": "h", "uniquepid": "p", "hospitalid": "7"}
UNIT |= {"hospitaladmitoffset": -100.0, "hospitaldischargeoffset": 9000.0}
UNIT |= {"unitdischargeoffset": 5000.0}
END_OF_DAY = 1540.0


@pytest.fixture
def eicu() -> Iterator[Drawn]:
    """Unit stay u begins 100 minutes after its admission h."""
    with drawn("eicu") as source:
        source.draw("source.patient", UNIT)
        yield source


@pytest.mark.parametrize(
    ("told", "is_from_outside", "apache"),
    [
        ({}, None, 1540.0),
        ({"unitadmitsource": "Emergency Department"}, True, 1540.0),
        ({"unitadmitsource": "Direct Admit", "unitvisitnumber": 1.0}, True, 1540.0),
        ({"unitadmitsource": "Direct Admit", "unitvisitnumber": 2.0}, False, 1540.0),
        ({"unitadmitsource": "Floor"}, False, 1540.0),
        ({"unitadmitsource": "Other Hospital", "hospitaladmitoffset": -1439.0}, True, 2879.0),
        ({"unitadmitsource": "Other Hospital", "hospitaladmitoffset": -1440.0}, False, 2880.0),
        ({"unitdischargeoffset": 900.0}, None, 1000.0),
        ({"unitdischargeoffset": 1440.0}, None, 1540.0),
    ],
)
def test_the_clock_of_a_unit_stay(told: Row, is_from_outside: bool | None, apache: float) -> None:
    with drawn("eicu") as source:
        source.draw("source.patient", UNIT | told)
        source.prepare("unit_stay")
        columns = ("shift", "discharged", "is_from_outside", "apache_minutes")
        begun = -(UNIT | told)["hospitaladmitoffset"]
        expected = [(begun, 9000.0 + begun, is_from_outside, apache)]
        assert source.prepared("unit_stay", *columns) == expected


def score(path: str, at: float = 10.0) -> Row:
    return U | {"physicalexamoffset": at, "physicalexampath": f"notes/Neurologic/GCS/{path}"}


EYES, VERBAL, MOTOR = "Eyes Score/4", "Verbal Score/5", "Motor Score/6"


@pytest.mark.parametrize(
    ("paths", "value"),
    [
        (["14"], 14.0),
        ([EYES, VERBAL, MOTOR], 15.0),
        ([EYES, VERBAL, MOTOR, "3"], 3.0),  # the total before the sum
        ([EYES, "Eyes Score/1", VERBAL, "Verbal Score/1", MOTOR, "Motor Score/1"], 3.0),
        ([EYES, VERBAL, "Motor Score/1"], 10.0),
        (["14", "9"], 9.0),  # of two the lower
        ([EYES, VERBAL], None),
        (["scored"], None),
        (["14/x"], None),
        ([EYES, VERBAL, "Other Score/6"], None),
    ],
)
def test_the_coma_score_of_an_examination(
    eicu: Drawn, paths: list[str], value: float | None
) -> None:
    eicu.draw("source.physicalexam", *(score(path) for path in paths), score(EYES, 20.0))
    eicu.prepare("coma_score")
    assert eicu.prepared("coma_score", "value") == ([(value,)] if value else [])


OUTPUT = U | {"intakeoutputoffset": 5.0, "cellvaluenumeric": 100.0, "celllabel": "Urine"}
OUTPUT |= {"cellpath": "flowsheet|Intake & Output|Output (ml)|Urine"}
INSPIRED = U | {"respchartoffset": 5.0, "respchartvaluelabel": " FiO2", "respchartvalue": "40 %"}


@pytest.mark.parametrize(
    ("table", "told", "found"),
    [
        ("intakeoutput", OUTPUT, ("urine_output", 100.0, "mL", 105.0)),
        ("intakeoutput", OUTPUT | {"celllabel": "Indwelling Foley"}, True),
        ("intakeoutput", OUTPUT | {"celllabel": "VOIDED amount"}, True),
        ("intakeoutput", OUTPUT | {"celllabel": "Chest tube"}, None),
        ("intakeoutput", OUTPUT | {"celllabel": "Urine Count"}, None),
        ("intakeoutput", OUTPUT | {"cellpath": "flowsheet|Output|x"}, None),
        ("intakeoutput", OUTPUT | {"cellvaluenumeric": None}, None),
        ("respiratorycharting", INSPIRED, ("fio2", 40.0, "%", 105.0)),
        ("respiratorycharting", INSPIRED | {"respchartvaluelabel": "FiO2 (%)"}, True),
        ("respiratorycharting", INSPIRED | {"respchartvalue": "low"}, None),
        ("respiratorycharting", INSPIRED | {"respchartvaluelabel": "PEEP"}, None),
        ("physicalexam", score("15", 5.0), ("gcs", 15.0, "points", 105.0)),
    ],
)
def test_what_is_charted_among_other_things(
    eicu: Drawn, table: str, told: Row, found: tuple[Any, ...] | bool | None
) -> None:
    eicu.draw(f"source.{table}", told, told | {"patientunitstayid": "nobody"})
    eicu.prepare("unit_stay", "coma_score", "vital_charted")
    rows = eicu.rows("vital", "vital_code", "value", "unit", "measured_at")
    assert (len(rows) == 1) if found is True else (rows == ([found] if found else []))


def test_vital_signs_of_monitors_have_the_names_of_their_columns(eicu: Drawn) -> None:
    monitor = {"temperature": 37.0, "sao2": 97.0, "heartrate": 80.0, "respiration": 16.0}
    monitor |= {"systemicsystolic": 120.0, "systemicdiastolic": 70.0, "systemicmean": None}
    cuff = {"noninvasivesystolic": 121.0, "noninvasivediastolic": 71.0, "noninvasivemean": 90.0}
    eicu.draw("source.vitalperiodic", U | monitor | {"observationoffset": 5.0})
    eicu.draw("source.vitalaperiodic", U | cuff | {"observationoffset": -5.0})
    eicu.prepare("unit_stay", "coma_score", "vital_charted")
    assert eicu.rows("vital", "vital_code", "value", "unit", "measured_at") == [
        *(("dbp", 70.0, "mmHg", 105.0), ("dbp", 71.0, "mmHg", 95.0)),
        *(("heart_rate", 80.0, "/min", 105.0), ("map", 90.0, "mmHg", 95.0)),
        *(("respiratory_rate", 16.0, "/min", 105.0), ("sbp", 120.0, "mmHg", 105.0)),
        *(("sbp", 121.0, "mmHg", 95.0), ("spo2", 97.0, "%", 105.0)),
        ("temperature", 37.0, "C", 105.0),
    ]


PARTS = {"eyes": 4.0, "motor": 6.0, "verbal": 5.0}
SIGNS = {"temperature": 38.0, "respiratoryrate": 30.0, "heartrate": 120.0, "meanbp": 50.0}
SIGNS |= {"fio2": 60.0}
RESULTS = {"wbc": 20.0, "sodium": 130.0, "ph": 7.2, "hematocrit": 30.0, "creatinine": 2.0}
RESULTS |= {"albumin": 0.5, "pao2": 60.0, "pco2": 50.0, "glucose": 200.0, "bilirubin": 3.0}


def test_the_worst_values_of_apache_are_known_at_the_end_of_their_day(eicu: Drawn) -> None:
    missing = dict.fromkeys(PARTS | SIGNS | RESULTS, -1.0)
    for told in (PARTS | SIGNS | RESULTS, missing, dict.fromkeys(missing, 0.0)):
        eicu.draw("source.apacheapsvar", U | told)
    eicu.prepare("unit_stay", "coma_score", "vital_charted", "lab_name")
    vitals = eicu.rows("vital", "vital_code", "value", "measured_at")
    expected = {"temperature": 38.0, "respiratory_rate": 30.0, "heart_rate": 120.0, "map": 50.0}
    expected |= {"fio2": 60.0, "gcs": 15.0}
    assert vitals == sorted((name, value, END_OF_DAY) for name, value in expected.items())
    labs = eicu.rows("lab", "lab_code", "value", "unit", "collected_at", "resulted_at")
    names = {"pco2": "paco2", "bilirubin": "total_bilirubin"}
    assert [row[:2] for row in labs] == sorted(
        (names.get(name, name), value) for name, value in RESULTS.items()
    )
    assert {row[3:] for row in labs} == {(END_OF_DAY, END_OF_DAY)}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [0.0, -1.0, None])
def test_a_coma_score_of_apache_has_three_parts(eicu: Drawn, part: str, value: Any) -> None:
    eicu.draw("source.apacheapsvar", U | PARTS | {part: value})
    eicu.draw("source.apacheapsvar", U | dict.fromkeys(PARTS, 1.0))
    eicu.draw("source.apacheapsvar", U | {"temperature": 0.5})
    eicu.prepare("unit_stay", "coma_score", "vital_charted")
    assert eicu.rows("vital", "vital_code", "value") == [("gcs", 3.0), ("temperature", 0.5)]


LAB = U | {"labname": " PaO2 ", "labresult": 80.0, "labresulttext": "80", "labresultoffset": 20.0}
LAB |= {"labmeasurenamesystem": "mm Hg", "labresultrevisedoffset": 30.0}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, ("pao2", 80.0, "mm Hg", 120.0, 130.0)),
        ({"labresultrevisedoffset": 10.0}, ("pao2", 80.0, "mm Hg", 120.0, 120.0)),
        ({"labresultrevisedoffset": None}, ("pao2", 80.0, "mm Hg", 120.0, 120.0)),
        ({"labname": " Zinc "}, ("Zinc", 80.0, "mm Hg", 120.0, 130.0)),
        ({"patientunitstayid": "nobody"}, None),
    ],
)
def test_results(eicu: Drawn, told: Row, found: tuple[Any, ...] | None) -> None:
    eicu.draw("source.lab", LAB | told)
    eicu.prepare("unit_stay", "lab_name")
    rows = eicu.rows("lab", "lab_code", "value", "unit", "collected_at", "resulted_at")
    assert rows == ([found] if found else [])


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"apacheversion": " IVa", "apachescore": 50.0}, [("apache_iv", 50.0, END_OF_DAY)]),
        ({"apacheversion": "IVa", "apachescore": 0.0}, [("apache_iv", 0.0, END_OF_DAY)]),
        ({"apacheversion": "IVa", "apachescore": -1.0}, []),
        ({"apacheversion": "IV", "apachescore": 50.0}, []),
    ],
)
def test_the_score_of_apache(eicu: Drawn, told: Row, found: list[Any]) -> None:
    eicu.draw("source.apachepatientresult", U | told, U | told)
    eicu.prepare("unit_stay")
    assert eicu.rows("score", "score_code", "value", "scored_at") == found


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("renal|dialysis|C V V H", "crrt"),
        ("renal|dialysis|SCUF", "crrt"),
        ("renal|dialysis|hemodialysis", "hemodialysis"),
        ("renal|dialysis|peritoneal dialysis", None),
        ("pulmonary|ECMO", "ecmo"),
        ("cardiovascular|x|Extracorporeal Membrane Oxygenation", "ecmo"),
        ("pulmonary|hemodialysis", None),
    ],
)
def test_procedures_by_the_words_of_a_treatment(eicu: Drawn, words: str, code: str | None) -> None:
    eicu.draw("source.treatment", U | {"treatmentstring": words, "treatmentoffset": 5.0})
    eicu.prepare("unit_stay")
    assert eicu.rows("procedure", "procedure_code", "started_at") == (
        [(code, 105.0)] if code else []
    )


def test_step_down_patients_are_not_in_intensive_care() -> None:
    with drawn("eicu") as source:
        kinds = ("stepdown/other", "admit", "readmit", None)
        source.draw("source.patient", *(UNIT | {"unitstaytype": kind} for kind in kinds))
        rows = source.rows("icu_stay", "hospital_id", "admission_id", "started_at", "stopped_at")
        assert rows == [("7", "h", 100.0, 5100.0)] * 3


@pytest.mark.parametrize(
    ("genders", "sexes"),
    [
        (["Male", "Male"], ["male"]),
        (["Male", "Unknown", None], ["male"]),
        (["Male", "Female"], ["female", "male"]),
        (["Unknown", None], ["unknown"]),
    ],
)
def test_the_sex_of_a_person(genders: list[str | None], sexes: list[str]) -> None:
    with drawn("eicu") as source:
        source.draw("source.patient", *(UNIT | {"gender": gender} for gender in genders))
        source.draw("source.patient", UNIT | {"uniquepid": "q", "gender": None})
        source.draw("source.patient", UNIT | {"hospitalid": "8", "gender": None})
        found = source.rows("patient", "hospital_id", "patient_id", "sex")
    others = [("7", "q", "unknown"), ("8", "p", "unknown")]
    assert found == [*(("7", "p", sex) for sex in sexes), *others]


def test_orders_that_count_as_given_are_counted(eicu: Drawn) -> None:
    flags = [(None, None), (False, False), (True, False), (False, True), (True, True)]
    for cancelled, prn in flags:
        eicu.draw("source.medication", U | {"drugordercancelled": cancelled, "prn": prn})
    for rate in ("0.5", "0", "x", None, "3 "):
        eicu.draw("source.infusiondrug", U | {"drugrate": rate})
    eicu.draw("source.infusiondrug", {"patientunitstayid": "nobody", "drugrate": "3"})
    eicu.prepare("unit_stay", "words_unread")
    columns = ("hospital_id", "about", "violated", "denominator")
    assert eicu.prepared("words_unread", *columns) == [("7", "order", 2, 4)]


def past(eicu: Drawn, *paths: str | None) -> list[tuple[Any, ...]]:
    """How paths of a history are coded."""
    for path in paths:
        eicu.draw("source.pasthistory", U | {"pasthistoryoffset": 5.0, "pasthistorypath": path})
    eicu.prepare("past_code", "past_cancer_code", "past_condition")
    return eicu.prepared("past_condition", "vocabulary", "code")


ORGANS = "notes/Progress Notes/Past History/Organ Systems/"
CANCER = f"{ORGANS}Hematology/Oncology (R)/Cancer/"


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("Renal  (R)/Renal Failure/Renal Failure - hemodialysis", ["N18.5", "Z99.2"]),
        ("Renal  (R)/Renal Failure/renal failure - not currently dialyzed", ["N18.9"]),
        ("Cardiovascular (R)/Angina/angina - stable", ["I20.9"]),  # what is below a heading
        ("Cardiovascular (R)/Angina", ["I20.9"]),
        ("Cardiovascular (R) / Valve disease / AS", ["I35.0"]),
        ("Cardiovascular (R)/Valve disease/x", ["I38"]),  # the longest above it
        ("Infectious Disease (R)/Immunosuppression within past 6 months/>= 20 mg prednisone per day"
         " or equivalent", ["Z79.52"]),
        ("Hematology/Oncology (R)/Cancer/Cancer-Primary Site/lung", ["C34.9"]),
        ("Hematology/Oncology (R)/Cancer/Metastases", ["C79.9"]),
        ("Hematology/Oncology (R)/Cancer/Metastases/elsewhere", ["C79.9"]),
        ("Hematology/Oncology (R)/Cancer/Hematologic Malignancy/AML", ["C92.0"]),
        ("Hematology/Oncology (R)/Cancer/x", ["C80.9"]),
        ("Hematology/Oncology (R)/Cancer Therapy/Chemotherapy/BMT within past 12 mos.", ["Z94.8"]),
        ("Hematology/Oncology (R)/Cancer Therapy/Chemotherapy/Cis-platinum", ["Z92.6"]),
        ("Cardiovascular (R)/Anginal", None),  # begins as a heading, and is none
        ("Pulmonary/Past History Obtain Options/x", []),
        ("Pulmonary (R)/Pulmonary Function Tests/FEV1", []),
        ("Pulmonary (R)/Exercise Tolerance/x", []),
    ],
)  # fmt: skip
def test_a_history_has_the_code_of_the_longest_heading_above(
    eicu: Drawn, path: str, codes: list[str] | None
) -> None:
    found = past(eicu, ORGANS + path)
    local = [("local", ORGANS + path)]
    assert [code for _, code in found] == codes if codes is not None else found == local


def test_paths_of_a_history_do_not_change_each_other(eicu: Drawn) -> None:
    paths = [None, f"{ORGANS}Cardiovascular (R)/Angina", f"{CANCER}x", f"{ORGANS}Other/y", "z"]
    assert past(eicu, *paths, paths[1]) == [
        *(("ICD10", "C80.9"), ("ICD10", "I20.9"), ("ICD10", "I20.9")),
        *(("local", f"{ORGANS}Other/y"), ("local", "z"), ("local", None)),
    ]


OF_NOBODY: dict[str, tuple[str, Row]] = {
    "diagnosis": ("diagnosis", {"icd9code": "I10"}),
    "diagnosis of before": ("pasthistory", {"pasthistorypath": f"{CANCER}x"}),
    "diagnosis at the door": ("admissiondx", {"admitdxname": "Anemia"}),
    "lab": ("lab", {"labname": "pH"}),
    "lab of apache": ("apacheapsvar", {"ph": 7.0}),
    "vital of apache": ("apacheapsvar", {"heartrate": 7.0}),
    "vital": ("vitalperiodic", {"heartrate": 7.0}),
    "medication": ("medication", {"drugname": "x"}),
    "medication by rate": ("infusiondrug", {"drugname": "x (mg/hr)", "drugrate": "3"}),
    "procedure": ("treatment", {"treatmentstring": "renal|dialysis|SCUF"}),
    "score": ("apachepatientresult", {"apacheversion": "IVa", "apachescore": 3.0}),
    "respiratory_support": ("treatment", {"treatmentstring": "a|mechanical ventilation"}),
}


@pytest.mark.parametrize("name", OF_NOBODY)
def test_rows_of_no_unit_stay_are_left_out(eicu: Drawn, name: str) -> None:
    """They are counted before (`ehrivig.extract.unplaced`)."""
    (table, row), target = OF_NOBODY[name], name.split()[0]
    eicu.prepare("unit_stay", "device_word", "route_word", "drug_name", "lab_name")
    eicu.draw("source.diagnosis", U | {"icd9code": "I10"})
    eicu.draw(f"source.{table}", row | {"patientunitstayid": "of nobody"})
    eicu.prepare("past_code", "past_cancer_code", "past_condition", "admission_reason")
    eicu.prepare("coma_score", "vital_charted")
    rows = eicu.rows(target, "admission_id")
    assert rows == ([("h",)] if target == "diagnosis" else [])
    eicu.draw(f"source.{table}", row | U)
    eicu.prepare("past_condition", "admission_reason", "drug_name")
    assert len(eicu.rows(target, "admission_id")) == len(rows) + 1


MEDICAL = "admission diagnosis|All Diagnosis|Non-operative|Diagnosis|"
SURGICAL = "admission diagnosis|All Diagnosis|Operative|Diagnosis|"


@pytest.mark.parametrize(
    ("path", "name", "found"),
    [
        (
            MEDICAL,
            "Sepsis,  renal/UTI (including bladder)",
            [("ICD10", "A41.9"), ("ICD10", "N39.0")],
        ),
        (MEDICAL, "Rhythm disturbance (atrial, supraventricular)", [("ICD10", "I49.9")]),
        (f"{MEDICAL}Anemia", " ", [("ICD10", "D64.9")]),
        (MEDICAL, "Overdose, other", [("local", "Overdose, other")]),
        (f"{MEDICAL}Overdose, other", None, [("local", "Overdose, other")]),
        (None, "Overdose, other", [("local", "Overdose, other")]),
        (SURGICAL, "Graft, femoral-popliteal bypass", []),
        (SURGICAL, "Cancer-stomach, surgery for", [("ICD10", "C16.9")]),
        ("admission diagnosis|Was the patient admitted from the O.R.|No", "No", []),
    ],
)
def test_why_somebody_came_to_the_unit(
    eicu: Drawn, path: str | None, name: str | None, found: list[Any]
) -> None:
    eicu.draw("source.admissiondx", U | {"admitdxpath": path, "admitdxname": name})
    eicu.prepare("admission_reason")
    assert eicu.prepared("admission_reason", "vocabulary", "code") == found


def diagnoses(eicu: Drawn) -> list[tuple[Any, ...]]:
    names = ("unit_stay", "past_code", "past_cancer_code", "past_condition", "admission_reason")
    eicu.prepare(*names)
    columns = ("admission_id", "code", "vocabulary", "present_on_admission", "diagnosed_at")
    return eicu.rows("diagnosis", *columns)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"icd9code": "401.9, I10"}, [("401.9", "ICD9CM"), ("I10", "ICD10CM")]),
        ({"icd9code": "E980.2,V62.84"}, [("E980.2", "ICD9CM"), ("V62.84", "ICD9CM")]),
        ({"icd9code": "E87.2"}, [("E87.2", "ICD10CM")]),
        ({"icd9code": "410.x"}, [("410.x", "local")]),
        ({"icd9code": " ", "diagnosisstring": "cardiac|401.9"}, [("cardiac|401.9", "local")]),
        ({"icd9code": None, "diagnosisstring": "401.9"}, [("401.9", "local")]),
    ],
)
def test_codes_of_diagnoses(eicu: Drawn, told: Row, found: list[Any]) -> None:
    eicu.draw("source.diagnosis", U | {"diagnosisoffset": 5.0} | told)
    assert diagnoses(eicu) == [("h", *one, None, 105.0) for one in found]


ANGINA = {"pasthistorypath": f"{ORGANS}Cardiovascular (R)/Angina"}
ANEMIA = {"admitdxpath": MEDICAL, "admitdxname": "Anemia"}


@pytest.mark.parametrize(
    ("source", "from_outside"), [("Emergency Department", True), ("Floor", None)]
)
def test_what_was_there_before_is_one_row_for_each_stay_and_code(
    source: str, from_outside: bool | None
) -> None:
    with drawn("eicu") as eicu:
        later = {"patientunitstayid": "v", "hospitaladmitoffset": -200.0, "unitvisitnumber": 2.0}
        eicu.draw("source.patient", UNIT | {"unitadmitsource": source}, UNIT | later)
        other = {"patientunitstayid": "w", "patienthealthsystemstayid": "i"}
        eicu.draw("source.patient", UNIT | other)
        coded = {"icd9code": "I10", "diagnosisoffset": 1.0, "patientunitstayid": "v"}
        eicu.draw("source.diagnosis", coded)
        for unit, at in [("u", 30.0), ("u", 20.0), ("v", 40.0), ("w", 10.0)]:
            stay = {"patientunitstayid": unit}
            eicu.draw("source.pasthistory", stay | ANGINA | {"pasthistoryoffset": at})
            eicu.draw("source.admissiondx", stay | ANEMIA | {"admitdxenteredoffset": at})
        assert diagnoses(eicu) == [
            ("h", "D64.9", "ICD10", from_outside, 100.0),  # when the unit stay began
            ("h", "I10", "ICD10CM", None, 201.0),
            ("h", "I20.9", "ICD10", True, 120.0),
        ]


def test_a_reason_entered_before_the_unit_was_known_then(eicu: Drawn) -> None:
    eicu.draw("source.diagnosis", U | {"icd9code": "I10", "diagnosisoffset": 1.0})
    eicu.draw("source.admissiondx", U | ANEMIA | {"admitdxenteredoffset": -7.0})
    assert diagnoses(eicu)[0][-1] == 93.0
