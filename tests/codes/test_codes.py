"""Code lists: real names, codes and units, with the answers worked out by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig import codes, resources
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.codes.units import unit_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("10*9/L", "10^9/l"),
        ("x10^9/L", "10^9/l"),
        ("×10⁹/L", "10^9/l"),
        ("10E9/L", "10^9/l"),
        ("１０＾９／Ｌ", "10^9/l"),
        ("K/uL", "10^3/ul"),
        ("10^3/µL\t", "10^3/ul"),
        ("10*3/uL", "10^3/ul"),
        ("thou/mcL", "10^3/ul"),
        ("cells/mm3", "/ul"),
        ("{cells}/uL", "/ul"),
        ("MG/DL", "mg/dl"),
        ("ｍｇ／ｄＬ", "mg/dl"),
        ("μmol/L", "umol/l"),
        ("µmol/L", "umol/l"),
        ("mcg/mL", "ug/ml"),
        ("IU/L", "u/l"),
        ("[iU]/L", "u/l"),
        ("mm[Hg]", "mmhg"),
        ("sec", "s"),
        ("℃", "c"),
        ("Cel", "c"),
        ("[degF]", "f"),
        ("次/分", "/min"),
        ("ng/mL{FEU}", "ng/ml feu"),
        ("ng/mL (DDU)", "ng/ml ddu"),
        ("(no units)", ""),
        (None, ""),
        ("Mg/dL", None),
        ("Pg/mL", None),
    ],
)
def test_spellings_of_a_unit(written: str | None, key: str | None) -> None:
    assert unit_key(written) == key


def test_the_same_string_is_read_by_its_variable() -> None:
    table = codes.unit_table(codes.SHIPPED)
    hemoglobin, wbc = table.find("hemoglobin", "G/L"), table.find("wbc", "G/L")
    assert hemoglobin is not None
    assert hemoglobin.factor == 1.0  # grams per litre, in capitals
    assert wbc is not None
    assert wbc.factor == 1.0  # giga per litre
    assert table.find("creatinine", "G/L") is None


@pytest.mark.parametrize(
    ("variable", "unit", "value", "standard"),
    [
        ("creatinine", "mg/dL", 1.0, 88.4),
        ("total_bilirubin", "mg/dL", 2.0, 34.2),
        ("hemoglobin", "g/dL", 12.0, 120.0),
        ("wbc", "/uL", 4000.0, 4.0),
        ("cd4", "10^9/L", 0.5, 500.0),
        ("d_dimer", "ng/mL", 500.0, 0.5),
        ("d_dimer", "ng/mL DDU", 500.0, 1.0),
        ("crp", "mg/dL", 6.9, 69.0),
        ("lactate", "mg/dL", 18.0, 1.998),
        ("pao2", "kPa", 8.0, 60.00496),
        ("alt", "ukat/L", 1.0, 60.0),
        ("temperature", "F", 100.4, 38.0),
        ("weight", "lb", 100.0, 45.3592),
        ("height", "in", 70.0, 177.8),
        ("fio2", "%", 40.0, 0.4),
        ("spo2", "fraction", 0.93, 93.0),
        ("fibrinogen", "mg/dL", 300.0, 3.0),
    ],
)
def test_conversions(variable: str, unit: str, value: float, standard: float) -> None:
    found = codes.unit_table(codes.SHIPPED).find(variable, unit)
    assert found is not None
    assert value * found.factor + found.shift == pytest.approx(standard, abs=1e-9)


@pytest.mark.parametrize(
    ("variable", "unit"),
    [("ck_mb", "ng/mL"), ("lymphocytes", "%"), ("prothrombin_time", "%"), ("creatinine", None)],
)
def test_what_cannot_be_converted_is_unknown(variable: str, unit: str | None) -> None:
    assert codes.unit_table(codes.SHIPPED).find(variable, unit) is None


def test_no_variable_has_two_meanings_for_one_unit() -> None:
    rows = codes.list_frame(codes.SHIPPED, "units", ("variable", "unit", "factor", "shift"))
    found: dict[tuple[str, str | None], tuple[float, float]] = {}
    for variable, unit, factor, shift in rows.iter_rows():
        key = (variable, unit_key(unit))
        assert found.setdefault(key, (factor, shift)) == (factor, shift), key
    assert all(key is not None for _, key in found)


def test_limits_are_in_the_standard_unit_and_ordered() -> None:
    units = codes.list_frame(codes.SHIPPED, "units", ("variable", "unit", "factor", "shift"))
    standard = {v: u for v, u, f, s in units.iter_rows() if (f, s) == (1.0, 0.0)}
    columns = ("variable", "unit", "hard_lo", "soft_lo", "soft_hi", "hard_hi")
    for variable, unit, *bounds in codes.list_frame(codes.SHIPPED, "limits", columns).iter_rows():
        found = codes.unit_table(codes.SHIPPED).find(variable, unit)
        assert found is not None, variable
        assert found.factor == 1.0, variable
        assert bounds == sorted(bounds), variable
        assert variable in standard


def lab_map(*rows: tuple[str | None, str | None, str | None]) -> dict[Any, Any]:
    frame = pl.DataFrame(rows, schema=["lab_code", "vocabulary", "unit"], orient="row")
    return {row[:3]: row[3:] for row in codes.lab_map(codes.SHIPPED, frame).iter_rows()}


def test_lab_codes_of_every_vocabulary() -> None:
    found = lab_map(
        ("crp", "local", "mg/L"),
        ("2160-0", "LOINC", "mg/dL"),
        ("14682-9", "loinc", "umol/L"),
        ("3016723", "OMOP", "mg/dL"),
        ("po2_arterial", "CLIF", "mmHg"),
        ("CRP", "LOCAL", "mg/L"),
        ("48066-5", "LOINC", "ng/mL"),
        ("48066-5", "LOINC", "ng/mL DDU"),
        ("6690-2", "LOINC", "furlong"),
        ("2160-0", "local", "mg/dL"),
        ("d_dimer", "CLIF", "ng/mL"),
        ("creatinine_urine", "CLIF", "mg/dL"),
        (None, "LOINC", "mg/dL"),
        ("crp", None, "mg/L"),
    )
    assert found == {
        ("crp", "local", "mg/L"): ("crp", 1.0, 0.0),
        ("2160-0", "LOINC", "mg/dL"): ("creatinine", 88.4, 0.0),
        ("14682-9", "loinc", "umol/L"): ("creatinine", 1.0, 0.0),
        ("3016723", "OMOP", "mg/dL"): ("creatinine", 88.4, 0.0),
        ("po2_arterial", "CLIF", "mmHg"): ("pao2", 1.0, 0.0),
        ("CRP", "LOCAL", "mg/L"): ("crp", 1.0, 0.0),
        ("48066-5", "LOINC", "ng/mL"): ("d_dimer", 0.002, 0.0),
        ("48066-5", "LOINC", "ng/mL DDU"): ("d_dimer", 0.002, 0.0),
        ("6690-2", "LOINC", "furlong"): ("wbc", None, None),
    }


def test_every_variable_of_the_packaged_study_has_a_code() -> None:
    assert {"wbc", "cd3", "d_dimer", "il_6", "ck_mb", "thrombin_time"} <= set(
        codes.analytes(codes.SHIPPED)
    )


def verdict(codelist: str, code: str, name: str | None, route: str | None, voc: str) -> Any:
    frame = pl.DataFrame(
        [(1, voc, code, name, route)],
        schema=["drug", "vocabulary", "drug_code", "drug_name", "route"],
        orient="row",
    )
    rows = drug_classes(codes.SHIPPED, frame).filter(pl.col("codelist") == codelist).rows()
    return rows[0][2:5] if rows else None


MOJIBAKE = ["¾²×¢ÈËÃâÒßÇòµ°°×(pH4)", "闈欐敞浜哄厤鐤悆铔嬬櫧(pH4)", "静注人免疫球\ufffd(pH4)"]


@pytest.mark.parametrize(
    ("code", "name", "route", "voc", "expected"),
    [
        ("x", "静注人免疫球蛋白(pH4)", "iv", "local", ("include", "standard", None)),
        ("x", "静注人免疫球蛋白（ｐＨ４）", "iv", "local", ("include", "standard", None)),
        ("x", "静丙", "iv", "local", ("include", "standard", None)),
        ("x", "丙种球蛋白", "iv", "local", ("quarantine", None, None)),
        ("x", "丙球", "iv", "local", ("quarantine", None, None)),
        ("x", "静注丙种球蛋白", "iv", "local", ("include", "standard", None)),
        ("x", "人免疫球蛋白", "iv", "local", ("quarantine", None, None)),
        ("x", "乙型肝炎人免疫球蛋白", "im", "local", ("exclude", "hyperimmune", None)),
        (
            "x",
            "Hepatitis B Immune Globulin (Nabi-HB)",
            "im",
            "local",
            ("exclude", "hyperimmune", None),
        ),
        ("x", "PNU-IMMUNE-23", "im", "local", ("exclude", None, None)),
        ("x", "Rho(D) Immune Globulin", "iv", "local", ("exclude", "hyperimmune", None)),
        ("x", "Lymphocyte immune globulin, anti-thymocyte", "iv", "local", ("exclude", None, None)),
        ("x", "Albumin (Human) 25%", "iv", "local", ("exclude", None, None)),
        ("x", "Gamunex-C", "iv", "local", ("include", "standard", 100.0)),
        ("x", "Gamunex-C", "sc", "local", ("exclude", None, None)),
        ("x", "Gamunex-C", "unknown", "local", ("quarantine", None, None)),
        ("x", "Privigen 10%", "iv", "local", ("include", "standard", 100.0)),
        ("x", "Octagam", "iv", "local", ("include", "standard", None)),
        ("x", "OCTAGAM 5% 100 mL", "iv", "local", ("include", "standard", 50.0)),
        ("x", "Pentaglobin", "iv", "local", ("include", "igma_enriched", 50.0)),
        ("x", "Immune Globulin (Intravenous) Human", None, "local", ("include", "standard", None)),
        ("x", "Hizentra", "sc", "local", ("exclude", None, None)),
        ("J06BA02", None, "iv", "ATC", ("include", None, None)),
        ("J06BA02", "丙种球蛋白", "iv", "ATC", ("include", None, None)),
        ("J06BA02", "Pentaglobin", "iv", "ATC", ("include", "igma_enriched", 50.0)),
        ("J06BA02", "Privigen", "sc", "ATC", ("exclude", None, None)),
        (
            "J06BA01",
            "Human Immunoglobulin for Injection (IM)",
            "im",
            "ATC",
            ("exclude", None, None),
        ),
        ("J06BB04", "anything", "im", "ATC", ("exclude", "hyperimmune", None)),
        ("19117912", "gamma globulin", "iv", "OMOP", ("include", "standard", None)),
        ("J1569", None, None, "HCPCS", ("include", "standard", 100.0)),
        ("J2791", None, "iv", "HCPCS", ("exclude", "hyperimmune", None)),
        ("x", "Sodium chloride 0.9%", "iv", "local", None),
        *(("x", name, "iv", "local", None) for name in MOJIBAKE),
    ],
)
def test_what_is_ivig(code: str, name: str, route: str, voc: str, expected: Any) -> None:
    assert verdict("ivig", code, name, route, voc) == expected


@pytest.mark.parametrize(
    ("codelist", "code", "name", "route", "voc", "included"),
    [
        ("epinephrine", "x", "Norepinephrine 4 mg", "iv", "local", False),
        ("norepinephrine", "x", "Norepinephrine 4 mg", "iv", "local", True),
        ("epinephrine", "x", "EPINEPHrine", "iv", "local", True),
        ("epinephrine", "x", "去甲肾上腺素", "iv", "local", False),
        ("epinephrine", "x", "Lidocaine-Epinephrine", "iv", "local", False),
        ("vasopressor", "norepinephrine", None, "iv", "local", True),
        ("glucocorticoid", "H02AB04", None, "iv", "ATC", True),
        ("glucocorticoid", "D07AA02", None, "other", "ATC", False),
        ("glucocorticoid", "x", "Prednisolone acetate ophthalmic", "other", "local", False),
        ("glucocorticoid", "x", "甲泼尼龙琥珀酸钠", "iv", "local", True),
        ("anticoagulant", "x", "Heparin Flush (10 units/ml)", "iv", "local", False),
        ("anticoagulant", "x", "Heparin Sodium", "iv", "local", True),
        ("anticoagulant", "B01AB02", "Antithrombin III", "iv", "ATC", False),
        ("antiviral", "J05AX13", None, "po", "ATC", True),
        ("umifenovir", "x", "阿比多尔", "po", "local", True),
        ("lopinavir_ritonavir", "J05AR10", None, "po", "ATC", True),
        ("ganciclovir", "x", "Valganciclovir", "po", "local", True),
        ("ribavirin", "J05AP01", None, "iv", "ATC", True),
        ("antibiotic", "J01MA14", None, "iv", "ATC", True),
        ("antibiotic", "x", "Erythromycin ophthalmic ointment", "other", "local", False),
        ("antifungal", "x", "Fluconazole", "iv", "local", True),
        ("antifungal", "x", "Clotrimazole cream", "other", "local", False),
        ("aspirin", "B01AC06", None, "po", "ATC", True),
        ("aspirin", "1191", None, "po", "RxNorm", True),
        ("aspirin", "x", "ASPIRIN 81 MG CHEWABLE TABLET", "po", "local", True),
        ("aspirin", "x", "阿司匹林肠溶片", "po", "local", True),
        ("aspirin", "x", "Excedrin Aspirin Free", "po", "local", False),
        ("aspirin", "A07EC02", "Mesalazine (5-ASA)", "po", "ATC", False),
        ("dapsone", "J04BA02", None, "po", "ATC", True),
        ("dapsone", "D10AX05", None, "other", "ATC", False),
        ("dapsone", "x", "Dapsone 100 mg tablet", "po", "local", True),
        ("dapsone", "x", "Dapsone 5% gel", "other", "local", False),
        ("dapsone", "x", "氨苯砜片", "po", "local", True),
        ("methotrexate", "L04AX03", None, "po", "ATC", True),
        ("methotrexate", "L01BA01", None, "iv", "ATC", True),
        ("methotrexate", "x", "注射用甲氨蝶呤", "iv", "local", True),
        ("methotrexate", "x", "Methotrexate level", "unknown", "local", False),
        ("immunosuppressant", "x", "Methotrexate 2.5 mg", "po", "local", True),
    ],
)
def test_other_lists(
    codelist: str, code: str, name: str | None, route: str, voc: str, included: bool
) -> None:
    found = verdict(codelist, code, name, route, voc)
    assert (found is not None and found[0] == "include") is included


def test_descendants_count_unless_listed_themselves() -> None:
    frame = pl.DataFrame(
        [(1, "OMOP", "777", None, "iv"), (2, "OMOP", "778", None, "sc")],
        schema=["drug", "vocabulary", "drug_code", "drug_name", "route"],
        orient="row",
    )
    below = {("OMOP", "19117912"): frozenset({"777", "778"})}
    found = drug_classes(codes.SHIPPED, frame, below)
    assert found.select("drug", "codelist", "verdict").rows() == [
        (1, "ivig", "include"),
        (2, "ivig", "exclude"),
    ]
    labs = pl.DataFrame(
        [("9001", "OMOP", "mg/dL"), ("3051825", "OMOP", "mg/dL")],
        schema=["lab_code", "vocabulary", "unit"],
        orient="row",
    )
    below = {("OMOP", "3024128"): frozenset({"9001", "3051825"})}  # bilirubin above creatinine
    assert codes.lab_map(codes.SHIPPED, labs, below)["analyte"].to_list() == [
        "total_bilirubin",
        "creatinine",
    ]


def conditions(vocabulary: str, code: str) -> set[str]:
    frame = pl.DataFrame([(vocabulary, code)], schema=["vocabulary", "code"], orient="row")
    return set(codes.conditions(codes.SHIPPED, frame)["condition"].to_list())


@pytest.mark.parametrize(
    ("vocabulary", "code", "expected"),
    [
        ("ICD10", "U07.1", {"covid19"}),
        ("ICD10CM", "U071", {"covid19"}),
        ("ICD10", "U07.2", set()),
        ("ICD10", "u07.100", {"covid19"}),
        ("ICD10", "J44.9", {"copd", "chronic_pulmonary_disease"}),
        ("ICD9CM", "49121", {"copd", "chronic_pulmonary_disease"}),
        ("ICD9CM", "493.20", {"copd", "chronic_pulmonary_disease"}),
        ("ICD9CM", "493.90", {"chronic_pulmonary_disease"}),
        ("ICD10", "E11.9", {"diabetes"}),
        ("ICD9CM", "25000", {"diabetes"}),
        ("ICD9CM", "401.9", {"hypertension"}),
        ("ICD10", "I50.9", {"chronic_cardiac_disease"}),
        ("ICD10", "N18.4", {"chronic_kidney_disease", "chronic_renal_failure"}),
        ("ICD10", "N18.2", {"chronic_kidney_disease"}),
        ("ICD10", "K74.6", {"chronic_liver_disease", "cirrhosis"}),
        ("ICD10", "I69.4", {"stroke", "cerebrovascular_disease"}),
        ("ICD10", "G45.9", {"cerebrovascular_disease"}),
        ("ICD9CM", "43491", {"stroke", "cerebrovascular_disease", "thromboembolism"}),
        ("ICD10", "I63.9", {"stroke", "cerebrovascular_disease", "thromboembolism"}),
        ("ICD10", "I64", {"stroke", "cerebrovascular_disease"}),
        ("ICD10", "I26.9", {"thromboembolism"}),
        ("ICD10CM", "I26.99", {"thromboembolism"}),
        ("ICD10CM", "I26.90", set()),  # septic
        ("ICD9CM", "415.12", set()),
        ("ICD9CM", "415.19", {"thromboembolism"}),
        ("ICD10", "I80.2", {"thromboembolism"}),
        ("ICD10", "I80.3", {"thromboembolism"}),
        ("ICD10CM", "I80.3", set()),
        ("ICD10CM", "I82.401", {"thromboembolism"}),
        ("ICD10CM", "I82.501", set()),  # chronic
        ("ICD10CM", "I82.611", set()),  # superficial
        ("ICD10CM", "I82.A11", {"thromboembolism"}),
        ("ICD10CM", "I82.A21", set()),
        ("ICD9CM", "453.41", {"thromboembolism"}),
        ("ICD9CM", "453.51", set()),
        ("ICD9CM", "453.8", {"thromboembolism"}),  # until 2009
        ("ICD9CM", "453.81", set()),
        ("ICD10", "I74.3", {"thromboembolism"}),
        ("ICD10", "I21", {"myocardial_injury", "thromboembolism"}),
        ("ICD10", "I21.4", {"myocardial_injury", "thromboembolism"}),
        ("ICD10CM", "I21.A1", {"myocardial_injury"}),  # of demand
        ("ICD10", "I25.2", {"chronic_cardiac_disease"}),
        ("ICD9CM", "41071", {"myocardial_injury", "thromboembolism"}),
        ("ICD9CM", "41072", {"myocardial_injury"}),  # a later episode of care
        ("ICD10", "G03.0", {"aseptic_meningitis"}),
        ("ICD10", "G03.9", set()),
        ("ICD9CM", "322.0", {"aseptic_meningitis"}),
        ("ICD10CM", "T78.2XXA", {"anaphylaxis"}),
        ("ICD10CM", "T80.51XA", {"anaphylaxis"}),
        ("ICD10", "T80.6", set()),
        ("ICD10", "T88.6", {"anaphylaxis"}),
        ("ICD9CM", "999.41", {"anaphylaxis"}),
        ("ICD9CM", "995.0", {"anaphylaxis"}),
        ("ICD10CM", "J95.851", {"secondary_infection"}),
        ("ICD9CM", "997.31", {"secondary_infection"}),
        ("ICD10CM", "T80.211A", {"secondary_infection"}),
        ("ICD10", "T82.7", {"secondary_infection"}),
        ("ICD10CM", "T82.7XXA", set()),
        ("ICD9CM", "999.32", {"secondary_infection"}),
        ("ICD10CM", "A04.72", {"secondary_infection"}),
        ("ICD9CM", "00845", {"secondary_infection"}),
        ("ICD10", "B37.7", {"secondary_infection", "sepsis"}),
        ("ICD10", "B37.0", set()),
        ("ICD10", "B44.0", {"secondary_infection"}),
        ("ICD10CM", "B44.81", set()),  # allergic
        ("ICD10", "Y95", {"secondary_infection"}),
        ("ICD10", "C34.9", {"malignancy"}),
        ("ICD10", "C44.3", set()),
        ("ICD10", "D84.9", {"immunosuppressive_state"}),
        ("ICD10CM", "Z79.621", {"immunosuppressive_state"}),
        ("ICD10", "Z79.621", set()),
        ("ICD9CM", "570", {"acute_hepatic_injury"}),
        ("ICD10", "R65.1", {"sepsis", "severe_sepsis"}),
        ("ICD10CM", "R65.10", set()),
        ("ICD10CM", "R65.21", {"sepsis", "severe_sepsis", "septic_shock", "shock"}),
        ("ICD9CM", "785.52", {"sepsis", "severe_sepsis", "septic_shock", "shock"}),
        ("SNOMED", "840539006", {"covid19"}),
        ("local", "U07.1", set()),
        ("ICD9CM", "U07.1", set()),
        ("ICD10", "", set()),
    ],
)
def test_conditions(vocabulary: str, code: str, expected: set[str]) -> None:
    assert conditions(vocabulary, code) == expected


def test_every_list_says_where_it_comes_from() -> None:
    names = ("labs", "units", "limits", "vitals", "conditions", "events")
    paths = [resources.codelists_folder() / f"{name}.csv" for name in names]
    paths += sorted((resources.codelists_folder() / "drugs").glob("*.csv"))
    assert len(paths) > 20
    for path in paths:
        header = [line for line in resources.text(path).splitlines() if line.startswith("#")]
        assert any("ource" in line for line in header), path.name
        assert codes.read_list(path), path.name


def test_conditions_of_the_packaged_study_are_listed() -> None:
    named = {
        *("copd", "diabetes", "hypertension", "chronic_cardiac_disease", "chronic_kidney_disease"),
        *("chronic_liver_disease", "stroke", "malignancy", "cirrhosis", "chronic_renal_failure"),
        *("immunosuppressive_state", "tuberculosis", "ards", "dic", "myocardial_injury"),
        *("acute_hepatic_injury", "shock", "acute_kidney_injury", "covid19", "sepsis"),
        *("thromboembolism", "aseptic_meningitis", "anaphylaxis", "secondary_infection"),
    }
    assert named <= set(codes.condition_names(codes.SHIPPED))


def test_lists_with_codes_from_memory_ask_for_review() -> None:
    folder = resources.codelists_folder()
    sourced = {"limits", "units"}
    for path in [*folder.glob("*.csv"), *(folder / "drugs").glob("*.csv")]:
        header = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
        asks = any(line.startswith("# Review:") for line in header)
        assert asks is (path.stem not in sourced), path.name
