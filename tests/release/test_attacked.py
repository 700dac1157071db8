"""The stored table of the attack (`python -m tests.release.attacked`): releases withstand it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.release.verify import DEFAULT_SMALLEST

STORED = pl.read_csv(Path(__file__).with_name("attacked.csv"))
CASES = (
    *("demo 300", "demo 3,000", "sepsis", "40 hospitals", "CLIF", "OMOP"),
    *("aggregate-only", "pool", "two nights"),
)


def test_every_case_is_attacked_and_no_release_gives_a_count_of_few() -> None:
    assert STORED["case"].to_list() == list(CASES)
    assert STORED["after_disclosed"].to_list() == [0] * len(CASES)
    assert STORED["after_fewest_values"].min() == DEFAULT_SMALLEST
    assert STORED["after_hidden"].min() > 0


def test_the_attack_succeeds_on_what_was_sent_before() -> None:
    before = STORED.drop_nulls("before_disclosed")
    assert before.height == len(CASES) - 2  # where nothing else is kept
    assert before["before_disclosed"].min() > 30
    alone = before.filter(pl.col("case") != "two nights")
    assert alone["before_fewest_values"].to_list() == [1] * alone.height
