"""Lists of others: what their makers decided on each code counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ehrivig.cli import app
from ehrivig.codes import imports
from ehrivig.codes.kinds import KINDS
from ehrivig.codes.opencodelists import opencodelist
from ehrivig.errors import UsageError


def codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "asthma.csv"
    path.write_text(text, encoding="utf-8")
    rows = opencodelist(path, KINDS["conditions"], "asthma", "SNOMED", None)
    return [row["code"] for row in rows]


def test_codes_that_are_left_out_are_left_out(tmp_path: Path) -> None:
    status = "code,status,term\n1,+,a\n2,(+),b\n3,-,c\n4,(-),d\n"
    assert codes(tmp_path, status) == ["1", "2"]
    words = "code,term,is_included\n1,a,True\n2,b,False\n3,c,TRUE\n"
    assert codes(tmp_path, words) == ["1", "3"]
    assert codes(tmp_path, "code,term\n1,a\n2,b\n") == ["1", "2"]


@pytest.mark.parametrize("said", ["?", "!", ""])
def test_a_code_that_nobody_decided_on_is_asked_for(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError, match="line 3: its status says neither"):
        codes(tmp_path, f"code,status,term\n1,+,a\n2,{said},b\n")


def test_flags_of_a_concept_set_in_words(tmp_path: Path) -> None:
    concept = {"CONCEPT_ID": 1, "VOCABULARY_ID": "RxNorm", "CONCEPT_CODE": "5"}
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"items": [{"concept": concept, "isExcluded": "false"}]}), "utf-8")
    assert not imports.concept_set(path)[0].excluded
    path.write_text(json.dumps({"items": [{"concept": concept, "isExcluded": "maybe"}]}), "utf-8")
    with pytest.raises(UsageError, match="no concept set expression"):
        imports.concept_set(path)


def imported(tmp_path: Path, name: str, text: str, *options: str) -> Result:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    command = ["codelist", "new", "condition", "asthma", "--from", str(path)]
    return CliRunner().invoke(app, [*command, "--out", str(tmp_path / "lists"), *options])


def concepts(*items: dict[str, object]) -> str:
    return json.dumps({"items": [{"concept": item} for item in items]})


ASTHMA = {"CONCEPT_ID": 317009, "VOCABULARY_ID": "SNOMED", "CONCEPT_CODE": "195967001"}


def test_concepts_that_a_list_cannot_hold_are_named(tmp_path: Path) -> None:
    read = {"CONCEPT_ID": 455, "CONCEPT_NAME": "A", "VOCABULARY_ID": "Read", "CONCEPT_CODE": "H33"}
    done = imported(tmp_path, "set.json", concepts(ASTHMA, read))
    assert done.exit_code == 0
    assert "left out 1 concept(s) whose vocabulary a list of conditions cannot hold: " in (
        done.stderr
    )
    assert "455 A (Read H33)" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "options", "said"),
    [
        ("a.csv", 'code,term\nJ45,"open\n', ["--vocabulary", "ICD10"], "a.csv, line 2: a quot"),
        ("a.csv", "code,term\nJ45," + "x" * 200_000, ["--vocabulary", "ICD10"], "a.csv, line 2: a"),
        ("a.csv", "code;term\nJ45;A\n", ["--vocabulary", "ICD10"], "not separated by commas"),
        ("a.csv", "code\tterm\nJ45\tA\n", ["--vocabulary", "ICD10"], "not separated by commas"),
        ("a.csv", "code,code\nJ45,J46\n", ["--vocabulary", "ICD10"], "has 2 columns 'code'"),
        ("a.csv", "code\nJ45\nJ4.5\n", ["--vocabulary", "ICD10"], "'J4.5' is no code of ICD10"),
        ("a.json", '{"items": [{"concept": {"CONCEPT_ID": 1e400}}]}', [], "item 1 has CONCEPT_ID"),
        ("a.json", concepts({**ASTHMA, "CONCEPT_ID": 1.7}), [], "1.7, which is no whole number"),
        ("a.json", concepts(ASTHMA), ["--column", "x"], "--column is not read where a.json"),
        ("a.csv", "code\nJ45\n", ["--extract", "d"], "--extract is not read where a.csv is a CSV"),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, options: list[str], said: str
) -> None:
    done = imported(tmp_path, name, text, *options)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert "conditions/asthma.csv" not in str(done.exception)  # which is not there
    assert not list((tmp_path / "lists").rglob("*.csv"))


def test_categories_of_icd_10_stand_alone_unless_they_are_beginnings(tmp_path: Path) -> None:
    text = "code,term\nE10,a\nE11,b\nE11.9,c\n"
    done = imported(tmp_path, "d.csv", text, "--vocabulary", "ICD10")
    assert "2 code(s) of three signs (E10, E11) stand for themselves alone" in done.stderr
    assert "import it anew with --match prefix" in done.stderr
    (tmp_path / "lists/conditions/asthma.csv").unlink()
    done = imported(tmp_path, "d.csv", text, "--vocabulary", "ICD10", "--match", "prefix")
    assert "alone" not in done.stderr
    assert "asthma,ICD10,prefix,E11,b" in (tmp_path / "lists/conditions/asthma.csv").read_text()


@pytest.mark.parametrize("kind", [kind.singular for kind in KINDS.values()])
def test_a_template_blocks_nothing(tmp_path: Path, kind: str) -> None:
    lists = tmp_path / "lists"
    done = CliRunner().invoke(app, ["codelist", "new", kind, "mine", "--out", str(lists)])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["codelist", "check", str(lists)])
    assert (done.exit_code, done.exception) == (0, None)


def test_a_list_that_is_empty_still_is_told(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    CliRunner().invoke(app, ["codelist", "new", "unit", "mine", "--out", str(lists)])
    done = CliRunner().invoke(app, ["codelist", "check", str(lists)])
    assert "warning: units/mine.csv: holds no line yet, so it changes nothing" in done.stderr
