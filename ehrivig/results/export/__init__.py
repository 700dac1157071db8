"""The released tables of a run in one file: for DuckDB, a spreadsheet, a manuscript, a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ehrivig.errors import UsageError, plain
from ehrivig.results.export.database import to_duckdb
from ehrivig.results.export.folder import to_csv
from ehrivig.results.export.manuscript import to_docx
from ehrivig.results.export.ohdsi import to_ohdsi
from ehrivig.results.export.workbook import to_xlsx
from ehrivig.results.new_file import new_file
from ehrivig.results.run import Run
from ehrivig.store.sealed import refuse_edited

FORMATS: dict[str, Callable[[Run, Path], None]] = {
    **{"xlsx": to_xlsx, "docx": to_docx, "csv": to_csv},
    **{"duckdb": to_duckdb, "ohdsi": to_ohdsi},
}
"""What `ehrivig export --to` writes."""


_FOLDERS = ("csv", "ohdsi")


def default_name(run: str, to: str) -> str:
    """The name of what is written where nobody names one: a file by its ending, or a folder."""
    return f"{run}-{to}" if to in _FOLDERS else f"{run}.{to}"


def export(folder: str | Path, to: str, out: str | Path) -> Path:
    """Write the released tables of a run as one file (or folder) of a kind in `FORMATS`; its path.

    For its owner alone (0600), whole or not there. Raises UsageError for an unknown kind, a folder
    that is no finished run or whose release was edited, a missing extra, and a file that is there.
    """
    if to not in FORMATS:
        raise UsageError(f"export: no format {plain(to)!r} (there are: {', '.join(FORMATS)}).")
    run, target = Run(folder), Path(out)
    refuse_edited(run.folder, "export")
    with new_file(target, "export") as aside:
        FORMATS[to](run, aside)
    return target
