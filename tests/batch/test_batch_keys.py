"""Several hospitals under ids that are unique among them, and the ids as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import contract
from ehrivig.batch import keys
from ehrivig.database import Database

TABLES = {table.name: table for table in contract.TABLES}
Ids = dict[str, list[tuple[str, Any, Any]]]
"""Table -> hospital, first and second id of each row; the table's own ids in their order."""

IDS: Ids = {
    "patient": [("A", 2, None), ("A", 1, None), ("B", 1, None), ("B", 10, None)],
    "admission": [("A", 7, 2), ("A", 30, 1), ("B", 7, 1), ("B", 4, 10), ("B", 5, None)],
    # 99 is an admission that only events name, in both hospitals
    "lab": [("B", 7, None), ("A", 7, None), ("A", 99, None), ("B", 99, None), ("B", None, None)],
    "medication": [("A", 7, 1), ("B", 7, 1), ("B", 4, 1), ("A", None, 2), ("B", 7, None)],
}


def opened(ids: Ids, kind: str) -> Database:
    """A database with stage `mapped`: views of the drawn ids, all other columns null."""
    db = Database()
    db.execute("CREATE SCHEMA mapped; CREATE SCHEMA drawn")
    for table in contract.TABLES:
        types = {c.name: _type(c, kind) for c in table.columns}
        columns = ", ".join(f'"{name}" {own}' for name, own in types.items())
        db.execute(f"CREATE TABLE drawn.{table.name} ({columns})")
        own = [name for name in table.names if name in keys.KEYS]
        for row in ids.get(table.name, []):
            values = dict(zip(("hospital_id", *own), row, strict=False))
            marks = ", ".join(f"${name}" for name in values)
            text = f"INSERT INTO drawn.{table.name} ({', '.join(values)}) VALUES ({marks})"
            db.execute(text, values)
        db.view(f"mapped.{table.name}", f"SELECT * FROM drawn.{table.name}")
    return db


def _type(column: contract.Column, kind: str) -> str:
    return kind if column.name in keys.KEYS else contract.SQL_TYPE[column.kind]


@pytest.fixture(params=["BIGINT", "INTEGER", "VARCHAR"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def db(kind: str) -> Iterator[Database]:
    with opened(IDS, kind) as made:
        keys.keep(made, ("A", "B"))
        yield made


def written(ids: list[Any], kind: str) -> list[Any]:
    return [str(one) if kind == "VARCHAR" and one is not None else one for one in ids]


def test_no_id_is_shared_by_two_hospitals(db: Database) -> None:
    for key in keys.KEYS:
        seen: dict[int, set[tuple[str, Any]]] = {}
        for table in contract.TABLES:
            if key in table.names:
                for number, hospital, source in db.rows(
                    f"SELECT {key}, hospital_id, source_{key} FROM mapped.{table.name}"
                ):
                    if number is not None:
                        seen.setdefault(number, set()).add((hospital, source))
        assert all(len(who) == 1 for who in seen.values()), key
        assert len(seen) == len(set.union(*seen.values())), key  # and each id has one number


def test_an_admission_has_the_same_number_in_every_table(db: Database, kind: str) -> None:
    seven = written([7], kind)[0]
    for hospital in "AB":
        numbers = {
            row
            for table in ("admission", "lab", "medication")
            for row in db.rows(
                f"SELECT admission_id FROM mapped.{table} "
                "WHERE hospital_id = $hospital AND source_admission_id = $seven",
                {"hospital": hospital, "seven": seven},
            )
        }
        assert len(numbers) == 1


def test_joins_by_number_are_joins_by_hospital_and_id(db: Database) -> None:
    joined = db.rows(
        "SELECT l.hospital_id, a.hospital_id, l.source_admission_id = a.source_admission_id "
        "FROM mapped.lab AS l INNER JOIN mapped.admission AS a USING (admission_id)"
    )
    assert sorted(joined) == [("A", "A", True), ("B", "B", True)]
    persons = db.rows(
        "SELECT a.hospital_id, p.hospital_id, p.source_patient_id = a.source_patient_id "
        "FROM mapped.admission AS a INNER JOIN mapped.patient AS p USING (patient_id)"
    )
    assert sorted(persons) == [("A", "A", True)] * 2 + [("B", "B", True)] * 2


def test_what_sorts_by_an_id_sorts_by_its_number(db: Database) -> None:
    for key in keys.KEYS:
        for table in (t.name for t in contract.TABLES if key in t.names):
            rows = db.rows(
                f"SELECT hospital_id, source_{key}, {key} FROM mapped.{table} "
                f"WHERE {key} IS NOT NULL ORDER BY hospital_id, source_{key}"
            )
            numbers = [number for _, _, number in rows]
            assert numbers == sorted(numbers), (key, table)


def test_null_stays_null_and_no_row_is_lost_or_doubled(db: Database, kind: str) -> None:
    for table, rows in IDS.items():
        own = [name for name in TABLES[table].names if name in keys.KEYS]
        names = ", ".join(f"source_{name}" for name in own)
        found = db.rows(f"SELECT hospital_id, {names} FROM mapped.{table}")
        expected = [(row[0], *written(list(row[1 : 1 + len(own)]), kind)) for row in rows]
        assert sorted(found, key=repr) == sorted(expected, key=repr)
        for name in own:
            wrong = (
                f"SELECT * FROM mapped.{table} WHERE ({name} IS NULL) <> (source_{name} IS NULL)"
            )
            assert db.rows(wrong) == []


def test_as_read_gives_the_columns_of_the_contract_with_the_ids_of_the_hospital(
    db: Database, kind: str
) -> None:
    for name, table in TABLES.items():
        shown = ", ".join(keys.as_read(db, name))
        frame = db.frame(f"SELECT {shown} FROM mapped.{name}")
        assert tuple(frame.columns) == table.names
        wanted = {"BIGINT": pl.Int64, "INTEGER": pl.Int32, "VARCHAR": pl.String}[kind]
        assert {frame.schema[key] for key in keys.KEYS if key in frame.columns} <= {wanted}
    shown = ", ".join(keys.as_read(db, "medication"))
    found = db.frame(f"SELECT {shown} FROM mapped.medication").select(
        "hospital_id", "admission_id", "medication_id"
    )
    expected = [(h, *written([a, m], kind)) for h, a, m in IDS["medication"]]
    assert sorted(found.rows(), key=repr) == sorted(expected, key=repr)


def test_restored_puts_hospital_and_ids_back_and_keeps_the_order(db: Database, kind: str) -> None:
    rows = db.frame("SELECT admission_id, patient_id FROM mapped.admission ORDER BY random()")
    was = {
        number: (hospital, admission, patient)
        for number, hospital, admission, patient in db.rows(
            "SELECT admission_id, hospital_id, source_admission_id, source_patient_id "
            "FROM mapped.admission"
        )
    }
    frame = rows.with_columns(place=pl.int_range(pl.len()))
    found = keys.Restored(db, ("A", "B"))(frame)
    assert found.columns == ["hospital_id", "admission_id", "patient_id", "place"]
    assert found["place"].to_list() == list(range(5))
    assert found.drop("place").rows() == [was[number] for number in rows["admission_id"]]
    own = {"BIGINT": pl.Int64, "INTEGER": pl.Int32, "VARCHAR": pl.String}[kind]
    assert found.schema["admission_id"] == found.schema["patient_id"] == own
    # an own hospital_id of the table comes to the front; a table without patients and an empty one
    frame = db.frame("SELECT 1 AS x, admission_id, hospital_id FROM mapped.admission")
    found = keys.Restored(db, ("A", "B"))(frame)
    assert found.columns == ["hospital_id", "x", "admission_id"]
    assert found["hospital_id"].to_list() == frame["hospital_id"].to_list()
    empty = keys.Restored(db, ("A", "B"))(frame.head(0))
    assert empty.schema == found.schema


def test_a_single_hospital_keeps_its_ids(kind: str) -> None:
    alone = {table: [row for row in rows if row[0] == "A"] for table, rows in IDS.items()}
    with opened(alone, kind) as db:
        keys.keep(db, ("A",))
        assert not keys.are_numbered(db)
        for name, table in TABLES.items():
            assert tuple(db.columns(f"mapped.{name}")) == table.names
            assert keys.as_read(db, name) == [f'"{one}"' for one in table.names]
        found = sorted(db.rows("SELECT admission_id FROM mapped.admission"), key=repr)
        assert [row[0] for row in found] == sorted(written([7, 30], kind), key=repr)
        frame = keys.Restored(db, ("A",))(db.frame("SELECT admission_id FROM mapped.admission"))
        assert frame.columns == ["hospital_id", "admission_id"]
        assert frame["hospital_id"].to_list() == ["A", "A"]


def test_an_id_of_events_may_be_wider_than_those_of_admissions() -> None:
    """Admissions count with four bytes, laboratory results with eight: one is beyond the others."""
    with opened(IDS, "INTEGER") as db:
        db.execute("ALTER TABLE drawn.lab ALTER admission_id TYPE BIGINT")
        db.execute("UPDATE drawn.lab SET admission_id = 4000000000 WHERE admission_id = 99")
        db.view("mapped.lab", "SELECT * FROM drawn.lab")
        keys.keep(db, ("A", "B"))
        frame = db.frame("SELECT admission_id FROM mapped.admission ORDER BY admission_id")
        found = keys.Restored(db, ("A", "B"))(frame)
        assert found["admission_id"].to_list() == [7, 30, 4, 5, 7]
        assert found.schema["admission_id"] == pl.Int32


@pytest.mark.parametrize("seed", range(3))
def test_random_hospitals_are_the_same_one_by_one(seed: int) -> None:
    """Rows per admission, counted by number among three hospitals and by id in each alone."""
    rng = np.random.default_rng(seed)
    drawn: Ids = {"admission": [], "lab": []}
    for hospital in ("A", "B", "C"):
        ids = [int(one) for one in rng.choice(50, 20, replace=False)]
        drawn["admission"] += [(hospital, one, int(rng.integers(9))) for one in ids]
        drawn["lab"] += [(hospital, int(one), None) for one in rng.integers(0, 50, 60)]
    counted = (
        "SELECT a.hospital_id, {} AS admission_id, count(l.admission_id) AS n "
        "FROM mapped.admission AS a LEFT JOIN mapped.lab AS l ON a.admission_id = l.admission_id "
        "GROUP BY ALL ORDER BY a.admission_id"
    )
    with opened(drawn, "BIGINT") as db:
        keys.keep(db, ("A", "B", "C"))
        text = counted.format("a.admission_id")
        together = keys.Restored(db, ("A", "B", "C"))(db.frame(text)).rows()
    apart = []
    for hospital in ("A", "B", "C"):
        own = {table: [row for row in rows if row[0] == hospital] for table, rows in drawn.items()}
        with opened(own, "BIGINT") as db:
            keys.keep(db, (hospital,))
            apart += db.rows(counted.format("a.admission_id"))
    assert together == apart
