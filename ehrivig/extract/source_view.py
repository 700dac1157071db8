"""Source views: the files of some hospitals, with the columns and types that the layout expects.

A view shows the files as they are, except that: an optional column that the files lack is null; a
column of another type is shown with that of the layout where nothing is lost; a moment with a zone
is shown as the hospitals' wall clock; and a file of several hospitals shows only the rows of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract import column_types, shown
from ehrivig.extract.column_types import CLOCKS, UNTYPED, ZONED, Way, sql_type
from ehrivig.extract.hospital_names import HIVE
from ehrivig.extract.layouts import SourceColumn
from ehrivig.extract.pieces import Piece, of_attached, pieces, quoted, source_name
from ehrivig.extract.table_file import TableFile
from ehrivig.literals import render

EVERY: tuple[str, ...] = ()
"""Stands for all hospitals of an extract."""
_HOSPITAL = HIVE.rstrip("=")


@dataclass(frozen=True)
class View:
    """One source view to be made.

    `columns`: what the layout reads; none where only its SELECTs know. `keys`: the types that the
    ids have in other tables, which an id has here too where no row has one. `numbers`: ids that are
    numbers where they are written as text, with the type that they then have. `lists`: whether it
    lists what others name by its ids, so that a word for no key must be none: it would join rows
    that have nothing in common.
    """

    table: str
    hospitals: tuple[str, ...]
    root: Path
    files: tuple[TableFile, ...]
    columns: tuple[SourceColumn, ...]
    timezone: str | None
    only_hospital: bool
    keys: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    lists: bool = False

    @property
    def where(self) -> str:
        """How a message names the view."""
        return f"{self.table}: {named(self.hospitals)}" if self.hospitals else self.table


def create(db: Database, view: View) -> None:
    """Make `source.<table>`; ExtractError for unreadable files, missing columns, wrong types."""
    db.view(source_name(view.table), select(db, view, _pieces(db, view)))


def _pieces(db: Database, view: View) -> tuple[Piece, ...]:
    return pieces(db, view.files, view.root, view.where)


def select(db: Database, view: View, found: Sequence[Piece]) -> str:
    """The SELECT that shows a table as the layout expects it."""
    _require(view, found)
    every = {asked.name: shown.cells(db, asked, found) for asked in _asked(view, found)}
    types = {name: _type(view, name, cells) for name, cells in every.items()}
    if len(found) == 1:
        alone = {name: cells[0] for name, cells in every.items()}
        return _one(view, found[0], alone, types)
    parts = [
        _one_of_several(view, piece, {n: cells[i] for n, cells in every.items()}, types)
        for i, piece in enumerate(found)
    ]
    return "\nUNION ALL\n".join(parts)


def hospitals_of(
    db: Database, root: Path, table: str, rows: tuple[TableFile, ...] | str
) -> set[str | None]:
    """The hospitals that the rows of some files, or of a table of a database, name."""
    files = () if isinstance(rows, str) else rows
    view = View(table, EVERY, root, files, (SourceColumn(_HOSPITAL, "key", True),), None, True)
    found = [of_attached(db, table, rows)] if isinstance(rows, str) else _pieces(db, view)
    return {
        row[0] for row in db.rows(f"SELECT DISTINCT {_HOSPITAL} FROM ({select(db, view, found)})")
    }


def named(hospitals: Sequence[str]) -> str:
    """How a message names some hospitals."""
    if not hospitals:
        return "all hospitals"
    if len(hospitals) == 1:
        return f"hospital {hospitals[0]}"
    return f"hospitals {hospitals[0]} to {hospitals[-1]} ({len(hospitals)})"


def of_hospitals(column: str, hospitals: Sequence[str]) -> str:
    """SQL condition: a row is of one of some hospitals."""
    if len(hospitals) == 1:
        return render(f"{column} = $hospital_id", {"hospital_id": hospitals[0]})
    return render(f"{column} IN (SELECT unnest($hospitals))", {"hospitals": list(hospitals)})


def empty(columns: Sequence[SourceColumn], keys: Mapping[str, str]) -> str:
    """The SELECT of a declared source table that the extract lacks: its columns, no rows."""
    types = {c.name: keys.get(c.name) or sql_type(c.kind) for c in columns}
    listed = [f"NULL::{kind} AS {quoted(name)}" for name, kind in types.items()]
    return f"SELECT\n    {_joined(listed)}\nWHERE FALSE"


def _one(
    view: View, piece: Piece, cells: Mapping[str, shown.Cell], types: Mapping[str, str]
) -> str:
    """The SELECT of a table in one piece: all its columns, some of them in another way."""
    replaced, added = [], []
    for name, cell in cells.items():
        text = cell.cast(types[name])
        there = piece.named(name)
        if text is not None and there is not None:
            replaced.append(f"{text} AS {quoted(there[0])}")
        elif text is not None:
            added.append(f"{text} AS {quoted(name)}")
    star = f"* REPLACE (\n    {_joined(replaced)}\n)" if replaced else "*"
    columns = _joined([star, *added])
    head = f"SELECT\n    {columns}\nFROM" if replaced or added else "SELECT * FROM"
    return f"{head} {piece.source}{_filter(view, piece)}"


def _one_of_several(
    view: View, piece: Piece, cells: Mapping[str, shown.Cell], types: Mapping[str, str]
) -> str:
    """The SELECT of one of several pieces: the columns in the order of all."""
    listed = [
        f"{cell.cast(types[name]) or quoted(cell.name)} AS {quoted(name)}"
        for name, cell in cells.items()
    ]
    return f"SELECT\n    {_joined(listed)}\nFROM {piece.source}{_filter(view, piece)}"


def _filter(view: View, piece: Piece) -> str:
    """WHERE, for a piece with rows of other hospitals too."""
    limited = _among(view, piece)
    return "" if limited == "TRUE" else f"\nWHERE {limited}"


def _among(view: View, piece: Piece) -> str:
    """SQL that is true of the rows of the hospitals of a view."""
    if not (view.hospitals and view.only_hospital and piece.of_several):
        return "TRUE"
    there = piece.named(_HOSPITAL)
    name, kind = there or (_HOSPITAL, "VARCHAR")
    (way, *_) = column_types.ways(quoted(name), kind, "key", hospital=True) or (Way(kind, None),)
    return of_hospitals(way.expression or name, view.hospitals)


def _joined(items: Sequence[str]) -> str:
    return ",\n    ".join(items)


def _type(view: View, name: str, cells: Sequence[shown.Cell]) -> str:
    """The type of a column in all pieces; where no row has a value, the one that it should have."""
    found = column_types.common(cell.type for cell in cells)
    if found not in (None, UNTYPED):
        return str(found)
    column = next((c for c in view.columns if c.name == name), None)
    if column is None:
        return "VARCHAR" if len(cells) > 1 else UNTYPED
    return view.keys.get(name) or sql_type(column.kind)


def _require(view: View, found: Sequence[Piece]) -> None:
    """ExtractError that names every required column that files lack."""
    for piece in found:
        hive = bool(piece.files) and not piece.of_several
        missing = [
            c.name
            for c in view.columns
            if c.required and not piece.named(c.name) and not (hive and c.name == _HOSPITAL)
        ]
        if missing:
            place = piece.files[0].path.name if piece.files else view.table
            raise ExtractError(
                f"{view.where} lacks the required column {', '.join(missing)}. Add it to {place}, "
                "or map the source with a layout of your own."
            )


def _asked(view: View, found: Sequence[Piece]) -> list[shown.Asked]:
    """The columns that the layout reads; all columns where only its SELECTs know which."""
    if view.columns:
        return [_asked_of(view, column.name, column) for column in view.columns]
    names = dict.fromkeys(name.casefold() for piece in found for name in piece.types)
    return [_asked_of(view, name, None) for name in names]


def _asked_of(view: View, name: str, column: SourceColumn | None) -> shown.Asked:
    kind = column.kind if column else None
    return shown.Asked(
        name, kind, partial(_ways, view, column), view.where, partial(_among, view), view.root
    )


def _ways(view: View, column: SourceColumn | None, sql: str, kind: str) -> tuple[Way, ...]:
    """How a column can be shown; none where its type cannot be what is meant."""
    if column is None:
        if kind in ZONED:
            return (Way("TIMESTAMP", _local(view, sql, sql.strip('"'))),)
        return column_types.of_undeclared(sql, kind)
    if column_types.base(kind) in column_types.SHOWN_AS_TEXT:
        text = f"{sql}::VARCHAR"
        shown = _ways(view, column, text, "VARCHAR")
        return tuple(one.shown(one.expression or text, one.type) for one in shown)
    if column.kind in ("time", "utc", "date"):
        return _clock(view, sql, kind, column)
    if column.kind == "key" and column.name != _HOSPITAL:
        ids = _ids(view, column.name, sql, kind)
        return tuple(column_types.without_words(sql, one) for one in ids) if view.lists else ids
    return column_types.ways(sql, kind, column.kind, hospital=column.name == _HOSPITAL)


def _ids(view: View, name: str, sql: str, kind: str) -> tuple[Way, ...]:
    """How ids can be shown."""
    if kind == "VARCHAR" and name in view.numbers:
        return (column_types.written_id(sql, view.numbers[name]),)
    known = view.keys.get(name)
    if known is not None and not view.only_hospital:
        return column_types.same_id(sql, kind, known)
    return column_types.ways(sql, kind, "key")


def _clock(view: View, sql: str, kind: str, column: SourceColumn) -> tuple[Way, ...]:
    """A moment as hospital-local wall clock, or a day."""
    wanted = sql_type(column.kind)
    day = "::DATE" if column.kind == "date" else ""
    if kind in ZONED:
        local = Way(wanted, _local(view, sql, column.name) + day)
        return (column_types.days_at_midnight(sql), local) if day else (local,)
    if kind in CLOCKS and column.kind == "utc":
        return (Way(wanted, _local(view, f"({sql}::TIMESTAMP AT TIME ZONE 'UTC')", column.name)),)
    if kind in (*CLOCKS, "DATE"):
        return (Way(wanted, None if kind == wanted else f"{sql}::{wanted}"),)
    return _written_clock(view, sql, column) if kind == "VARCHAR" else ()


def _written_clock(view: View, sql: str, column: SourceColumn) -> tuple[Way, ...]:
    """Moments as text: all without a zone, or all with one."""
    utc = column.kind == "utc"
    bare = column_types.written_moment(sql, zoned=False)
    zoned = column_types.written_moment(sql, zoned=True)

    def shown(moment: str) -> str:
        return f"({moment})::{sql_type(column.kind)}"

    wanted, plain = sql_type(column.kind), f"({bare.expression})"
    if utc:
        plain = _local(view, f"({plain} AT TIME ZONE 'UTC')", column.name)
    alone = bare.shown(shown(plain), wanted)
    if view.timezone is None:
        return (alone,)
    local = zoned.shown(shown(_local(view, f"({zoned.expression})", column.name)), wanted)
    if column.kind == "date":
        return (_days_as_text(zoned), local, alone)
    return (local, alone)


def _days_as_text(zoned: Way) -> Way:
    """Moments as text, all of which are the midnight of a day in UTC."""
    days = column_types.days_at_midnight(f"({zoned.expression})")
    return Way(days.type, days.expression, f"({zoned.doubt}) OR coalesce({days.doubt}, FALSE)")


def _local(view: View, expression: str, name: str) -> str:
    if view.timezone is None:
        raise ExtractError(
            f"{view.where}: column {name} holds moments with a time "
            "zone, but the hospital's own zone is not known. Give hospital.timezone, or timezone "
            "under [extract] of the study file."
        )
    return render(f"({expression} AT TIME ZONE $zone)", {"zone": view.timezone})
