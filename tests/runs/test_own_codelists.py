"""A study's own code lists in a run: every worker reads them, and a change of one is a change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import polars as pl
import pytest

from ehrivig import extract, pipeline, study
from ehrivig.demo import write_demo
from ehrivig.report import methods
from ehrivig.resources import studies_folder
from ehrivig.runs import fingerprint
from ehrivig.runs.task import Task, perform

pytestmark = pytest.mark.usefixtures("more_quickly")

HEADER = "verdict,vocabulary,match,value\n"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own_lists") / "demo"
    write_demo(folder, patients=100, hospitals=2, seed=7, defects="none")
    return folder


def plan(folder: Path, lines: str) -> study.Study:
    """The packaged study, in a folder of its own, on a drug of its own list."""
    lists = folder / "lists" / "drugs"
    lists.mkdir(parents=True, exist_ok=True)
    (lists / "mine.csv").write_text(HEADER + lines, encoding="utf-8")
    text = (studies_folder() / "ivig_covid19.toml").read_text(encoding="utf-8")
    text = text.replace('layout = "native"', 'layout = "native"\ncodelists = "lists"', 1)
    text = text.replace('codelist = "ivig"', 'codelist = "mine"', 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return study.load(folder / "study.toml")


def test_what_the_list_finds_is_what_the_shipped_one_finds(demo: Path, tmp_path: Path) -> None:
    """That every worker reads the lists: `test_batches`, whose study has one."""
    own = plan(tmp_path, "include,ATC,exact,J06BA02\n")
    exposed = {}
    for name, one in (("own", own), ("shipped", study.load("ivig_covid19"))):
        source, home = extract.inspect(demo, one), tmp_path / name
        perform(Task(source, source.hospitals, one, home, gate_only=False, keep=True))
        given = pl.read_parquet(home / "dosing.parquet").filter("ivig_any")
        exposed[name] = sorted(given["admission_id"])
    assert exposed["own"]
    assert exposed["own"] == exposed["shipped"]


def test_a_changed_list_is_a_changed_input(demo: Path, tmp_path: Path) -> None:
    def mark(lines: str) -> str:
        one = plan(tmp_path, lines)
        source = extract.inspect(demo, one)
        return fingerprint.of_hospitals(one, fingerprint.of_inputs(source), gate_only=False)["A"]

    first = mark("include,ATC,exact,J06BA02\n")
    assert mark("include,ATC,exact,J06BA02\n") == first
    assert mark("include,ATC,exact,J06BA01\n") != first


def test_the_manifest_and_the_report_name_each_list(demo: Path, tmp_path: Path) -> None:
    one = plan(tmp_path, "include,ATC,exact,J06BA02\n")
    done = pipeline.check(one, demo, tmp_path / "out")
    manifest = json.loads((Path(done.out) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["own_codelists"] == one.lists.hashes
    assert list(one.lists.hashes) == ["drugs/mine.csv"]
    assert "drugs/mine.csv (1 line(s); SHA-256" in methods.paragraphs(one)[-1]
    again = pipeline.check(plan(tmp_path, "include,ATC,exact,J06BA02\n"), demo, tmp_path / "out")
    assert again.message == "unchanged"
    changed = pipeline.check(plan(tmp_path, "include,ATC,exact,J06BA01\n"), demo, tmp_path / "out")
    assert changed.message != "unchanged"


def test_lists_lie_beside_the_study_file_and_not_where_somebody_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(tmp_path, "include,ATC,exact,J06BA02\n")
    monkeypatch.chdir(tmp_path.parent)
    assert "mine" in study.load(tmp_path / "study.toml").lists.drug_names
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert "mine" in study.parse(tomllib.loads(text), folder=tmp_path).lists.drug_names
