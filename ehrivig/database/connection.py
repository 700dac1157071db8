"""A locked connection to DuckDB, and what a statement may do with it.

Values are always named parameters; table and column names come only from this package's own
constants. Every statement is kept as text that runs in a bare DuckDB shell (`Database.log`).

A connection is locked before its first statement: it reads and writes what it was told of and
nothing else, loads no extension, sees no variable of Python, and none of that can be changed back.
A layout and a view of an extract are SQL that somebody else wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import polars as pl

from ehrivig.database.query import Query
from ehrivig.database.refusals import first_line, translated
from ehrivig.errors import (
    UsageError,
)
from ehrivig.literals import Parameters, literal, render, values_of
from ehrivig.store import StorePath, object_files

_COMMENT = re.compile(r"--[^\n]*")
_ALONE: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}
"""A connection fetches and loads nothing by itself, and no table is a variable of this process."""


def _lock(reachable: Iterable[Path]) -> dict[str, Any]:
    """The settings, in order, that keep statements to some files and folders for good."""
    files: list[str] = []
    folders: list[str] = []
    for path in reachable:
        if isinstance(path, StorePath):
            folders.append(f"{path}/")
        else:
            (files if path.is_file() else folders).append(os.path.realpath(path))
    return {
        "allowed_paths": [*files, *(f"{file}.wal" for file in files)],
        "allowed_directories": folders,
        "enable_external_access": False,
        "lock_configuration": True,
    }


class Database:
    """A DuckDB database of one hospital, in memory, with a log of its statements.

    `within`: the files and folders that its statements may name, beside the folder that `temporary`
    lies in, which is the workshop of the run. Anything else is out of reach (`OutOfReach`).
    """

    def __init__(
        self,
        *,
        memory: str | None = None,
        threads: int | None = None,
        temporary: Path | None = None,
        within: Iterable[Path] = (),
    ) -> None:
        reachable = [*within, *([temporary.parent] if temporary else [])]
        settings = {
            "preserve_insertion_order": False,
            "enable_progress_bar": False,
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(temporary) if temporary else None,
            **_lock(reachable),
        }
        self.log: list[str] = []
        self._logged_as: dict[str, str] = {}
        self._temporary = temporary
        self._objects: Any = None
        try:
            self._connection = duckdb.connect(config=_ALONE)
            for name, value in settings.items():
                if value is not None:
                    self._connection.execute(f"SET {name} = {literal(value)}")
        except duckdb.Error as error:
            raise UsageError(f"database: {first_line(error)}") from error

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the database in memory is gone with its last connection."""
        self._connection.close()
        if self._objects is not None:
            self._objects.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for engines that share it (Great Expectations, Polars)."""
        return self._connection

    def execute(self, sql: str, values: Parameters | None = None) -> None:
        """Run one statement for its effect."""
        self._run(sql, values)

    def rows(self, sql: str, values: Parameters | None = None) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        found = self._run(sql, values)
        with translated():
            return found.fetchall()

    def frame(self, query: Query | str, values: Parameters | None = None) -> pl.DataFrame:
        """A small result as a Polars frame (cohort-sized: one row per admission at most)."""
        sql, bound = self._prepare(query, values)
        self._keep(sql, bound)
        with translated():
            frame: pl.DataFrame = self._connection.sql(sql, params=bound or None).pl()
        return frame

    def table(self, name: str, query: Query | str, values: Parameters | None = None) -> None:
        """Create (or replace) table `name` from a query."""
        sql, bound = self._prepare(query, values)
        self._run(f"CREATE OR REPLACE TABLE {name} AS\n{sql}", bound)

    def append(
        self,
        name: str,
        query: Query,
        values: Parameters | None = None,
        *,
        first: Parameters | None = None,
    ) -> None:
        """Insert a query's rows into table `name`; `first` are constant columns put before them."""
        sql, bound = self._prepare(query, values)
        constants = {f"constant_{key}": value for key, value in (first or {}).items()}
        columns = "".join(f"${key}, " for key in constants)
        self._run(f"INSERT INTO {name} SELECT {columns}* FROM (\n{sql}\n)", {**bound, **constants})

    def view(self, name: str, query: Query | str) -> None:
        """Create (or replace) view `name` from a query without parameters."""
        sql, _ = self._prepare(query, {})
        self._run(f"CREATE OR REPLACE VIEW {name} AS\n{sql}", None)

    def macro(self, name: str, parameters: Iterable[str], query: Query | str) -> None:
        """Create (or replace) table macro `name`: a query that reads QUERY_TABLE(parameter)."""
        sql, _ = self._prepare(query, {})
        self._run(f"CREATE OR REPLACE MACRO {name}({', '.join(parameters)}) AS TABLE\n{sql}", None)

    def function(self, name: str, parameters: Iterable[str], query: Query) -> None:
        """Create (or replace) function `name`: what a SELECT of one expression gives of them."""
        expression = _COMMENT.sub("", query.text).strip().removeprefix("SELECT")
        head = f"CREATE OR REPLACE MACRO {name}({', '.join(parameters)})"
        self._run(f"{head} AS ({expression})", None)

    def copy(self, query: Query | str, path: Path, values: Parameters | None = None) -> None:
        """Write a query's result to a Parquet file."""
        sql, bound = self._prepare(query, values)
        target = literal(str(path))
        self._run(f"COPY (\n{sql}\n) TO {target} (FORMAT parquet, COMPRESSION zstd)", bound)

    def parquet(self, name: str, files: Iterable[Path], *, hive: bool = False) -> None:
        """Create view `name` over Parquet files (one schema); raises ExtractError when unreadable.

        `hive` reads `key=value` folder names as columns, kept as text.
        """
        files = list(files)
        self.reach(files)
        listed = ", ".join(literal(str(file)) for file in files)
        options = ", hive_partitioning = true, hive_types_autocast = false" if hive else ""
        self._run(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet([{listed}]{options})",
            None,
        )

    def reach(self, files: Iterable[Path]) -> None:
        """Let statements name these files: those in an object store are read by ranges."""
        if self._objects is None and any(isinstance(file, StorePath) for file in files):
            self._objects = object_files(self._temporary)
            self._connection.register_filesystem(self._objects)

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Create (or replace) table `name` from a small frame (code lists, cohorts)."""
        self._connection.register("_incoming", frame.to_arrow())
        try:
            self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _incoming")
        finally:
            self._connection.unregister("_incoming")
        self.log.append(f"CREATE OR REPLACE TABLE {name} AS\n{values_of(frame)};")

    def columns(self, name: str) -> dict[str, str]:
        """Column name -> DuckDB type of a table or view, in order."""
        described = self._run(f"DESCRIBE {name}", None, keep=False).fetchall()
        return {row[0]: row[1] for row in described}

    def exists(self, name: str) -> bool:
        """Whether table or view `name` (optionally `schema.name`) exists."""
        return bool(self.existing([name]))

    def existing(self, names: Iterable[str]) -> list[str]:
        """Those of some tables and views (optionally `schema.name`) that exist, in their order."""
        found = self._connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views()"
        ).fetchall()
        there = {f"{schema}.{name}" for schema, name in found}
        return [name for name in names if (name if "." in name else f"main.{name}") in there]

    def _prepare(self, query: Query | str, values: Parameters | None) -> tuple[str, dict[str, Any]]:
        if isinstance(query, Query):
            return query.text, query.bind(values or {})
        return query, dict(values or {})

    def _run(
        self, sql: str, values: Parameters | None, *, keep: bool = True
    ) -> duckdb.DuckDBPyConnection:
        if keep:
            self._keep(sql, values or {})
        with translated():
            return self._connection.execute(sql, dict(values) if values else None)

    def logged_as(self, sql: str, instead: str) -> None:
        """Let statements stand in the log with other text in place of some of theirs.

        For what only this run has: a shell that gets the log reads the original.
        """
        self._logged_as[sql] = instead

    def _keep(self, sql: str, values: Parameters) -> None:
        text = render(sql, values)
        for own, instead in self._logged_as.items():
            text = text.replace(own, instead)
        self.log.append(text + ";")
