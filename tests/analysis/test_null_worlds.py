"""Where nothing has an effect the declared answer sees one as seldom as it says (simulated)."""

from __future__ import annotations

import null_worlds
import polars as pl
import pytest

STORED = pl.read_csv(null_worlds.STORED)
ANSWERS = STORED.filter(pl.col("asked") == "answer")
NAIVE = STORED.filter(pl.col("asked").str.starts_with("ever against never"))


def test_a_thousand_cohorts_of_each_world() -> None:
    assert STORED.height == 9
    assert set(STORED["world"]) == set(null_worlds.WORLDS)
    assert STORED["cohorts"].min() >= 990


@pytest.mark.parametrize("row", ANSWERS.to_dicts(), ids=ANSWERS["world"].to_list())
def test_the_answer_keeps_its_error_of_the_first_kind(row: dict[str, float]) -> None:
    """Between 3.5 and 6.5% of cohorts, and no lean that matters."""
    assert 0.035 <= row["type_1_error"] <= 0.065
    assert abs(row["bias"]) < 0.1 * row["spread"] + 2 * row["spread"] / row["cohorts"] ** 0.5


def test_the_naive_answers_do_not() -> None:
    assert NAIVE["type_1_error"].min() > 0.065


@pytest.mark.parametrize("world", list(null_worlds.WORLDS))
def test_what_is_stored_is_what_runs(world: str) -> None:
    kept = pl.read_csv(null_worlds.FIRST).filter(pl.col("world") == world)
    for made, row in zip(null_worlds.cohort((world, 0)), kept.to_dicts(), strict=True):
        assert made["asked"] == row["asked"]
        numbers = [made[name] for name in ("estimate", "lo", "hi")]
        assert numbers == pytest.approx([row[name] for name in ("estimate", "lo", "hi")], abs=1e-6)
