"""M30: severity drives start, dose, stop, leaving and death (simulated)."""

from __future__ import annotations

import dose_worlds
import numpy as np
import polars as pl
import pytest

STORED = pl.read_csv(dose_worlds.STORED)
ROWS = STORED.rows(named=True)
RIGHT = [
    row
    for row in ROWS
    if not row["asked"].startswith("naive")
    and not (row["world"] == "days" and "of grams" in row["asked"])
]
FORMS = [row for row in RIGHT if not row["asked"].startswith("clone")]


def named(row: dict[str, object]) -> str:
    return f"{row['world']}: {row['asked']}"


def of(world: str, asked: str) -> dict[str, float]:
    return next(r for r in ROWS if r["world"] == world and r["asked"].startswith(asked))


def test_the_groups_of_the_reference_study_see_an_effect_of_nothing() -> None:
    long = of("null", "naive group, log OR, more than 8 days")
    assert long["mean"] < -0.5
    assert long["rejects"] > 0.75


@pytest.mark.parametrize("row", RIGHT, ids=named)
def test_no_lean_beyond_chance(row: dict[str, float]) -> None:
    assert row["cohorts"] == dose_worlds.COHORTS
    assert abs(row["bias"]) < 3 * row["its_error"]


@pytest.mark.parametrize("row", FORMS, ids=named)
def test_intervals_hold_the_truth(row: dict[str, float]) -> None:
    """95%, and its Monte-Carlo error at so few cohorts."""
    assert row["coverage"] >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / row["cohorts"])


def test_a_metric_that_is_not_how_the_drug_acts_gives_a_wrong_answer() -> None:
    """Each day acts, whatever its grams; by grams the plans of more seem better."""
    wrong = of("days", "g-formula of grams")
    assert wrong["truth"] == 0
    assert wrong["bias"] < -5 * wrong["its_error"]
    assert wrong["coverage"] < 0.8


@pytest.mark.parametrize("world", list(dose_worlds.WORLDS))
def test_what_is_stored_is_what_runs(world: str) -> None:
    kept = pl.read_csv(dose_worlds.FIRST).filter(pl.col("world") == world)
    for made, row in zip(dose_worlds.cohort((world, 0)), kept.to_dicts(), strict=True):
        assert made["asked"] == row["asked"]
        numbers = [made[name] for name in ("estimate", "lo", "hi")]
        assert numbers == pytest.approx([row[name] for name in ("estimate", "lo", "hi")], abs=1e-6)


def test_truths_are_those_of_the_process() -> None:
    """A twentieth of the people, within its error."""
    plans = (dose_worlds.LONG, dose_worlds.NEVER)
    for world in ("days", "grams"):
        found = dose_worlds.risks(world, plans, 20_000)
        for name, risk in found.items():
            assert risk == pytest.approx(dose_worlds.RISKS[world][name], abs=0.012)
