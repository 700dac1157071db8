"""The large-scale score in the report: its table, and figures also of what is hidden."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig import study
from ehrivig.match.large_scale_tables import BALANCE_SCHEMA, CALIBRATION_SCHEMA
from ehrivig.report import large_scale

SCORE = pl.DataFrame(
    {
        "what": ["covariates", "kept", "rare", "c_statistic", "beyond_unmatched", "chance_matched"],
        "value": [1402.0, 31.0, 9.0, 0.7256, 300.0, None],
    }
)
GRID = pl.DataFrame(
    [("study", 0.03, 0.05, 7), ("study", 0.51, 0.21, 1), ("large_scale", 0.51, 0.01, 8)],
    schema=BALANCE_SCHEMA,
    orient="row",
)
BINS = pl.DataFrame(
    {"lo": [0.0, 0.5], "hi": [0.5, 1.0], "exposed": [7, None], "control": [None, 9]}
)
TENTHS = pl.DataFrame([(0.2, 0.25), (0.6, 0.5)], schema=CALIBRATION_SCHEMA, orient="row")


def test_what_is_told_of_each_side() -> None:
    made = large_scale.table(SCORE, "Large-scale score", study.load("ivig_covid19"))
    assert made.rows[0] == ["Covariates that differ by more than 0.1", "300", "", ""]
    assert made.rows[1] == ["As many would by chance alone", "", "not shown", ""]
    assert made.note.startswith(
        "1,402 covariates were offered, 31 are in the score (C-statistic 0.73 among people not "
        "learned from); 9 were too rare"
    )
    without = SCORE.filter(~pl.col("what").is_in(["kept", "c_statistic"]))
    made = large_scale.table(without, "Large-scale score", study.load("ivig_covid19"))
    assert made.note.startswith("1,402 covariates were offered, no score was learned; 9 were")


def test_the_picture_says_how_many_differ(tmp_path: Path) -> None:
    large_scale.balance(GRID, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "of 8 covariates 1 differ by more than 0.1 before, 1 after" in text
    assert "of 8 covariates 8 differ by more than 0.1 before, 0 after" in text


def test_calibration_in_words(tmp_path: Path) -> None:
    large_scale.score(BINS, tmp_path / "a.svg", calibration=TENTHS)
    assert (
        "predicted and observed exposure differ by 0.10 at most" in (tmp_path / "a.svg").read_text()
    )


@pytest.mark.parametrize("hidden", [True, False])
def test_what_is_hidden_is_not_drawn(hidden: bool, tmp_path: Path) -> None:
    nothing = pl.lit(None)
    grid = GRID.with_columns(covariates=nothing.cast(pl.Int64)) if hidden else GRID.clear()
    tenths = TENTHS.with_columns(observed=nothing.cast(pl.Float64)) if hidden else TENTHS.clear()
    large_scale.balance(grid, tmp_path / "a.svg")
    large_scale.score(BINS, tmp_path / "b.svg", calibration=tenths)
    assert "its calibration is not shown" in (tmp_path / "b.svg").read_text()
