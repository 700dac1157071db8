"""The one place that speaks to DuckDB: a connection, and SQL files as checked queries.

Values are always named parameters; table and column names come only from this package's own
constants. Every statement is kept as text that runs in a bare DuckDB shell (`Database.log`).

A connection is locked before its first statement: it reads and writes what it was told of and
nothing else, loads no extension, sees no variable of Python, and none of that can be changed back.
A layout and a view of an extract are SQL that somebody else wrote.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import polars as pl

from ehrivig import interrupts, resources
from ehrivig.errors import (
    EhrivigError,
    ExtractError,
    OutOfReach,
    RefusedValue,
    UnreadableValue,
    UsageError,
    stopped_by_hand,
)
from ehrivig.literals import Parameters, literal, render, values_of
from ehrivig.store import StorePath, object_files

_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class Query:
    """One SELECT from an SQL file, with the named parameters it needs."""

    name: str
    text: str
    parameters: frozenset[str]

    @classmethod
    def load(cls, path: Path, name: str | None = None) -> Query:
        """The query in `path`; raises UsageError unless the file is exactly one SELECT."""
        return cls.parse(_text_of(path, name or path.stem), name or path.stem)

    @classmethod
    def parse(cls, text: str, name: str) -> Query:
        """The query in `text`; raises UsageError unless it is exactly one SELECT."""
        try:
            parameters = _parameters_of_select(text)
        except duckdb.Error as error:
            raise UsageError(f"sql: {name}: {_first_line(error)}. Mend the SQL file.") from error
        if parameters is None:
            raise UsageError(f"sql: {name}: must hold exactly one SELECT. Mend the SQL file.")
        return cls(name, text.strip().rstrip(";"), parameters)

    def bind(self, values: Parameters) -> dict[str, Any]:
        """Just the parameters this query needs; raises UsageError when one is missing."""
        missing = sorted(self.parameters - set(values))
        if missing:
            raise UsageError(f"sql: {self.name}: no value for {', '.join(missing)}.")
        return {key: values[key] for key in sorted(self.parameters)}


def _text_of(path: Path, name: str) -> str:
    """The text of an SQL file; UsageError when there is none that can be read."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"sql: {name} is a pipe or a device, not a file. Put a text file there.")
    try:
        return resources.text(path).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"sql: {name}: line {line} is not UTF-8. Save the file as UTF-8."
        ) from error
    except OSError as error:
        raise UsageError(f"sql: {name} cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=1_000)
def _parameters_of_select(text: str) -> frozenset[str] | None:
    """The named parameters of one SELECT; None unless the text is that.

    The same files are read for every hospital, and parsed once.
    """
    statements = duckdb.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return None
    return frozenset(statements[0].named_parameters)


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
            raise UsageError(f"database: {_first_line(error)}") from error

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
        with _translated():
            return found.fetchall()

    def frame(self, query: Query | str, values: Parameters | None = None) -> pl.DataFrame:
        """A small result as a Polars frame (cohort-sized: one row per admission at most)."""
        sql, bound = self._prepare(query, values)
        self._keep(sql, bound)
        with _translated():
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
        with _translated():
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


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _asked_for(message: str) -> str:
    """A message of DuckDB about a file: what it quotes goes, unless it is the path of one."""
    return _QUOTED.sub(lambda found: _path(found[1] or found[2] or "") or "a file", message)


def _damaged(message: str) -> str:
    """The path of a file that is there, which a message quotes; nothing where it quotes none."""
    quoted = (found[1] or found[2] or "" for found in _QUOTED.finditer(message))
    return next((_path(name) for name in quoted if os.path.isfile(name)), "")


def _path(quoted: str) -> str:
    """The end of a path that is there, or whose folder is; nothing of anything else."""
    path = Path(quoted)
    there = path.is_absolute() and os.path.isdir(path.parent)
    return "/".join(path.parts[-3:]) if there or quoted.startswith("s3://") else ""


def user_error(error: BaseException | None) -> EhrivigError | None:
    """The user's part of an error that another engine got from this database; None without one."""
    found = _translate(error) if isinstance(error, duckdb.Error) else error
    known = isinstance(found, EhrivigError) and not isinstance(found, UnreadableValue)
    return found if known else None  # type: ignore[return-value]


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Errors of DuckDB are the user's where they can be; a signal in a statement is a signal."""
    interrupts.refuse_told()
    try:
        yield
    except Exception as error:
        interrupts.refuse_told()
        if stopped_by_hand(error):
            raise KeyboardInterrupt from error
        if isinstance(error, duckdb.Error):
            raise _translate(error) from error.__cause__
        raise


def _translate(error: duckdb.Error) -> EhrivigError | duckdb.Error:
    """The user's part of a DuckDB error: unreadable files and values, exhausted memory; else it."""
    message = _first_line(error)
    if isinstance(error, duckdb.PermissionException):
        return OutOfReach(f"reads {_what_is_barred(message)}, which is no part of the extract")
    if isinstance(error, duckdb.OutOfMemoryException):
        return UsageError(f"memory: {message}. Give more with --memory, or free disk for spilling.")
    if isinstance(error, duckdb.IOException):
        return ExtractError(f"extract: {_asked_for(message)}. Replace the file and run again.")
    if isinstance(error, duckdb.TransactionException) and "Could not write" in message:
        return UsageError("disk: a database file cannot be written. Free disk.")
    if isinstance(error, duckdb.DataError):
        return UnreadableValue(f"a value {_what_is_wrong(message)}")
    if isinstance(error, duckdb.InvalidInputException | duckdb.NotSupportedError):
        if file := _damaged(message):
            return ExtractError(f"extract: {file} cannot be read. Replace the file and run again.")
        return RefusedValue(_why_refused(message))
    return error


def _what_is_barred(message: str) -> str:
    """The file, folder or address that a statement may not name."""
    named = _BARRED.search(message)
    return repr(named[1]) if named else "from outside"


def _what_is_wrong(message: str) -> str:
    """What an error says of a value, without the value."""
    wanted = [name for name in _WANTED.findall(message) if _TYPES.fullmatch(name)]
    if wanted:
        return f"is no {wanted[-1]}"
    return "is out of range" if "out of range" in message.lower() else "cannot be read"


def _why_refused(message: str) -> str:
    """What a function says of its values: a message that may hold any of them, so none of it."""
    if "More than one row returned by a subquery" in message:
        return "a subquery gives several rows where one value is asked for"
    return "a value cannot be read"


_BARRED = re.compile(r'Cannot access \w+ "(.*?)" - ')
_QUOTED = re.compile(r"""\"([^"]*)\"|'([^']*)'""")
_WANTED = re.compile(r"\bto (?:type |the type )?([A-Z][A-Z0-9_]+)")
"""The type that a value was to become; a message of DuckDB quotes the value before it."""
_TYPES = re.compile(
    r"BOOL(EAN)?|(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|U?INT(8|16|32|64|128)|U(TINY|SMALL|BIG|HUGE)INT"
    r"|FLOAT|DOUBLE|DECIMAL|VARCHAR|BLOB|BIT|DATE|TIME(STAMP(_S|_MS|_NS)?)?|INTERVAL|UUID|JSON"
    r"|ENUM|STRUCT|LIST|MAP|UNION"
)
"""What may be told as a type: a value that looks like one is not."""
