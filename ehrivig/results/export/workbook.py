"""The released tables as one workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.results.export.described import column_words, missing_extra, tables
from ehrivig.results.run import Run

_LONGEST_SHEET = 31
"""Letters that the name of a sheet may have."""
_LONGEST_CELL = 32_767
"""Letters that a cell may have."""
_CUT = " ... (cut here: whole in the CSV of this table)"
PLAIN: dict[str, Any] = {
    **{"strings_to_formulas": False, "strings_to_urls": False},
    "in_memory": True,
}
"""Text stays text in a workbook, also '=1+1'."""


def to_xlsx(run: Run, path: Path) -> None:
    """A workbook: what it holds, then a sheet for each table. Text stays text, also '=1+1'."""
    every = tables(run)
    contents = [(_sheet(name), words) for name, (words, _) in every.items()]
    described = [
        (_sheet(name), column, said)
        for name, (_, frame) in every.items()
        for column, said in column_words(name, frame).items()
    ]
    with workbook(path, "export") as book:
        write(book, "run", run.summary())
        write(book, "contents", _rows(contents, "sheet", "what it is"))
        write(book, "columns", _rows(described, "sheet", "column", "what it is"))
        for name, (_, frame) in every.items():
            if frame.width:
                write(book, _sheet(name), frame)


@contextmanager
def workbook(path: Path, command: str) -> Iterator[Any]:
    """A new workbook in which no text is a formula, written at the end of the block.

    UsageError without the extra `export`, OSError where it cannot be written.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise missing_extra(
            command, "a workbook", "review" if command == "review" else "export"
        ) from None
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, PLAIN) as book:
        yield book
    path.write_bytes(content.getvalue())


def write(book: Any, sheet: str, frame: pl.DataFrame) -> Any:
    """A table as a sheet, which is given back.

    What is no number says so (inf); text that no cell holds is cut.
    """
    shown = frame.with_columns(
        _cell(pl.col(name), kind, frame[name]) for name, kind in frame.schema.items()
    )
    shown.write_excel(book, sheet, autofit=True, dtype_formats={pl.Float64: "General"})
    return book.get_worksheet_by_name(sheet)


def _cell(column: pl.Expr, kind: pl.DataType, values: pl.Series) -> pl.Expr:
    if kind == pl.String:
        long = column.str.len_chars() > _LONGEST_CELL
        cut = column.str.slice(0, _LONGEST_CELL - len(_CUT)) + _CUT
        return pl.when(long).then(cut).otherwise(column).alias(values.name)
    if kind.is_float() and not values.drop_nulls().is_finite().all():
        return column.cast(pl.String)
    return column


def _rows(rows: Sequence[tuple[str, ...]], *names: str) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _sheet(name: str) -> str:
    return name[:_LONGEST_SHEET]
