"""One file of a source table: where it lies, and what is read in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ehrivig.extract.delimited.dialect import Dialect


@dataclass(frozen=True)
class TableFile:
    """One file of a source table; `hospital_id` is of its hive folder, else None.

    `copy`: of delimited text, the Parquet file with its rows; `dialect`: how it is written.
    `problem`: why there is none, told to whoever wants to read it: the hospital may be one that can
    be left out.
    Of a table of a lake: `columns`, in small letters, are those that its log names (one that the
    file lacks is null), None where nothing tells; `folders`: whether those around the file called
    key=value are columns of its rows.
    """

    path: Path
    hospital_id: str | None
    copy: Path | None = None
    dialect: Dialect | None = None
    problem: str = ""
    columns: frozenset[str] | None = None
    folders: bool = True

    @property
    def parquet(self) -> Path:
        """The Parquet file with the rows."""
        return self.copy or self.path

    def where(self, root: Path) -> str:
        """The path below the extract, as messages name the file."""
        return self.path.relative_to(root).as_posix() if self.path != root else self.path.name

    def base(self, root: Path) -> Path:
        """The folder below which this lies as it lies below the extract: the extract, or copies."""
        steps = self.path.relative_to(root).parts
        return self.copy.parents[len(steps) - 1] if self.copy else root
