"""The rows of suspect admissions alone, and every row again afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehrivig.database import Database
from ehrivig.validate import suspects
from ehrivig.validate.rules import HASH, HASHES


@pytest.fixture
def db() -> Iterator[Database]:
    with Database() as made:
        for schema in ("mapped", "gate"):
            made.execute(f"CREATE SCHEMA {schema}")
        made.table(
            "rows_read",
            "SELECT i AS admission_id, i % 7 = 3 AND i < 100 AS is_wrong FROM range(50000) AS t(i)",
        )
        made.view("mapped.lab", "SELECT * FROM rows_read")
        made.view("gate.lab", "SELECT *, TRUE AS judged FROM mapped.lab")
        yield made


def _remember(db: Database) -> None:
    bits = f"bitstring_agg(CASE WHEN is_wrong THEN {HASH} END, 0, {HASHES - 1})"
    db.table(suspects.of("lab"), f"SELECT {bits} AS suspects FROM mapped.lab")


def _count(db: Database, where: str = "TRUE") -> int:
    return int(db.rows(f"SELECT count(*) FROM gate.lab WHERE {where}")[0][0])


def test_while_open_few_rows_are_there_and_every_suspect_one_among_them(db: Database) -> None:
    wrong = _count(db, "is_wrong")
    _remember(db)
    with suspects.alone(db, "lab"):
        assert _count(db, "is_wrong") == wrong == 14
        assert wrong <= _count(db) < 100
    assert _count(db) == 50_000


def test_every_row_is_there_again_after_an_error(db: Database) -> None:
    _remember(db)
    with pytest.raises(RuntimeError), suspects.alone(db, "lab"):
        raise RuntimeError
    assert _count(db) == 50_000


def test_without_a_suspect_no_row_is_there(db: Database) -> None:
    db.table("rows_read", "SELECT i AS admission_id, FALSE AS is_wrong FROM range(9) AS t(i)")
    _remember(db)
    with suspects.alone(db, "lab"):
        assert _count(db) == 0
    assert _count(db) == 9


def test_where_nobody_remembered_them_all_rows_are_there(db: Database) -> None:
    with suspects.alone(db, "lab"):
        assert _count(db) == 50_000
