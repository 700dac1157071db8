"""The released tables of a run in one file: for DuckDB, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.database import Database
from ehrivig.errors import UsageError, plain
from ehrivig.literals import literal
from ehrivig.release import columns, files
from ehrivig.results.run import Run
from ehrivig.store.sealed import refuse_edited

_LONGEST_SHEET = 31
"""Letters that the name of a sheet may have."""


def export(folder: str | Path, to: str, out: str | Path) -> Path:
    """Write the released tables of a run as one file of a kind in `FORMATS`; its path.

    Raises UsageError for an unknown kind, a folder that is no finished run or whose release was
    edited, and a file that is there.
    """
    if to not in FORMATS:
        raise UsageError(f"export: no format {plain(to)!r} (there are: {', '.join(FORMATS)}).")
    run, target = Run(folder), Path(out)
    refuse_edited(run.folder, "export")
    if target.exists():
        raise UsageError(f"export: {target.name} is there already. Choose another --out.")
    if not target.parent.is_dir():
        raise UsageError(f"export: no folder {target.parent.name!r} to write into. Make it first.")
    FORMATS[to](run, target)
    return target


def _described(run: Run) -> dict[str, tuple[str, pl.DataFrame]]:
    """Table -> what it is, and its rows."""
    return {name: (files.what(f"release/{name}.csv") or "", run.table(name)) for name in run.tables}


def _columns(name: str, frame: pl.DataFrame) -> dict[str, str]:
    """What each column of a table is."""
    found = {column: columns.of(f"{name}.csv", column) for column in frame.columns}
    return {column: said for column, said in found.items() if said}


def _to_duckdb(run: Run, path: Path) -> None:
    """One table each, with what it and its columns are as comments; the numbers as table `run`."""
    tables = _described(run) | {"run": ("how the run ended, and its numbers", run.summary())}
    with Database(within=[path.resolve().parent]) as db:
        db.execute(f"ATTACH {literal(str(path.resolve()))} AS export")
        for name, (words, frame) in tables.items():
            if frame.width:
                db.load("incoming", frame)
                db.execute(f'CREATE TABLE export."{name}" AS SELECT * FROM incoming')
                db.execute(f'COMMENT ON TABLE export."{name}" IS {literal(words)}')
                for column, said in _columns(name, frame).items():
                    column_of = f'export."{name}"."{column}"'
                    db.execute(f"COMMENT ON COLUMN {column_of} IS {literal(said)}")
        db.execute("DETACH export")


def _to_xlsx(run: Run, path: Path) -> None:
    """A workbook: what it holds, then a sheet for each table. Text stays text, also '=1+1'."""
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError(
            "export: a workbook needs the extra `export`: pip install 'ehrivig[export]'."
        ) from None
    tables = _described(run)
    plain_text: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, {**plain_text, "nan_inf_to_errors": True}) as book:
        contents = pl.DataFrame(
            [(_sheet(name), words) for name, (words, _) in tables.items()],
            schema=["sheet", "what it is"],
            orient="row",
        )
        run.summary().write_excel(book, "run", autofit=True)
        contents.write_excel(book, "contents", autofit=True)
        described = pl.DataFrame(
            [
                (_sheet(name), column, said)
                for name, (_, frame) in tables.items()
                for column, said in _columns(name, frame).items()
            ],
            schema=["sheet", "column", "what it is"],
            orient="row",
        )
        described.write_excel(book, "columns", autofit=True)
        for name, (_, frame) in tables.items():
            if frame.width:
                frame.write_excel(book, _sheet(name), autofit=True, float_precision=4)


def _sheet(name: str) -> str:
    return name[:_LONGEST_SHEET]


FORMATS: dict[str, Callable[[Run, Path], None]] = {"duckdb": _to_duckdb, "xlsx": _to_xlsx}
"""What `ehrivig export --to` writes."""
