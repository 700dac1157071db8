"""The code lists of a study: those that ship with the package, with a user's own laid over them.

A line of an own list that is the same line as a shipped one (`ListKind.key`) stands in its place;
every other line is added. A file with the line `#! replace` drops all shipped lines about what it
lists: of its drug list, or of each condition, analyte or sign that it names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from io import StringIO
from pathlib import Path

from ehrivig import resources
from ehrivig.codes.kinds import DRUGS, KINDS, Key, Row
from ehrivig.errors import UsageError

_KEPT = 8  # sets of lists whose derived tables a process remembers


@dataclass(frozen=True)
class Line:
    """One line of a user's file: its number there, and its cells by column."""

    number: int
    cells: tuple[tuple[str, str], ...]

    @cached_property
    def row(self) -> Row:
        """The cells by column."""
        return dict(self.cells)


@dataclass(frozen=True)
class OwnFile:
    """One file of a user's own lists. `path`: within the folder of lists; `name`: of a drug list.

    `replaces`: whether it drops the shipped lines about what it lists.
    """

    path: str
    kind: str
    name: str
    sha256: str
    replaces: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class CodeLists:
    """The lists that a study reads. Two are equal when their own files have the same content."""

    own: tuple[OwnFile, ...] = ()

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each own file, by its path in the folder of lists."""
        return {file.path: file.sha256 for file in self.own}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CodeLists) and self.hashes == other.hashes

    def __hash__(self) -> int:
        return hash(tuple(self.hashes.items()))

    def __reduce__(self) -> tuple[object, ...]:
        """How a process hands lists to another, which derives their tables once for all tasks."""
        return _interned, (self.own,)

    @property
    def drug_names(self) -> tuple[str, ...]:
        """The name of every drug list, sorted."""
        own = {file.name for file in self.own if file.kind == DRUGS}
        return tuple(sorted({*_shipped_drugs(), *own}))

    def rows(self, kind: str) -> tuple[Row, ...]:
        """The lines of a list that is no drug list."""
        return _merged(self, kind, "")

    def drug_rows(self, name: str) -> tuple[Row, ...]:
        """The lines of a drug list."""
        return _merged(self, DRUGS, name)

    def files(self, kind: str, name: str = "") -> tuple[OwnFile, ...]:
        """The own files of a kind; of drug lists those of one name."""
        return tuple(file for file in self.own if file.kind == kind and file.name == name)

    def overridden(self, file: OwnFile) -> int:
        """How many shipped lines a file takes the place of or drops."""
        shipped = _shipped_of(file.kind, file.name)
        return len(shipped) - len(_left(shipped, (file,), file.kind))


SHIPPED = CodeLists()
"""The shipped lists alone."""
_INTERNED: dict[CodeLists, CodeLists] = {SHIPPED: SHIPPED}


def _interned(own: tuple[OwnFile, ...]) -> CodeLists:
    """The one object of this process with these own files."""
    found = CodeLists(own)
    return _INTERNED.setdefault(found, found)


def read_list(path: Path) -> list[Row]:
    """The rows of a shipped list; lines that begin with # are its header.

    Raises UsageError when the file cannot be read.
    """
    try:
        lines = [line for line in resources.text(path).splitlines() if not line.startswith("#")]
        return [dict(row) for row in csv.DictReader(StringIO("\n".join(lines)))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"codelist: {path.name} cannot be read. Put the file back.") from error


@cache
def shipped(name: str) -> tuple[Row, ...]:
    """The rows of a shipped list (`labs`, `drugs/ivig`, ...)."""
    return tuple(read_list(resources.codelists_folder() / f"{name}.csv"))


@cache
def _shipped_drugs() -> tuple[str, ...]:
    folder = resources.codelists_folder() / DRUGS
    return tuple(sorted(path.stem for path in folder.glob("*.csv")))


def _shipped_of(kind: str, name: str) -> tuple[Row, ...]:
    """The shipped rows of a kind; of a drug list none where none of that name ships."""
    if kind != DRUGS:
        return shipped(kind)
    return shipped(f"{DRUGS}/{name}") if name in _shipped_drugs() else ()


@lru_cache(maxsize=_KEPT * len(KINDS))
def _merged(lists: CodeLists, kind: str, name: str) -> tuple[Row, ...]:
    """Shipped rows that no own line takes the place of, then the own lines, each once."""
    files, before = lists.files(kind, name), _shipped_of(kind, name)
    if not files:
        return before
    once: dict[Key, Row] = {}
    for file in files:
        for line in file.lines:
            once.setdefault(KINDS[kind].key(line.row), line.row)
    return (*_left(before, files, kind), *once.values())


def _left(rows: Iterable[Row], files: tuple[OwnFile, ...], kind: str) -> list[Row]:
    """The rows that some own files leave as they are."""
    key, subject = KINDS[kind].key, KINDS[kind].subject
    own = {key(line.row) for file in files for line in file.lines}
    replaced = [file for file in files if file.replaces]
    if replaced and not subject:
        return []
    gone = {line.row[subject] for file in replaced for line in file.lines}
    return [row for row in rows if key(row) not in own and (not gone or row[subject] not in gone)]


def condition_names(lists: CodeLists) -> tuple[str, ...]:
    """Every condition that has a code, sorted."""
    return tuple(sorted({row["condition"] for row in lists.rows("conditions")}))


def analytes(lists: CodeLists) -> tuple[str, ...]:
    """Every analyte that has a code, sorted."""
    return tuple(sorted({row["analyte"] for row in lists.rows("labs")}))
