"""What the log of a table of a lake says of now, and what is said where it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ehrivig.errors import ExtractError
from ehrivig.extract.table_file import TableFile

WRITE = "write its present rows to plain Parquet files"
"""The cure of every table of a lake."""


@dataclass(frozen=True)
class Current:
    """What the log of a lake's table says of now: the files that hold its rows, by their paths.

    For messages: `log`, how the log is called; `told`, what of it is left out; `state`, what
    another file is not of.
    """

    log: str
    told: str
    state: str
    files: dict[Path, TableFile]


def package_missing(where: str, kind: str, package: str, extra: str) -> ExtractError:
    """The error of a table whose log needs a package that is not installed."""
    return ExtractError(
        f"{where}: is {kind} table, and the package {package} is missing. Install "
        f"ehrivig[{extra}], or {WRITE}."
    )
