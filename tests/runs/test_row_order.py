"""Rows are written in the order of all their columns, whatever short cut leads there."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.runs import row_order

CRITERION = pl.DataFrame(
    {
        "name": ["severe", "adult", "adult", "severe", "adult"],
        "admission_id": [2, 10, 9, 1, None],
        "met": [True, None, False, False, True],
    }
)
REPEATED = pl.DataFrame({"admission_id": ["b", "a", "b", None, None], "n": [2, 3, 1, 5, 4]})
NO_NAME = pl.DataFrame({"name": ["b", None, "a", None], "n": [1, 2, 3, 0]})


@pytest.mark.parametrize(
    "frame",
    [
        CRITERION,
        REPEATED,
        NO_NAME,
        CRITERION.head(0),
        CRITERION.select("name"),
        CRITERION.drop("name"),
    ],
)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("many", [1, 4, 200_000])
def test_the_order_is_that_of_all_columns(
    frame: pl.DataFrame, seed: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_order, "_MANY", many)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)
    found = row_order.by_columns(shuffled)
    assert found.equals(shuffled.sort(shuffled.columns))
    assert found.n_chunks() == 1
