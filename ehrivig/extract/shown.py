"""How one column of a table is shown: an expression for each piece, and one type for all.

Values that a type could lose are counted before; what cannot be shown is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract import column_types
from ehrivig.extract.column_types import UNTYPED, Way
from ehrivig.extract.pieces import Piece, apart, quoted

_WORDS = {
    "key": "text or an integer",
    "text": "text",
    "time": "a timestamp",
    "utc": "a timestamp",
    "date": "a date",
    "number": "a number",
    "whole": "a whole number",
    "flag": "true or false (BOOLEAN)",
}
_OWN = "map it with a layout of your own"
Ways = Callable[[str, str], tuple[Way, ...]]
"""How a column, given as SQL and by its type, can be shown."""


@dataclass(frozen=True)
class Cell:
    """A column of one piece: its name and type there, how it is shown, and the type it then has.

    `expression` None: as it is. `type` UNTYPED: null in every row.
    """

    piece: Piece
    name: str
    found: str
    type: str
    expression: str | None

    def cast(self, wanted: str) -> str | None:
        """The expression with a wider type; None: as it is."""
        if wanted == UNTYPED:
            return None
        if self.type == UNTYPED:
            return f"NULL::{wanted}"
        if self.type == wanted:
            return self.expression
        return f"({self.expression or quoted(self.name)})::{wanted}"


@dataclass(frozen=True)
class Asked:
    """A column to be shown: its name in small letters, what it must be, and how that is done.

    `kind` None: only the layout's own SELECT knows. `where`: how a message names the table and the
    hospitals. `among`: SQL that is true of their rows in a piece.
    """

    name: str
    kind: str | None
    ways: Ways
    where: str
    among: Callable[[Piece], str]
    root: Path


def cells(db: Database, asked: Asked, pieces: Sequence[Piece]) -> list[Cell]:
    """A column in every piece; ExtractError for a type or a value that cannot be shown."""
    found = [_cell(db, asked, pieces, piece) for piece in pieces]
    if column_types.common(cell.type for cell in found) is None:
        found = [_unless_empty(db, cell) for cell in found]
    if column_types.common(cell.type for cell in found) is None:
        raise _two_types(asked, found)
    return found


def _cell(db: Database, asked: Asked, pieces: Sequence[Piece], piece: Piece) -> Cell:
    there = piece.named(asked.name)
    if there is None:
        return Cell(piece, asked.name, UNTYPED, UNTYPED, "NULL")
    name, kind = there
    if kind == UNTYPED:
        return Cell(piece, name, kind, UNTYPED, "NULL")
    ways = asked.ways(quoted(name), kind)
    way, lost, known = _possible(db, piece, name, ways, asked.among(piece))
    if way is not None and not lost:
        return Cell(piece, name, kind, way.type, way.expression)
    if _is_empty(db, piece, name):
        return Cell(piece, name, kind, UNTYPED, "NULL")
    is_what = _is_what(asked, pieces, piece, kind)
    if way is None:
        raise ExtractError(
            f"{asked.where}: column {name} is {is_what}, but must be {_WORDS[str(asked.kind)]}. "
            f"Write it with that type, or {_OWN}."
        )
    raise ExtractError(
        f"{asked.where}: column {name} is {is_what}, and {lost:,} of its {known:,} values are not "
        f"{way.told}. Mend these or leave them empty, or {_OWN}."
    )


def _possible(
    db: Database, piece: Piece, name: str, ways: Sequence[Way], among: str
) -> tuple[Way | None, int, int]:
    """The first way that can show every value; else the last, with values it cannot and all values.

    Which way a column goes depends on all of it, not on the hospitals that are read together; only
    what is refused is refused for their rows alone.
    """
    way, lost, known = None, 0, 0
    for way in ways:
        if way.doubt is None:
            return way, 0, 0
        rows = db.rows(
            f"SELECT count(*) FILTER (WHERE {way.doubt}), count({quoted(name)}) "
            f"FROM {piece.source} WHERE {among if way is ways[-1] else 'TRUE'}"
        )
        lost, known = rows[0]
        if not lost:
            return way, 0, 0
    return way, lost, known


def _is_empty(db: Database, piece: Piece, name: str) -> bool:
    """Whether a column is null in every row of a piece, so that its type says nothing."""
    return not db.rows(f"SELECT 1 FROM {piece.source} WHERE {quoted(name)} IS NOT NULL LIMIT 1")


def _unless_empty(db: Database, cell: Cell) -> Cell:
    if cell.type == UNTYPED or not _is_empty(db, cell.piece, cell.name):
        return cell
    return replace(cell, type=UNTYPED, expression="NULL")


def _is_what(asked: Asked, pieces: Sequence[Piece], piece: Piece, kind: str) -> str:
    """The type of a column in a piece, and the other type that it has in another one."""
    for other in pieces:
        there = other.named(asked.name)
        if there is not None and there[1] not in (kind, UNTYPED):
            return _beside(asked, (kind, piece), (there[1], other))
    # as a type where only another type will do
    return (
        column_types.base(kind)
        if not asked.ways(quoted(asked.name), kind)
        else (column_types.in_words(kind))
    )


def _two_types(asked: Asked, found: Sequence[Cell]) -> ExtractError:
    """The error that names two types of one column that have no common one."""
    one, other = next(
        (a, b)
        for a in found
        for b in found
        if UNTYPED not in (a.type, b.type) and column_types.common((a.type, b.type)) is None
    )
    what = _beside(asked, (one.found, one.piece), (other.found, other.piece))
    return ExtractError(
        f"{asked.where}: column {one.name} is {what}. Write all files of a table with one type."
    )


def _beside(asked: Asked, one: tuple[str, Piece], other: tuple[str, Piece]) -> str:
    """Two types with the first file of each: "text in part-2.parquet and DOUBLE in ..."."""
    a, b = apart(one[1].files[0].path, other[1].files[0].path, asked.root)
    return f"{column_types.in_words(one[0])} in {a} and {column_types.in_words(other[0])} in {b}"
