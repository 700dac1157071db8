"""Layouts: which SELECTs map a source onto the canonical tables, and which columns they read.

A layout is a folder of SQL files, one SELECT per canonical table. It may hold `prepare/*.sql`:
SELECTs whose results are kept as tables `prepared.<name>`, made first, in the order of their names;
one that reads QUERY_TABLE(event) is a macro `prepared.<name>('<table>', moment)`.
Every SELECT may use PLAIN_WORD(text), a category as it is compared, and MOMENT_OF(moment, day).
A shipped layout also has `columns.csv`: the source columns that it reads, with their kinds.
`layout.toml` says of which clock its moments are (`ehrivig.study.clock`), where it is not the
calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ehrivig import contract, resources
from ehrivig.codes import read_list
from ehrivig.database import Database, Query
from ehrivig.errors import UsageError
from ehrivig.study import clock
from ehrivig.study.clock import Clock

SHIPPED = ("native", "clif", "omop", "eicu", "mimic_iv", "mimic_iii", "synthea_csv")
REQUIRED = {
    "native": tuple(table.name for table in contract.TABLES if table.required),
    "clif": ("clif_patient", "clif_hospitalization", "clif_adt"),
    "omop": ("person", "visit_occurrence", "concept", "concept_ancestor"),
    "eicu": ("patient",),
    "mimic_iv": ("patients", "admissions"),
    "mimic_iii": ("patients", "admissions"),
    "synthea_csv": ("patients", "encounters"),
}
"""Source tables without which a shipped layout cannot be read."""
OF_ANY_TABLE = ("event", "moment")
"""What a preparation that is a macro is called with: a table, an expression over its columns."""
FUNCTIONS = {"plain_word": ("text",), "moment_of": ("moment", "day")}
"""Functions for the SELECTs of layouts, by the name of their file, with their parameters."""
_NAMED = re.compile(r'\bsource\s*\.\s*(?:"([^"]+)"|(\w+))', re.IGNORECASE)
_FROM = re.compile(r"""(?:\bfrom\s+|\(\s*')(source|prepared)\s*\.\s*(?:"([^"]+)"|(\w+))""")
"""What a query takes rows from: a table, or that of which a preparation is asked ('source.x')."""
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class SourceColumn:
    """A column that a layout reads.

    `kind` as in ehrivig.contract, or `utc`: a moment in UTC; `whole`: a whole number.
    """

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Layout:
    """The SELECTs of a layout by canonical table, its preparations in order, and what it reads.

    `declared`: source table -> the columns that are read; empty for a user's own layout, which may
    read anything. `clock`: of which its moments are, where it says so.
    """

    name: str
    folder: Path
    selects: dict[str, Query]
    preparations: dict[str, Query]
    declared: dict[str, tuple[SourceColumn, ...]]
    clock: Clock | None = None

    @property
    def own(self) -> bool:
        """Whether this is a user's own layout."""
        return self.name not in SHIPPED

    @property
    def required_sources(self) -> tuple[str, ...]:
        """Source tables without which nothing can be read."""
        return REQUIRED.get(self.name, ())

    @property
    def sources(self) -> tuple[str, ...]:
        """The source tables that are read, in small letters."""
        if self.declared:
            return tuple(self.declared)
        queries = [*self.selects.values(), *self.preparations.values()]
        found = (m for q in queries for m in _NAMED.finditer(_COMMENT.sub("", q.text)))
        return tuple(dict.fromkeys((m[1] or m[2]).lower() for m in found))

    def where(self, table: str) -> str:
        """How a message names the SELECT of a canonical table."""
        return f"{self.folder.name}/{table}.sql"

    def reads(self, table: str) -> set[str]:
        """The source tables that the SELECT of a canonical table reads.

        Those of the preparations that its rows come from are among them: what is joined to them
        makes no row.
        """
        select = self.selects[table]
        named = _NAMED.finditer(_COMMENT.sub("", select.text))
        return {(one[1] or one[2]).lower() for one in named} | self._rows_from(select)

    def _rows_from(self, query: Query, above: frozenset[str] = frozenset()) -> set[str]:
        """The source tables that the rows of a query come from, by way of preparations too."""
        found: set[str] = set()
        for stage, quoted, plain in _FROM.findall(_COMMENT.sub("", query.text.lower())):
            name = quoted or plain
            if stage == "source":
                found.add(name)
            elif name in self.preparations and name not in above:
                found |= self._rows_from(self.preparations[name], above | {name})
        return found

    def filled(self, found: set[str]) -> tuple[str, ...]:
        """The canonical tables that can be filled from the source tables found."""
        return tuple(
            table.name
            for table in contract.TABLES
            if table.name in self.selects and self._is_filled(table, found)
        )

    def _is_filled(self, table: contract.Table, found: set[str]) -> bool:
        read = self.reads(table.name)
        if not read or table.required:
            return True
        own = {name for name in read if name not in self.required_sources}
        return bool((own or read) & found)


def reads_any_table(query: Query) -> bool:
    """Whether a preparation is a macro, of the table that its caller names."""
    return "query_table(event)" in query.text.lower()


def define_functions(db: Database) -> None:
    """Make the functions that the SELECTs of layouts may use."""
    for name, parameters in FUNCTIONS.items():
        db.function(name, parameters, Query.load(resources.sql_folder() / "layout" / f"{name}.sql"))


def load(name: str) -> Layout:
    """A shipped layout, or the one in a user's folder; UsageError when there is none."""
    folder = resources.sql_folder() / "layout" / name if name in SHIPPED else Path(name)
    if not folder.is_dir():
        raise UsageError(
            f"layout: no layout {name!r}. Give {', '.join(SHIPPED)} or a folder of SELECTs "
            "(`ehrivig layout new DIR` writes one)."
        )
    selects = {}
    for path in sorted(folder.glob("*.sql")):
        if path.stem not in contract.BY_NAME:
            known = ", ".join(contract.BY_NAME)
            raise UsageError(f"layout: {path.name} is no canonical table. Known: {known}.")
        selects[path.stem] = Query.load(path, f"{folder.name}/{path.name}")
    missing = [t.name for t in contract.TABLES if t.required and t.name not in selects]
    if missing:
        raise UsageError(f"layout: {folder.name} has no {missing[0]}.sql. Write that SELECT.")
    preparations = {
        path.stem: Query.load(path, f"{folder.name}/prepare/{path.name}")
        for path in sorted((folder / "prepare").glob("*.sql"))
    }
    declared, own_clock = _declared(name, folder), clock.of_layout(folder)
    return Layout(name, folder, selects, preparations, declared, own_clock)


def _declared(name: str, folder: Path) -> dict[str, tuple[SourceColumn, ...]]:
    """Source table -> columns: of the contract for the native layout, else of columns.csv."""
    if name == "native":
        return {
            table.name: tuple(SourceColumn(c.name, c.kind, c.required) for c in table.columns)
            for table in contract.TABLES
        }
    path = folder / "columns.csv"
    if not path.exists():
        return {}
    if not path.is_file():
        raise UsageError(f"layout: {folder.name}/columns.csv is not a file. Put a CSV table there.")
    found: dict[str, tuple[SourceColumn, ...]] = {}
    for row in read_list(path):
        column = SourceColumn(row["column"], row["kind"], row["required"] == "yes")
        found[row["table"]] = (*found.get(row["table"], ()), column)
    return found
