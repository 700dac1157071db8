"""Cells that a spreadsheet would run as a formula, and names that look like numbers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig.store import cells

FORMULAS = ["=1+1", "+cmd", "@SUM(A1)", "-x", "\t=1", "\r=1", "'=1", "''=1", "=-1", "-1e"]
HARMLESS = [
    "-1.5",
    "+3",
    "-0.5 (-1.2, 0.3)",
    "-1e-5",
    "-inf",
    "a=1",
    "",
    "5 g",
    "'quoted",
    "- ; 5%",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_shown_and_read_back_as_it_was(text: str) -> None:
    assert cells.as_cell(text) == f"'{text}"
    assert cells.as_written(f"'{text}") == text
    frame = pl.DataFrame({"label": [text], "n": [1]})
    shown = cells.as_text(frame)
    assert shown.row(0) == (f"'{text}", 1)
    assert cells.as_read(shown).equals(frame)


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_and_other_texts_stay_as_they_are(text: str) -> None:
    assert cells.as_cell(text) == text
    assert cells.as_written(text) == text
    frame = pl.DataFrame({"label": [text]})
    assert cells.as_text(frame).equals(frame)
    assert cells.as_read(frame).equals(frame)


def test_a_file_without_a_formula_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for content, mended in (
        ('"a",b\n007,"1"\n', '"a",b\n007,"1"\n'),
        ("a,b\n=1,2\n", "a,b\n'=1,2\n"),
        *(("", ""), ("a", "a"), ("\n", "\n")),
    ):
        path.write_text(content)
        cells.mend(path)
        assert path.read_text() == mended
    path.write_text("=")
    cells.mend(path)  # one sign is no table
    assert path.read_text() == "="


NAMES = (
    *("hospital_id", "label", "level", "unit", "note", "outcome", "event_label", "population"),
    *("analysis", "contrast", "model", "measure", "role", "estimand", "variance", "family"),
    *("criterion", "covariate", "variable", "group", "kind", "test", "term", "cause", "curve"),
    *("arm", "table", "check", "severity", "verdict", "code", "message", "diagnostic", "meaning"),
    *("source", "follows", "part", "whole", "yields", "dimension", "feature", "evidence"),
    *("indication", "indication_label", "indication_class", "indication_rule", "protocol_hash"),
    *("regimen", "drug", "finding", "reason", "after_discharge", "smd_denominator"),
    *("text_all", "text_exposed", "text_control"),
)


def test_names_that_look_like_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{','.join(NAMES)},n,estimate\n{'007,' * len(NAMES)}007,0.5\n")
    *names, n, estimate = cells.read(path).row(0)
    assert dict(zip(NAMES, names, strict=True)) == dict.fromkeys(NAMES, "007")
    assert (n, estimate) == (7, 0.5)


def test_a_column_of_which_nothing_is_shown_is_one_of_numbers(tmp_path: Path) -> None:
    """The chart of balance ended a run of which every difference was hidden."""
    rows = pl.DataFrame({"label": ["a", "b"], "note": [None, None], "ks_matched": [None, None]})
    rows.write_csv(tmp_path / "x.csv")
    read = cells.read(tmp_path / "x.csv")
    assert read.schema == {"label": pl.String, "note": pl.String, "ks_matched": pl.Float64}
    assert read.filter(pl.col("ks_matched") > 1).is_empty()
