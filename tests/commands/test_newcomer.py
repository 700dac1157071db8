"""A newcomer's half hour: from an empty folder to a report for a drug of no shipped list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ehrivig import codes
from ehrivig.cli import app
from ehrivig.demo import write_demo

pytestmark = pytest.mark.usefixtures("quickly")


def typed(*words: str) -> tuple[str, str]:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout, done.stderr


def test_from_an_empty_folder_to_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "moxifloxacin" not in codes.SHIPPED.drug_names
    monkeypatch.chdir(tmp_path)
    write_demo(Path("extract"), patients=900, hospitals=2, seed=7, defects="none")
    said = typed("study", "new", "moxi.toml", "--drug", "moxifloxacin", "--condition", "covid19")[1]
    assert "ehrivig codelist check lists --extract DIR" in said
    found = json.loads(typed("study", "check", "moxi.toml", "--extract", "extract", "--json")[0])
    assert found["exposure"]["exposed"] > 100
    (report,) = json.loads(typed("codelist", "check", "lists", "--extract", "extract", "--json")[0])
    assert report["lines"][0]["count"]["people"] >= found["exposure"]["exposed"]
    text = Path("moxi.toml").read_text(encoding="utf-8")
    Path("moxi.toml").write_text(text.replace("bootstrap = 500", "bootstrap = 40"), "utf-8")
    summary = json.loads(
        typed("run", "moxi.toml", "--extract", "extract", "--out", "result", "--json", "--quiet")[0]
    )
    assert summary["exposed"] == found["exposure"]["exposed"]
    assert summary["pairs"] > 50
    report_page = Path("result/report.html").read_text(encoding="utf-8")
    assert "drugs/moxifloxacin.csv (1 line(s); SHA-256" in report_page
