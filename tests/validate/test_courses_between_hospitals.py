"""Courses of the exposure with days that lack a dose."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study, small_extract

from ehrivig import pipeline
from ehrivig.validate.courses_between_hospitals import too_short, with_gaps


@pytest.mark.parametrize(
    ("counts", "missing"),
    [
        ({"A": (30, 64), "B": (30, 95), "C": (30, 97)}, 31),
        ({"A": (30, 80), "B": (30, 95), "C": (30, 97)}, 0),  # some gaps
        ({"A": (19, 40), "B": (30, 95), "C": (30, 97)}, 0),  # too few courses
        ({"A": (30, 50), "B": (30, 95), "C": (30, 70)}, 0),  # the others differ
        ({"A": (30, 50), "B": (30, 95)}, 0),
        ({"A": (30, 50), "B": (30, 52), "C": (30, 49)}, 0),  # every second day
    ],
)
def test_days_without_a_dose(counts: dict[str, tuple[int, int]], missing: int) -> None:
    rows = [(name, n, dosed, 100) for name, (n, dosed) in counts.items()]
    columns = ["hospital_id", "n_several", "n_dosed", "n_span"]
    found = with_gaps(pl.DataFrame(rows, columns, orient="row"))
    assert found.get("A", (0, 0))[0] == missing
    assert not any(n for name, (n, _) in found.items() if name != "A")


@pytest.mark.parametrize(
    ("counts", "missing"),
    [
        ({"A": (30, 37), "B": (30, 270), "C": (30, 300)}, 233),  # the first day of each order
        ({"A": (30, 80), "B": (30, 270), "C": (30, 300)}, 0),
        ({"A": (19, 20), "B": (30, 270), "C": (30, 300)}, 0),  # few stays
        ({"A": (30, 37), "B": (30, 270)}, 0),
        ({"A": (30, 30), "B": (30, 130), "C": (30, 300)}, 0),  # the others differ
        ({"A": (30, 30), "B": (30, 30), "C": (30, 33)}, 0),  # a drug of one dose
    ],
)
def test_days_of_courses_that_are_orders(counts: dict[str, tuple[int, int]], missing: int) -> None:
    rows = [(name, stays, days) for name, (stays, days) in counts.items()]
    found = too_short(pl.DataFrame(rows, ["hospital_id", "n_stays", "n_days"], orient="row"))
    assert found.get("A", (0, 0))[0] == missing
    assert not any(n for name, (n, _) in found.items() if name != "A")


@pytest.mark.parametrize(
    ("column", "value"), [("dose", float("inf")), ("concentration_g_per_l", float("inf"))]
)
def test_infinite_doses_are_said_and_end_no_gate(tmp_path: Path, column: str, value: float) -> None:
    """Their sum is no number of milligrams."""
    small_extract(tmp_path / "x")
    for path in (tmp_path / "x").glob("medication/*/*.parquet"):
        frame = pl.read_parquet(path, hive_partitioning=False)
        changed = pl.lit(value).cast(frame.schema[column]).alias(column)
        frame.with_columns(changed).write_parquet(path)
    done = pipeline.check(short_study(tmp_path / "s.toml"), tmp_path / "x", tmp_path / "out")
    assert done.exit_code == 3
    assert "medication" in done.message
