"""Real and simulated extracts in foreign layouts run through with the studies shipped for them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig import pipeline


@pytest.mark.parametrize(
    ("study", "place", "cohort", "exposed", "pairs"),
    [
        ("omop_synthea", "omop_synthea27", 22, 8, 6),
        pytest.param("clif_demo", "clif_demo/2.1", 61, 31, 16, marks=pytest.mark.slow),
        ("clif_demo", "clif_demo/3.0", 61, 31, 16),
    ],
)
def test_runs_through(
    reference_data: Path,
    tmp_path: Path,
    study: str,
    place: str,
    cohort: int,
    exposed: int,
    pairs: int,
) -> None:
    summary = pipeline.run(study, reference_data / place, tmp_path / "out")
    assert summary.exit_code == 0, summary.message
    assert (summary.cohort, summary.exposed, summary.pairs) == (cohort, exposed, pairs)
    effects = pl.read_csv(tmp_path / "out" / "effects.csv", infer_schema_length=None)
    assert effects["estimate"].drop_nulls().len() > 0
    assert effects["estimate"].is_infinite().sum() == 0
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
