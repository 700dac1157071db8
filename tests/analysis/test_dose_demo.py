"""A whole run over a demo in which each day dosed has a true effect."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from tests import dose_demo

SAFE = ("g-formula", "structural model")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What is asked of one extract, each with its truth."""
    return dose_demo.rows(tmp_path_factory.mktemp("dose"), 6000, 2, dose_demo.PER_DAY)


def test_the_true_effect_of_the_dose_lies_inside_the_limits(found: list[dict[str, Any]]) -> None:
    safe = [row for row in found if any(name in row["asked"] for name in SAFE)]
    assert len(safe) == 3  # two plans against the first, and the structural model
    for row in safe:
        assert row["truth"] < -0.05
        assert row["lo"] < row["truth"] < row["hi"], row
        assert row["hi"] < 0, row  # and it is seen


def test_groups_by_what_was_given_until_the_end_stand_beside_them(
    found: list[dict[str, Any]],
) -> None:
    groups = {row["asked"]: row["estimate"] for row in found if " days vs no IVIG" in row["asked"]}
    assert len(groups) == 2
    short, long = groups.values()
    assert long < short - 0.5  # whoever lives longer is dosed longer


def test_what_is_stored_is_what_runs(found: list[dict[str, Any]]) -> None:
    stored = pl.read_csv(dose_demo.STORED).filter(
        pl.col("seed") == 2, pl.col("log_hr") == dose_demo.PER_DAY
    )
    names = ("estimate", "lo", "hi")
    for told, row in zip(stored.iter_rows(named=True), found, strict=True):
        assert told["asked"] == row["asked"]
        assert [told[name] for name in names] == pytest.approx([row[n] for n in names], abs=1e-3)


def test_the_stored_table_is_of_both_demos() -> None:
    stored = pl.read_csv(dose_demo.STORED)
    assert stored["log_hr"].unique().sort().to_list() == [dose_demo.PER_DAY, 0.0]
    assert stored.group_by("log_hr", "seed").len()["len"].unique().to_list() == [5]
    null = stored.filter(pl.col("log_hr") == 0)
    assert (null["truth"] == 0).all()
    model = stored.filter(pl.col("log_hr") != 0, pl.col("asked").str.contains("structural model"))
    assert model["truth"].unique().to_list() == [
        pytest.approx(dose_demo.slope(dose_demo.PER_DAY), abs=1e-3)
    ]
    assert all(math.isfinite(value) for value in stored["estimate"])
