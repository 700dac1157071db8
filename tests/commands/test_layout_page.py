"""The report of a layout as a page, and a rehearsal of some of its hospitals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.commands import rehearsal
from ehrivig.demo import write_demo
from ehrivig.errors import UsageError
from ehrivig.extract import layout_check


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layout") / "extract"
    write_demo(folder, patients=120, hospitals=3)
    return folder


def test_the_page_says_what_the_terminal_says(extract: Path, tmp_path: Path) -> None:
    page = tmp_path / "layout.html"
    asked = ["layout", "check", "native", "--extract", str(extract), "--html", str(page)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    html = page.read_text(encoding="utf-8")
    shown = re.sub(r"<[^>]+>", "", html)
    report = layout_check.check("native", extract, study.load("ivig_covid19"))
    assert report.verdict in shown
    for table in report.tables:
        assert f"{table.rows:,}" in shown
    for code in report.codes:
        assert f"{code.table}: {code.what}" in shown
    assert "src=" not in html
    assert "http" not in re.sub(r'http-equiv="[^"]*"', "", html)


def test_a_page_that_cannot_be_written_is_an_argument(extract: Path, tmp_path: Path) -> None:
    asked = ["layout", "check", "native", "--extract", str(extract), "--html", str(tmp_path)]
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, UsageError)
    assert "--html" in str(done.exception)


def test_a_sample_is_of_some_hospitals(extract: Path) -> None:
    plan = study.load("ivig_covid19")
    found, said = rehearsal._sampled(plan, extract, 2)
    assert found.extract.hospitals == ["A", "B"]
    assert said[0].startswith("sample: 2 of 3 hospitals")
    every, said = rehearsal._sampled(plan, extract, 3)
    assert every is plan
    assert said == ["sample: all 3 hospitals"]
    assert rehearsal._sampled(plan, extract, None) == (plan, [])


def test_a_sample_without_a_rehearsal_is_refused(extract: Path) -> None:
    done = CliRunner().invoke(
        app, ["layout", "check", "native", "--extract", str(extract), "--sample", "2"]
    )
    assert isinstance(done.exception, UsageError)
    assert "--rehearse" in str(done.exception)
