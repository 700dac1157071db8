"""The data that R's golden values were made from are what the simulator draws."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.parity.golden.simulate import simulate

pytestmark = pytest.mark.parity


@pytest.mark.parametrize(
    ("file", "n", "seed"), [("cohort850.csv", 850, 20240601), ("cr2000.csv", 2000, 20240602)]
)
def test_golden_data_are_drawn_by_the_simulator(
    golden_files: Path, file: str, n: int, seed: int
) -> None:
    stored = pl.read_csv(golden_files / file)
    drawn = simulate(n, seed).select(
        pl.col(name).cast(stored[name].dtype) for name in stored.columns
    )
    # exp and log differ in the last digit between processors
    assert_frame_equal(drawn, stored, rel_tol=1e-14, abs_tol=0.0)
