"""What a layout makes of an extract, as data and as text."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.extract.layout_rows import SourceRows, told

_MOST_UNKNOWN, _LONGEST_PROBLEM = 10, 500
"""Columns of a SELECT that its table lacks, by name; letters of a problem."""


@dataclass(frozen=True)
class ColumnReport:
    """One canonical column: the type that the SELECT gives it (None: not given), what is wrong."""

    name: str
    type: str | None
    problem: str | None
    required: bool

    @property
    def mapped(self) -> bool:
        """Whether the column holds more than nulls by construction."""
        return self.problem is None and self.type not in (None, '"NULL"')


@dataclass(frozen=True)
class TableReport:
    """One canonical table: whether the layout has a SELECT, whether it can be used, its rows.

    `sources`: the source tables that the SELECT reads, with their rows.
    """

    name: str
    given: bool
    usable: bool
    rows: int
    columns: tuple[ColumnReport, ...]
    unknown_columns: tuple[str, ...]
    problem: str | None
    sources: tuple[SourceRows, ...] = ()


@dataclass(frozen=True)
class CodeCount:
    """A code that is not understood, and how often it occurs."""

    code: str
    rows: int


@dataclass(frozen=True)
class CodeReport:
    """Rows of a table whose code is understood, out of how many, and the commonest that are not."""

    table: str
    what: str
    rows: int
    understood: int
    commonest: tuple[CodeCount, ...]

    @property
    def proportion(self) -> float | None:
        """The proportion of rows that are understood; None without rows."""
        return self.understood / self.rows if self.rows else None


@dataclass(frozen=True)
class LayoutReport:
    """The report of one layout on one extract."""

    layout: str
    tables: tuple[TableReport, ...]
    codes: tuple[CodeReport, ...]

    @property
    def usable(self) -> bool:
        """Whether every SELECT that is given can be used."""
        return all(table.usable for table in self.tables if table.given)

    def table(self, name: str) -> TableReport:
        """The report of one canonical table."""
        return next(table for table in self.tables if table.name == name)

    @property
    def verdict(self) -> str:
        """Whether a run can use the layout, in words."""
        return "every SELECT can be used" if self.usable else "some SELECTs must be mended"

    def __str__(self) -> str:
        lines = [f"layout {self.layout}: {self.verdict}", ""]
        for table in self.tables:
            lines += _table_lines(table)
        lines += ["", "codes (those seen fewer than 5 times are not shown)"]
        for code in self.codes:
            lines += _code_lines(code)
        return "\n".join(lines)


def _table_lines(table: TableReport) -> list[str]:
    """One line for a table, one for each thing that is wrong with it."""
    if not table.given:
        return [f"{table.name:<20} absent: no {table.name}.sql"]
    mapped = sum(column.mapped for column in table.columns)
    state = "ok " if table.usable else "NOT"
    head = f"{table.name:<20} {state} {table.rows:>12,} rows  {mapped}/{len(table.columns)} columns"
    return [head, *(f"  {line}" for line in lines_of(table))]


def lines_of(table: TableReport) -> list[str]:
    """What a reader should know of a table that is given: its rows, what is wrong, what is null."""
    wrong = [f"{c.name}: {c.problem}" for c in table.columns if c.problem]
    unknown = [f"{_short(n)}: not a column of {table.name}" for n in table.unknown_columns]
    more = len(unknown) - _MOST_UNKNOWN
    wrong += unknown[:_MOST_UNKNOWN]
    wrong += [f"and {more:,} more that are not"] if more > 0 else []
    if table.problem and not wrong:
        wrong = [_short(table.problem, _LONGEST_PROBLEM)]
    missing = [c.name for c in table.columns if not c.mapped and not c.problem]
    empty = [f"null: {', '.join(missing)}"] if missing else []
    rows = told(table.sources, table.rows) if table.usable else []
    return [*rows, *wrong, *empty]


def _short(text: str, longest: int = 60) -> str:
    """A text whose middle is left out where it is longer than any that is read."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"


def _code_lines(code: CodeReport) -> list[str]:
    """One line for a question, one for each common code that is not understood."""
    proportion = "-" if code.proportion is None else f"{100 * code.proportion:.1f}%"
    counted = f"({code.understood:,} of {code.rows:,})"
    head = f"{code.table + ': ' + code.what:<42} {proportion:>7}  {counted}"
    return [head, *(f"  {item.rows:>10,}  {item.code}" for item in code.commonest)]
