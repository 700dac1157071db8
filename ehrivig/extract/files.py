"""The files of an extract: which tables, hospitals and columns there are, before a row is read."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from ehrivig import resources
from ehrivig.errors import ExtractError
from ehrivig.extract.delimited import Dialects
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

MARKER = "extract.json"
DATABASE_SUFFIXES = (".duckdb", ".db", ".ddb")


@dataclass(frozen=True)
class LeftOut:
    """What lies in the extract and was not read: relative path, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Unplaced:
    """How many rows of a source table are of no stay and no person that the source lists."""

    table: str
    n_lost: int
    n_rows: int


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
    `dialects`: of the delimited text among the files; None where there is none.
    `home`: the folder that was given, where the extract is the DuckDB file that lies in it.
    `unplaced`: the tables of a layout of which rows are of no hospital, as nobody knows whose.
    `n_held`: how many hospitals the extract holds, those that the study leaves out included.
    """

    root: Path
    layout: str
    hospitals: tuple[str, ...]
    tables: tuple[str, ...]
    synthetic: bool
    version: str = ""
    parts: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    dialects: Dialects | None = None
    home: Path | None = None
    unplaced: tuple[Unplaced, ...] = ()
    n_held: int = 0

    @property
    def absent(self) -> tuple[str, ...]:
        """The canonical tables that the extract lacks."""
        from ehrivig.contract import TABLES

        return tuple(table.name for table in TABLES if table.name not in self.tables)

    @property
    def folder(self) -> Path:
        """The folder (or file) that was given, which holds what is said of the extract."""
        return self.home or self.root

    @property
    def is_database(self) -> bool:
        """Whether the extract is one DuckDB file instead of a folder of tables."""
        return self.root.is_file()

    @cached_property
    def within(self) -> tuple[Path, ...]:
        """What may be read of this machine: the extract, what its links lead to, and copies."""
        return within(self.root, self.parts)

    @property
    def linked(self) -> tuple[Path, ...]:
        """The files that lie outside of the extract, by links in it."""
        return linked(self.root, self.parts)

    def files(self, hospitals: Collection[str]) -> tuple[Path, ...]:
        """The files that hold rows of some hospitals, sorted."""
        if self.is_database:
            return (self.root,)
        return tuple(file.path for file in self.files_of_tables(hospitals))

    def files_of_tables(self, hospitals: Collection[str]) -> tuple[TableFile, ...]:
        """The same of a folder, with what is read in the place of each; sorted by path."""
        every = (file for name in self.parts for file in self.table_files(name, hospitals))
        return tuple(sorted(every, key=lambda file: file.path))

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


def within(root: Path, parts: Mapping[str, Sequence[TableFile]]) -> tuple[Path, ...]:
    """An extract, those files of its tables that a link has outside of it, and their copies."""
    copies = {file.base(root) for files in parts.values() for file in files if file.copy}
    return (root, *linked(root, parts), *sorted(copies))


def linked(root: Path, parts: Mapping[str, Sequence[TableFile]]) -> tuple[Path, ...]:
    """Those files of the tables of an extract that a link has outside of it."""
    paths = (file.path for files in parts.values() for file in files)
    real = {os.path.realpath(path) for path in paths if not isinstance(path, StorePath)}
    below = os.path.realpath(root).rstrip("/") + "/"
    return tuple(Path(path) for path in sorted(real) if not path.startswith(below))


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


def input_file(path: Path, root: Path, rows: int) -> InputFile:
    """Size, rows and hash of one file; the hash is computed once while the file is unchanged.

    The hash of an object is the ETag that its store gives, as "etag:...".
    """
    where = path.relative_to(root).as_posix() if path != root else path.name
    stat = path.stat()
    if isinstance(path, StorePath):  # a hash would read all of it; the store knows its content
        return InputFile(where, stat.st_size, rows, path.mark())
    return InputFile(where, stat.st_size, rows, _digest(path, stat.st_size, stat.st_mtime_ns))


Mark = tuple[int, int]
"""Bytes of a file, and when it was changed last."""


def mark(path: Path) -> Mark:
    """What a file looks like now; (-1, 0) of one that is gone."""
    try:
        stat = path.stat()
    except OSError:
        return -1, 0
    return stat.st_size, stat.st_mtime_ns


def remembered(path: Path) -> Mark:
    """What a file looks like now, with its hash taken: `is_another` then tells what it becomes."""
    found = mark(path)
    if found[0] >= 0 and not isinstance(path, StorePath):
        _digest(path, *found)
    return found


def is_another(path: Path, before: Mark) -> bool:
    """Whether a file whose hash was taken looks like another since, and has another hash."""
    now = mark(path)
    return now != before and (now[0] < 0 or _digest(path, *now) != _digest(path, *before))


@lru_cache(maxsize=100_000)
def _digest(path: Path, size: int, changed: int) -> str:
    return resources.file_digest(path)
