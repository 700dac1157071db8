"""The calibrated estimate leaves only with every control that it rests on."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release.calibrated import hide

ROWS = {
    "analysis": ["main", *["negative_control"] * 4],
    "contrast": ["a", "a", "a", "a", "a, calibrated"],
    "outcome": ["death", "fracture", "caries", "hernia", "death"],
    "estimate": [2.0, 1.1, 0.9, None, 1.8],
    "lo": [1.0, 0.8, 0.7, None, 0.9],
    "n_exposed": [100, 100, 100, 100, 100],
    "note": ["x", "x", "x", "no estimate: nobody had it", "mean log ratio 0.1"],
}


@pytest.mark.parametrize(("hidden", "kept"), [((), True), ((1,), False), ((1, 2), False)])
def test_a_hidden_control_takes_it_along(hidden: tuple[int, ...], kept: bool) -> None:
    exact = pl.DataFrame(ROWS)
    gone = [None if row in hidden else value for row, value in enumerate(ROWS["estimate"])]
    told = hide(exact.with_columns(estimate=pl.Series(gone, dtype=pl.Float64)), exact)
    last = told.row(-1, named=True)
    if kept:
        assert told.equals(exact)
        return
    assert (last["estimate"], last["lo"], last["n_exposed"]) == (None, None, None)
    assert last["note"] == "not shown: a negative control that it rests on is not"
    assert told.drop("estimate").head(4).equals(exact.drop("estimate").head(4))


def test_a_table_of_another_kind_is_left_alone() -> None:
    frame = pl.DataFrame({"diagnostic": ["overlap"]})
    assert hide(frame, frame) is frame
