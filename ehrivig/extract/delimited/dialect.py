"""How the delimited text of an extract is written: by declaration, never by what it looks like.

The layout says it (`layout.toml`), or the extract itself (`extract.json`), which is where it has
its place under a shipped layout: how files are written is no matter of the study.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.study import clock

SECTION = clock.TEXT
MARKER = "extract.json"
TABLES = "tables"
_ONE_BYTE = 128
_NO_ENCODINGS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""What Python calls so, and no file of rows is written in."""
_NEVER = ("\n", "\r", "\0", "\ufeff", " ")


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote (empty: no value is quoted) and encoding of delimited text."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Dialects:
    """How the delimited text of an extract is written, and that of some tables otherwise."""

    every: Dialect = Dialect()
    tables: Mapping[str, Dialect] = field(default_factory=dict)
    delimited: frozenset[str] = frozenset()
    """The tables that declare a delimiter of their own."""

    def of(self, table: str, name: str) -> Dialect:
        """The dialect of a file of a table: .tsv declares the tab, but what its table declares."""
        found = self.tables.get(table, self.every)
        by_name = is_tsv(name) and table not in self.delimited
        return replace(found, delimiter="\t") if by_name else found


def is_tsv(name: str) -> bool:
    """Whether the name of a file says that tabs separate its values."""
    return ".tsv" in name.lower()


_KEYS = tuple(one.name for one in fields(Dialect))


def declared(root: Path, layout: Path) -> Dialects:
    """What layout and extract declare; ExtractError where they differ, or for what is none."""
    of_extract = _checked(_in_extract(root), f"extract: {MARKER}", ExtractError)
    of_layout = _checked(
        clock.settings(layout).get(SECTION), f"layout: {layout.name}/{clock.FILE}", UsageError
    )
    if of_extract and of_layout and of_extract != of_layout:
        raise ExtractError(
            f"extract: {MARKER} and {layout.name}/{clock.FILE} declare {SECTION} differently. "
            "Remove one of them."
        )
    return of_extract or of_layout or Dialects()


def how_to_declare(key: str, value: str, what: str = "it") -> str:
    """The cure of a file that is written otherwise than was declared."""
    shown = json.dumps(value)
    return (
        f'Declare {what}: {{"{SECTION}": {{"{key}": {shown}}}}} in {MARKER} of the extract, or '
        f"{key} = {shown} under [{SECTION}] in {clock.FILE} of a layout of your own."
    )


def _in_extract(root: Path) -> Any:
    marker = root / MARKER
    if root.is_file() or not marker.is_file():
        return None
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExtractError(f"extract: {MARKER} is not JSON. Mend or remove it.") from error
    return content.get(SECTION) if isinstance(content, dict) else None


def _checked(content: Any, where: str, refused: type[EhrivigError]) -> Dialects | None:
    if content is None:
        return None
    tables = content.pop(TABLES, {}) if isinstance(content, dict) else {}
    if not isinstance(tables, dict):
        raise refused(f"{where}: {SECTION}.{TABLES} must give a table each, with its settings.")
    every = _dialect(content, Dialect(), where, refused)
    return Dialects(
        every,
        {name.lower(): _dialect(own, every, where, refused) for name, own in tables.items()},
        frozenset(name.lower() for name, own in tables.items() if "delimiter" in own),
    )


def _dialect(content: Any, otherwise: Dialect, where: str, refused: type[EhrivigError]) -> Dialect:
    """The settings of one section; what it leaves open is as in another."""
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise refused(f"{where}: {SECTION} must give text for some of {', '.join(_KEYS)}.")
    unknown = sorted(set(content) - set(_KEYS))
    if unknown:
        raise refused(
            f"{where}: nothing reads {SECTION} {unknown[0]!r}. Its keys are {', '.join(_KEYS)}, "
            f"and {TABLES} for tables that are written otherwise."
        )
    found = replace(otherwise, **content)
    if not _is_mark(found.delimiter) or not (found.quote == "" or _is_mark(found.quote)):
        raise refused(
            f"{where}: {SECTION} delimiter and quote are one character of ASCII each, no blank "
            'and no end of a line; quote = "" where no value is quoted.'
        )
    if found.delimiter == found.quote:
        raise refused(f"{where}: {SECTION} delimiter and quote are the same. Mend one.")
    return replace(found, encoding=_encoding(found.encoding, where, refused))


def _is_mark(text: str) -> bool:
    return len(text) == 1 and ord(text) < _ONE_BYTE and text not in _NEVER


def _encoding(name: str, where: str, refused: type[EhrivigError]) -> str:
    """The name that Python has for an encoding of text."""
    try:
        found = codecs.lookup(name)
        "".encode(name)
        known = found.name not in _NO_ENCODINGS
    except (LookupError, UnicodeError, ValueError):
        known = False
    if not known:
        raise refused(
            f"{where}: {SECTION} encoding {name!r} is not known. Write such as utf-8, utf-16, "
            "windows-1252, iso-8859-1, gb18030 or shift_jis."
        )
    return "utf-8" if found.name == "utf-8-sig" else found.name
