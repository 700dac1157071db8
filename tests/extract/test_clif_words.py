"""CLIF as hospitals write it: any case and width, words of their own, FiO2 not repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_layout_clif import breath, clif, dose, lab, local, rows, stay, utc

from ehrivig.database import Database
from ehrivig.extract import layouts


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("High Flow NC", "high_flow_nc"),
        ("  T-Piece ", "t_piece"),
        ("ＩＭＶ", "imv"),
        ("Ｆａｃｅ　Ｍａｓｋ", "face_mask"),
        ("not__detected.", "not_detected"),
        ("静脉", "静脉"),
        *((nothing, None) for nothing in ("", "  ", "NULL", "(null)", "NaN", "N/A", "\\N", "-")),
        (None, None),
    ],
)
def test_a_plain_word(written: str | None, word: str | None) -> None:
    with Database() as db:
        layouts.define_functions(db)
        assert db.rows("SELECT PLAIN_WORD($written::VARCHAR)", {"written": written}) == [(word,)]


def vital(category: str, value: float) -> dict[str, Any]:
    return {
        "hospitalization_id": "h",
        "recorded_dttm": utc("03-01 02:00"),
        "vital_category": category,
        "vital_value": value,
    }


def spelled(how: str, text: str) -> str:
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    return {
        "lower": text,
        "upper": text.upper(),
        "title": text.replace("_", " ").title(),
        "wide": text.translate(wide),
        "blanks": f" {text} ",
    }[how]


@pytest.mark.parametrize("how", ["lower", "upper", "title", "wide", "blanks"])
def test_every_category_is_read_however_it_is_spelled(tmp_path: Path, how: str) -> None:
    def s(text: str) -> str:
        return spelled(how, text)

    drawn = stay(
        vitals=[vital(s("spo2"), 91.0), vital(s("weight_kg"), 70.0)],
        labs=[lab(s("creatinine"), 1.0, "mg/dL", lab_specimen_category=s("plasma_blood"))],
        respiratory_support=[breath("03-01 06:00", s("nippv"), 0.5)],
        position=[
            {
                "hospitalization_id": "h",
                "recorded_dttm": utc("03-01 02:00"),
                "position_category": s("prone"),
            }
        ],
        medication_admin_intermittent=[
            dose("03-02 00:00", "i", 10.0, "g", s("given"), med_route_category=s("iv"))
        ],
        microbiology_nonculture=[
            {
                "hospitalization_id": "h",
                "collect_dttm": utc("03-01 02:00"),
                "fluid_category": s("respiratory_tract"),
                "method_category": s("pcr"),
                "organism_category": s("sars_cov2"),
                "result_category": s("detected"),
            }
        ],
        patient_assessments=[
            {
                "hospitalization_id": "h",
                "recorded_dttm": utc("03-01 02:00"),
                "assessment_category": s("gcs_total"),
                "numerical_value": 14.0,
            }
        ],
    )
    drawn["patient"][0]["sex_category"] = s("female")
    drawn["hospitalization"][0]["discharge_category"] = s("expired")
    drawn["adt"][0]["location_category"] = s("icu")
    folder = clif(tmp_path / "x", drawn)
    found = {
        sql: rows(folder, f"SELECT {sql} ORDER BY ALL")
        for sql in (
            "vital_code FROM mapped.vital",
            "analyte FROM resolved.lab",
            "device FROM mapped.respiratory_support",
            "procedure_code FROM mapped.procedure",
            "(route, status) FROM mapped.medication",
            "(organism_code, method, specimen, result) FROM mapped.pathogen_test",
            "sex FROM mapped.patient",
            "(discharge_status, weight_kg) FROM mapped.admission",
            "1 FROM mapped.icu_stay",
        )
    }
    assert list(found.values()) == [
        [("gcs",), ("spo2",)],
        [("creatinine",)],
        [("niv",)],
        [("prone_position",)],
        [(("iv", "given"),)],
        [(("sars_cov_2", "rna", "respiratory", "positive"),)],
        [("female",)],
        [(("died", 70.0),)],
        [(1,)],
    ]


def test_what_clif_does_not_have_stays_as_it_is_written(tmp_path: Path) -> None:
    """Nothing is turned into a word of the contract by not being known: the gate counts it."""
    drawn = stay(
        vitals=[vital("zebra", 91.0)],
        respiratory_support=[breath("03-01 06:00", "zebra", 0.5)],
        medication_admin_intermittent=[
            dose("03-02 00:00", "i", 10.0, "g", "Zebra", med_route_category="Zebra")
        ],
    )
    drawn["patient"][0]["sex_category"] = "zebra"
    drawn["hospitalization"][0]["discharge_category"] = "Zebra"
    folder = clif(tmp_path / "x", drawn)
    assert rows(folder, "SELECT vital_code FROM mapped.vital") == [("zebra",)]
    assert rows(folder, "SELECT device FROM mapped.respiratory_support") == [("zebra",)]
    assert rows(folder, "SELECT route, status FROM mapped.medication") == [("Zebra", "Zebra")]
    assert rows(folder, "SELECT sex FROM mapped.patient") == [("zebra",)]
    assert rows(folder, "SELECT discharge_status FROM mapped.admission") == [("Zebra",)]


SPECIMENS = ["blood", "Blood", "whole_blood", "venous blood", "serum", "Plasma", "", None, "血"]


@pytest.fixture(scope="module")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> dict[float, list[str | None]]:
    """Value of a result -> its code and analyte: of each of SPECIMENS, then of two others."""
    labs = [
        lab("creatinine", float(number), "mg/dL", lab_specimen_category=specimen)
        for number, specimen in enumerate([*SPECIMENS, "Urine", "bloody fluid"])
    ]
    folder = clif(tmp_path_factory.mktemp("specimens") / "x", stay(labs=labs))
    return {v: of for v, *of in rows(folder, "SELECT value, lab_code, analyte FROM resolved.lab")}


@pytest.mark.parametrize("number", range(len(SPECIMENS)), ids=lambda n: str(SPECIMENS[n]))
def test_blood_and_its_kinds_are_blood(
    specimens: dict[float, list[str | None]], number: int
) -> None:
    assert specimens[number] == ["creatinine", "creatinine"]


def test_what_is_not_of_blood_is_another_analyte(
    specimens: dict[float, list[str | None]],
) -> None:
    assert len(specimens) == len(SPECIMENS) + 2
    assert specimens[len(SPECIMENS)] == ["creatinine_urine", None]
    assert specimens[len(SPECIMENS) + 1] == ["creatinine_bloody_fluid", None]


def test_a_result_without_a_category_is_known_by_its_loinc_code(tmp_path: Path) -> None:
    labs = [
        lab("", 1.0, "mg/dL", lab_loinc_code="2160-0"),
        lab("NULL", 500.0, "ng/mL", lab_loinc_code="48065-7"),
        lab("D Dimer", 500.0, "ng/mL", lab_loinc_code="48066-5"),
        lab("d_dimer", 500.0, "ng/mL FEU", lab_loinc_code="48066-5"),  # the unit is the surer one
    ]
    folder = clif(tmp_path / "x", stay(labs=labs))
    found = rows(folder, "SELECT vocabulary, analyte, value_std FROM resolved.lab ORDER BY ALL")
    assert found == [
        ("LOINC", "creatinine", 88.4),
        ("LOINC", "d_dimer", 0.5),
        ("LOINC", "d_dimer", 0.5),
        ("LOINC", "d_dimer", 1.0),
    ]


FORMATS: list[tuple[str, str | None, tuple[str, str]]] = [
    ("I10", "ICD10CM", ("I10", "ICD10CM")),
    ("I10", "icd-10-cm", ("I10", "ICD10CM")),
    ("I10", "10", ("I10", "ICD10CM")),
    ("I10", "ICD10", ("I10", "ICD10")),
    ("4019", "9", ("4019", "ICD9CM")),
    ("ICD10CM:I10", None, ("I10", "ICD10CM")),
    ("ICD-10-CM: I10", "10", ("I10", "ICD10CM")),
    ("ICD9CM:401.9", "", ("401.9", "ICD9CM")),
    ("I10", None, ("I10", "ICD10")),  # by the form of the code
    ("I10", "zebra", ("I10", "ZEBRA")),
]


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Code and vocabulary of the diagnosis of a stay for each of FORMATS."""
    numbered = [(f"h{number}", case) for number, case in enumerate(FORMATS)]
    drawn = stay(
        hospital_diagnosis=[
            {
                **{"hospitalization_id": name, "poa_present": 1},
                **{"diagnosis_code": code, "diagnosis_code_format": form},
            }
            for name, (code, form, _) in numbered
        ]
    )
    for table in ("hospitalization", "adt"):
        (one,) = drawn[table]
        drawn[table] = [{**one, "hospitalization_id": name} for name, _ in numbered]
    folder = clif(tmp_path_factory.mktemp("formats") / "x", drawn)
    return rows(folder, "SELECT code, vocabulary FROM mapped.diagnosis ORDER BY admission_id")


@pytest.mark.parametrize("number", range(len(FORMATS)), ids=lambda n: str(FORMATS[n][:2]))
def test_formats_of_diagnoses(formats: list[tuple[str, str]], number: int) -> None:
    assert len(formats) == len(FORMATS) <= 10  # ids are sorted as text
    assert formats[number] == FORMATS[number][2]


@pytest.mark.parametrize(("written", "present"), [(1, True), (0, False), (None, None)])
def test_what_was_present_on_admission(
    tmp_path: Path, written: int | None, present: bool | None
) -> None:
    diagnosis = {
        **{"hospitalization_id": "h", "diagnosis_code": "I10"},
        **{"diagnosis_code_format": "ICD10CM", "poa_present": written},
    }
    other = {**diagnosis, "diagnosis_code": "Z99", "poa_present": 1}
    folder = clif(tmp_path / "x", stay(hospital_diagnosis=[diagnosis, other]))
    sql = "SELECT present_on_admission FROM mapped.diagnosis WHERE code = 'I10'"
    assert rows(folder, sql) == [(present,)]


def test_fio2_goes_on_while_the_device_does(tmp_path: Path) -> None:
    support = [
        breath("03-01 06:00", "imv", 0.8),
        breath("03-01 08:00", "imv", None),  # 0.8 goes on
        breath("03-01 09:00", None, None),  # with the device that goes on
        breath("03-01 10:00", "nasal_cannula", None),  # another device: unknown
        breath("03-01 12:00", "imv", None),  # and it does not come back
        breath("03-02 00:00", "hfnc", 0.5),
        breath("03-03 00:00", "hfnc", None),  # a day later, the last time
        breath("03-03 01:00", "hfnc", None),
    ]
    folder = clif(tmp_path / "x", stay(respiratory_support=support))
    sql = "SELECT started_at, fio2 FROM mapped.respiratory_support ORDER BY 1"
    assert rows(folder, sql) == [
        (local("03-01 14:00"), 0.8),
        (local("03-01 16:00"), 0.8),
        (local("03-01 17:00"), 0.8),
        (local("03-01 18:00"), None),
        (local("03-01 20:00"), None),
        (local("03-02 08:00"), 0.5),
        (local("03-03 08:00"), 0.5),
        (local("03-03 09:00"), None),
    ]


def test_versions_may_be_mixed(tmp_path: Path) -> None:
    drawn = stay(respiratory_support=[breath("03-01 00:00", "IMV", 0.5)])
    drawn["patient"][0]["sex_category"] = "FEMALE"
    folder = clif(tmp_path / "x", drawn)
    assert rows(folder, "SELECT device FROM mapped.respiratory_support") == [("imv",)]
    assert rows(folder, "SELECT sex FROM mapped.patient") == [("female",)]
