"""A live PostgreSQL warehouse, read in one transaction through ADBC (extra `postgresql`).

No message of the driver or the server is handed on: it may quote an address, a user or a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract.pieces import quoted

SCHEMES = ("postgresql", "postgres")
_CONNECT_SECONDS = "10"
_PLAIN = {
    *("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "name", "bytea"),
    *("date", "time", "timestamp", "timestamptz"),
}
"""Types that are read as they are; all others become decimals or text, which lose nothing."""
_COLUMNS = """
SELECT a.attname, t.typname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute AS a JOIN pg_type AS t ON a.atttypid = t.oid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_DECIMAL = re.compile(r"numeric\((\d+),(\d+)\)")
_WHOLE_DIGITS, _MOST_DIGITS = 18, 38
_REASONS = (
    (("28",), "refuses the user or the password. Set PGUSER and PGPASSWORD, or mend ~/.pgpass"),
    (("3D",), "has no such database. Mend the address"),
    (("42501",), "grants no right to read. GRANT SELECT on the table to the user"),
    (("57014",), "stopped the statement (statement_timeout, or an administrator). Raise the limit"),
    (("22",), "holds a value that cannot be handed on. Cast the column in a view, and name that"),
)
"""Beginnings of SQLSTATE codes, and what they mean."""
_ADDRESS = (
    "snapshot: --from is an address such as postgresql://host:5432/database; user and password are "
    "read from PGUSER and PGPASSWORD, ~/.pgpass or a service file."
)
_NO_ADDRESS = (
    *("invalid port number", "invalid percent-encoded", "forbidden value", "invalid uri"),
    *("unexpected character", "invalid connection option", "missing key/value"),
)
"""What libpq says of an address that it cannot read, before it asks any server."""


@dataclass(frozen=True)
class Column:
    """A column as it is asked for; `decimal`: digits and those behind the point, read of text."""

    name: str
    shown: str
    decimal: tuple[int, int] | None = None


class Warehouse:
    """An open transaction that sees one state of the warehouse."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def columns(self, table: str) -> list[Column]:
        """The columns of a table; UsageError where there is no such table."""
        found = self._rows(_COLUMNS, (_named(table),))
        if not found:
            raise UsageError(
                f"snapshot: the warehouse has no table {table}. Mend --tables: table, or "
                "schema.table."
            )
        return [_column(*row) for row in found]

    def count(self, table: str) -> int:
        """The rows of a table in this state."""
        return int(self._rows(f"SELECT count(*) FROM {_named(table)}")[0][0])

    def batches(self, table: str, columns: list[Column]) -> Iterator[pa.RecordBatch]:
        """The rows of a table, some thousands at a time; the first batch is empty."""
        shown = ", ".join(f"{one.shown} AS {quoted(one.name)}" for one in columns)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {shown} FROM {_named(table)}")
            reader = cursor.fetch_record_batch()
            for batch in chain([pa.RecordBatch.from_pylist([], schema=reader.schema)], reader):
                yield _with_decimals(batch, columns, table)

    def _rows(self, sql: str, values: tuple[object, ...] | None = None) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@contextmanager
def opened(address: str) -> Iterator[Warehouse]:
    """A warehouse in one read-only transaction; errors of the server become an ExtractError.

    Raises UsageError for an address that is none, or where the driver is not installed.
    """
    _refuse_address(address)
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise UsageError(
            "snapshot: the package adbc-driver-postgresql is missing. Install ehrivig[postgresql]."
        ) from error
    os.environ.setdefault("PGCONNECT_TIMEOUT", _CONNECT_SECONDS)
    try:
        with dbapi.connect(address, autocommit=False) as connection:
            warehouse = Warehouse(connection)
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # a policy that hides rows from this user is an error, not a smaller table
                cursor.execute("SET LOCAL row_security = off")
                cursor.execute("SET LOCAL TimeZone = 'UTC'")
            yield warehouse
            connection.rollback()
    except EhrivigError:
        raise
    except (Error, OSError) as error:
        if "due to user request" in str(error):  # the driver turns Ctrl-C into a cancellation
            raise KeyboardInterrupt from None
        raise _told(error) from None  # its text may quote an address or a value


def _refuse_address(address: str) -> None:
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        scheme = ""
    if scheme not in SCHEMES:
        raise UsageError(_ADDRESS)


def _told(error: BaseException) -> EhrivigError:
    """Why a warehouse could not be read, without the words of the driver."""
    state = str(getattr(error, "sqlstate", None) or "")
    text = str(error).lower()
    if any(part in text for part in _NO_ADDRESS):
        return UsageError(f"{_ADDRESS} A part of the address that was given cannot be read.")
    if "row-level security" in text:
        return ExtractError(
            "snapshot: the warehouse hides rows of a table from this user (row-level security). "
            "Give BYPASSRLS, or name a view. Nothing was written."
        )
    if "canceling statement due to" in text:
        state = "57014"
    for starts, told in _REASONS:
        if state.startswith(starts):
            return ExtractError(f"snapshot: the warehouse {told}. Nothing was written.")
    if "password" in text or "authentication" in text or "pg_hba" in text:
        why = _REASONS[0][1]
    elif re.search(r"database .* does not exist", text):
        why = _REASONS[1][1]
    elif "connection refused" in text or "could not translate" in text or "timeout" in text:
        why = "does not answer. Look at host, port and network"
    else:
        why = "went away, or refused to go on. Look at its log, and take the snapshot again"
    return ExtractError(f"snapshot: the warehouse {why}. Nothing was written.")


def _named(table: str) -> str:
    return ".".join(quoted(step) for step in table.split("."))


def _column(name: str, kind: str, whole: str) -> Column:
    """How a column is asked for, by its type and the type with its width."""
    own = quoted(name)
    if kind in _PLAIN:
        return Column(name, own)
    found = _DECIMAL.fullmatch(whole) if kind == "numeric" else None
    if found is None:
        return Column(name, f"{own}::text")
    digits, behind = int(found[1]), int(found[2])
    if not behind and digits <= _WHOLE_DIGITS:
        return Column(name, f"{own}::int8")
    return Column(name, f"{own}::text", (digits, behind) if digits <= _MOST_DIGITS else None)


def _with_decimals(batch: pa.RecordBatch, columns: list[Column], table: str) -> pa.RecordBatch:
    arrays = list(batch.columns)
    for place, column in enumerate(columns):
        if column.decimal is not None:
            try:
                arrays[place] = pc.cast(arrays[place], pa.decimal128(*column.decimal))
            except pa.ArrowInvalid as error:
                raise ExtractError(
                    f"snapshot: {table}: column {column.name} holds NaN or infinity. Cast it to "
                    "double precision in a view, and name that view."
                ) from error
    return pa.record_batch(arrays, names=[column.name for column in columns])
