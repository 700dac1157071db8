"""A study's own code lists: what they add, what they hide, what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import polars as pl
import pytest

from ehrivig import codes
from ehrivig.codes import own
from ehrivig.codes.drug_classes import drug_classes
from ehrivig.errors import StudyError
from ehrivig.study.data import Extract
from ehrivig.study.known_names import known_names

DRUG = "verdict,vocabulary,match,value,route,product_type,concentration_g_per_l,strength_g,note"
CONDITION = "condition,vocabulary,match,code,note"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lists"


def write(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))


def drug(lists: codes.CodeLists, name: str, code: str, called: str | None, voc: str) -> list[str]:
    """The verdicts of one list on a product given by vein."""
    frame = pl.DataFrame(
        [(1, voc, code, called, "iv")],
        schema=["drug", "vocabulary", "drug_code", "drug_name", "route"],
        orient="row",
    )
    found = drug_classes(lists, frame).filter(pl.col("codelist") == name)
    return found["verdict"].to_list()


def conditions(lists: codes.CodeLists, vocabulary: str, code: str) -> set[str]:
    frame = pl.DataFrame([(vocabulary, code)], schema=["vocabulary", "code"], orient="row")
    return set(codes.conditions(lists, frame)["condition"])


def test_a_drug_that_no_shipped_list_holds(folder: Path) -> None:
    write(folder, "drugs/zanubrutinib.csv", "# mine", DRUG, "include,name,contains,zanubrutinib")
    lists = own.read(folder)
    assert "zanubrutinib" in lists.drug_names
    assert set(codes.SHIPPED.drug_names) < set(lists.drug_names)
    assert drug(lists, "zanubrutinib", "x", "Zanubrutinib 80 mg", "local") == ["include"]
    assert drug(lists, "ivig", "J06BA02", None, "ATC") == ["include"]


def test_a_line_stands_in_place_of_the_same_shipped_line(folder: Path) -> None:
    write(folder, "drugs/ivig.csv", DRUG, "exclude,ATC,exact,j06ba02,iv,,,,not here")
    lists = own.read(folder)
    assert drug(lists, "ivig", "J06BA02", None, "ATC") == ["exclude"]
    assert drug(lists, "ivig", "J1569", None, "HCPCS") == ["include"]
    assert lists.overridden(lists.own[0]) == 1
    assert len(lists.drug_rows("ivig")) == len(codes.SHIPPED.drug_rows("ivig"))


def test_a_file_that_replaces_drops_the_shipped_lines_about_what_it_lists(folder: Path) -> None:
    write(folder, "drugs/ivig.csv", "#! replace", DRUG, "include,name,contains,pentaglobin")
    write(folder, "conditions/mine.csv", "#! replace", CONDITION, "diabetes,ICD10,prefix,E10")
    lists = own.read(folder)
    assert drug(lists, "ivig", "J06BA02", None, "ATC") == []
    assert drug(lists, "ivig", "x", "Pentaglobin 5 g", "local") == ["include"]
    assert conditions(lists, "ICD10", "E11.9") == set()
    assert conditions(lists, "ICD10", "E10.9") == {"diabetes"}
    assert conditions(lists, "ICD10", "I10") == conditions(codes.SHIPPED, "ICD10", "I10")


def test_conditions_are_added_to_shipped_ones(folder: Path) -> None:
    lines = [
        "asthma,ICD-10,prefix,J45",
        "diabetes,local,exact,DM type 2",
        "copd,ICD10CM,single,J45",
    ]
    write(folder, "conditions.csv", CONDITION, *lines)
    lists = own.read(folder)
    assert conditions(lists, "ICD10", "J45.9") == {"asthma", "chronic_pulmonary_disease"}
    assert conditions(lists, "local", "dm-type 2") == {"diabetes"}
    assert conditions(lists, "ICD10CM", "J45") >= {"copd", "asthma"}
    assert "copd" not in conditions(lists, "ICD10CM", "J45.9")


def test_a_code_alone_leaves_out_what_lies_below_it(folder: Path) -> None:
    lines = ["include,OMOP,single,100", "include,OMOP,exact,200"]
    write(folder, "drugs/x.csv", DRUG, *lines)
    lists = own.read(folder)
    below = {("OMOP", "100"): ("101",), ("OMOP", "200"): ("201",)}
    frame = pl.DataFrame(
        [(n, "OMOP", str(n), None, "iv") for n in (100, 101, 200, 201)],
        schema=["drug", "vocabulary", "drug_code", "drug_name", "route"],
        orient="row",
    )
    found = drug_classes(lists, frame, below).filter(pl.col("codelist") == "x")
    assert found["drug"].to_list() == [100, 200, 201]
    listed = set(codes.listed_codes(lists).filter(pl.col("vocabulary") == "OMOP")["code"])
    assert "200" in listed
    assert "100" not in listed


def test_an_analyte_with_its_unit_and_limits(folder: Path) -> None:
    write(folder, "labs.csv", "analyte,vocabulary,code,factor", "presepsin,LOINC,83093-5,1")
    write(folder, "units.csv", "variable,unit,factor", "presepsin,ng/L,1", "presepsin,ug/L,1000")
    bounds = "hard_lo,soft_lo,soft_hi,hard_hi"
    write(folder, "limits.csv", f"variable,unit,{bounds}", "presepsin,ug/L,0,1,5000,100000")
    with pytest.raises(StudyError, match=r"limits.csv, line 2: limits are in the standard unit"):
        own.read(folder)
    write(folder, "limits.csv", f"variable,unit,{bounds}", "presepsin,ng/L,0,1,5000,100000")
    lists = own.read(folder)
    frame = pl.DataFrame(
        [("83093-5", "LOINC", "ug/L"), ("presepsin", "local", "NG/L")],
        schema=["lab_code", "vocabulary", "unit"],
        orient="row",
    )
    found = codes.lab_map(lists, frame).select("analyte", "factor").rows()
    assert found == [("presepsin", 1000.0), ("presepsin", 1.0)]


def test_names_that_a_study_may_use_grow_with_its_lists(folder: Path) -> None:
    write(folder, "drugs/zanubrutinib.csv", DRUG, "include,name,contains,zanubrutinib")
    write(folder, "conditions/asthma.csv", CONDITION, "asthma,ICD10,prefix,J45")
    write(folder, "labs/mine.csv", "analyte,vocabulary,code,factor", "presepsin,local,presepsin,1")
    write(folder, "units/mine.csv", "variable,unit,factor", "presepsin,ng/L,1")
    write(folder, "events.csv", "kind,name,vocabulary,code", "finding,anosmia,local,anosmia")
    known = known_names(Extract(codelists="lists"), folder.parent)
    assert "zanubrutinib" in known.of("drugs")
    assert "ivig" in known.of("drugs")
    assert "asthma" in known.of("conditions")
    assert "presepsin" in known.of("analytes")
    assert "anosmia" in known.of("findings")
    assert known.units("presepsin") == ("ng/L",)


def test_lists_are_the_same_in_another_process(folder: Path) -> None:
    write(folder, "drugs/zanubrutinib.csv", DRUG, "include,name,contains,zanubrutinib")
    lists = own.read(folder)
    first, second = (pickle.loads(pickle.dumps(lists)) for _ in range(2))
    assert first is second
    assert first == lists
    assert hash(first) == hash(lists)
    assert first.drug_rows("zanubrutinib") == lists.drug_rows("zanubrutinib")
    assert pickle.loads(pickle.dumps(codes.SHIPPED)) is codes.SHIPPED


REFUSED = [
    ("drugs/x.csv", [DRUG, "include,name,contains,\u200b"], "holds no letter or digit"),
    ("drugs/x.csv", [DRUG, "include,ATC,prefix,."], "is no code of ATC"),
    ("conditions.csv", [CONDITION, "a,local,prefix,."], "holds no letter or digit"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a\u2028b\x0b"], "line 2: value holds a control"),
    ("drugs/x.csv", [DRUG, "include,name,contains," + "a" * 200_000], "line 2: over 10,000"),
    (
        "drugs/x.csv",
        ["verdict,vocabulary,match,valeu"],
        "line 1: wrong header (unknown: valeu",
    ),
    ("drugs/x.csv", [DRUG.replace(",", ";")], "line 1: its columns are not separated by commas"),
    ("drugs/x.csv", [], "is empty"),
    ("drugs/x.csv", [DRUG], "holds no line"),
    ("drugs/x.csv", [DRUG, "includ,name,contains,a"], "line 2: verdict 'includ' is none of"),
    ("drugs/x.csv", [DRUG, "include,RXNROM,exact,1"], "line 2: vocabulary 'RXNROM' is none of"),
    ("drugs/x.csv", [DRUG, "include,ATC,exakt,1"], "line 2: match 'exakt' is none of"),
    ("drugs/x.csv", [DRUG, "include,ATC,exact,"], "line 2: value is empty"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a,vein"], "line 2: route 'vein' holds a route"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a,,,0.1.2"], "is no number"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a,,,-5"], "begins like a formula"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a,,,0"], "is not above 0"),
    ("drugs/x.csv", [DRUG, "include,name,contains,a,b,c,,,d,e"], "10 cells under 9 columns"),
    ("drugs/x.csv", [DRUG, '=cmd|"/c calc",name,contains,a'], "line 2: "),
    ("drugs/x.csv", [DRUG, "include,name,contains,=HYPERLINK(1)"], "begins like a formula"),
    ("drugs/x.csv", [DRUG, "include,name,contains,@SUM(A1)"], "begins like a formula"),
    ("drugs/x.csv", [DRUG, "include,SNOMED,exact,4.4E+17"], "was rewritten by a spreadsheet"),
    ("drugs/x.csv", [DRUG, "include,NDC,exact,2751001"], "an NDC has 11 digits"),
    ("drugs/x.csv", [DRUG, "include,ATC,contains,J06"], "cannot be matched by what it contains"),
    ("drugs/x.csv", [DRUG, "exclude,ATC,exact,J06"], "no line includes anything"),
    ("drugs/x.csv", [DRUG, 'include,name,contains,"open'], "quotation mark is not closed"),
    ("drugs/x.csv", ["#! repalce", DRUG, "include,ATC,exact,J06"], "line 1: unknown directive"),
    ("drugs/Some Drug.csv", [DRUG, "include,ATC,exact,J06"], "is no name"),
    ("drugs.csv", [DRUG, "include,ATC,exact,J06"], "of no known kind"),
    ("tocilizumab.csv", [DRUG, "include,ATC,exact,J06"], "A drug list is drugs/NAME.csv"),
    ("findings.csv", ["kind,name,vocabulary,code"], "belong into events.csv"),
    ("drugs/x.xlsx", ["PK"], "no CSV file"),
    ("labs.csv", ["analyte,vocabulary,code,factor", "presepsin,local,f,1"], "has no unit"),
    ("labs.csv", ["analyte,vocabulary,code,factor", "wbc,local,crp,1"], "is itself an analyte"),
    ("units.csv", ["variable,unit,factor", "crp,mg/L,10"], "is the standard unit of 'crp'"),
    ("units.csv", ["variable,unit,factor", "new,mg/L,10"], "no analyte and no vital sign is"),
    ("units.csv", ["variable,unit,factor", "crpp,mg/L,1"], "Did you mean 'crp'?"),
    ("units.csv", ["#! replace", "variable,unit,factor", "crp,mg/dL,10"], "loses its standard"),
    ("events.csv", ["kind,name,vocabulary,code", "device,cpap,OMOP,1"], "no device 'cpap'"),
    ("events.csv", ["kind,name,vocabulary,code", "finding,a,local,b"], "is read by no layout"),
    ("conditions.csv", [CONDITION, "a,OMOP,exact,1"], "vocabulary 'OMOP' is none of"),
]


@pytest.mark.parametrize(("name", "lines", "said"), REFUSED)
def test_what_is_refused(folder: Path, name: str, lines: list[str], said: str) -> None:
    write(folder, name, *lines)
    with pytest.raises(StudyError) as refused:
        own.read(folder)
    assert said in str(refused.value)
    assert name in str(refused.value)
    assert refused.value.exit_code == 2


def test_contradictions_name_both_lines_and_agreements_are_one(folder: Path) -> None:
    lines = ["include,ATC,exact,J06,,,,,a", "include,atc,exact,j06,,,,,b"]
    write(folder, "drugs/x.csv", DRUG, *lines)
    assert len(own.read(folder).drug_rows("x")) == 1
    write(folder, "drugs/x.csv", DRUG, *lines, "exclude,ATC,exact,J06")
    with pytest.raises(StudyError, match=r"line 4: contradicts line 2 of drugs/x.csv \(verdict"):
        own.read(folder)
    write(folder, "labs/a.csv", "analyte,vocabulary,code,factor", "crp,LOINC,1-8,1")
    write(folder, "labs/b.csv", "analyte,vocabulary,code,factor", "wbc,LOINC,1-8,1")
    with pytest.raises(StudyError, match=r"labs/b.csv, line 2: contradicts line 2 of labs/a.csv"):
        own.read(folder)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    write(folder, "drugs/x.csv", DRUG, *["wrong,ATC,exact,J06"] * 60)
    write(folder, "strange.csv", "a")
    with pytest.raises(StudyError) as refused:
        own.read(folder)
    assert "61 problem(s)" in str(refused.value)
    assert str(refused.value).count("\n") == 49
    assert "and 13 more" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "latin-1"])
def test_another_encoding_is_refused(folder: Path, encoding: str) -> None:
    name = "médicament" if encoding == "latin-1" else "托珠单抗"
    write(folder, "drugs/x.csv", DRUG, f"include,name,contains,{name}", encoding=encoding)
    with pytest.raises(StudyError, match="CSV UTF-8"):
        own.read(folder)


def test_what_spreadsheets_leave_is_read(folder: Path) -> None:
    text = f"\ufeff# mine,,,,\r\n{DRUG}\r\n\r\ninclude,name,contains,托珠单抗,,,,,\r\n,,,,,,,,\r\n"
    write(folder, "drugs/x.csv", text)
    write(folder, ".DS_Store", "x")
    write(folder, "README.txt", "what these are")
    lists = own.read(folder)
    assert drug(lists, "x", "a", "托珠单抗注射液", "local") == ["include"]


def test_a_missing_folder_says_where_it_was_looked_for(folder: Path) -> None:
    with pytest.raises(StudyError, match="beside the study file"):
        own.read(folder)
