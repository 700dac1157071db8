"""The files of an extract: which tables, hospitals and columns there are, before a row is read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig import resources
from ehrivig.errors import ExtractError
from ehrivig.store import StorePath
from ehrivig.store.refusal import reason, unreadable

HIVE = "hospital_id="
MARKER = "extract.json"
DATABASE_SUFFIXES = (".duckdb", ".db", ".ddb")


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a source table; `hospital_id` is of its hive folder, else None."""

    path: Path
    hospital_id: str | None


@dataclass(frozen=True)
class InputFile:
    """One file that was read: path relative to the extract, bytes, rows, SHA-256."""

    path: str
    size: int
    rows: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """An extract as found: its layout, its hospitals, and the files of each source table.

    `tables` are the canonical tables that the layout can fill from what is there; the others are
    absent, and what depends on them is null. `version`: of the layout, where it has several (CLIF).
    """

    root: Path
    layout: str
    hospitals: tuple[str, ...]
    tables: tuple[str, ...]
    synthetic: bool
    version: str = ""
    parts: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)

    @property
    def absent(self) -> tuple[str, ...]:
        """The canonical tables that the extract lacks."""
        from ehrivig.contract import TABLES

        return tuple(table.name for table in TABLES if table.name not in self.tables)

    @property
    def is_database(self) -> bool:
        """Whether the extract is one DuckDB file instead of a folder of Parquet."""
        return self.root.is_file()

    def files(self, hospital_id: str) -> tuple[Path, ...]:
        """The files that hold rows of one hospital, sorted."""
        if self.is_database:
            return (self.root,)
        return tuple(
            sorted(p.path for name in self.parts for p in self.table_files(name, hospital_id))
        )

    def table_files(self, name: str, hospital_id: str) -> tuple[TableFile, ...]:
        """The files of one source table for one hospital: its own hive folder, and shared files."""
        return tuple(p for p in self.parts.get(name, ()) if p.hospital_id in (None, hospital_id))


def find_files(root: Path) -> dict[str, tuple[TableFile, ...]]:
    """Source table -> its Parquet files; folders beginning with "_" or "." are no tables.

    Raises ExtractError for a missing folder, one without a table, a table folder without a file, or
    a table given both as a folder and as a file.
    """
    if not root.is_dir():
        raise ExtractError(
            f"extract: no folder {root.name!r}. Give the folder of the Parquet files."
        )
    found: dict[str, tuple[TableFile, ...]] = {}
    for entry in sorted(root.iterdir()):
        if entry.name.startswith(("_", ".")):
            continue
        name = (entry.stem if entry.suffix.lower() == ".parquet" else entry.name).lower()
        parts = _parts(entry)
        if parts is None:
            continue
        if name in found:
            raise ExtractError(f"{name}: given twice in the extract (folder and file). Remove one.")
        found[name] = parts
    if not found:
        raise ExtractError(
            f"extract: {root.name!r} holds no table. A table is <table>.parquet or a folder of "
            "Parquet files."
        )
    return found


def _parts(entry: Path) -> tuple[TableFile, ...] | None:
    """The files of one entry of the extract; None for an entry that is no table."""
    if entry.is_file():
        return (TableFile(entry, None),) if entry.suffix.lower() == ".parquet" else None
    paths = sorted(p for p in entry.rglob("*") if _is_part(p, entry))
    if not paths:
        raise ExtractError(f"{entry.name}: the folder holds no Parquet file. Fill or remove it.")
    return tuple(TableFile(path, _hive_hospital(path, entry)) for path in paths)


def _is_part(path: Path, entry: Path) -> bool:
    """Whether a file below a table's folder is one of its parts."""
    hidden = any(part.startswith(("_", ".")) for part in path.relative_to(entry).parts)
    return path.is_file() and path.suffix.lower() == ".parquet" and not hidden


def _hive_hospital(path: Path, entry: Path) -> str | None:
    """The hospital in the folder names of a file."""
    for part in path.relative_to(entry).parts[:-1]:
        if part.startswith(HIVE):
            return unquote(part.removeprefix(HIVE))
    return None


def refuse_misspelt(found: list[str], known: list[str]) -> None:
    """ExtractError for a table that looks like a misspelt name of one that is missing."""
    missing = [name for name in known if name not in found]
    for name in found:
        near = difflib.get_close_matches(name, missing, n=1, cutoff=0.8)
        if name not in known and near:
            raise ExtractError(
                f"{name}: not a table of this layout; {near[0]!r} is missing. Rename it, or begin "
                "its name with _ to leave it out."
            )


def is_synthetic(root: Path) -> bool:
    """Whether extract.json says that the data are simulated."""
    marker = root / MARKER
    if root.is_file() or not marker.is_file():
        return False
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExtractError(f"extract: {MARKER} is not JSON. Mend or remove it.") from error
    return bool(content.get("synthetic")) if isinstance(content, dict) else False


def schema(path: Path, root: Path) -> pa.Schema:
    """The columns of a Parquet file; ExtractError with the file's name when it is unreadable.

    Column names that are equal but for case, and names with a byte order mark, are refused.
    """
    found = _footer(path, root).schema.to_arrow_schema()
    where = path.relative_to(root).as_posix()
    names = [name.casefold() for name in found.names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ExtractError(f"{where}: column {', '.join(twice)} is there twice. Remove one.")
    marked = [name for name in found.names if name != name.strip("\ufeff \t\r\n")]
    if marked:
        raise ExtractError(
            f"{where}: a column name begins or ends with an invisible character "
            f"({marked[0]!a}). Write the file again without a byte order mark."
        )
    return found


def _footer(path: Path, root: Path) -> pq.FileMetaData:
    try:
        if isinstance(path, StorePath):
            stat = path.stat()
            return _footer_in_store(path, stat.st_size, stat.st_mtime)
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(path, StorePath) and reason(error, path):
            raise unreadable(error, path) from error
        where = path.relative_to(root).as_posix()
        raise ExtractError(
            f"{where}: not a readable Parquet file (truncated or corrupt). Replace the file."
        ) from error


@lru_cache(maxsize=10_000)
def _footer_in_store(path: StorePath, size: int, changed: float) -> pq.FileMetaData:
    """Fetched once while the object is unchanged: several questions are asked of it."""
    with path.open("rb") as stream:
        return pq.read_metadata(stream)


def corrupt_file(paths: Iterable[Path], root: Path) -> ExtractError | None:
    """The error that names the first Parquet file whose pages cannot be read; None when all can.

    Reads every file whole, so it is for the moment after something failed. A truncated file is
    found before (`schema`), a file with damaged pages only here.
    """
    for path in paths:
        try:
            with path.open("rb") as stream, pq.ParquetFile(stream) as file:
                for number in range(file.num_row_groups):
                    file.read_row_group(number)
        except (pa.ArrowException, OSError, ValueError):
            where = path.relative_to(root).as_posix()
            return ExtractError(f"{where}: damaged Parquet file. Replace the file.")
    return None


def row_count(path: Path, root: Path) -> int:
    """The rows of a Parquet file, by its footer."""
    return int(_footer(path, root).num_rows)


def input_file(path: Path, root: Path, rows: int | None = None) -> InputFile:
    """Size, rows and hash of one file; the hash is computed once while the file is unchanged.

    The hash of an object is the ETag that its store gives, as "etag:...".
    """
    where = path.relative_to(root).as_posix() if path != root else path.name
    stat = path.stat()
    counted = _footer(path, root).num_rows if rows is None else rows
    if isinstance(path, StorePath):  # a hash would read all of it; the store knows its content
        return InputFile(where, stat.st_size, counted, path.mark())
    return InputFile(where, stat.st_size, counted, _digest(path, stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=100_000)
def _digest(path: Path, size: int, changed: int) -> str:
    return resources.file_digest(path)
