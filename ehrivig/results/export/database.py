"""The released tables as one DuckDB file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.literals import literal
from ehrivig.results.export.described import column_words, tables
from ehrivig.results.run import Run


def to_duckdb(run: Run, path: Path) -> None:
    """One table each, with what it and its columns are as comments; the numbers as table `run`."""
    every = tables(run) | {"run": ("how the run ended, and its numbers", run.summary())}
    try:
        _write(every, path)
    except ExtractError as error:  # of a file that DuckDB cannot read, or here: not write
        raise OSError(f"{error}".removeprefix("extract: ").partition(". ")[0]) from error


def _write(every: dict[str, tuple[str, pl.DataFrame]], path: Path) -> None:
    with Database(within=[path.resolve().parent]) as db:
        db.execute(f"ATTACH {literal(str(path.resolve()))} AS export")
        for name, (words, frame) in every.items():
            if frame.width:
                db.load("incoming", frame)
                db.execute(f'CREATE TABLE export."{name}" AS SELECT * FROM incoming')
                db.execute(f'COMMENT ON TABLE export."{name}" IS {literal(words)}')
                for column, said in column_words(name, frame).items():
                    column_of = f'export."{name}"."{column}"'
                    db.execute(f"COMMENT ON COLUMN {column_of} IS {literal(said)}")
        db.execute("DETACH export")
