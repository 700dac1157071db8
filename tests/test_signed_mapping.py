"""A unit mix-up blocks a hospital until a person signs what the unit means; who, when, why stay."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study
from fuzz.drawing import quick_pages

from ehrivig import manifest, pipeline, study
from ehrivig.demo import write_demo

SIGNED = """\
[[unit]]
hospital_id = "{hospital_id}"
analyte = "creatinine"
written = "umol/L"
means = "mg/dL"
month = 2020-02-01
signed_by = "A. Steward"
signed_on = 2020-07-02
reason = "Analyser exported mg/dL after its update; confirmed with the laboratory."
"""


@pytest.fixture(scope="module")
def mixed_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "extract"
    write_demo(folder, patients=400, hospitals=1, defects="unit_mixup")
    return folder


def gate(extract: Path, place: Path, **settings: object) -> tuple[int, Path]:
    plan = study.load(short_study(place / "study.toml", extract=settings))
    with quick_pages():
        summary = pipeline.check(plan, extract, place / "out")
    return summary.exit_code, place / "out"


def found(out: Path, check: str) -> int:
    rows = pl.read_csv(out / "quality" / "checks.csv").filter(pl.col("check") == check)
    return int(rows["violated"].sum())


def test_a_signed_unit_opens_the_gate_and_is_listed(mixed_up: Path, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    code, blocked = gate(mixed_up, tmp_path / "before")
    assert code == 3
    assert found(blocked, "lab.unit_mixup") > 0
    assert json.loads((blocked / "manifest.json").read_text())["mappings"] == []

    planted = pl.read_csv(mixed_up / "_truth" / "defects.csv").row(0, named=True)
    path = tmp_path / "signed.toml"
    path.write_text(SIGNED.format(**planted))
    (tmp_path / "after").mkdir()
    code, out = gate(mixed_up, tmp_path / "after", mappings=str(path))
    assert code == 0
    assert found(out, "lab.unit_mixup") == 0
    assert found(out, "lab.hard_range") == 0
    assert json.loads((out / "manifest.json").read_text())["mappings"] == [
        {
            "mapping": "unit",
            "hospital_id": planted["hospital_id"],
            "analyte": "creatinine",
            "written": "umol/L",
            "means": "mg/dL",
            "month": "2020-02-01",
            "signed_by": "A. Steward",
            "signed_on": "2020-07-02",
            "reason": "Analyser exported mg/dL after its update; confirmed with the laboratory.",
        }
    ]


def test_columns_of_a_layout_are_hashed_with_its_sql() -> None:
    hashed = manifest.code_hashes()["sql"]
    assert "layout/omop/columns.csv" in hashed
    assert "layout/omop/lab.sql" in hashed
    assert {Path(name).suffix for name in hashed} == {".sql", ".csv"}
