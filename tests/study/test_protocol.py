"""The protocol follows from the study file alone, and its hash from all that it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract
from typer.testing import CliRunner

from ehrivig import cli, pipeline
from ehrivig import study as studies
from ehrivig.study.protocol import digest, items, protocol

pytestmark = pytest.mark.usefixtures("quickly")

PARTS = [
    *("Eligibility", "Treatment strategies", "Assignment", "Follow-up", "Outcome"),
    *("Causal contrast", "Assumptions", "Analysis plan"),
]


@pytest.mark.parametrize("name", studies.packaged())
def test_every_part_of_target_is_answered(name: str) -> None:
    plan = studies.load(name)
    assert [one.part for one in items(plan)] == PARTS
    for one in items(plan):
        assert one.target_trial.strip(), one.part
        assert one.emulation.strip(), one.part
    assert protocol(plan)["answer"]["analysis"] == plan.answer


def test_the_hash_is_of_everything_said() -> None:
    content = protocol(studies.load("ivig_covid19"))
    assert content["protocol_hash"] == digest(content)
    for name in ("title", "study_hash", "items"):
        assert digest(content | {name: "another"}) != content["protocol_hash"]
    other = protocol(studies.load("ivig_sepsis"))
    assert other["protocol_hash"] != content["protocol_hash"]


def test_what_the_files_say_that_it_names_is_in_the_hash(tmp_path: Path) -> None:
    """One analyte for another in signed mappings; a SELECT of a layout of one's own."""
    signed = tmp_path / "map.toml"
    text = (
        '[[code]]\nhospital_id = "A"\nvocabulary = "local"\ncode = "K1"\nanalyte = "creatinine"\n'
        'signed_by = "J. Doe"\nsigned_on = 2026-01-05\nreason = "local code"\n'
    )
    layout = tmp_path / "own"
    layout.mkdir()
    path = short_study(tmp_path / "study.toml", extract={"mappings": "map.toml", "layout": "own"})
    seen = set()
    (layout / "prepare").mkdir()
    for mapped, select, step in (
        *(("creatinine", "1", "1"), ("crp", "1", "1")),
        *(("crp", "2", "1"), ("crp", "2", "2")),
    ):
        signed.write_text(text.replace("creatinine", mapped), encoding="utf-8")
        (layout / "patient.sql").write_text(f"SELECT {select}", encoding="utf-8")
        (layout / "prepare" / "placed.sql").write_text(f"SELECT {step}", encoding="utf-8")
        content = protocol(studies.load(str(path)))
        assert set(content["own_files"]) == {
            *("mappings/map.toml", "layout/patient.sql", "layout/prepare/placed.sql")
        }
        seen.add(content["protocol_hash"])
    assert len(seen) == 4


def test_a_run_repeats_the_protocol_that_the_command_prints(tmp_path: Path) -> None:
    study = short_study(tmp_path / "study.toml")
    done = CliRunner().invoke(cli.app, ["protocol", str(study), "--json"])
    assert done.exit_code == 0
    before = json.loads(done.stdout)
    small_extract(tmp_path / "x")
    summary = pipeline.run(study, tmp_path / "x", tmp_path / "out")
    assert summary.exit_code == 0, summary.message
    after = json.loads((tmp_path / "out" / "protocol.json").read_text(encoding="utf-8"))
    assert after == before
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert before["protocol_hash"] in page


def test_a_refused_study_has_no_protocol(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("[study]\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["protocol", str(path)])
    assert done.exit_code != 0
