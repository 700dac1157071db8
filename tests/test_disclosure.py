"""Small cells: neither shown nor solvable."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import disclosure


@pytest.mark.parametrize(
    ("count", "hidden"), [(0, False), (1, True), (4, True), (5, False), (None, False)]
)
def test_small(count: int | None, hidden: bool) -> None:
    assert disclosure.small(count, 5) is hidden


@pytest.mark.parametrize(
    ("count", "total", "hidden"),
    [(0, 9, False), (3, 9, True), (6, 9, True), (9, 9, False), (5, 10, False), (None, 9, False)],
)
def test_complements_count_too(count: int | None, total: int, hidden: bool) -> None:
    assert disclosure.small_proportion(count, total, 5) is hidden


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([3, 10, 7], [None, 10, None]),  # the smallest of the others keeps the total from telling
        ([7, 10, 3], [None, 10, None]),
        ([3, 0, 8], [None, 0, None]),  # a zero hides nothing
        ([3, 2, 10], [None, None, 10]),  # two hidden parts are one equation
        ([5, 6], [5, 6]),
        ([3, 0], [None, 0]),
        ([3], [None]),
        ([], []),
    ],
)
def test_parts_of_a_known_total(counts: list[int], shown: list[int | None]) -> None:
    assert disclosure.hide_counts(counts, 5) == shown


def test_a_suppressed_row_gives_nothing_away() -> None:
    from ehrivig.analysis.describe import describe
    from ehrivig.dataset import Variable

    frame = pl.DataFrame(
        {"exposed": [True] * 50 + [False] * 50, "x": [1.0] * 3 + [0.0] * 87 + [1.0] * 10}
    )
    row = describe(frame, [Variable("x", "X", "", "", True)], policy="liu", smallest=5).row(
        0, named=True
    )
    assert row["suppressed"]
    assert row["text_exposed"] == "<5"
    assert row["text_control"] == "10/50 (20.0%)"
    for hidden in ("events_exposed", "events_all", "percent_all", "percent_exposed", "p", "smd"):
        assert row[hidden] is None


def test_crude_estimates_hide_with_their_counts_and_adjusted_ones_stay() -> None:
    from ehrivig.analysis.effects import EffectRows, Question
    from ehrivig.stats.result import Effect

    effect = Effect("OR", 0.5, 0.2, 1.1, 0.4, 0.1, "death", 50, 3, 50, 10, "logistic", "model")
    rows = EffectRows(5)
    rows.ask(Question("a", "b", "c", "all"), lambda: effect)
    rows.ask(Question("a", "b", "c", "all", adjusted=True), lambda: effect)
    frame = rows.frame()
    assert frame["events_exposed"].to_list() == [None, None]
    assert frame["estimate"].to_list() == [None, 0.5]
    assert np.all(["below 5" in note for note in frame["note"]])
