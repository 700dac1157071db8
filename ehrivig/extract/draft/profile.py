"""What the columns of a dump look like: shares of patterns in a bounded part of each table.

Nothing of a value leaves this module but that it fits a pattern; words of few rows never do.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from ehrivig.database import Database
from ehrivig.extract.column_types import CLOCKS, FLOATS, INTEGERS, base
from ehrivig.extract.pieces import quoted

SMALLEST = 5
"""Rows below which nothing is told: no count, no word, no share that gives one away."""
ROWS = 20_000
"""The rows of each table that are looked at: the first ones."""
_NUMBER = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|[+-].*))?)?"
PATTERNS = {
    "number": _NUMBER,
    "whole": "[+-]?[0-9]+",
    "negative": "-[0-9.]+",
    "comma": "[+-]?[0-9]+,[0-9]+",
    "moment": _ISO,
    "zoned": "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9:.]+ ?(Z|[+-][0-9:]+)",
    "day_first": "[0-3]?[0-9][.][01]?[0-9][.][0-9]{4}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?",
    "icd10": "[A-TV-Z][0-9][0-9A-Z]([.]?[0-9A-Z]{1,4})?[-*+!†]?|U[0-9]{2}([.]?[0-9]{1,2})?",
    "icd9": "([0-9]{3}|V[0-9]{2})([.]?[0-9]{1,2})?|E[0-9]{3}([.]?[0-9])?",
    "loinc": "[0-9]{1,5}-[0-9]",
    "atc": "[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}",
}
"""Pattern -> a regular expression over a whole value without blanks around."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column: its type, and what its values that are there look like.

    `rows`: looked at; `known`: of them not missing; `distinct`: different values; `fits`: pattern
    -> how many fit.
    """

    name: str
    type: str
    rows: int
    known: int
    distinct: int
    fits: dict[str, int] = field(default_factory=dict)

    def share(self, pattern: str) -> float:
        """The share of the known values that fit a pattern; 0 without any."""
        return self.fits.get(pattern, 0) / self.known if self.known else 0.0

    @property
    def plain(self) -> str:
        """The name in plain letters, words joined by _."""
        return plain_name(self.name)

    @property
    def is_key(self) -> bool:
        """Whether no value is twice there, or missing."""
        return 0 < self.known == self.rows == self.distinct

    @property
    def kind(self) -> str:
        """What it holds: moment, day_first, number, comma, text, or empty."""
        if base(self.type) in (*CLOCKS, "DATE") or self.type.endswith("TIME ZONE"):
            return "moment"
        if not self.known:
            return "empty"
        if base(self.type) in (*INTEGERS, *FLOATS, "DECIMAL"):
            return "number"
        for pattern in ("moment", "day_first", "number"):
            if self.share(pattern) >= 0.95:
                return pattern
        if self.share("number") + self.share("comma") >= 0.95:
            return "comma"
        return "text"

    def moment(self) -> str:
        """SQL that shows the column of table t as a moment; what is none is null where some is."""
        name = f"t.{quoted(self.name)}"
        if self.type != "VARCHAR":
            return name if self.type.startswith("TIMESTAMP") else f"{name}::TIMESTAMP"
        text, some = f"NULLIF(TRIM({name}), '')", "TRY_" if self.strays else ""
        if self.kind == "day_first":
            forms = "['%d.%m.%Y %H:%M:%S', '%d.%m.%Y %H:%M', '%d.%m.%Y']"
            return f"{some}STRPTIME({text}, {forms})"
        return f"{some}CAST({text} AS TIMESTAMP)"

    def number(self) -> str:
        """SQL that shows the column of table t as a number; what is none is null where some is."""
        name = f"t.{quoted(self.name)}"
        if self.type != "VARCHAR":
            return f"{name}::DOUBLE"
        text = f"NULLIF(TRIM({name}), '')"
        if self.kind == "comma":
            text = f"REPLACE({text}, ',', '.')"
        return f"{'TRY_' if self.strays else ''}CAST({text} AS DOUBLE)"

    @property
    def strays(self) -> int:
        """Known values that are not what the column holds."""
        if self.type != "VARCHAR" or self.kind in ("text", "empty"):
            return 0
        fit = self.fits[self.kind] + (self.fits["number"] if self.kind == "comma" else 0)
        return self.known - fit


@dataclass(frozen=True)
class TableProfile:
    """One table of the dump: its rows, and its columns in order."""

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]

    @property
    def plain(self) -> str:
        """The name in plain letters."""
        return plain_name(self.name)

    def column(self, name: str) -> ColumnProfile | None:
        """A column by its name, in any case."""
        return next((c for c in self.columns if c.name.casefold() == name.casefold()), None)


def part(count: int, rows: int, smallest: int = SMALLEST) -> str:
    """A share in words, from which no count below the smallest cell can be computed."""
    if not rows:
        return "none"
    if 0 < count < smallest:
        return f"fewer than {smallest} rows"
    if 0 < rows - count < smallest:
        return "nearly all"
    return f"{count / rows:.0%}"


def plain_name(name: str) -> str:
    """A name in small plain letters, its words joined by _: `Größe cm` is groesse_cm."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("œ", "oe")):
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(one for one in text if not unicodedata.combining(one))
    text = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    return re.sub(r"(^|_)(sp|fi|sa|pa)_o2", r"\1\2o2", text)  # SpO2 is one word


def of_table(db: Database, name: str) -> TableProfile:
    """The profile of `source.<name>`, one pass over its first ROWS rows."""
    types = db.columns(f"source.{quoted(name)}")
    rows = int(db.rows(f"SELECT count(*) FROM source.{quoted(name)}")[0][0])
    asked = [
        f"count(c{i}), count(DISTINCT c{i}), "
        + ", ".join(f"count_if(regexp_full_match(c{i}, '{p}'))" for p in PATTERNS.values())
        for i in range(len(types))
    ]
    shown = ", ".join(
        f"nullif(trim({quoted(column)}::VARCHAR), '') AS c{i}" for i, column in enumerate(types)
    )
    part = f"SELECT {shown} FROM source.{quoted(name)} LIMIT {ROWS}"
    found = db.rows(f"SELECT count(*), {', '.join(asked)} FROM ({part})")[0] if types else (0,)
    each, columns = 2 + len(PATTERNS), []
    for i, (column, kind) in enumerate(types.items()):
        known, distinct, *fits = found[1 + i * each : 1 + (i + 1) * each]
        counts = dict(zip(PATTERNS, fits, strict=True))
        columns.append(ColumnProfile(column, kind, found[0], known, distinct, counts))
    return TableProfile(name, rows, tuple(columns))


def words(db: Database, table: str, column: str, smallest: int) -> list[tuple[str, int]]:
    """The values of a column of categories that `smallest` rows or more have, commonest first."""
    name = quoted(column)
    return [
        (str(word), int(n))
        for word, n in db.rows(
            f"SELECT lower(trim({name}::VARCHAR)) AS w, count(*) AS n FROM (SELECT {name} FROM "
            f"source.{quoted(table)} WHERE {name} IS NOT NULL LIMIT {ROWS}) GROUP BY w "
            "HAVING count(*) >= $smallest ORDER BY n DESC, w LIMIT 200",
            {"smallest": smallest},
        )
    ]


def joined(db: Database, table: str, column: str, other: str, key: str) -> tuple[int, int]:
    """How many of the known values of a column a column of another table has, and of how many."""
    one, two = quoted(column), quoted(key)
    known, found = db.rows(
        f"SELECT count(*), count_if(v IN (SELECT {two}::VARCHAR FROM source.{quoted(other)})) "
        f"FROM (SELECT {one}::VARCHAR AS v FROM source.{quoted(table)} WHERE {one} IS NOT NULL "
        f"LIMIT {ROWS})"
    )[0]
    return found, known
