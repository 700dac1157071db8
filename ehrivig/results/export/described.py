"""The tables of a run with what they and their columns are."""

from __future__ import annotations

import polars as pl

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


def missing_extra(command: str, what: str, extra: str) -> UsageError:
    """What to say where a package of an extra is not installed."""
    return UsageError(
        f"{command}: {what} needs the extra `{extra}`: pip install 'ehrivig[{extra}]'."
    )
