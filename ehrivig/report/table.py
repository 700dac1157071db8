"""A table of a run as it is read back, and a table as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class RunTables:
    """Tables of one run folder; `people`: where its rows of admissions lie."""

    folder: Path
    people: Path = Path()

    def read(self, name: str) -> pl.DataFrame:
        """A CSV of the run; an empty frame when the run did not write it."""
        path = self.folder / name
        if not path.is_file() or path.stat().st_size < 2:
            return pl.DataFrame()
        return pl.read_csv(path, infer_schema_length=None)


@dataclass(frozen=True)
class Table:
    """A table for a reader: a caption, a head, rows of text; a row with one cell is a heading."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""
    wide: bool = field(default=False)


def p_text(p: float | None) -> str:
    """A p-value: three decimals, or <0.001; empty when there is none."""
    if p is None:
        return ""
    return "<0.001" if p < 0.001 else f"{p:.3f}"
