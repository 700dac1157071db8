"""The tables of a run with what they and their columns are."""

from __future__ import annotations

import polars as pl

from ehrivig.analysis.effects import SCHEMA
from ehrivig.errors import UsageError
from ehrivig.release import columns, files
from ehrivig.results.run import Run


def tables(run: Run) -> dict[str, tuple[str, pl.DataFrame]]:
    """Table -> what it is, and its rows."""
    return {name: (files.what(f"release/{name}.csv") or "", run.table(name)) for name in run.tables}


def column_words(name: str, frame: pl.DataFrame) -> dict[str, str]:
    """What each column of a table is."""
    found = {column: columns.of(f"{name}.csv", column) for column in frame.columns}
    return {column: said for column, said in found.items() if said}


def effects(run: Run) -> pl.DataFrame:
    """Every estimate; a column that an older version did not write is empty."""
    found = run.effects
    missing = [pl.lit(None, kind).alias(n) for n, kind in SCHEMA.items() if n not in found.columns]
    return found.with_columns(missing)


def missing_extra(command: str, what: str, extra: str) -> UsageError:
    """What to say where a package of an extra is not installed."""
    return UsageError(
        f"{command}: {what} needs the extra `{extra}`: pip install 'ehrivig[{extra}]'."
    )
