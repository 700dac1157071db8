"""A mapping that a person signed is applied before the gate, and listed in the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzz.base import short_study

from ehrivig import pipeline, study
from ehrivig.database import Database
from ehrivig.demo import write_demo
from ehrivig.errors import StudyError
from ehrivig.runs import fingerprint
from ehrivig.study import Study
from ehrivig.validate import measures

pytestmark = pytest.mark.usefixtures("more_quickly")

SIGNED = """
[[unit]]
hospital_id = "A"
analyte = "creatinine"
written = "umol/L"
means = "mg/dL"
month = {month}
signed_by = "A. Steward"
signed_on = 2020-07-02
reason = "Analyser exported mg/dL after its update."
"""


@pytest.fixture(scope="module")
def mixed_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mapped") / "extract"
    write_demo(folder, patients=300, hospitals=1, defects="unit_mixup")
    return folder


def month_of(extract: Path) -> str:
    """The month in which creatinine is far below what umol/L can be."""
    import polars as pl

    lab = pl.read_parquet(str(extract / "lab" / "*" / "*.parquet"))
    low = lab.filter((pl.col("lab_code") == "creatinine") & (pl.col("value") < 5))
    if low.is_empty():
        low = lab.filter((pl.col("unit") == "umol/L") & (pl.col("value") < 5))
    return str(low["collected_at"].dt.truncate("1mo").dt.date().mode().sort()[0])


def test_signed_unit_opens_the_gate_and_is_listed(mixed_up: Path, tmp_path: Path) -> None:
    blocked = pipeline.check(study.load("ivig_covid19"), mixed_up, tmp_path / "blocked")
    assert blocked.exit_code == 3
    assert "lab.unit_mixup" in blocked.message
    signed = tmp_path / "signed.toml"
    signed.write_text(SIGNED.format(month=month_of(mixed_up)))
    plan = study.load(short_study(tmp_path / "study.toml", extract={"mappings": str(signed)}))
    done = pipeline.check(plan, mixed_up, tmp_path / "out")
    assert (done.exit_code, done.message) == (0, "done")
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())["mappings"]
    assert [(m["mapping"], m["signed_by"], m["signed_on"]) for m in listed] == [
        ("unit", "A. Steward", "2020-07-02")
    ]
    assert listed[0]["reason"].startswith("Analyser")


CODE = """
[[code]]
hospital_id = "H"
vocabulary = "local"
code = "K1"
analyte = "creatinine"
signed_by = "A. Steward"
signed_on = 2020-07-02
reason = "The laboratory's own code."
"""


def test_values_of_a_signed_code_are_held_to_the_limits_of_its_analyte(
    hospital: Any, opened: Callable[[], Database], plan: Study, tmp_path: Path
) -> None:
    for value in (80.0, 9999.0, 1600.0):
        hospital.add("lab", lab_code="K1", value=value, analyte=None, value_std=None)
    (tmp_path / "map.toml").write_text(CODE)
    given = plan.extract.model_copy(update={"mappings": str(tmp_path / "map.toml")})
    found = {
        one.check: (one.violated, one.denominator)
        for one in measures.measure(opened(), plan.model_copy(update={"extract": given}), ["H"])
    }
    assert found["lab.hard_range"] == (1, 3)
    assert found["lab.soft_range"] == (2, 3)


def test_unsigned_mapping_is_refused(tmp_path: Path) -> None:
    signed = tmp_path / "signed.toml"
    signed.write_text(SIGNED.format(month="2020-02-01").replace('signed_by = "A. Steward"\n', ""))
    path = short_study(tmp_path / "study.toml", extract={"mappings": str(signed)})
    with pytest.raises(StudyError, match="signed_by: missing"):
        study.load(path)


def test_columns_of_layouts_are_hashed() -> None:
    assert {"layout/omop/columns.csv", "layout/clif/columns.csv"} <= fingerprint.code_hashes()[
        "sql"
    ].keys()
