"""The released tables as a folder of CSV, with what each column is."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.results.export.described import column_words, tables
from ehrivig.results.run import Run
from ehrivig.store.cells import as_text


def to_csv(run: Run, path: Path) -> None:
    """A CSV for each table, `run.csv` with its numbers, `columns.csv` with what each column is.

    A text that a spreadsheet would run has an apostrophe before it, as in the files of a run.
    """
    every = tables(run)
    words = [
        (name, what, column, said)
        for name, (what, frame) in every.items()
        for column, said in column_words(name, frame).items()
    ]
    names = ("table", "what it is", "column", "what the column is")
    described = pl.DataFrame(words, schema=dict.fromkeys(names, pl.String), orient="row")
    path.mkdir()
    for name, (_, frame) in every.items():
        as_text(frame).write_csv(path / f"{name}.csv")
    as_text(run.summary()).write_csv(path / "run.csv")
    described.write_csv(path / "columns.csv")
