"""Narrowing keeps the rows of the eligible, and only when they are few."""

from __future__ import annotations

import pytest

from ehrivig import narrow
from ehrivig.database import Database


def hospital(screened: int, eligible: int) -> Database:
    """A hospital whose admission i has i lab rows and one vital sign."""
    db = Database()
    db.execute(f"CREATE TABLE screened AS SELECT range AS admission_id FROM range({screened})")
    db.execute(f"CREATE TABLE eligible AS SELECT range AS admission_id FROM range({eligible})")
    db.execute("CREATE SCHEMA resolved")
    db.execute(
        "CREATE TABLE resolved.lab AS SELECT admission_id, unnest(range(admission_id)) AS value "
        "FROM screened"
    )
    db.execute("CREATE TABLE resolved.vital AS SELECT admission_id, 1 AS value FROM screened")
    for table in narrow.TABLES:
        db.view(f"main.{table}", f"SELECT * FROM resolved.{table}")
    return db


def rows(db: Database, table: str) -> list[tuple[int, int]]:
    return db.rows(f"SELECT admission_id, count(*) FROM {table} GROUP BY ALL ORDER BY ALL")


def test_the_rows_of_the_eligible_are_kept() -> None:
    with hospital(screened=20, eligible=5) as db:
        columns = db.columns("lab")
        assert narrow.to_eligible(db)
        assert rows(db, "lab") == [(1, 1), (2, 2), (3, 3), (4, 4)]
        assert rows(db, "vital") == [(i, 1) for i in range(5)]
        assert db.columns("lab") == columns


@pytest.mark.parametrize(("screened", "eligible"), [(20, 6), (3, 3)])
def test_many_eligible_are_left_as_they_are(screened: int, eligible: int) -> None:
    with hospital(screened, eligible) as db:
        assert not narrow.to_eligible(db)
        assert len(rows(db, "vital")) == screened


def test_it_is_done_once() -> None:
    with hospital(screened=20, eligible=5) as db:
        assert narrow.to_eligible(db)
        db.execute("DELETE FROM eligible WHERE admission_id > 2")
        assert not narrow.to_eligible(db)
        assert rows(db, "vital") == [(i, 1) for i in range(5)]


def test_nobody_at_all() -> None:
    with hospital(screened=0, eligible=0) as db:
        assert narrow.to_eligible(db)
        assert rows(db, "lab") == []
