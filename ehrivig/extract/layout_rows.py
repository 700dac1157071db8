"""Rows of the source beside what a layout's SELECT makes of them: who is lost, and what multiplies.

A row that a WHERE or a join leaves out is in no table, so that no ledger could count it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ehrivig.database import Database, Query
from ehrivig.errors import EhrivigError
from ehrivig.extract.pieces import quoted

_COMMENT = re.compile(r"--[^\n]*")
_READ = re.compile(r"\bsource\.(\w+)", re.IGNORECASE)
_JOIN = re.compile(
    r"\bJOIN\s+source\.(\w+)(?:\s+AS)?\s*(\w*)\s+(?:USING\s*\(([^)]*)\)|ON\s+(.*?))"
    r"(?=\b(?:LEFT|INNER|RIGHT|FULL|CROSS|JOIN|WHERE|GROUP|ORDER|UNION|QUALIFY)\b|\)|$)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class SourceRows:
    """A source table that a SELECT reads: its rows.

    `repeated`: of the columns by which it is joined, the values that several of its rows have.
    """

    name: str
    rows: int
    joined_by: tuple[str, ...] = ()
    repeated: int = 0


def read_by(db: Database, select: Query) -> tuple[SourceRows, ...]:
    """The source tables of a SELECT that hold rows, the largest first."""
    text = _COMMENT.sub("", select.text)
    joins = {found[1].lower(): _columns(found) for found in _JOIN.finditer(text)}
    names = dict.fromkeys(name.lower() for name in _READ.findall(text))
    found = [_counted(db, name, joins.get(name, ())) for name in names]
    return tuple(sorted((f for f in found if f and f.rows), key=lambda f: (-f.rows, f.name)))


def told(sources: tuple[SourceRows, ...], rows: int) -> list[str]:
    """What a reader should know of the rows of a table: where they come from, what became of them.

    Nothing of a table without sources of its own.
    """
    if not sources:
        return []
    listed = ", ".join(f"{one.name} ({one.rows:,})" for one in sources)
    lines = [f"from {listed}"]
    largest, every = sources[0], sum(one.rows for one in sources)
    multiplied = [one for one in sources if one.repeated]
    if rows < largest.rows:
        lines.append(
            f"{largest.rows - rows:,} fewer than {largest.name}: a WHERE, a join that finds "
            "nothing or a GROUP BY takes them"
        )
    elif rows > (every if len(sources) == 1 or not multiplied else largest.rows):
        lines.append(f"{rows - largest.rows:,} more than {largest.name}")
    if rows > largest.rows:
        lines += [
            f"{one.name}: {one.repeated:,} values of {', '.join(one.joined_by)} are in several "
            "rows, so that the join multiplies"
            for one in multiplied
        ]
    return lines


def _counted(db: Database, name: str, columns: tuple[str, ...]) -> SourceRows | None:
    """One source table; None of one that is not there."""
    if not db.exists(f"source.{name}"):
        return None
    try:
        rows = int(db.rows(f"SELECT count(*) FROM source.{name}")[0][0])
        repeated = _repeated(db, name, columns)
    except EhrivigError:
        return None
    return SourceRows(name, rows, columns, repeated)


def _repeated(db: Database, name: str, columns: tuple[str, ...]) -> int:
    """Values of some columns that several rows have; 0 without columns, or where one is none."""
    known = {column.casefold() for column in db.columns(f"source.{name}")}
    if not columns or not {column.casefold() for column in columns} <= known:
        return 0
    listed = ", ".join(map(quoted, columns))
    counted = (
        f"SELECT {listed} FROM source.{name} WHERE ({listed}) IS NOT NULL "
        f"GROUP BY {listed} HAVING count(*) > 1"
    )
    return int(db.rows(f"SELECT count(*) FROM ({counted})")[0][0])


def _columns(join: re.Match[str]) -> tuple[str, ...]:
    """The columns of the joined table that its condition holds against others."""
    name, alias, using, condition = join.groups()
    if using is not None:
        return tuple(column.strip().strip('"') for column in using.split(","))
    alias = alias if alias and alias.upper() not in ("ON", "USING") else name
    found = re.findall(
        rf"\b{re.escape(alias)}\.(\w+)\s*=|=\s*{re.escape(alias)}\.(\w+)", condition or "", re.I
    )
    return tuple(dict.fromkeys(one or other for one, other in found))
