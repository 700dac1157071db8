"""MIMIC's stays, charts and results: what each column makes of a row, in both versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from drawn_source import Drawn, Row, day, drawn

H = {"hadm_id": "1"}
PERSON = {"subject_id": "p"}
PARTS = {"eyes": "220739", "verbal": "223900", "motor": "223901"}


@pytest.fixture(params=["mimic_iv", "mimic_iii"])
def mimic(request: pytest.FixtureRequest) -> Iterator[Drawn]:
    with drawn(request.param) as source:
        yield source


@pytest.fixture
def carevue() -> Iterator[Drawn]:
    """MIMIC-III, with the charts of its older system."""
    with drawn("mimic_iii") as source:
        yield source


def is_iii(mimic: Drawn) -> bool:
    return mimic.name == "mimic_iii"


def chart(mimic: Drawn, item: str, *values: float | str, **told: Any) -> None:
    """One row per value, an hour apart from 10:00 of 01-03; None is no value."""
    for hour, value in enumerate(values, 10):
        column = "value" if isinstance(value, str) else "valuenum"
        row = H | {"itemid": item, "charttime": day(f"01-03 {hour}:00"), column: value}
        mimic.draw("source.chartevents", row | told)


STAY = PERSON | {"hadm_id": "1", "admittime": day("01-02 08:00"), "dischtime": day("01-05 12:00")}


@pytest.mark.parametrize(
    ("registered", "arrived"),
    [(None, "01-02 08:00"), ("01-02 05:00", "01-02 05:00"), ("01-02 09:00", "01-02 08:00")],
)
def test_events_count_from_the_arrival_before_the_admission(
    mimic: Drawn, registered: str | None, arrived: str
) -> None:
    mimic.draw("source.admissions", STAY | {"edregtime": registered and day(registered)})
    mimic.prepare("stay")
    assert mimic.prepared("stay", "hadm_id", "arrived_at") == [("1", day(arrived))]


LAST = {"hadm_id": "2", "admittime": day("01-05 10:00"), "dischtime": day("01-06 10:00")}


@pytest.mark.parametrize(
    ("own", "at", "belongs"),
    [
        *((None, "01-02 07:59", None), (None, "01-02 08:00", "1"), (None, "01-05 12:00", "2")),
        *((None, "01-05 09:59", "1"), (None, "01-06 10:00", "2"), (None, "01-06 10:01", None)),
        *(("1", "01-05 11:00", "1"), ("1", "01-01 00:00", "1"), ("9", "01-05 11:00", "9")),
    ],
)
def test_a_result_belongs_to_its_admission_or_the_stay_in_which_it_falls(
    mimic: Drawn, own: str | None, at: str, belongs: str | None
) -> None:
    mimic.draw("source.admissions", STAY, STAY | LAST, STAY | {"subject_id": "q", "hadm_id": "3"})
    mimic.draw("source.labevents", PERSON | {"hadm_id": own, "itemid": "9", "charttime": day(at)})
    mimic.prepare("stay", "placed", "lab_item", "arterial")
    assert mimic.rows("lab", "admission_id") == ([(belongs,)] if belongs else [])


def specimen(mimic: Drawn, kind: str | None, minute: int) -> None:
    """A blood gas and what its specimen is said to be."""
    at = {"charttime": day(f"01-03 10:{minute:02}"), "hadm_id": "1"} | PERSON
    known = {} if is_iii(mimic) else {"specimen_id": str(minute)}
    mimic.draw("source.labevents", at | known | {"itemid": "50821", "valuenum": 90.0})
    said = {"itemid": "50800", "value": kind}
    mimic.draw("source.labevents", at | known | said)


def test_oxygen_counts_as_arterial_where_its_specimen_says_so(mimic: Drawn) -> None:
    for minute, kind in enumerate(["ART.", "art", "VEN.", None, "CENTRAL ART"]):
        specimen(mimic, kind, minute)
    mimic.draw("source.labevents", H | {"itemid": "50912"}, H | {"itemid": "52033", "value": "ART"})
    mimic.prepare("stay", "placed", "lab_item", "arterial")
    codes = mimic.rows("lab", "lab_code", "vocabulary")
    assert [code for code in codes if code[0] != "50800"] == [
        *[("2160-0", "LOINC"), ("2703-7", "LOINC"), ("2703-7", "LOINC")],
        *[("50821", "local")] * 3,
        ("52033", "local"),
    ]


def test_of_a_specimen_without_a_number_nothing_is_known() -> None:
    with drawn("mimic_iv") as mimic:
        mimic.draw("source.labevents", H | {"itemid": "50800", "value": "ART."})
        mimic.draw("source.labevents", H | {"itemid": "50821", "valuenum": 90.0})
        mimic.prepare("stay", "placed", "lab_item", "arterial")
        assert mimic.prepared("arterial", "specimen_id") == []
        assert {code for (code,) in mimic.rows("lab", "lab_code")} == {"50800", "50821"}


def test_a_lab_item_is_arterial_or_of_any_blood(mimic: Drawn) -> None:
    mimic.prepare("lab_item")
    arterial = {loinc for loinc, only in mimic.prepared("lab_item", "loinc", "in_artery") if only}
    assert arterial == {"2744-1", "2019-8", "2703-7"}


@pytest.mark.parametrize(
    ("unit", "told"), [(" Units ", None), ("mg/dL ", "mg/dl"), (None, None), ("units/L", "units/l")]
)
def test_units_of_results(mimic: Drawn, unit: str | None, told: str | None) -> None:
    mimic.draw("source.labevents", H | {"itemid": "50912", "valueuom": unit})
    mimic.prepare("stay", "placed", "lab_item", "arterial")
    assert mimic.rows("lab", "unit") == [(told,)]


DAY = day("01-05 00:00")


@pytest.mark.parametrize(
    ("dod", "stays", "death"),
    [
        (None, [STAY], None),
        (DAY, [], DAY),
        (DAY, [STAY], day("01-05 12:00")),  # left alive on that day
        (DAY, [STAY | {"dischtime": day("01-04 12:00")}], DAY),
        (DAY, [STAY, STAY | LAST | {"dischtime": day("01-05 20:00")}], day("01-05 20:00")),
        (DAY, [STAY | {"deathtime": day("01-05 11:00")}], day("01-05 11:00")),
        (None, [STAY | {"deathtime": day("01-05 11:00")}], day("01-05 11:00")),
        (DAY, [STAY | {"deathtime": day("01-05 11:00")}, STAY | LAST], day("01-05 11:00")),
        (
            DAY,
            [STAY | {"deathtime": day("01-04 11:00")}, STAY | {"deathtime": day("01-05 11:00")}],
            day("01-05 11:00"),
        ),
        (DAY, [STAY | {"subject_id": "q"}], DAY),
    ],
)
def test_the_moment_of_death(mimic: Drawn, dod: Any, stays: list[Row], death: Any) -> None:
    mimic.draw("source.patients", PERSON | {"dod": dod, "gender": " f"})
    mimic.draw("source.admissions", *stays)
    mimic.prepare("death")
    assert mimic.prepared("death", "death_at") == ([(death,)] if death else [])
    assert mimic.rows("patient", "death_at", "sex") == [(death, "female")]


@pytest.mark.parametrize(("gender", "sex"), [("M ", "male"), ("x", "unknown"), (None, "unknown")])
def test_sex(mimic: Drawn, gender: str | None, sex: str) -> None:
    mimic.draw("source.patients", PERSON | {"gender": gender})
    mimic.prepare("death")
    assert mimic.rows("patient", "sex") == [(sex,)]


def body(mimic: Drawn) -> list[tuple[Any, ...]]:
    mimic.prepare("chart_item", "weight_height")
    return mimic.prepared("weight_height", "hadm_id", "weight_kg", "height_cm")


@pytest.mark.parametrize(
    ("charted", "found"),
    [
        ([("226512", 70.0), ("226730", 180.0)], (70.0, 180.0)),
        ([("226531", 100.0), ("226707", 70.0)], (45.3592, 177.8)),
        ([("226512", 0.5)], (0.5, None)),
        ([("226512", 0.0), ("226730", -1.0)], None),
        ([("220045", 80.0)], None),  # a heart rate
        ([("226730", 180.0)], (None, 180.0)),
    ],
)
def test_weight_and_height_as_charted(mimic: Drawn, charted: list[Any], found: Any) -> None:
    for item, value in charted:
        chart(mimic, item, value)
    rows = body(mimic)
    assert rows == ([("1", pytest.approx(found[0]), pytest.approx(found[1]))] if found else [])


def test_the_first_weight_counts_and_that_of_an_infusion_for_want_of_one(mimic: Drawn) -> None:
    table = "source.inputevents_mv" if is_iii(mimic) else "source.inputevents"
    chart(mimic, "226512", 70.0, 90.0)
    chart(mimic, "224639", 80.0)
    chart(mimic, "226730", 180.0, 150.0)
    chart(mimic, "226730", 190.0, hadm_id="3")
    for stay, hour, weight in [("1", 9, 60.0), ("2", 9, 0.0), ("2", 10, 66.0), ("2", 11, 55.0)]:
        at = day(f"01-03 {hour:02}:00")
        mimic.draw(table, {"hadm_id": stay, "starttime": at, "patientweight": weight})
    mimic.draw(table, {"hadm_id": "2", "starttime": day("01-03 10:00"), "patientweight": 65.0})
    mimic.draw(table, {"hadm_id": "3", "starttime": day("01-03 10:00"), "patientweight": 0.5})
    assert body(mimic) == [("1", 70.0, 180.0), ("2", 65.0, None), ("3", 0.5, 190.0)]


def vitals(mimic: Drawn) -> list[tuple[Any, ...]]:
    mimic.prepare("chart_item", "coma_score")
    return mimic.rows("vital", "vital_code", "value", "unit")


@pytest.mark.parametrize(
    ("item", "value", "told", "found"),
    [
        ("223835", 1.0, {}, [("fio2", 1.0, "fraction")]),
        ("223835", 1.1, {}, [("fio2", 1.1, "%")]),
        ("220045", 0.5, {}, [("heart_rate", 0.5, "/min")]),
        ("223761", 98.0, {}, [("temperature", 98.0, "F")]),
        ("220045", 80.0, {"hadm_id": None}, []),
        ("220045", None, {}, []),
        ("226512", 70.0, {}, []),
        ("226730", 180.0, {}, []),
        ("9", 70.0, {}, []),
    ],
)
def test_vital_signs_as_charted(
    mimic: Drawn, item: str, value: float, told: Row, found: list[Any]
) -> None:
    chart(mimic, item, value, **told)
    assert vitals(mimic) == found


def test_the_coma_score_is_its_three_parts_at_one_moment(mimic: Drawn) -> None:
    parts = [(4.0, 3.0, 3.0), (5.0, 1.0, 1.0), (6.0, 2.0)]
    for item, values in zip(PARTS.values(), parts, strict=True):
        chart(mimic, item, *values)
    chart(mimic, PARTS["eyes"], 9.0)  # of two values at one moment the lower
    chart(mimic, PARTS["verbal"], 9.0)
    chart(mimic, PARTS["motor"], 9.0)
    for item in PARTS.values():
        chart(mimic, item, 1.0, hadm_id=None)
    assert vitals(mimic) == [("gcs", 15.0, "points"), ("gcs", 6.0, "points")]


def test_urine_is_what_is_put_out(mimic: Drawn) -> None:
    urine = H | {"itemid": "226559", "value": 100.0, "charttime": DAY}
    rows = [{}, {"valueuom": "L"}, {"itemid": "227488"}, {"hadm_id": None}, {"value": None}]
    mimic.draw("source.outputevents", *(urine | told for told in rows))
    assert vitals(mimic) == [("urine_output", 100.0, "L"), ("urine_output", 100.0, "mL")]


@pytest.mark.parametrize("error", [0, 1])
def test_what_is_marked_as_an_error_is_left_out(carevue: Drawn, error: int) -> None:
    for item in ("220045", *PARTS.values(), "226512", "146"):
        chart(carevue, item, 3.0, error=error)
    chart(carevue, "226732", "None", error=error)
    urine = {"itemid": "226559", "value": 1.0, "iserror": error}
    carevue.draw("source.outputevents", H | urine)
    seen = 0 if error else 1
    assert len(vitals(carevue)) == 3 * seen
    assert len(body(carevue)) == seen
    assert len(carevue.rows("procedure", "procedure_code")) == seen
    carevue.prepare("support_point")
    assert len(carevue.prepared("support_point", "device")) == seen


@pytest.mark.parametrize(
    ("item", "word", "device"),
    [
        *(("223849", "CMV/ASSIST", "imv"), ("229314", "NIV", "niv"), ("223849", " DuoPaP ", "niv")),
        *(("229314", "NIV-ST", "niv"), ("223849", "Standby", None), ("229314", "Ambient", None)),
        *(("223849", "Other/Remarks", None), ("226732", "Endotracheal tube", "imv")),
        *(("226732", "Bipap mask ", "niv"), ("226732", "CPAP mask", "niv")),
        *(("226732", "High flow nasal cannula", "hfnc"), ("226732", "Nasal cannula", None)),
        *(("226732", "Oxymizer", "nasal_cannula"), ("226732", "T-piece", "face_mask")),
        *(("226732", "None", "room_air"), ("226732", "Tracheostomy tube", None)),
        *(("226732", "Standby", None), ("226732", "NIV", None), ("9", "None", None)),
    ],
)
def test_what_a_device_or_mode_means(
    mimic: Drawn, item: str, word: str, device: str | None
) -> None:
    chart(mimic, item, word)
    chart(mimic, item, word, hadm_id=None)
    mimic.prepare("support_point")
    device = "nasal_cannula" if word == "Nasal cannula" else device
    assert mimic.prepared("support_point", "device") == ([(device,)] if device else [])


def test_a_device_holds_until_the_next_the_discharge_or_a_day(mimic: Drawn) -> None:
    mimic.draw("source.admissions", STAY, STAY | {"hadm_id": "2", "dischtime": day("01-03 12:00")})
    chart(mimic, "226732", "Nasal cannula", "Oxymizer")
    chart(mimic, "226732", "Endotracheal tube", "Bipap mask")  # of two the more invasive
    chart(mimic, "226732", "Oxymizer", "None", "None", "None", hadm_id="2")
    chart(mimic, "226732", "None", hadm_id="nobody")
    mimic.prepare("stay", "support_point")
    found = mimic.rows("respiratory_support", "admission_id", "device", "started_at", "stopped_at")
    hours = [day(f"01-03 {hour}:00") for hour in range(10, 14)]
    assert found == [
        ("1", "imv", hours[0], hours[1]),
        ("1", "niv", hours[1], day("01-04 11:00")),
        ("2", "nasal_cannula", hours[0], hours[1]),
        ("2", "room_air", hours[1], hours[2]),
        ("2", "room_air", hours[2], hours[2]),
        ("2", "room_air", hours[3], hours[3]),  # never before its beginning
    ]


RUN = H | {"starttime": day("01-03 10:00"), "endtime": day("01-03 20:00")}


@pytest.mark.parametrize(
    ("told", "device", "procedure"),
    [
        ({"itemid": "225792"}, "imv", None),
        ({"itemid": "225794"}, "niv", None),
        ({"itemid": "225802"}, None, "crrt"),
        ({"itemid": "225441"}, None, "hemodialysis"),
        ({"itemid": "225441", "statusdescription": "FinishedRunning"}, None, "hemodialysis"),
        ({"itemid": "225441", "statusdescription": "Rewritten "}, None, None),
        ({"itemid": "225792", "statusdescription": "FinishedRunning"}, "imv", None),
        ({"itemid": "225792", "statusdescription": "Rewritten "}, None, None),
        ({"itemid": "225792", "hadm_id": None}, None, None),
        ({"itemid": "225441", "hadm_id": None}, None, None),
    ],
)
def test_what_is_recorded_with_its_end(
    mimic: Drawn, told: Row, device: str | None, procedure: str | None
) -> None:
    table = "source.procedureevents_mv" if is_iii(mimic) else "source.procedureevents"
    mimic.draw(table, RUN | told)
    mimic.prepare("stay", "support_point")
    assert mimic.rows("respiratory_support", "device") == ([(device,)] if device else [])
    columns = ("procedure_code", "started_at", "stopped_at")
    expected = [(procedure, RUN["starttime"], RUN["endtime"])] if procedure else []
    assert mimic.rows("procedure", *columns) == expected


def test_prone_position_lasts_until_another_or_a_day(mimic: Drawn) -> None:
    rows = {
        "01-03 10:00": "Supine",
        "01-03 12:00": " Prone ",
        "01-03 14:00": "Prone",
        "01-03 18:00": "Left side",
        "01-04 10:00": "Prone",
        "01-05 10:00": "Prone",  # a day later, which is still held
    }
    for at, value in rows.items():
        chart(mimic, "224093", value, charttime=day(at))
    ended = day("01-06 10:00") + timedelta(seconds=1)
    chart(mimic, "224093", "Prone", charttime=ended)  # when the run before had ended
    chart(mimic, "224093", "Supine", charttime=day("01-03 12:00"))  # of both at once prone
    chart(mimic, "224093", "Prone", charttime=day("01-03 13:00"), hadm_id="2")
    chart(mimic, "224093", "Prone", hadm_id=None)
    found = mimic.rows("procedure", "admission_id", "procedure_code", "started_at", "stopped_at")
    assert found == [
        ("1", "prone_position", day("01-03 12:00"), day("01-03 18:00")),
        ("1", "prone_position", day("01-04 10:00"), day("01-06 10:00")),
        ("1", "prone_position", ended, ended + timedelta(days=1)),
        ("2", "prone_position", day("01-03 13:00"), day("01-04 13:00")),
    ]


def test_flows_of_dialysate_are_one_run(carevue: Drawn) -> None:
    later = day("01-05 10:00") + timedelta(seconds=1)
    for at, value in [(day("01-03 10:00"), 2.0), (day("01-04 10:00"), 0.5), (later, 1.0)]:
        chart(carevue, "146", value, charttime=at)
    chart(carevue, "146", 0.0, charttime=day("01-03 09:00"))
    chart(carevue, "547", "Prone", charttime=day("01-03 09:00"))
    assert carevue.rows("procedure", "procedure_code", "started_at", "stopped_at") == [
        ("crrt", day("01-03 10:00"), day("01-04 10:00")),
        ("crrt", later, later),
        ("prone_position", day("01-03 09:00"), day("01-04 09:00")),
    ]


BOTH = {
    "DIED": "died",
    "Dead/Expired": "died",
    "SHORT TERM HOSPITAL": "transferred",
    None: "unknown",
    "Elsewhere": "Elsewhere",
}
PLACES = {
    "mimic_iv": {"ACUTE HOSPITAL": "transferred", "AGAINST ADVICE": "against_advice"}
    | {"HOME": "alive", "REHAB": "alive", "HEALTHCARE FACILITY": "alive"},
    "mimic_iii": {"DISC-TRAN CANCER/CHLDRN H": "transferred", "DISCH-TRAN TO PSYCH HOSP": "alive"}
    | {"LEFT AGAINST MEDICAL ADVI": "against_advice", "HOME WITH HOME IV PROVIDR": "alive"}
    | {"HOSPICE-HOME": "alive", "SNF-MEDICAID ONLY CERTIF": "alive", "ICF": "alive"},
}


@pytest.mark.parametrize(
    ("layout", "place", "status"),
    [(layout, *row) for layout, own in PLACES.items() for row in (BOTH | own).items()],
)
def test_where_people_go(layout: str, place: str | None, status: str) -> None:
    with drawn(layout) as mimic:
        mimic.draw("source.admissions", STAY | {"discharge_location": place})
        mimic.prepare("chart_item", "weight_height")
        assert mimic.rows("admission", "discharge_status") == [(status,)]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"hospital_expire_flag": 1}, "died"),
        ({"hospital_expire_flag": 0, "deathtime": DAY}, "died"),
        ({"hospital_expire_flag": 0}, "alive"),
    ],
)
def test_who_died_in_hospital(mimic: Drawn, told: Row, status: str) -> None:
    mimic.draw("source.admissions", STAY | {"discharge_location": "HOME"} | told)
    chart(mimic, "226512", 70.0)
    chart(mimic, "226730", 180.0, hadm_id="2")
    mimic.prepare("chart_item", "weight_height")
    columns = ("discharge_status", "weight_kg", "height_cm")
    assert mimic.rows("admission", *columns) == [(status, 70.0, None)]


def test_the_age_is_that_of_the_anchor_and_the_years_since() -> None:
    with drawn("mimic_iv") as mimic:
        anchor = {"anchor_age": 60, "anchor_year": 2018}
        mimic.draw("source.patients", PERSON | anchor, anchor | {"subject_id": "q"})
        mimic.draw("source.admissions", STAY)
        mimic.prepare("chart_item", "weight_height")
        assert mimic.rows("admission", "age_years") == [(62.0,)]


@pytest.mark.parametrize(("days", "age"), [(30_000, None), (54_000, None), (54_001, 90)])
def test_an_age_that_the_source_hides_is_ninety(carevue: Drawn, days: int, age: int | None) -> None:
    others = {"subject_id": "q", "hadm_id": "2", "admittime": datetime(1900, 1, 1)}
    carevue.draw("source.admissions", STAY, STAY | others)
    birth = STAY["admittime"] - timedelta(days)
    carevue.draw("source.patients", PERSON | {"dob": birth})
    carevue.draw("source.admissions", STAY | {"hadm_id": "0", "admittime": day("01-01 00:00")})
    carevue.prepare("chart_item", "weight_height", "death")
    found = dict(carevue.rows("admission", "admission_id", "age_years"))
    assert found == {"0": 90 if days > 54_001 else None, "1": age, "2": None}
    assert carevue.rows("patient", "birth_date") == [(None if age else birth.date(),)]


def test_a_person_without_a_stay_has_a_date_of_birth(carevue: Drawn) -> None:
    carevue.draw("source.patients", PERSON | {"dob": day("01-01 00:00")})
    carevue.draw("source.admissions", STAY | {"subject_id": "q", "admittime": day("01-01 00:00")})
    carevue.prepare("death")
    assert carevue.rows("patient", "birth_date") == [(day("01-01 00:00").date(),)]


def test_stays_in_a_unit_are_of_an_admission(mimic: Drawn) -> None:
    stay = {"intime": day("01-03 08:00"), "outtime": DAY}
    mimic.draw("source.icustays", stay, stay | H)
    found = mimic.rows("icu_stay", "admission_id", "started_at", "stopped_at")
    assert found == [("1", day("01-03 08:00"), DAY)]


def test_diagnoses_are_of_their_edition() -> None:
    with drawn("mimic_iv") as mimic:
        for version in (9, 10, None):
            mimic.draw("source.diagnoses_icd", H | {"icd_code": " 4019 ", "icd_version": version})
        found = mimic.rows("diagnosis", "code", "vocabulary")
        assert found == [("4019", "ICD10CM"), ("4019", "ICD9CM"), ("4019", "local")]
    with drawn("mimic_iii") as mimic:
        mimic.draw("source.diagnoses_icd", H | {"icd9_code": " 4019 "}, H)
        assert mimic.rows("diagnosis", "code", "vocabulary") == [("4019", "ICD9CM")]


@pytest.mark.parametrize(
    ("written", "route"),
    [
        *((" IV  BOLUS", "iv"), ("IV DRIP", "iv"), ("Intravenous", "iv"), ("PB", "iv")),
        *(("SC", "sc"), ("Subcut inj", "sc"), ("IM", "im"), ("intramuscular", "im")),
        *(("PO/NG", "po"), ("NG", "po"), ("nasogastric tube", "po"), ("IH", "other")),
        *(("BOTH EYES", "other"), ("intrathecal", "other"), ("REDDY", "unknown")),
    ],
)
def test_routes_of_orders(mimic: Drawn, written: str, route: str) -> None:
    mimic.draw(
        "source.prescriptions",
        {"route": written},
        {"route": written},
        {"route": "  "},
        {"route": None},
    )
    mimic.prepare("route_word")
    assert mimic.prepared("route_word", "written", "route") == [(written, route)]
