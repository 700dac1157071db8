"""What the gate puts beside patients and rows of the exposure: repeated ids, and their stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ehrivig.database import Database
from ehrivig.validate.gate_tables import gate_query

PATIENT = "patient_id VARCHAR, person_id VARCHAR, sex VARCHAR, birth_date DATE, death_at TIMESTAMP"
ONE = ("p", "x", "male", "1960-01-01", "2020-03-01 10:00")


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        for name in ("gate", "resolved"):
            found.execute(f"CREATE SCHEMA {name}")
        found.execute(f"CREATE TABLE resolved.patient ({PATIENT})")
        found.execute("CREATE TABLE resolved.admission (hospital_id VARCHAR, admission_id VARCHAR, "
                      "patient_id VARCHAR, admitted_at TIMESTAMP)")  # fmt: skip
        yield found


def insert(db: Database, table: str, *rows: tuple[Any, ...]) -> None:
    for row in rows:
        marks = ", ".join(f"$v{n}" for n in range(len(row)))
        values = {f"v{n}": value for n, value in enumerate(row)}
        db.execute(f"INSERT INTO {table} VALUES ({marks})", values)


def judged(db: Database) -> list[dict[str, Any]]:
    return db.frame(f"SELECT * FROM ({gate_query('patient').text}) ORDER BY ALL").to_dicts()


@pytest.mark.parametrize(
    ("other", "identity", "deaths"),
    [
        (ONE, False, False),
        (("p", "x", "female", "1960-01-01", "2020-03-01 10:00"), True, False),
        (("p", "x", "male", "1960-01-02", "2020-03-01 10:00"), True, False),
        (("p", "x", None, None, "2020-03-01 10:00"), False, False),  # unknown contradicts nothing
        (("p", "x", "male", "1960-01-01", "2020-03-02 10:00"), False, False),  # a day
        (("p", "x", "male", "1960-01-01", "2020-03-02 10:01"), False, True),
        (("p", "x", "male", "1960-01-01", "2020-02-29 09:59"), False, True),
        (("p", "x", "male", "1960-01-01", None), False, False),
        (("p", "y", "male", "1960-01-01", "2020-03-01 10:00"), False, False),
    ],
)
def test_rows_of_one_patient_are_held_against_each_other(
    db: Database, other: tuple[Any, ...], identity: bool, deaths: bool
) -> None:
    insert(db, "resolved.patient", ONE, other)
    found = judged(db)
    assert [row["identity_conflict"] for row in found] == [identity] * 2
    assert [row["deaths_disagree"] for row in found] == [deaths] * 2
    assert sorted(row["copy_number"] for row in found) == [1, 2]


def test_rows_of_several_patients_and_of_none_are_not(db: Database) -> None:
    other = ("q", "x", "female", "1970-01-01", None)
    nobody = (None, "x", "female", "1970-01-01", None)
    insert(db, "resolved.patient", ONE, other, nobody, (*nobody[:2], "male", *nobody[3:]))
    insert(
        db,
        "resolved.admission",
        ("H", "1", "p", "2020-01-01"),
        ("H", "2", "p", "2020-02-01"),
        ("H", "3", None, "2020-02-01"),
    )
    found = {row["patient_id"]: row for row in judged(db)}
    assert len(judged(db)) == 4
    assert {row["copy_number"] for row in found.values()} == {1}
    assert not any(row["identity_conflict"] or row["deaths_disagree"] for row in judged(db))
    assert found["p"]["last_admitted_at"].month == 2
    assert found["q"]["last_admitted_at"] is None


def test_rows_of_the_exposure_have_the_hospital_of_their_stay(db: Database) -> None:
    """Of a stay that nobody lists there are none; of one listed twice each row is once."""
    db.table(
        "gate.medication_listed",
        "SELECT * FROM (VALUES ('1', TRUE, 5.0), ('1', FALSE, 6.0), ('2', TRUE, 7.0), "
        "('9', TRUE, 8.0), ('1', NULL, 9.0)) AS t(admission_id, exposure, dose), "
        "(SELECT NULL::TIMESTAMP AS started_at, NULL::TIMESTAMP AS stopped_at, "
        "'given' AS status, 'g' AS dose_unit, 1.0 AS grams)",
    )
    insert(
        db,
        "resolved.admission",
        ("H", "1", "p", None),
        ("H", "1", "p", None),
        ("G", "2", "p", None),
        ("H", "3", "p", None),
    )
    rows = f"SELECT hospital_id, dose FROM ({gate_query('exposure_row').text}) ORDER BY ALL"
    assert db.rows(rows) == [("G", 7.0), ("H", 5.0)]
