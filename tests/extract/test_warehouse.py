"""A warehouse without a server: what is asked of it, and what is told of each of its refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract import warehouse
from ehrivig.extract.warehouse import Column, Warehouse

ADDRESS = "postgresql://host:5432/clinic"
SECRET = "secret-value"


class Cursor:
    """Answers every statement with the same rows, and remembers what was asked."""

    def __init__(self, rows: list[tuple[Any, ...]], table: pa.Table | None) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._rows, self._table = rows, table

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, values: Any = None) -> None:
        self.asked.append((sql, values))

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        assert self._table is not None
        return self._table.to_reader()


class Connection:
    """A connection whose cursor is always the same."""

    def __init__(self, rows: list[tuple[Any, ...]], table: pa.Table | None = None) -> None:
        self.own = Cursor(rows, table)

    def cursor(self) -> Cursor:
        return self.own


@pytest.mark.parametrize(
    ("kind", "whole", "shown", "decimal"),
    [
        ("int8", "bigint", '"x"', None),
        ("timestamptz", "timestamp with time zone", '"x"', None),
        ("bytea", "bytea", '"x"', None),
        ("bool", "boolean", '"x"', None),
        ("jsonb", "jsonb", '"x"::text', None),
        ("bpchar", "character(5)", '"x"::text', None),
        ("numeric", "numeric", '"x"::text', None),  # of any number of digits
        ("numeric", "numeric(18,0)", '"x"::int8', None),  # whole numbers that int8 holds
        ("numeric", "numeric(19,0)", '"x"::text', (19, 0)),
        ("numeric", "numeric(9,2)", '"x"::text', (9, 2)),
        ("numeric", "numeric(18,1)", '"x"::text', (18, 1)),
        ("numeric", "numeric(38,10)", '"x"::text', (38, 10)),
        ("numeric", "numeric(39,0)", '"x"::text', None),
        ("numeric", "numeric(39,10)", '"x"::text', None),
        ("odd", "numeric(9,2)", '"x"::text', None),
    ],
)
def test_how_a_column_is_asked_for(
    kind: str, whole: str, shown: str, decimal: tuple[int, int] | None
) -> None:
    connection = Connection([("x", kind, whole)])
    assert Warehouse(connection).columns("icu.lab") == [Column("x", shown, decimal)]
    ((_, values),) = connection.own.asked
    assert values == ('"icu"."lab"',)


def test_a_table_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="the warehouse has no table lab"):
        Warehouse(Connection([])).columns("lab")


def test_rows_are_counted() -> None:
    connection = Connection([(7, 3), (9, 4)])
    assert Warehouse(connection).count("icu.lab") == 7
    assert connection.own.asked == [('SELECT count(*) FROM "icu"."lab"', None)]


def test_rows_come_after_an_empty_batch_with_their_decimals() -> None:
    table = pa.table({"id": [1, 2], "value": ["1.25", None]})
    connection = Connection([], table)
    columns = [Column("id", '"id"'), Column("value", '"value"::text', (9, 2))]
    first, *rest = Warehouse(connection).batches("lab", columns)
    assert first.num_rows == 0
    assert first.schema == pa.schema({"id": pa.int64(), "value": pa.decimal128(9, 2)})
    assert pa.Table.from_batches(rest).to_pydict() == {
        "id": [1, 2],
        "value": [Decimal("1.25"), None],
    }
    assert connection.own.asked[0][0] == 'SELECT "id" AS "id", "value"::text AS "value" FROM "lab"'


def test_a_number_that_is_none_is_refused_by_its_column() -> None:
    batches = Warehouse(Connection([], pa.table({"v": ["NaN"]}))).batches(
        "lab", [Column("v", '"v"::text', (9, 2))]
    )
    with pytest.raises(ExtractError, match="lab: column v holds NaN or infinity"):
        list(batches)


def refused(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> EhrivigError:
    """What is told when the driver raises an error."""
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="no extra postgresql")

    def connect(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(dbapi, "connect", connect)
    with pytest.raises(EhrivigError) as told, warehouse.opened(ADDRESS):
        pass
    assert SECRET not in str(told.value)
    assert "clinic" not in str(told.value)
    return told.value


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        ("28P01", "", "refuses the user or the password"),
        ("28000", "", "refuses the user or the password"),
        ("3D000", "", "has no such database"),
        ("42501", "", "grants no right to read"),
        ("42502", "", "went away, or refused to go on"),
        ("57014", "", "stopped the statement"),
        ("57P01", "", "went away, or refused to go on"),
        ("22003", "", "holds a value that cannot be handed on"),
        ("", "FATAL: Password authentication failed", "refuses the user or the password"),
        ("", "no pg_hba.conf entry", "refuses the user or the password"),
        ("", "authentication failed", "refuses the user or the password"),
        ("", 'database "clinic" does not exist', "has no such database"),
        ("", "Connection refused", "does not answer"),
        ("", "could not translate host name", "does not answer"),
        ("", "timeout expired", "does not answer"),
        ("", "server closed the connection", "went away, or refused to go on"),
        ("", "canceling statement due to statement timeout", "stopped the statement"),
        ("XX000", "canceling statement due to conflict", "stopped the statement"),
        ("42501", "query would be affected by row-level security policy", "hides rows of a table"),
    ],
)
def test_why_a_warehouse_was_not_read(
    monkeypatch: pytest.MonkeyPatch, state: str, text: str, said: str
) -> None:
    adbc = pytest.importorskip("adbc_driver_manager", reason="no extra postgresql")
    error = adbc.Error(f"{text} {SECRET}", status_code=adbc.AdbcStatusCode.IO, sqlstate=state)
    told = refused(monkeypatch, error)
    assert isinstance(told, ExtractError)
    assert str(told).startswith(f"snapshot: the warehouse {said}")
    assert str(told).endswith("Nothing was written.")


@pytest.mark.parametrize(
    "text",
    [
        *("invalid port number", "invalid percent-encoded token", "forbidden value %00"),
        *("invalid URI propagated", "unexpected character", 'invalid connection option "x"'),
        "missing key/value separator",
    ],
)
def test_an_address_that_libpq_cannot_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    told = refused(monkeypatch, OSError(f"{text}: {SECRET}"))
    assert isinstance(told, UsageError)
    assert "A part of the address that was given cannot be read." in str(told)


def test_an_error_of_the_package_itself_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refused(monkeypatch, ExtractError("its own words"))
    assert str(told) == "its own words"


def test_an_interruption_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="no extra postgresql")

    def connect(*_: object, **__: object) -> None:
        raise OSError("canceling statement due to user request")

    monkeypatch.setattr(dbapi, "connect", connect)
    with pytest.raises(KeyboardInterrupt), warehouse.opened(ADDRESS):
        pass


@pytest.mark.parametrize(
    "address", ["", "clinic", "mysql://host/clinic", "postgresql", "http://[x", "//host/clinic"]
)
def test_an_address_of_something_else_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="--from is an address such as"), warehouse.opened(address):
        pass
