"""Rows of `gate.admission`: copies of an id, the stay before, the patient and the age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ehrivig.database import Database
from ehrivig.validate.gate_tables import gate_query

ADMISSION = (
    "admission_id INTEGER, patient_id INTEGER, admitted_at TIMESTAMP, discharged_at TIMESTAMP, "
    "discharge_status VARCHAR, age_years DOUBLE"
)


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        for schema in ("gate", "resolved"):
            found.execute(f"CREATE SCHEMA {schema}")
        found.execute(f"CREATE TABLE resolved.admission ({ADMISSION})")
        found.execute("CREATE TABLE gate.patient_judged (patient_id INTEGER, reason VARCHAR)")
        found.execute(
            "CREATE TABLE main.patient (patient_id INTEGER, birth_date DATE, death_at TIMESTAMP)"
        )
        yield found


def admit(db: Database, *rows: tuple[Any, ...]) -> None:
    """Id, patient, day of admission and of discharge in January 2020, status and age."""
    for admission, patient, start, stop, *more in rows:
        values = {
            **{"a": admission, "p": patient, "s": f"2020-01-{start:02} 10:00"},
            **{"e": f"2020-01-{stop:02} 10:00" if stop else None},
            **dict(zip("dy", (*more, None, None), strict=False)),
        }
        db.execute(
            "INSERT INTO resolved.admission VALUES ($a, $p, $s::TIMESTAMP, $e::TIMESTAMP, $d, $y)",
            values,
        )


def found(db: Database, *columns: str) -> list[tuple[Any, ...]]:
    frame = db.frame(gate_query("admission"))
    return frame.sort("admission_id", "copy_number", "admitted_at").select(columns).rows()


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ((1, 7, 2, 5), False),
        ((1, 7, 3, 5), True),
        ((1, 7, 2, 6), True),
        ((1, 8, 2, 5), True),
        ((1, 7, 2, 5, "died"), False),
        ((1, 7, 2, None), False),  # a discharge that one copy lacks contradicts nothing
    ],
)
def test_copies_of_an_id_that_differ(db: Database, other: tuple[Any, ...], differs: bool) -> None:
    admit(db, (1, 7, 2, 5), other, (2, 9, 2, 5))
    assert found(db, "admission_id", "copy_number", "copies_differ") == [
        (1, 1, differs),
        (1, 2, differs),
        (2, 1, False),
    ]


def test_copies_without_any_discharge_are_alike(db: Database) -> None:
    admit(db, (1, 7, 2, None), (1, 7, 2, None))
    assert found(db, "copy_number", "copies_differ") == [(1, False), (2, False)]


def test_the_stay_before(db: Database) -> None:
    admit(db, (1, 7, 2, 5), (2, 7, 9, 12), (3, 7, 20, None), (4, 8, 1, 3))
    days = [
        (admission, before.day if before else None)
        for admission, before in found(db, "admission_id", "previous_discharged_at")
    ]
    assert days == [(1, None), (2, 5), (3, 12), (4, None)]


def test_patients_that_are_known_kept_or_rejected(db: Database) -> None:
    db.execute("INSERT INTO gate.patient_judged VALUES (7, NULL), (7, 'x'), (8, 'x'), (9, NULL)")
    db.execute(
        "INSERT INTO main.patient VALUES (7, DATE '1960-01-02', TIMESTAMP '2020-02-01'), "
        "(9, NULL, NULL)"
    )
    admit(db, (1, 7, 2, 5), (2, 8, 2, 5), (3, 9, 2, 5), (4, 10, 2, 5))
    names = ("patient_known", "patient_rejected", "patient_birth_date", "patient_death_at")
    rows = found(db, *names)
    assert [row[:2] for row in rows] == [(True, False), (True, True), (True, False), (False, None)]
    assert [row[2] is None for row in rows] == [False, True, True, True]
    assert [row[3] is None for row in rows] == [False, True, True, True]


@pytest.mark.parametrize(
    ("age", "known"), [(0, 0), (120, 120), (121, 60), (-1, 60), (None, 60), (44.5, 44.5)]
)
def test_the_age_is_the_recorded_one_where_it_can_be(
    db: Database, age: float | None, known: float
) -> None:
    db.execute("INSERT INTO main.patient VALUES (7, DATE '1960-01-02', NULL)")
    admit(db, (1, 7, 2, 5, "alive", age))
    ((found_age,),) = found(db, "known_age_years")
    assert found_age == pytest.approx(known, abs=0.01)
