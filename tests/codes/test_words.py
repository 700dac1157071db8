"""Categories as people write them, units of doses, and codes without a vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig import codes, contract
from ehrivig.codes import own
from ehrivig.codes.dose_units import dose_unit, is_rate
from ehrivig.codes.spelling import plain_word
from ehrivig.codes.vocabularies import vocabulary_behind, vocabulary_of
from ehrivig.codes.words import EVERY_COLUMN, MISSING, OPEN, is_missing, read
from ehrivig.errors import StudyError

SHIPPED = codes.SHIPPED


@pytest.mark.parametrize(
    ("column", "written", "word"),
    [
        ("patient.sex", "F", "female"),
        ("patient.sex", " MALE ", "male"),
        ("patient.sex", "Ｍ", "male"),  # full width
        ("patient.sex", "Féminin", "female"),
        ("patient.sex", "女", "female"),
        ("patient.sex", "n/a", "unknown"),
        ("admission.discharge_status", "Expired", "died"),
        ("admission.discharge_status", "DIED", "died"),
        ("admission.discharge_status", "自动出院", "against_advice"),
        ("admission.discharge_status", "Left against medical advice", "against_advice"),
        ("vital.vital_code", "SpO2", "spo2"),
        ("vital.vital_code", "Heart-Rate", "heart_rate"),
        ("medication.route", "I.V.", "iv"),
        ("medication.route", "IVPB", "iv"),
        ("medication.route", "静脉滴注", "iv"),
        ("medication.status", "Given", "given"),
        ("medication.status", "held", "not_given"),
        ("medication.status", "退药", "cancelled"),
        ("respiratory_support.device", "High Flow Nasal Cannula", "hfnc"),
        ("pathogen_test.result", "Detected", "positive"),
        ("pathogen_test.result", "not detected", "negative"),
        ("pathogen_test.organism_code", "SARS-CoV-2", "sars_cov_2"),
        ("finding.finding_code", "Ground-Glass Opacity", "ground_glass_opacity"),
        ("diagnosis.vocabulary", "ICD-10-CM", "ICD10CM"),
        ("patient.sex", "somebody", "somebody"),  # in no list: as it is, and counted
        ("medication.status", "somehow", "somehow"),
        ("patient.sex", "weibl.", "female"),
        ("patient.sex", "mannelijk", "male"),
        ("patient.sex", "k.A.", "unknown"),
        ("admission.discharge_status", "Décès", "died"),
        ("admission.discharge_status", "óbito", "died"),
        ("admission.discharge_status", "転院", "transferred"),
        ("medication.route", "endovenosa", "iv"),
        ("medication.route", "点滴静注", "iv"),
        ("medication.route", "sottocute", "sc"),
        ("medication.status", "toegediend", "given"),
        ("medication.status", "non administré", "not_given"),
        ("medication.vocabulary", "http://www.whocc.no/atc", "ATC"),
        ("lab.vocabulary", "http://loinc.org", "LOINC"),
        ("respiratory_support.device", "O2-Brille", "nasal_cannula"),
        ("pathogen_test.result", "nachgewiesen", "positive"),
        ("pathogen_test.result", "nicht nachgewiesen", "negative"),
        ("pathogen_test.result", "non rilevato", "negative"),
        ("pathogen_test.result", "陽性", "positive"),
        ("pathogen_test.organism_code", "unknown", None),
        ("finding.finding_code", "Fieber", "fever"),
        ("diagnosis.vocabulary", "CIM-10", "ICD10"),
        ("diagnosis.vocabulary", "CIE-10-ES", "ICD10CM"),
        ("diagnosis.vocabulary", "ICD-10-GM 2020", "ICD10"),
        ("diagnosis.vocabulary", "KSH97", "ICD10"),
        ("medication.dose_unit", "k. A.", None),
        ("finding.finding_code", "", None),
        ("finding.finding_code", "NULL", None),
        ("medication.route", None, None),
    ],
)
def test_a_category_is_read_as_people_write_it(
    column: str, written: str | None, word: str | None
) -> None:
    assert read(SHIPPED, column, written) == word


@pytest.mark.parametrize(
    "text", ["", " ", "\u3000", "-", "--", ".", "NULL", "n/a", "NaN", "未知", "k.A.", "onbekend"]
)
def test_usual_words_for_nothing_recorded(text: str) -> None:
    assert is_missing(SHIPPED, text)


@pytest.mark.parametrize("text", ["0", "1", "no", "negative", "NA1", "nancy"])
def test_what_only_looks_like_nothing_is_something(text: str) -> None:
    assert not is_missing(SHIPPED, text)


def test_every_line_of_the_list_names_a_column_of_text_and_is_read_as_its_word() -> None:
    columns = {f"{t.name}.{c.name}" for t in contract.TABLES for c in t.columns if c.kind == "text"}
    for row in SHIPPED.rows("words"):
        assert row["column"] == EVERY_COLUMN or row["column"] in columns
        if row["column"] == EVERY_COLUMN:
            assert row["word"] == MISSING
            assert is_missing(SHIPPED, row["written"])
        else:
            meant = None if row["word"] == MISSING else row["word"]
            assert read(SHIPPED, row["column"], row["written"]) == meant
            assert read(SHIPPED, row["column"], row["word"]) == meant


def test_no_spelling_of_a_column_stands_twice() -> None:
    seen: dict[tuple[str, str], str] = {}
    for row in SHIPPED.rows("words"):
        key = row["column"], plain_word(row["written"])
        assert seen.setdefault(key, row["word"]) == row["word"], key
    assert {row["column"] for row in SHIPPED.rows("words")} | {
        "finding.finding_code",
        "pathogen_test.specimen",
    } >= OPEN


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("g/dose", "g"),
        ("mg / DOSE", "mg"),
        ("mcg/kg/min", "ug/kg/min"),
        ("µg/kg/hr", "ug/kg/h"),
        ("mL per hour", "mL/h"),
        ("units/hr", "unit/h"),
        ("g/kg", "g/kg"),
        ("g/kg/day", "g/kg/day"),
        ("克", "g"),
        ("支", "vial"),
        ("mg/次", "mg"),
        ("IU", "IU"),
        ("gr", None),
        ("g/mL", None),
        ("mg/kg/min/h", None),
        ("", None),
        (None, None),
        ("dose", None),
    ],
)
def test_a_unit_of_a_dose_has_one_spelling(text: str | None, unit: str | None) -> None:
    assert dose_unit(text) == unit
    assert unit is None or dose_unit(unit) == unit


@pytest.mark.parametrize(
    "weight", ["kg", "kilogram", "kgbw", "kg BW", "kg body weight", "公斤", "千克"]
)
def test_an_amount_for_each_kilogram(weight: str) -> None:
    assert dose_unit(f"mg/{weight}") == "mg/kg"
    assert dose_unit(f"mcg/{weight}/min") == "ug/kg/min"


@pytest.mark.parametrize(
    "once", ["dose", "once", "each", "time", "administration", "次", "剂", "Dose."]
)
def test_what_is_for_an_administration_is_no_rate(once: str) -> None:
    assert dose_unit(f"mg per {once}") == "mg"
    assert dose_unit(f"mg/kg/{once}") == "mg/kg"
    assert dose_unit(once) is None


def test_a_rate_is_over_a_time() -> None:
    assert [is_rate(unit) for unit in ("ug/kg/min", "mL/h", "g/day", "g/kg", "g")] == [
        *(True, True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("table", "code", "vocabulary"),
    [
        ("diagnosis", "J44.9", "ICD10"),
        ("diagnosis", "U07.1", "ICD10"),
        ("diagnosis", "250.00", "ICD9CM"),
        ("diagnosis", "E11.9", "ICD10"),  # diabetes: in no list of ICD-9-CM
        ("diagnosis", "V58.6", None),  # both write it
        ("diagnosis", "13645005", "SNOMED"),
        ("diagnosis", "否认高血压", None),
        ("diagnosis", "hypertension", None),
        ("lab", "2160-0", "LOINC"),
        ("lab", "creatinine", "local"),
        ("lab", "12345", None),
        ("medication", "J06BA02", "ATC"),
        ("medication", "J1569", "HCPCS"),
        ("medication", "IVIG_10", "local"),
        ("medication", "99", None),
    ],
)
def test_a_code_without_a_vocabulary(table: str, code: str, vocabulary: str | None) -> None:
    assert vocabulary_of(SHIPPED, table, code) == vocabulary


@pytest.mark.parametrize(
    ("table", "stated", "code", "vocabulary"),
    [
        ("lab", "local", "2160-0", "LOINC"),
        ("lab", "LIS", " 2160-0", "LOINC"),  # a vocabulary that no list has
        ("lab", "LIS", "creatinine", "local"),
        ("lab", "local", "2160-1", "local"),  # its check digit is wrong
        ("lab", "local", "creatinine", "local"),
        ("lab", "LOINC", "creatinine", "LOINC"),
        ("lab", "CLIF", "2160-0", "CLIF"),
        ("medication", "local", "J06BA02", "ATC"),
        ("medication", "local", "J1569", "local"),  # anybody may write so
        ("medication", "HIS", "J06BA02", "ATC"),
        ("diagnosis", "local", "U07.1", "local"),  # the gate asks
    ],
)
def test_a_code_that_is_said_to_be_local(
    table: str, stated: str, code: str, vocabulary: str
) -> None:
    assert vocabulary_behind(SHIPPED, table, stated, code) == vocabulary


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("medication.status,given,am Bett", ""),
        ("finding.finding_code,chills,Schüttelfrost", ""),
        ("*,missing,k.A.", ""),
        ("medication.status,givn,am Bett", r"line 2: 'givn' is no word of medication.status"),
        ("*,given,k.A.", "line 2: 'given' is no word of"),
        ("medication.statu,given,am Bett", "line 2: column 'medication.statu' is no column"),
    ],
)
def test_a_word_of_ones_own(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "words.csv").write_text(f"column,word,written\n{line}\n", encoding="utf-8")
    if said:
        with pytest.raises(StudyError, match=said):
            own.read(tmp_path)
        return
    column, word, written = line.split(",")
    expected = None if word == MISSING else word
    assert read(own.read(tmp_path), column if column != "*" else "lab.unit", written) == expected
