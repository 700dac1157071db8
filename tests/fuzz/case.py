"""One fuzz case: its folders, its random numbers, and how a mutation gets at the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MARK = "Zebra9137"
"""Text planted as a patient's value: no message may show it."""
NUMBER = 913713.25
"""Number planted as a patient's value."""
SCRIPT = "<script>zebra('1')</script>"
IMAGE = "\"><img src=x onerror=zebra(1)>'"
INJECTIONS = (
    "'; DROP TABLE lab; --",
    "x') ; DELETE FROM admission; --",
    "1 OR 1=1",
    "$codes",
    "$(touch zebra)",
    "' UNION SELECT * FROM read_csv('/etc/passwd') --",
    "{{ 7*7 }}",
    "%s %d {0}",
    "\\x00\\",
    "\"; COPY lab TO 'zebra'; --\"",
)
STRANGE = (
    "a b",
    "a'b",
    'a"b',
    "Krankenhaus Süd ß",
    "北京协和医院",
    "100%",
    "%2e%2e",
    "..",
    ".",
    "~",
    "-rf",
    "a;b|c&d",
    "$HOME",
    "*",
    "[a]",
    "{b}",
    "a\nb",
    "\u202eabc",
    "é\u0301",
    "\U0001f3e5",
    "x" * 120,
    SCRIPT,
    *INJECTIONS[:3],
)


@dataclass
class Case:
    """Where a case lives and what it calls. `place` holds nothing but this case."""

    place: Path
    extract: Path
    study: Path
    out: Path
    rng: np.random.Generator
    command: str = "run"
    words: list[str] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)

    def pick(self, items: Any) -> Any:
        """One of some items."""
        listed = list(items)
        return listed[int(self.rng.integers(len(listed)))]

    def tables(self) -> list[str]:
        """The tables of the extract."""
        return sorted(
            p.name for p in self.extract.iterdir() if p.is_dir() and not p.name.startswith("_")
        )

    def file(self, table: str | None = None) -> Path:
        """A Parquet file, of a random table where none is named."""
        folder = self.extract / (table or self.pick(self.tables()))
        return Path(self.pick(sorted(folder.rglob("*.parquet"))))

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return bool(self.rng.random() < share)


Mutation = Callable[[Case], None]


def read(path: Path) -> pa.Table:
    """A Parquet file without the columns that its folder's name would add."""
    return pq.ParquetFile(path).read()


def replace(path: Path, content: bytes) -> None:
    """Write a file anew: the base extract shares the old one."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def write(path: Path, table: pa.Table, **options: Any) -> None:
    """Write a Parquet file anew."""
    path.unlink(missing_ok=True)
    pq.write_table(table, path, **options)


def change(case: Case, path: Path, turn: Callable[[pa.Table], pa.Table]) -> None:
    """Pass one file through `turn`; sometimes every hospital's file of that table."""
    paths = [path]
    if case.chance(0.3):
        paths = sorted(path.parent.parent.rglob("*.parquet"))
    for one in paths:
        write(one, turn(read(one)))
