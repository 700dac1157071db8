"""What is known of names: of tables and columns in five languages, and of whole dumps."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ehrivig.codes import read_list
from ehrivig.extract import layouts
from ehrivig.extract.draft.profile import TableProfile

_FOLDER = Path(__file__).parent / "signatures"
_ENOUGH = 0.8
"""The share of the columns of a signature by which a dump is known (assumed)."""


@dataclass(frozen=True)
class Name:
    """A name that a canonical column may have; `place`: earlier is better."""

    pattern: re.Pattern[str]
    language: str
    place: int


@dataclass(frozen=True)
class Signature:
    """A kind of dump: table -> the columns by which it is known.

    `layout`: the shipped layout that reads it, else none and `selects` says how it is mapped:
    canonical table -> from, where, and an expression per column.
    """

    name: str
    tables: dict[str, tuple[str, ...]]
    layout: str | None = None
    dates: str | None = None
    selects: dict[str, dict[str, str]] = field(default_factory=dict)

    def share(self, dump: dict[str, TableProfile]) -> float:
        """The share of its columns that a dump has; 0 without the first table."""
        first = next(iter(self.tables))
        if first not in dump:
            return 0.0
        there = [t for t in self.tables if t in dump or t in self._needed]
        asked = [(t, c) for t in there for c in self.tables[t]]
        found = sum(t in dump and dump[t].column(c) is not None for t, c in asked)
        return found / len(asked) if asked else 0.0

    @property
    def _needed(self) -> tuple[str, ...]:
        return layouts.REQUIRED.get(self.layout or "", tuple(self.tables)[:2])


@lru_cache(maxsize=1)
def columns() -> dict[tuple[str, str], tuple[Name, ...]]:
    """(canonical table or *, column) -> the names it may have, the best first."""
    found: dict[tuple[str, str], list[Name]] = {}
    for row in read_list(_FOLDER / "names.csv"):
        key = (row["table"], row["column"])
        names = found.setdefault(key, [])
        names.append(Name(re.compile(row["name"]), row["language"], len(names)))
    return {key: tuple(names) for key, names in found.items()}


@lru_cache(maxsize=1)
def tables() -> dict[str, re.Pattern[str]]:
    """Canonical table -> the names that its table may have."""
    return {row["table"]: re.compile(row["name"]) for row in read_list(_FOLDER / "tables.csv")}


@lru_cache(maxsize=1)
def signatures() -> tuple[Signature, ...]:
    """The dumps that are known: those that a shipped layout reads, and those of a file each."""
    found = []
    for name in layouts.SHIPPED:
        layout = layouts.load(name)
        asked = {
            table: tuple(c.name for c in listed if c.required)
            for table, listed in layout.declared.items()
        }
        first = layout.required_sources
        ordered = {t: asked[t] for t in (*first, *(t for t in asked if t not in first))}
        found.append(Signature(name, ordered, layout=name))
    for path in sorted(_FOLDER.glob("*.toml")):
        found.append(_of_file(tomllib.loads(path.read_text(encoding="utf-8"))))
    return tuple(found)


def _of_file(content: dict[str, Any]) -> Signature:
    known = {table: tuple(names) for table, names in content["known_by"].items()}
    return Signature(
        content["name"], known, dates=content.get("dates"), selects=content.get("select", {})
    )


def known(dump: dict[str, TableProfile]) -> tuple[Signature, float] | None:
    """The signature that fits a dump best, with the share of its columns; None where none does."""
    shares = [(one.share(dump), one) for one in signatures()]
    share, best = max(shares, key=lambda found: found[0])
    return (best, share) if share >= _ENOUGH else None
