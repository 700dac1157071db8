"""The files of an extract: which tables, hospitals and columns there are, before a row is read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig import resources
from ehrivig.errors import ExtractError
from ehrivig.extract.footers import row_count
from ehrivig.store import StorePath

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

    def files(self, hospitals: Collection[str]) -> tuple[Path, ...]:
        """The files that hold rows of some hospitals, sorted."""
        if self.is_database:
            return (self.root,)
        return tuple(
            sorted(p.path for name in self.parts for p in self.table_files(name, hospitals))
        )

    def table_files(self, name: str, hospitals: Collection[str]) -> tuple[TableFile, ...]:
        """The files of one source table for some hospitals: of their hive folders, and shared."""
        own = self._by_hospital.get(name, {})
        return tuple(p for hospital in (None, *hospitals) for p in own.get(hospital, ()))

    @cached_property
    def _by_hospital(self) -> dict[str, dict[str | None, list[TableFile]]]:
        """Source table -> hospital (None: of several) -> its files."""
        found: dict[str, dict[str | None, list[TableFile]]] = {}
        for name, files in self.parts.items():
            of_table = found.setdefault(name, {})
            for file in files:
                of_table.setdefault(file.hospital_id, []).append(file)
        return found


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


def input_file(path: Path, root: Path, rows: int | None = None) -> InputFile:
    """Size, rows and hash of one file; the hash is computed once while the file is unchanged.

    The hash of an object is the ETag that its store gives, as "etag:...".
    """
    where = path.relative_to(root).as_posix() if path != root else path.name
    stat = path.stat()
    counted = row_count(path, root) if rows is None else rows
    if isinstance(path, StorePath):  # a hash would read all of it; the store knows its content
        return InputFile(where, stat.st_size, counted, path.mark())
    return InputFile(where, stat.st_size, counted, _digest(path, stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=100_000)
def _digest(path: Path, size: int, changed: int) -> str:
    return resources.file_digest(path)
