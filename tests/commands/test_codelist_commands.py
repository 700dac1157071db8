"""`ehrivig codelist`: new lists, imported lists, and what a list finds, as they are typed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import codes
from ehrivig.cli import app
from ehrivig.codes import own
from ehrivig.codes.imports import Concept
from ehrivig.codes.kinds import KINDS
from ehrivig.demo import write_demo
from ehrivig.errors import EhrivigError
from ehrivig.extract.concept_sets import written_out
from ehrivig.extract.lists import near as list_near

DRUG = "verdict,vocabulary,match,value\n"


def typed(*words: object) -> tuple[str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["drug", "drugs", "condition", "vital", "finding"])
def test_a_template_is_a_list_that_explains_itself(tmp_path: Path, kind: str) -> None:
    name = "temperature" if kind == "vital" else "something_new"
    said = typed("codelist", "new", kind, name, "--out", tmp_path)[1]
    (path,) = (path for path in tmp_path.rglob("*.csv"))
    assert str(path) in said
    assert path.stem == name
    lists = own.read(tmp_path)
    assert len(lists.own[0].lines) == 1
    columns = KINDS[lists.own[0].kind].columns
    text = path.read_text(encoding="utf-8")
    assert f"\n{','.join(columns)}\n" in text
    assert "# Sources:" in text
    assert "# Review:" in text


@pytest.mark.parametrize("kind", list(KINDS))
def test_examples_in_a_template_are_lines_of_it(tmp_path: Path, kind: str) -> None:
    typed("codelist", "new", kind, "something", "--out", tmp_path)
    path = next(tmp_path.rglob("*.csv"))
    lines = path.read_text(encoding="utf-8").splitlines()
    header = next(n for n, line in enumerate(lines) if not line.startswith("#"))
    examples = [line.removeprefix("# ") for line in lines[header + 1 :] if line.startswith("# ")]
    if examples:
        path.write_text("\n".join([lines[header], *examples]), encoding="utf-8")
        if kind in ("labs", "vitals"):
            (tmp_path / "units.csv").write_text("variable,unit,factor\nsomething,g/L,1\n")
        (file,) = (one for one in own.read(tmp_path).own if one.kind == kind)
        assert len(file.lines) == len(examples)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("medicine", "x"), "no kind 'medicine'. Known: drug, condition"),
        (("drug", "Some Drug"), "is no name"),
        (("drug", "there"), "exists"),
        (("drug", "x", "--vocabulary", "ATC"), "go with --from"),
        (("drug", "x", "--from", "nowhere.csv"), "No such file"),
    ],
)
def test_a_list_that_cannot_be_written(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    typed("codelist", "new", "drug", "there", "--out", tmp_path)
    with pytest.raises(EhrivigError, match=said) as refused:
        typed("codelist", "new", *words, "--out", tmp_path)
    assert refused.value.exit_code == 2
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["there.csv"]


def test_a_csv_of_opencodelists(tmp_path: Path) -> None:
    source = tmp_path / "opensafely-asthma.csv"
    text = "\ufeffcode,term\n195967001,Asthma\n233678006,Childhood asthma\n195967001,Asthma\n"
    source.write_text(text, encoding="utf-8")
    out = tmp_path / "lists"
    with pytest.raises(EhrivigError, match="--vocabulary, one of ICD10"):
        typed("codelist", "new", "condition", "asthma", "--from", source, "--out", out)
    words = ("codelist", "new", "condition", "asthma", "--from", source, "--out", out)
    said = typed(*words, "--vocabulary", "snomed")[1]
    assert "2 line(s) from opensafely-asthma.csv" in said
    lists = own.read(out)
    coded = pl.DataFrame({"vocabulary": ["SNOMED"], "code": ["233678006"]})
    assert codes.conditions(lists, coded)["condition"].to_list() == ["asthma"]
    assert "SHA-256" in (out / "conditions" / "asthma.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column"),
        ("codes;term\n1;a\n", "not separated by commas"),
        ("code,term\n", "holds no code"),
        ("code,term\n4.4E+17,a\n", "rewritten by a spreadsheet"),
    ],
)
def test_a_csv_that_is_no_list(tmp_path: Path, text: str, said: str) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "lists"
    source.write_text(text, encoding="utf-8")
    words = ("codelist", "new", "condition", "a", "--from", source, "--out", out)
    with pytest.raises(EhrivigError, match=said):
        typed(*words, "--vocabulary", "SNOMED")
    assert not list(tmp_path.rglob("lists/**/*.csv"))


def concept(number: int, *, below: bool = False, excluded: bool = False, **more: Any) -> Any:
    facts = {"VOCABULARY_ID": "RxNorm", "CONCEPT_CODE": f"{number}1", "CONCEPT_NAME": f"=c{number}"}
    return {
        "concept": {"CONCEPT_ID": number, **facts, **more},
        "isExcluded": excluded,
        "includeDescendants": below,
        "includeMapped": False,
    }


def vocabulary(folder: Path) -> Path:
    """Concepts 1 above 2 above 3, 4 alone; concept 5 is not there."""
    folder.mkdir()
    names = {
        "concept_id": [1, 2, 3, 4],
        "vocabulary_id": ["RxNorm"] * 3 + ["SNOMED"],
        "concept_code": ["11", "21", "31", "400000002"],
        "concept_name": ["one", "two", "three", "four"],
    }
    pl.DataFrame(names).write_parquet(folder / "concept.parquet")
    pairs = [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3), (4, 4)]
    columns = ["ancestor_concept_id", "descendant_concept_id"]
    frame = pl.DataFrame(pairs, schema=columns, orient="row")
    frame.write_parquet(folder / "concept_ancestor.parquet")
    return folder


def imported(tmp_path: Path, kind: str, items: list[Any], *words: object) -> set[tuple[str, ...]]:
    """Verdict, vocabulary, match and code of each line of an imported concept set."""
    source, out = tmp_path / "set.json", tmp_path / "lists"
    source.write_text(json.dumps({"items": items}), encoding="utf-8")
    typed("codelist", "new", kind, "x", "--from", source, "--out", out, *words)
    rows = [line.row for line in own.read(out).own[0].lines]
    return {
        (row.get("verdict", ""), row["vocabulary"], row["match"], row.get("value") or row["code"])
        for row in rows
    }


def test_a_concept_set_without_the_vocabulary_keeps_what_lies_below_for_later(
    tmp_path: Path,
) -> None:
    items = [concept(1, below=True), concept(2), concept(3, excluded=True, below=True)]
    assert imported(tmp_path, "drug", items) == {
        ("include", "OMOP", "exact", "1"),
        ("include", "RXNORM", "exact", "11"),
        ("include", "OMOP", "single", "2"),
        ("include", "RXNORM", "single", "21"),
        ("exclude", "OMOP", "exact", "3"),
        ("exclude", "RXNORM", "exact", "31"),
    }


def test_a_concept_set_is_written_out_with_the_vocabulary(tmp_path: Path) -> None:
    items = [concept(1, below=True), concept(2, excluded=True), concept(5)]
    found = imported(tmp_path, "drug", items, "--extract", vocabulary(tmp_path / "omop"))
    assert found == {
        ("include", "OMOP", "single", "1"),
        ("include", "RXNORM", "single", "11"),
        ("include", "OMOP", "single", "3"),
        ("include", "RXNORM", "single", "31"),
    }


def test_what_is_written_out_stands_for_itself(tmp_path: Path) -> None:
    """Neither excluded, nor with what lies below, nor with what is mapped to it."""
    one = Concept(1, "RxNorm", "11", "one", excluded=False, descendants=True, mapped=True)
    found, unknown = written_out([one], vocabulary(tmp_path / "omop"))
    assert [concept.concept_id for concept in found] == [1, 2, 3]
    assert not any(c.excluded or c.descendants or c.mapped for c in found)
    assert unknown == []


def test_the_vocabulary_may_come_as_athena_writes_it(tmp_path: Path) -> None:
    """CSV by its name, separated by tabs, and a quote is a letter."""
    folder = vocabulary(tmp_path / "omop")
    for path in folder.glob("*.parquet"):
        text = pl.read_parquet(path).write_csv(separator="\t", quote_style="never")
        path.with_name(f"{path.stem.upper()}.csv").write_text(text.replace("three", 'three "3"'))
        path.unlink()
    items = [concept(1, below=True), concept(2, excluded=True), concept(5)]
    with pytest.raises(EhrivigError, match=r"line 1 holds no ',' but '\\t', which is not declared"):
        imported(tmp_path, "drug", items, "--extract", folder)
    (folder / "extract.json").write_text('{"csv": {"delimiter": "\\t", "quote": ""}}')
    assert len(imported(tmp_path, "drug", items, "--extract", folder)) == 4


def test_a_concept_set_that_the_vocabulary_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(EhrivigError, match=r"nothing is left of set\.json"):
        imported(tmp_path, "drug", [concept(5)], "--extract", vocabulary(tmp_path / "omop"))
    assert not list(tmp_path.rglob("*.csv"))


def test_a_condition_set_with_exclusions_needs_the_vocabulary(tmp_path: Path) -> None:
    snomed = {"VOCABULARY_ID": "SNOMED", "CONCEPT_CODE": "400000002"}
    items = [concept(4, **snomed), concept(2, excluded=True)]
    with pytest.raises(EhrivigError, match="Give --extract with the tables concept"):
        imported(tmp_path, "condition", items)
    found = imported(tmp_path, "condition", items, "--extract", vocabulary(tmp_path / "omop"))
    assert found == {("", "SNOMED", "single", "400000002")}


@pytest.mark.parametrize(
    ("kind", "domain"), [("drug", "Condition"), ("condition", "Drug"), ("lab", "Drug")]
)
def test_concepts_of_another_domain_are_refused(tmp_path: Path, kind: str, domain: str) -> None:
    items = [concept(1, DOMAIN_ID=domain, VOCABULARY_ID="SNOMED", CONCEPT_CODE="195967001")]
    with pytest.raises(EhrivigError, match=rf"1 =c1 \({domain}\). No such row could"):
        imported(tmp_path, kind, items)
    assert not list(tmp_path.rglob("*.csv"))


def test_the_vocabulary_says_of_which_domain_a_concept_is(tmp_path: Path) -> None:
    folder = vocabulary(tmp_path / "omop")
    names = pl.read_parquet(folder / "concept.parquet")
    named = names.with_columns(domain_id=pl.Series(["Drug", "Drug", "Drug", "Condition"]))
    named.write_parquet(folder / "concept.parquet")
    assert imported(tmp_path, "drug", [concept(1)], "--extract", folder)
    (tmp_path / "lists" / "drugs" / "x.csv").unlink()
    with pytest.raises(EhrivigError, match=r"4 four \(Condition\)"):
        imported(tmp_path, "drug", [concept(1), concept(4)], "--extract", folder)


@pytest.mark.parametrize("text", ["{", "[1]", '{"items": [{"concept": {}}]}', '{"expression": 3}'])
def test_json_that_is_no_concept_set(tmp_path: Path, text: str) -> None:
    source = tmp_path / "a.json"
    source.write_text(text, encoding="utf-8")
    with pytest.raises(EhrivigError, match="is no concept set expression"):
        typed("codelist", "new", "drug", "x", "--from", source, "--out", tmp_path / "lists")


HERE = {"hospital_id": "A"}


def drawn(folder: Path) -> Path:
    """Twenty people: seven got Foodrug, six Fodrug (a slip), two Foodrug cream, one Foodrugol."""
    at = datetime(2020, 1, 1, 8)
    who = range(20)
    tables: dict[str, list[dict[str, Any]]] = {
        "hospital": [{**HERE, "hospital_name": "A", "timezone": "UTC", "country": "DE"}],
        "patient": [{**HERE, "patient_id": n, "sex": "male"} for n in who],
        "admission": [
            {
                **HERE,
                "admission_id": n,
                "patient_id": n,
                "admitted_at": at,
                "discharged_at": at,
                "discharge_status": "alive",
            }
            for n in who
        ],
        "diagnosis": [
            {**HERE, "admission_id": n, "code": f"J45.{n % 2}", "vocabulary": "ICD10"} for n in who
        ],
        "medication": [
            {
                **HERE,
                "admission_id": n,
                "medication_id": f"{n}{again}",
                "drug_code": name,
                "vocabulary": "local",
                "drug_name": name,
                "dose": 1.0,
                "dose_unit": "mg",
                "route": "iv",
                "status": "given",
                "started_at": at,
            }
            for n, name in enumerate(
                ["Foodrug 5 mg"] * 7 + ["Fodrug"] * 6 + ["Foodrug cream"] * 2 + ["Foodrugol"]
            )
            for again in (1, 2)
        ],
    }
    for name, rows in tables.items():
        (folder / name).mkdir(parents=True)
        pl.DataFrame(rows).write_parquet(folder / name / "part.parquet")
    return folder


def test_what_each_line_finds_and_what_is_near_it(tmp_path: Path) -> None:
    lists = tmp_path / "lists" / "drugs"
    lists.mkdir(parents=True)
    lines = "include,name,contains,foodrug\nexclude,name,contains,cream\ninclude,ATC,exact,X99\n"
    (lists / "foodrug.csv").write_text(DRUG + lines, encoding="utf-8")
    extract = drawn(tmp_path / "extract")
    text = typed("codelist", "check", lists.parent, "--extract", extract, "--json")[0]
    (report,) = json.loads(text)
    assert [line["count"] for line in report["lines"]] == [
        {"rows": 18, "people": 9},
        {"rows": None, "people": None},  # two people: hidden
        {"rows": 0, "people": 0},
    ]
    assert report["ambiguous"] == []  # the cream is of two people: not told
    assert report["near"] == [
        {"text": "'Fodrug' (iv)", "count": {"rows": 12, "people": 6}},
    ]
    said = typed("codelist", "check", lists.parent, "--extract", extract)[0]
    assert "line 3: exclude name contains cream" in said
    assert "few rows" in said


def test_conditions_that_are_near_and_found_by_no_line(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    text = "condition,vocabulary,match,code\nasthma,ICD10,exact,J45.0\n"
    (lists / "conditions.csv").write_text(text, encoding="utf-8")
    extract = drawn(tmp_path / "extract")
    (report,) = json.loads(typed("codelist", "check", lists, "--extract", extract, "--json")[0])
    assert report["lines"][0]["count"] == {"rows": 10, "people": 10}
    assert report["near"] == [{"text": "ICD10 J45.1", "count": {"rows": 10, "people": 10}}]


def test_what_a_shipped_line_finds_is_not_near(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    text = "condition,vocabulary,match,code\nchronic_pulmonary_disease,ICD10,exact,J45.0\n"
    (lists / "conditions.csv").write_text(text, encoding="utf-8")
    extract = drawn(tmp_path / "extract")
    (report,) = json.loads(typed("codelist", "check", lists, "--extract", extract, "--json")[0])
    assert report["lines"][0]["count"] == {"rows": 10, "people": 10}
    assert report["near"] == []  # J45.1 is found by the shipped prefix J45


@pytest.mark.parametrize(
    ("value", "name", "near"),
    [
        ("sodium valproate", "Sodium chloride 0.9% injection", False),
        ("sodium valproate", "Valproat 300 mg", True),
        ("sodium valproate", "Divalproex sodium", False),
        ("sodium chloride", "Sodium chlorid 0.9%", True),
        ("dexamethasone", "Dexamethason inj", True),
        ("human albumin", "Human insulin", False),
        ("托珠单抗", "托珠单抗注射液", True),
    ],
)
def test_what_is_near_shares_more_than_a_word_of_many_names(
    tmp_path: Path, value: str, name: str, near: bool
) -> None:
    path = tmp_path / "drugs" / "x.csv"
    path.parent.mkdir()
    path.write_text(f"{DRUG}include,name,contains,{value}\n", encoding="utf-8")
    lists = own.read(tmp_path)
    found = list_near.about(lists, lists.own[0])
    assert found.is_near(["local", "7", name], "drugs") is near


def test_lines_that_disagree_are_told(tmp_path: Path) -> None:
    lists = tmp_path / "lists" / "drugs"
    lists.mkdir(parents=True)
    lines = "include,name,contains,foodrug\nquarantine,name,contains,foodrug 5 mg\n"
    (lists / "foodrug.csv").write_text(DRUG + lines, encoding="utf-8")
    extract = drawn(tmp_path / "extract")
    (report,) = json.loads(
        typed("codelist", "check", lists.parent, "--extract", extract, "--json")[0]
    )
    assert report["ambiguous"] == [
        {
            "text": "'Foodrug 5 mg' (iv): include and quarantine -> quarantine",
            "count": {"rows": 14, "people": 7},
        }
    ]


def test_signs_events_and_units_are_counted(tmp_path: Path) -> None:
    """What a row is called is counted; what it is written in, and nothing converts, is near."""
    write_demo(tmp_path / "d", patients=60, hospitals=1, defects="none")
    (path,) = (tmp_path / "d" / "lab").rglob("*.parquet")
    lab = pl.read_parquet(path)
    crp = lab.filter(pl.col("lab_code").is_in(["crp", "1988-5"]))
    odd = lab.with_columns(
        pl.when(pl.col("lab_code").is_in(["crp", "1988-5"])).then(pl.lit("mg%"))
        .otherwise("unit").alias("unit")
    )  # fmt: skip
    odd.write_parquet(path)
    vital, finding = (pl.read_parquet(tmp_path / "d" / name) for name in ("vital", "finding"))
    lists = tmp_path / "lists"
    lists.mkdir()
    files = {
        "vitals": "vital_code,vocabulary,code\nsbp,local,sbp\npain,local,pain\n",
        "events": "kind,name,vocabulary,code\nfinding,fever,local,fever\ndevice,imv,local,imv\n",
        "units": "variable,unit,factor\npain,points,1\ncrp,MG/L,1\nsbp,mmHg,1\nweight,kg,1\n",
        "indications": "indication,label,class,vocabulary,match,code,specificity\n"
        "cov,Covid,recognised,ICD10,prefix,U07,3\n",
    }
    for name, text in files.items():
        (lists / f"{name}.csv").write_text(text, encoding="utf-8")
    said = typed("codelist", "check", lists, "--extract", tmp_path / "d", "--json")[0]
    events, indications, units, vitals = json.loads(said)
    fever = finding.filter(finding_code="fever").height
    sbp = vital.filter(vital_code="sbp").height
    assert events["lines"][0]["count"]["rows"] == fever
    assert indications["lines"][0]["count"]["rows"] > 20
    rows = [line["count"] and line["count"]["rows"] for line in units["lines"]]
    assert rows == [0, 0, sbp, None]
    (near,) = units["near"]
    assert (near["text"], near["count"]["rows"]) == ("crp in 'mg%'", crp.height)
    assert [line["count"]["rows"] for line in vitals["lines"]] == [sbp, 0]
    told = typed("codelist", "check", lists, "--extract", tmp_path / "d")[0]
    assert "line 5: weight in kg" in told
    assert "a column of the admission, not counted" in told
    assert "(rows of the name of each line, by whichever code they came)" in told


@pytest.mark.parametrize("name", ["aa", "zz"])
def test_an_import_that_contradicts_a_list_that_is_there_is_not_written(
    tmp_path: Path, name: str
) -> None:
    """Whichever of both files comes first, and by its codes: its lines are nowhere."""
    source = tmp_path / "list.csv"
    source.write_text("code,term\n4000001,a procedure\n4000002,b\n", encoding="utf-8")
    words = ["--from", source, "--vocabulary", "OMOP", "--out", tmp_path / "lists"]
    typed("codelist", "new", "finding", "mm", *words)
    with pytest.raises(EhrivigError) as error:
        typed("codelist", "new", "finding", name, *words)
    assert str(error.value).count("contradicts") == 2
    assert "4000001" in str(error.value)
    assert f"{name}.csv" not in str(error.value)
    assert [path.stem for path in (tmp_path / "lists").rglob("*.csv")] == ["mm"]
    own.read(tmp_path / "lists")


def test_a_list_of_a_shipped_name_says_so(tmp_path: Path) -> None:
    said = typed("codelist", "new", "drug", "ivig", "--out", tmp_path)[1]
    assert "ivig is a shipped list as well: its lines hold beside these." in said
    assert "is a shipped" not in typed("codelist", "new", "drug", "foozumab", "--out", tmp_path)[1]


@pytest.mark.parametrize("option", [["--json"], ["--layout", "omop"], ["--study", "ivig_covid19"]])
def test_what_is_of_an_extract_needs_one(tmp_path: Path, option: list[str]) -> None:
    typed("codelist", "new", "drug", "foozumab", "--out", tmp_path)
    with pytest.raises(EhrivigError, match=f"{option[0]} is of an extract. Give --extract"):
        typed("codelist", "check", tmp_path, *option)
