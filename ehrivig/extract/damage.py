"""Why reading some hospitals failed in the middle: the file or the column at fault, by name.

An error in the middle of a scan names neither, and may quote a value; these look for them after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.errors import (
    ExtractError,
    RefusedValue,
    UnreadableValue,
    out_of_memory,
    stopped_by_hand,
    too_little_memory,
)
from ehrivig.extract.files import Source
from ehrivig.extract.source_view import named
from ehrivig.extract.table_file import TableFile


def unreadable(source: Source, hospitals: Sequence[str]) -> ExtractError | None:
    """Why reading some hospitals failed without a message of its own: the damaged file; else None.

    For whoever scans the tables later: an error in the middle of a scan names no file.
    """
    if source.is_database:
        return None
    files = source.files_of_tables(hospitals)
    return _corrupt_file(files, source.root) or _refused_file(files, source.root)


def no_moment(db: Database, hospitals: Sequence[str]) -> ExtractError | None:
    """The error that names the first column with moments outside the years 1 to 9999; else None.

    For whoever meets them later: near the ends of its range, DuckDB cannot compute with a moment.
    """
    for table in contract.TABLES:
        for column in (column.name for column in table.columns if column.kind == "time"):
            found = db.rows(
                f"SELECT count(*) FROM mapped.{table.name} WHERE NOT {column} "
                "BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
            )
            if found[0][0]:
                return ExtractError(
                    f"{table.name}: {named(hospitals)}: column {column} holds moments before "
                    "the year 1 or after 9999, with which nothing can be computed. Mend the "
                    "column, or leave it empty in these rows."
                )
    return None


def refused_column(db: Database, hospitals: Sequence[str]) -> ExtractError | None:
    """The error that names the first column with a value that its type refuses; else None.

    For whoever meets one later: an error in the middle of a scan names no column.
    """
    there = db.existing(f"mapped.{table.name}" for table in contract.TABLES)
    for table in (one for one in contract.TABLES if f"mapped.{one.name}" in there):
        for column in table.names:
            try:
                db.rows(f"SELECT bit_xor(hash({column})) FROM mapped.{table.name}")
            except UnreadableValue as error:
                return ExtractError(
                    f"{table.name}: {named(hospitals)}: column {column}: {error}. Mend the column, "
                    "or leave it empty in these rows."
                )
    return None


def _corrupt_file(files: Iterable[TableFile], root: Path) -> ExtractError | None:
    """The error that names the first Parquet file whose pages cannot be read; None when all can.

    Reads every file whole, so it is for the moment after something failed. A truncated file is
    found before (`schema`), a file with damaged pages only here.
    """
    for file in files:
        try:
            with file.parquet.open("rb") as stream, pq.ParquetFile(stream) as opened:
                for number in range(opened.num_row_groups):
                    opened.read_row_group(number)
        except (pa.ArrowException, OSError, ValueError) as error:
            _refuse_other_causes(error)
            return _damaged(file, root)
    return None


def _refused_file(files: tuple[TableFile, ...], root: Path) -> ExtractError | None:
    """The error that names the first file that DuckDB cannot read whole, though others can."""
    for file in files:
        with Database(within=[file.parquet]) as db:
            try:
                db.parquet("whole", [file.parquet])
                db.rows("SELECT bit_xor(hash(whole)) FROM whole")
            except UnreadableValue as error:  # not damaged: such as a moment in the year 300,000
                if isinstance(error, RefusedValue):
                    return _damaged(file, root)
                where = file.where(root)
                return ExtractError(f"{where}: {error}. Mend it, or leave it empty.")
            except Exception as error:
                _refuse_other_causes(error)
                return _damaged(file, root)
    return None


def _damaged(file: TableFile, root: Path) -> ExtractError:
    return ExtractError(f"{file.where(root)}: damaged Parquet file. Replace the file.")


def _refuse_other_causes(error: BaseException) -> None:
    """UsageError where a file was not read for want of memory, or by Ctrl-C: it may be whole."""
    if stopped_by_hand(error):
        raise error
    if out_of_memory(error):
        raise too_little_memory() from error
