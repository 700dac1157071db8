"""What of a run goes into a workbook and an archive of estimates: cells, names, ids."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from ehrivig.results.export import ohdsi, workbook


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ({"hospitals": ["A", "B"]}, "A+B"),
        ({"hospitals": ["A" * 60]}, "A" * 60),
        ({"hospitals": ["A" * 61]}, "1 hospitals"),
        ({"hospitals": ["A" * 30, "B" * 30]}, "2 hospitals"),
        ({"hospitals": []}, ""),
        ({"hospitals": None}, ""),
        ({}, ""),
    ],
)
def test_a_database_is_named_after_its_hospitals(manifest: dict[str, Any], name: str) -> None:
    assert ohdsi._database(SimpleNamespace(manifest=manifest)) == name  # type: ignore[arg-type]


def test_text_that_no_cell_holds_is_cut_and_what_is_no_number_says_so() -> None:
    longest = workbook._LONGEST_CELL
    frame = pl.DataFrame(
        {
            "text": ["a" * longest, "a" * (longest + 1), None],
            "finite": [1.5, None, -2.0],
            "other": [1.5, float("inf"), None],
            "nan": [float("nan"), 0.0, None],
            "n": [1, 2, None],
        }
    )
    shown = frame.select(
        workbook._cell(pl.col(name), kind, frame[name]) for name, kind in frame.schema.items()
    )
    assert shown["text"].str.len_chars().to_list() == [longest, longest, None]
    assert shown["text"][0] == "a" * longest
    assert str(shown["text"][1]).endswith(workbook._CUT)
    assert shown["finite"].to_list() == [1.5, None, -2.0]
    assert shown["other"].to_list() == ["1.5", "inf", None]
    assert shown["nan"].to_list() == ["NaN", "0.0", None]
    assert shown["n"].dtype == pl.Int64
