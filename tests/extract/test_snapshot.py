"""A snapshot of a live PostgreSQL: one state, whole or not at all, and no word of who asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import postgres_server
import pyarrow.parquet as pq
import pytest
from postgres_server import DATABASE, PASSWORD, USER, Server
from typer.testing import CliRunner

from ehrivig import cli
from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract import snapshot, warehouse

WORDS = (PASSWORD, USER, "127.0.0.1", "secret")
TABLES = (
    "CREATE SCHEMA icu",
    "CREATE TYPE colour AS ENUM ('red')",
    """CREATE TABLE icu.lab (id bigint, code numeric(10, 0), value numeric(9, 2), free numeric,
        at timestamp, seen timestamptz, day date, text text, padded char(5), kind colour,
        more jsonb, "Odd name" boolean)""",
    """INSERT INTO icu.lab VALUES (1, 50912, 1.25, 1e-20, '2020-03-01 08:00:00.5',
        '2020-03-01 08:00+08', '2020-03-02', 'a, "b"', 'ab', 'red', '{"a": 1}', true)""",
    "INSERT INTO icu.lab VALUES (2)",
    "CREATE TABLE nobody (id int, value numeric(5, 1))",
    "CREATE TABLE many AS SELECT n AS id, repeat('x', 100) AS text FROM generate_series(1, 200000)"
    " AS s(n)",
    "CREATE ROLE limited LOGIN PASSWORD 'secret'",
    "ALTER TABLE nobody ENABLE ROW LEVEL SECURITY",
    "GRANT SELECT ON nobody TO limited",
    "CREATE ROLE hurried LOGIN PASSWORD 'secret'",
    "ALTER ROLE hurried SET statement_timeout = '1ms'",
    "GRANT SELECT ON many TO hurried",
    "CREATE TABLE odd AS SELECT 'NaN'::numeric(5, 1) AS value",
)


def statements(server: Server, *texts: str, database: str = DATABASE) -> None:
    from adbc_driver_postgresql import dbapi

    address = server.address.replace(DATABASE, database)
    with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        for text in texts:
            cursor.execute(text)


@pytest.fixture(scope="module")
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGUSER", USER)
        patch.setenv("PGPASSWORD", PASSWORD)
        yield


def started() -> Any:
    pytest.importorskip("adbc_driver_postgresql", reason="no extra postgresql")
    if postgres_server.programs() is None:
        pytest.skip("no PostgreSQL on this machine")
    return postgres_server.server()


@pytest.fixture(scope="module")
def server(credentials: None) -> Iterator[Server]:
    with started() as found:
        statements(found, f"CREATE DATABASE {DATABASE}", database="postgres")
        statements(found, *TABLES)
        yield found


def test_every_row_with_its_type(server: Server, tmp_path: Path) -> None:
    told: list[str] = []
    to = tmp_path / "x"
    found = snapshot.take(server.address, "icu.lab,nobody, many", to, told.append)
    assert found.rows == {"lab": 2, "nobody": 0, "many": 200_000}
    assert told == ["icu.lab: 2 rows", "nobody: 0 rows", "many: 200,000 rows"]
    first, second = pq.read_table(to / "lab.parquet").to_pylist()
    assert first == {
        "id": 1, "code": 50912, "value": Decimal("1.25"), "free": "0.00000000000000000001",
        "at": datetime(2020, 3, 1, 8, 0, 0, 500_000), "seen": datetime(2020, 3, 1, tzinfo=UTC),
        "day": date(2020, 3, 2), "text": 'a, "b"', "padded": "ab", "kind": "red",
        "more": '{"a": 1}', "Odd name": True,
    }  # fmt: skip
    assert set(second.values()) == {2, None}
    assert pq.read_schema(to / "nobody.parquet").names == ["id", "value"]
    assert pq.read_metadata(to / "many.parquet").num_row_groups > 1  # never all at once
    marked = json.loads((to / snapshot.MARKER).read_text())["tables"]
    assert {name: one["rows"] for name, one in marked.items()} == found.rows
    assert [p.stat().st_mode & 0o077 for p in (to, *to.iterdir())] == [0] * 5


def test_nobody_is_told_who_asked(server: Server, tmp_path: Path) -> None:
    address = server.address.replace("://", f"://{USER}:{PASSWORD}@")
    asked = ["snapshot", "--from", address, "--tables", "nobody", "--to", str(tmp_path / "x")]
    done = CliRunner().invoke(cli.app, asked)
    assert done.exit_code == 0
    told = done.output + "".join(
        p.read_bytes().decode("latin-1") for p in (tmp_path / "x").iterdir()
    )
    assert not [word for word in WORDS if word in told]


REFUSED = {
    "no table": ("nothing", "{at}", UsageError, "has no table nothing. Mend --tables"),
    "no name": ("a;b", "{at}", UsageError, "'a;b' is no name of a table."),
    "hidden": ("_a", "{at}", UsageError, "a name begins with a letter."),
    "twice": ("icu.lab,lab", "{at}", UsageError, "--tables gives icu.lab and lab. Give one."),
    "no database": ("lab", "{at}x", ExtractError, "has no such database. Mend the address."),
    "no password": ("lab", "postgresql://u:secret@{host}", ExtractError, "refuses the user or the"),
    "no right": ("icu.lab", "postgresql://limited:secret@{host}", ExtractError, "grants no right"),
    "hides": ("nobody", "postgresql://limited:secret@{host}", ExtractError, "row-level security"),
    "in time": ("many", "postgresql://hurried:secret@{host}", ExtractError, "stopped the state"),
    "no number": ("odd", "{at}", ExtractError, "odd: column value holds NaN or infinity."),
    "no server": ("lab", "postgresql://127.0.0.1:1/secret", ExtractError, "does not answer. Look"),
    "no port": ("lab", "postgresql://u:secret@h:99999/x", UsageError, "A part of the address that"),
    "no sign": (
        "lab",
        "postgresql://u:secret%ZZ@h/x",
        UsageError,
        "A part of the address that was",
    ),
    "no option": ("lab", "postgresql://h/x?secret=1", UsageError, "--from is an address such as"),
    "no address": ("lab", "mysql://u:secret@host/x", UsageError, "--from is an address such as"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_cannot_be_read_is_told_without_a_word_of_the_driver(
    server: Server, tmp_path: Path, name: str
) -> None:
    tables, address, kind, why = REFUSED[name]
    address = address.format(at=server.address, host=server.address.removeprefix("postgresql://"))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / snapshot.MARKER).write_text("before")
    with pytest.raises(EhrivigError) as found:
        snapshot.take(address, tables, tmp_path / "x")
    assert why in str(found.value)
    assert type(found.value) is kind
    assert found.value.__cause__ is None or kind is UsageError or name == "no number"
    assert not [word for word in WORDS if word in str(found.value)]
    assert [path.name for path in tmp_path.rglob("*")] == ["x", snapshot.MARKER]


def test_an_earlier_snapshot_stays_until_the_new_one_is_whole(
    credentials: None, tmp_path: Path
) -> None:
    with started() as server:
        statements(server, f"CREATE DATABASE {DATABASE}", database="postgres")
        statements(server, *TABLES)
        to = tmp_path / "x"
        snapshot.take(server.address, "nobody", to)

        def end(message: str) -> None:
            if message.startswith("many"):
                server.end()

        with pytest.raises(ExtractError) as found:
            snapshot.take(server.address, "icu.lab,many", to, end)
    assert str(found.value) == (
        "snapshot: the warehouse went away, or refused to go on. Look at its log, and take the "
        "snapshot again. Nothing was written."
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        snapshot.MARKER, "nobody.parquet", "x"
    ]  # fmt: skip


def test_rows_that_do_not_come_are_noticed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse.Warehouse, "count", lambda self, table: 3)
    with pytest.raises(ExtractError, match=r"icu\.lab: 2 rows came, and the server counts 3"):
        snapshot.take(server.address, "icu.lab", tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="holds files that are no snapshot"):
        snapshot.take("postgresql://h/d", "a", tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        snapshot.take("postgresql://h/d", "a", tmp_path / "mine.txt")


def test_without_the_driver_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "adbc_driver_postgresql", None)
    monkeypatch.setitem(__import__("sys").modules, "adbc_driver_manager", None)
    with pytest.raises(UsageError, match=r"Install ehrivig\[postgresql\]\."):
        snapshot.take("postgresql://h/d", "a", tmp_path / "x")
