"""Narrowing keeps the rows of the eligible, and only when they are few."""

from __future__ import annotations

import re

import pytest

from ehrivig import resources
from ehrivig.concepts import event_rows
from ehrivig.database import Database


def hospital(screened: int, eligible: int) -> Database:
    """A hospital whose admission i has i lab rows and one vital sign, and i // 3 diagnoses."""
    db = Database()
    db.execute(f"CREATE TABLE screened AS SELECT range AS admission_id FROM range({screened})")
    db.execute(f"CREATE TABLE eligible AS SELECT range AS admission_id FROM range({eligible})")
    db.execute("CREATE TABLE candidate AS SELECT * FROM eligible")
    db.execute("CREATE SCHEMA resolved")
    made = {
        "lab": "unnest(range(admission_id)) AS value_std, 'ph' AS analyte, '1' AS unit, "
        "now() AS collected_at, NULL AS censored, 'x' AS lab_code",
        "vital": "1 AS value_std, 'map' AS vital_code, now() AS measured_at, 'y' AS unit",
        "diagnosis": "unnest(range(admission_id // 3)) AS code",
        "respiratory_support": "NULL AS device",
    }
    for table, columns in made.items():
        query = f"SELECT admission_id, {columns} FROM screened"
        db.execute(f"CREATE TABLE resolved.{table} AS {query}")
        db.view(f"main.{table}", f"SELECT * FROM resolved.{table}")
    return db


def rows(db: Database, table: str) -> list[tuple[int, int]]:
    return db.rows(f"SELECT admission_id, count(*) FROM {table} GROUP BY ALL ORDER BY ALL")


def test_the_rows_of_the_eligible_are_kept() -> None:
    with hospital(screened=20, eligible=5) as db:
        assert event_rows.to_eligible(db)
        assert rows(db, "lab") == [(1, 1), (2, 2), (3, 3), (4, 4)]
        assert rows(db, "vital") == [(i, 1) for i in range(5)]


@pytest.mark.parametrize(("screened", "eligible"), [(20, 6), (3, 3)])
def test_many_eligible_are_left_as_they_are(screened: int, eligible: int) -> None:
    with hospital(screened, eligible) as db:
        assert not event_rows.to_eligible(db)
        assert len(rows(db, "vital")) == screened


def test_it_is_done_once() -> None:
    with hospital(screened=20, eligible=5) as db:
        assert event_rows.to_eligible(db)
        db.execute("DELETE FROM eligible WHERE admission_id > 2")
        assert not event_rows.to_eligible(db)
        assert rows(db, "vital") == [(i, 1) for i in range(5)]


def test_nobody_at_all() -> None:
    with hospital(screened=0, eligible=0) as db:
        assert event_rows.to_eligible(db)
        assert rows(db, "lab") == []


@pytest.mark.parametrize("table", event_rows.COLUMNS)
def test_every_column_that_a_query_reads_is_kept(table: str) -> None:
    read = {"admission_id"} | ({"status", "dose"} if table == "medication" else set())  # GIVEN
    name = rf"(?:{table}|GIVEN\('{table}'\))"
    for path in sorted(resources.sql_folder().glob("co[hn]*/**/*.sql")):
        for part in re.split(r"\n\n|UNION ALL", path.read_text(encoding="utf-8")):
            for alias in re.findall(rf"(?:FROM|JOIN) {name} AS (\w+)", part):
                read |= set(re.findall(rf"\b{alias}\.(\w+)", part))
            assert not re.search(rf"(?:FROM|JOIN) {table}\s(?!AS)", part), path.name
    assert read == set(event_rows.COLUMNS[table])


def test_other_events_are_narrowed_to_the_candidates_and_back() -> None:
    with hospital(screened=40, eligible=7) as db:
        event_rows.to_candidates(db, "diagnosis")
        assert rows(db, "diagnosis") == [(3, 1), (4, 1), (5, 1), (6, 2)]
        with event_rows.of_everybody(db, "diagnosis", "vital"):
            assert len(rows(db, "diagnosis")) == 37
        assert rows(db, "diagnosis") == [(3, 1), (4, 1), (5, 1), (6, 2)]
        assert len(rows(db, "vital")) == 40


@pytest.mark.parametrize(("candidates", "others_too"), [(3, False), (10, False), (11, True)])
def test_with_many_candidates_a_table_stays(candidates: int, others_too: bool) -> None:
    """Without a row of theirs it is empty: whether a hospital sends any is asked of SENDS."""
    with hospital(40, candidates) as db:
        event_rows.to_candidates(db, "diagnosis")
        kept = 40 if others_too else candidates
        assert [admission for admission, _ in rows(db, "diagnosis")] == [*range(3, kept)]
