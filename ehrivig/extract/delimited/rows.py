"""Whole rows of delimited text: where each ends, and that each has as many values as the header.

Strictly as RFC 4180 has it, with LF or CR LF: a value stands in quotes or holds none, and a quote
inside is written twice. What is written otherwise is refused with its line, for a reader that makes
sense of it could shift a value into the next column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ehrivig.errors import ExtractError, many
from ehrivig.extract.delimited.dialect import TABLES, Dialect, how_to_declare, is_tsv
from ehrivig.extract.footers import MOST_COLUMNS

LONGEST_ROW = 2**24
"""Bytes of a row: a longer one is a quote that is not closed, or no table."""
LONGEST_HEADER = 2**17
"""Bytes of the names of the columns: a longer name no reader takes."""
_LF, _CR, _NUL = 10, 13, 0
_OTHER_DELIMITERS = (";", "\t", "|", ",")
_QUOTES = ('"', "'", "`")
_NO_NAME = re.compile(r"[+-]?[0-9.,:/ T-]*[0-9][0-9.,:/ T-]*")
"""What is a number or a moment, and so no name of a column."""


@dataclass(frozen=True)
class Block:
    """Some whole rows as bytes, and how many."""

    content: bytes
    rows: int


def header_and_blocks(
    chunks: Iterator[bytes], where: str, dialect: Dialect
) -> tuple[list[str], Iterator[Block]]:
    """The names of the columns, and the rows; ExtractError with the line of a broken one."""
    reader = _Rows(where, dialect)
    blocks = reader.blocks(chunks)
    first = next(blocks, None)
    if first is None:
        raise ExtractError(
            f"{where}: is empty: its first line names the columns. Write that line, or remove the "
            "file."
        )

    def rest() -> Iterator[Block]:
        yield from (block for block in (first,) if block.rows)
        yield from (block for block in blocks if block.rows)

    return reader.names, rest()


class _Rows:
    """A reader of one file: what is left of the last chunk, the line that it begins with."""

    def __init__(self, where: str, dialect: Dialect) -> None:
        self._where, self._dialect = where, dialect
        self._quote = ord(dialect.quote) if dialect.quote else None
        self._delimiter = ord(dialect.delimiter)
        self._left, self._line = b"", 1
        self._head = b""
        self.names: list[str] = []

    def blocks(self, chunks: Iterator[bytes]) -> Iterator[Block]:
        """Whole rows, chunk by chunk; the first has the header behind it."""
        for chunk in chunks:
            yield from self._block(self._left + chunk)
        if self._left:
            if self._quote is not None and self._left.count(self._dialect.quote.encode()) % 2:
                raise self._not_closed(self._left, "has a quote that is never closed")
            yield from self._block(self._left + b"\n")

    def _block(self, content: bytes) -> Iterator[Block]:
        cells = np.frombuffer(content, np.uint8)
        inside = self._inside(cells)
        ends = np.flatnonzero((cells == _LF) & ~inside)
        stop = int(ends[-1]) + 1 if len(ends) else 0
        self._left, content = content[stop:], content[:stop]
        if not stop:
            self._refuse_long()
            return
        cells, inside = cells[:stop], inside[:stop]
        if not self.names:
            self._refuse_other_delimiter(content)
        self._refuse_marks(content, cells, inside)
        begin = 0
        if not self.names:
            begin, ends = self._header(content, ends)
            if not self.names:
                self._line += content.count(b"\n")
                return
        rows = self._counted(content, cells, inside, ends, begin)
        self._refuse_second_header(content, begin)
        self._line += content.count(b"\n")
        yield Block(content[begin:], rows)
        self._refuse_long()

    def _refuse_long(self) -> None:
        """ExtractError where no row ends in all that is left of a chunk."""
        if len(self._left) > LONGEST_ROW:
            raise self._not_closed(
                self._left,
                f"begins a row of more than {LONGEST_ROW:,} bytes, or a quote never closed",
            )

    def _not_closed(self, content: bytes, why: str) -> ExtractError:
        """Why a row has no end: the first quote out of place, else what is given."""
        cells = np.frombuffer(content + b"\n", np.uint8)
        if self._quote is not None:
            self._refuse_quotes(content, cells, self._inside(cells))
        return self._broken(self._line, why)

    def _inside(self, cells: Any) -> Any:
        """Whether each byte lies in quotes (an opening quote does, the closing one does not)."""
        if self._quote is None:
            return np.zeros(len(cells), bool)
        quotes = cells == self._quote
        if not quotes.any():
            return np.zeros(len(cells), bool)
        return np.logical_xor.accumulate(quotes)

    def _refuse_marks(self, content: bytes, cells: Any, inside: Any) -> None:
        """ExtractError for a NUL, a carriage return within a row, a quote out of place."""
        if (nul := content.find(b"\0")) >= 0:
            raise self._broken(
                self._line_of(content, nul),
                "holds a NUL byte: the file is damaged, or in an encoding that is not declared",
            )
        returns = np.flatnonzero((cells == _CR) & ~inside)
        alone = returns[cells[returns + 1] != _LF]
        if len(alone):
            raise self._broken(
                self._line_of(content, int(alone[0])),
                "holds a carriage return that no line feed follows. Write lines that end in LF or "
                "CR LF, and quote a value that holds one",
            )
        if self._quote is not None:
            self._refuse_quotes(content, cells, inside)

    def _refuse_quotes(self, content: bytes, cells: Any, inside: Any) -> None:
        quotes = np.flatnonzero(cells == self._quote)
        if not len(quotes):
            return
        opens = inside[quotes]
        begins, closes = quotes[opens], quotes[~opens]
        before = cells[begins - 1]  # of the first byte the last one, which ends a row
        behind = cells[closes + 1]
        edges = [self._delimiter, ord(self._dialect.quote)]
        wrong = [
            *begins[~np.isin(before, [*edges, _LF])][:1],
            *closes[~np.isin(behind, [*edges, _LF, _CR])][:1],
        ]
        if wrong:
            raise self._broken(
                self._line_of(content, int(min(wrong))),
                "has a quote inside a value. Write the value in quotes and the quote twice; where "
                'no value is quoted, declare quote = ""',
            )

    def _header(self, content: bytes, ends: Any) -> tuple[int, Any]:
        """Where the rows begin, and where each ends, behind the first line that is not empty."""
        begin = 0
        for place, end in enumerate(ends.tolist()):
            line = content[begin:end].removesuffix(b"\r")
            begin = end + 1
            if line.strip():
                self._head = line
                self.names = self._named(line)
                return begin, ends[place + 1 :]
        return begin, ends[:0]

    def _named(self, line: bytes) -> list[str]:
        """The names in the header; ExtractError for one that is none, or is there twice."""
        if line.count(self._dialect.delimiter.encode()) >= MOST_COLUMNS:
            raise ExtractError(
                f"{self._where}: has {line.count(self._dialect.delimiter.encode()) + 1:,} columns, "
                f"at most {MOST_COLUMNS:,} are read. Leave out those that no layout names."
            )
        if len(line) > LONGEST_HEADER:
            raise ExtractError(
                f"{self._where}: line 1 has {len(line):,} bytes, which are no names of columns. "
                "Write the names of the columns as the first line."
            )
        text = line.decode()
        (names,) = csv.reader(
            [text],
            delimiter=self._dialect.delimiter,
            quotechar=self._dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if self._dialect.quote else csv.QUOTE_NONE,
        )
        self._refuse_names(names)
        return names

    def _refuse_other_delimiter(self, content: bytes) -> None:
        """ExtractError where the first line is plainly separated by another mark."""
        line = content.lstrip().partition(b"\n")[0].decode()
        if line.lower().startswith("sep="):
            raise ExtractError(
                f"{self._where}: line 1 is {line[:5]!r}, not the names of the columns. Remove that "
                "line."
            )
        other = [mark for mark in _OTHER_DELIMITERS if mark in line]
        if self._dialect.delimiter not in line and other:
            cure = (
                f"Call it .csv, or declare the delimiter of its table under csv.{TABLES}."
                if is_tsv(self._where)
                else how_to_declare("delimiter", other[0])
            )
            raise ExtractError(
                f"{self._where}: line 1 holds no {self._dialect.delimiter!r} but {other[0]!r}, "
                f"which is not declared. {cure}"
            )

    def _refuse_names(self, names: list[str]) -> None:
        """ExtractError for what names no column; by its place, for it may be a value of a row."""
        plain = [name.strip().strip("\ufeff").strip() for name in names]
        if any(_NO_NAME.fullmatch(name) for name in plain):
            raise ExtractError(
                f"{self._where}: line 1 must name every column, and one of its values is a number. "
                "Write the names of the columns as the first line."
            )
        if "" in plain:
            raise ExtractError(
                f"{self._where}: line 1 must name every column, and names none at place "
                f"{plain.index('') + 1:,} of {len(plain):,}. Name it, or leave it out of every "
                "line (a delimiter at the end of lines makes such a column, or numbers of rows do)."
            )
        self._refuse_other_quote(plain)
        for place, name in enumerate(names, start=1):
            if name != plain[place - 1]:
                raise ExtractError(
                    f"{self._where}: line 1 names column {place:,} with a blank or a byte order "
                    "mark at its beginning or end. Name it without."
                )
        seen: dict[str, int] = {}
        for place, name in enumerate(names, start=1):
            if (other := seen.setdefault(name.casefold(), place)) != place:
                raise ExtractError(
                    f"{self._where}: line 1 names columns {other:,} and {place:,} alike. Give one "
                    "of them another name, or leave it out."
                )

    def _refuse_other_quote(self, names: list[str]) -> None:
        """ExtractError where names stand in quotes that are not declared as such."""
        marks = [name[0] for name in names if len(name) > 1 and name[0] == name[-1]]
        other = next((mark for mark in marks if mark in _QUOTES), None)
        if other:
            raise ExtractError(
                f"{self._where}: line 1 has a name in {other}, which is not declared as the quote. "
                f"{how_to_declare('quote', other)}"
            )

    def _counted(self, content: bytes, cells: Any, inside: Any, ends: Any, begin: int) -> int:
        """The rows between the ends of lines, empty lines left out; ExtractError for a broken."""
        if not len(ends):
            return 0
        starts = np.concatenate(([begin], ends[:-1] + 1))
        delimiters = np.flatnonzero((cells == self._delimiter) & ~inside)
        upto = np.searchsorted(delimiters, np.concatenate(([begin], ends)))
        found = np.diff(upto) + 1
        length = ends - starts
        empty = (length == 0) | ((length == 1) & (cells[starts] == _CR))
        wrong = np.flatnonzero((found != len(self.names)) & ~empty)
        if len(wrong):
            raise self._broken(
                self._line_of(content, int(starts[wrong[0]])),
                f"has {many(int(found[wrong[0]]), 'value')}, and the first line names "
                f"{many(len(self.names), 'column')}",
            )
        return int(len(ends) - empty.sum())

    def _refuse_second_header(self, content: bytes, begin: int) -> None:
        lines = b"\n" + content[begin:]
        places = (lines.find(b"\n" + self._head + end) for end in (b"\n", b"\r\n"))
        place = max(places)
        if place >= 0:
            raise self._broken(
                self._line_of(content, begin + place),
                "is the first line once more: files were put together. Remove it",
            )

    def _line_of(self, content: bytes, place: int) -> int:
        return self._line + content.count(b"\n", 0, place)

    def _broken(self, line: int, why: str) -> ExtractError:
        cure = "" if ". " in why or why.endswith("Remove it") else ". Mend the line"
        return ExtractError(f"{self._where}: line {line:,} {why}{cure}.")
