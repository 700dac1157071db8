"""Medians, ratios, GEE and mixed models where nothing has an effect: simulated, stored, told."""

from __future__ import annotations

from pathlib import Path

import number_worlds
import polars as pl
import pytest

STORED = pl.read_csv(number_worlds.STORED)
DOCS = Path(__file__).parents[2] / "docs" / "statistics.md"


def coverage(asked: str, *words: str) -> list[float]:
    rows = STORED.filter(asked=asked)
    for one in words:
        rows = rows.filter(pl.col("world").str.contains(one, literal=True))
    assert rows.height
    return [100 * value for value in rows["coverage"]]


def test_as_many_cohorts_as_are_told_and_next_to_all_have_an_estimate() -> None:
    assert set(STORED["cohorts"]) == {number_worlds.COHORTS}
    assert STORED["without"].max() <= 1
    assert f"({number_worlds.COHORTS:,} cohorts each" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("difference of means", 94, 97),
        ("difference of medians", 93, 98),
        ("ratio of means", 93, 96),
        ("GEE", 93, 97),
        ("mixed model", 93, 97),
    ],
)
def test_intervals_hold_what_they_say(asked: str, least: float, most: float) -> None:
    found = coverage(asked)
    assert least <= min(found)
    assert max(found) <= most


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("difference of means", "means {0:.0f} to {1:.0f}%"),
        ("difference of medians", "medians {0:.0f} to {1:.0f}%"),
        ("ratio of means", "ratios of means {0:.0f} to {1:.0f}%"),
        ("mixed model", "mixed model {0:.0f} to {1:.0f}%"),
    ],
)
def test_the_docs_tell_what_is_stored(asked: str, words: str) -> None:
    found = coverage(asked)
    assert words.format(min(found), max(found)) in " ".join(DOCS.read_text("utf-8").split())


def test_the_docs_tell_what_is_stored_of_hospitals() -> None:
    text = " ".join(DOCS.read_text("utf-8").split())
    apart, alike = coverage("GEE", ", told apart"), coverage("GEE", "not told apart")
    told = ["{:.0f}, {:.0f} and {:.0f}%".format(*found) for found in (alike, apart)]
    assert f"told apart in no score, {told[0]}; told apart, {told[1]}" in text


def test_what_is_stored_is_what_runs() -> None:
    kept = pl.read_csv(number_worlds.FIRST).to_dicts()
    for made, row in zip(number_worlds.cohort(0), kept, strict=True):
        assert (made["world"], made["asked"]) == (row["world"], row["asked"])
        numbers = [made[name] for name in ("estimate", "lo", "hi")]
        assert numbers == pytest.approx([row[name] for name in ("estimate", "lo", "hi")], abs=1e-6)
