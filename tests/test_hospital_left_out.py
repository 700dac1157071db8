"""Two hospitals, one blocked by the gate: the study runs on the other and says so."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study

from ehrivig import pipeline, study
from ehrivig.demo import write_demo


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_study_runs_on_the_hospital_that_is_left(tmp_path: Path) -> None:
    extract, out = tmp_path / "extract", tmp_path / "out"
    write_demo(extract, patients=2000, hospitals=2, defects="unit_mixup")
    plan = study.load(short_study(tmp_path / "study.toml", quality={"block": "drop_hospital"}))
    done = pipeline.run(plan, extract, out)
    assert (done.exit_code, done.dropped_hospitals) == (0, ["A"])
    assert done.pairs > 0
    checks = pl.read_csv(out / "quality" / "checks.csv")
    failed = checks.filter(pl.col("verdict") == "fail")
    assert set(failed["check"]) == {"lab.unit_mixup"}
    assert set(failed["hospital_id"]) == {"A"}
    assert set(pl.read_parquet(out / "analysis.parquet")["hospital_id"]) == {"B"}
    assert set(pl.read_csv(out / "attrition.csv")["hospital_id"]) == {"B", "all"}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "left out by the data gate" in page
    flow = (out / "figures" / "flow.svg").read_text(encoding="utf-8")
    assert "Hospitals left out by the data gate: A" in " ".join(flow.split())
