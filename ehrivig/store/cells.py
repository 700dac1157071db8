"""Cells of CSV that a spreadsheet would take for a formula: written so that it shows them.

A name of an extract may begin with =, + or @. Such a text has an apostrophe before it in the files
of a run; whoever reads one of them back takes it away again. And a name that looks like a number is
none.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

_BEGINS = r"^'*[=+\-@\t\r]"
_HARMLESS = r"^(?:[-+\d.,;:%()\[\] ]|\d[eE][-+]?\d|-inf)*$"
"""A number, or some with brackets, such as an interval; no formula is made of these alone."""
_FORMULA = re.compile(_BEGINS)


TEXT = {
    *("hospital_id", "label", "level", "unit", "note", "outcome", "event_label", "population"),
    *("analysis", "contrast", "model", "measure", "role", "estimand", "variance", "family"),
    *("criterion", "covariate", "variable", "group", "kind", "test", "term", "cause", "curve"),
    *("arm", "table", "check", "severity", "verdict", "code", "message", "diagnostic", "meaning"),
    *("source", "follows", "part", "whole", "yields", "dimension", "feature", "evidence"),
    *("indication", "indication_label", "indication_class", "indication_rule", "protocol_hash"),
    *("regimen", "drug", "finding", "reason", "arm", "after_discharge", "smd_denominator"),
    *("text_all", "text_exposed", "text_control"),
}
"""Columns that are text also where every cell looks like a number: hospital 007 is not number 7."""


def read(path: Path) -> pl.DataFrame:
    """A CSV of a run, numbers as numbers and names as they are written.

    A column of which nothing is shown is one of numbers all the same.
    """
    names = pl.read_csv(path, n_rows=0).columns
    text = {name: pl.String for name in names if name in TEXT}
    frame = pl.read_csv(path, infer_schema_length=None, schema_overrides=text)
    hidden = [n for n in names if n not in TEXT and frame[n].null_count() == frame.height]
    return frame.with_columns(pl.col(hidden).cast(pl.Float64, strict=False))


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """A table in which no text is a formula."""
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_BEGINS) & ~pl.col(name).str.contains(_HARMLESS))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    )


def as_read(frame: pl.DataFrame) -> pl.DataFrame:
    """A table that `as_text` made, its texts as they were before."""
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_BEGINS) & pl.col(name).str.starts_with("'"))
        .then(pl.col(name).str.slice(1))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    )


def as_cell(text: str) -> str:
    """A text as such a table has it."""
    return f"'{text}" if _FORMULA.match(text) and not re.search(_HARMLESS, text) else text


def as_written(text: str) -> str:
    """A text of such a table as it was before."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def mend(path: Path) -> None:
    """Write a CSV anew when a spreadsheet would run one of its cells; else leave its bytes."""
    if path.stat().st_size < 2:
        return
    frame = pl.read_csv(path, infer_schema=False)
    mended = as_text(frame)
    if not mended.equals(frame):
        mended.write_csv(path)
