"""What the gate puts beside rows: stays with their edges, and doses compared with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from drawn import REFERENCE

from ehrivig.concepts import define_given
from ehrivig.database import Database
from ehrivig.validate.gate_tables import gate_query

STAY = (
    "admission_id INTEGER, reason VARCHAR, admitted_at TIMESTAMP, discharged_at TIMESTAMP, "
    "patient_death_at TIMESTAMP, weight_kg DOUBLE, known_age_years DOUBLE, "
    "hospital_id VARCHAR DEFAULT 'A', sampled_by VARCHAR DEFAULT '1'"
)
DOSE = (
    "medication_id INTEGER, order_id VARCHAR, admission_id INTEGER, drug INTEGER, dose DOUBLE, "
    "dose_unit VARCHAR, status VARCHAR, started_at TIMESTAMP, exposure BOOLEAN, "
    "stopped_at TIMESTAMP, grams DOUBLE, "
    "hospital_id VARCHAR DEFAULT 'A'"
)


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        found.execute("CREATE SCHEMA gate")
        found.execute("CREATE SCHEMA ref")
        for name in ("drug", "drug_class"):
            found.execute(f"CREATE TABLE ref.{name} ({REFERENCE[name]})")
        found.execute(f"CREATE TABLE gate.stay_row ({STAY})")
        found.execute(f"CREATE TABLE gate.medication_read ({DOSE})")
        define_given(found)
        yield found


def insert(db: Database, table: str, columns: int, *rows: tuple[Any, ...]) -> None:
    for row in rows:
        whole = (*row, *[None] * (columns - len(row)))
        values = {f"v{n}": value for n, value in enumerate(whole)}
        marks = ", ".join(f"${name}" for name in values)
        more = ", DEFAULT" * (2 if table == "gate.stay_row" else 1)
        db.execute(f"INSERT INTO {table} VALUES ({marks}{more})", values)


def stays(
    db: Database, offset: int, *rows: tuple[Any, ...], stride: int = 1
) -> list[dict[str, Any]]:
    """The stays of some rows where the clock is `offset` hours ahead of UTC."""
    setting = pl.DataFrame(
        {
            "hospital_id": ["A"],
            "utc_offset_hours": [offset],
            "sample_stride": [stride],
            "count_stride": [stride],
        }
    )
    db.load("gate.setting", setting)
    insert(db, "gate.stay_row", 7, *rows)
    db.execute("UPDATE gate.stay_row SET sampled_by = admission_id")
    return db.frame(gate_query("stay")).sort("admission_id").to_dicts()


def hours(stay: dict[str, Any], *names: str) -> list[float]:
    """Hours from the admission to each of these moments."""
    start = stay["stay_admitted_at"]
    return [(stay[name] - start).total_seconds() / 3600 for name in names]


EDGES = ("edge_from", "edge_to", "beyond_from", "beyond_to", "gap_from", "gap_to")


@pytest.mark.parametrize(
    ("offset", "edges"),
    [
        (8, [-8, 0, -16, -8, 64, 72]),  # ahead of UTC: what was written in UTC lies too early
        (-5, [72, 77, 77, 82, 0, 5]),
        (0, [72, 72, 72, 72, 0, 0]),
    ],
)
def test_a_stay_and_what_lies_just_outside_it(
    db: Database, offset: int, edges: list[float]
) -> None:
    row = (1, None, "2020-01-02 10:00", "2020-01-05 10:00", "2020-01-05 11:00", 70.0, 40.0)
    (stay,) = stays(db, offset, row)
    assert hours(stay, "stay_from", "stay_to", "alive_to") == [-48, 120, 97]
    assert hours(stay, *EDGES) == edges
    assert stay["stay_rejected"] is False
    assert stay["stay_sampled"] is True


def test_copies_of_a_stay_reach_from_the_first_to_the_last(db: Database) -> None:
    (stay,) = stays(
        db,
        0,
        (1, "x", "2020-01-03 10:00", "2020-01-05 10:00", "2020-02-02", 80.0, 40.0),
        (1, None, "2020-01-02 10:00", "2020-01-06 10:00", "2020-02-01", 70.0, 40.0),
        (None, None, "2020-01-01 10:00"),
    )
    assert (stay["stay_admitted_at"].day, stay["stay_discharged_at"].day) == (2, 6)
    assert (stay["alive_to"].day, stay["stay_weight_kg"]) == (2, 70)
    assert stay["stay_rejected"] is False
    assert stays(db, 0, (2, "x", "2020-01-02 10:00"))[1]["stay_rejected"] is True


@pytest.mark.parametrize(
    ("weight", "age", "kept"),
    [
        (20.0, 40.0, True),
        (19.9, 40.0, False),
        (19.9, 18.0, False),
        (19.9, 17.9, True),
        (0.3, 1.0, True),
        (0.29, 1.0, False),
        (350.0, 40.0, True),
        (350.1, 40.0, False),
        (19.9, None, False),  # of unknown age: as of an adult
        (20.0, None, True),
    ],
)
def test_weights_that_a_body_can_have(
    db: Database, weight: float, age: float | None, kept: bool
) -> None:
    (stay,) = stays(db, 0, (1, None, "2020-01-02 10:00", None, None, weight, age))
    assert stay["stay_weight_kg"] == (weight if kept else None)


def test_one_of_so_many_stays_is_sampled(db: Database) -> None:
    rows = [(number, None, "2020-01-02 10:00") for number in range(400)]
    found = stays(db, 0, *rows, stride=4)
    assert 50 < sum(stay["stay_sampled"] for stay in found) < 150


def doses(db: Database, *rows: tuple[Any, ...]) -> None:
    """Id, order, dose, time and more (unit, status, drug, exposure); then what compares them."""
    for row in rows:
        number, order, dose, moment, *more = row
        unit, status, drug, exposure = (*more, *("g", "given", 1, True)[len(more) :])
        values = (number, order, 1, drug, dose, unit, status, f"2020-01-02 {moment}", exposure)
        grams = dose if unit == "g" else None
        insert(db, "gate.medication_read", 11, (*values, None, grams))
    db.view("gate.medication_listed", "SELECT rowid AS row_number, * FROM gate.medication_read")
    db.view("gate.medication_timed", gate_query("medication_timed"))
    for name in ("medication_close", "medication_near", "medication_exposed"):
        db.table(f"gate.{name}", gate_query(name))
    db.view("gate.medication_once", gate_query("medication_once"))


def ids(db: Database, query: str) -> list[int]:
    return sorted(db.frame(gate_query(query))["medication_id"].to_list())


@pytest.mark.parametrize(
    ("second", "once"),
    [
        ((2, "o", 10.0, "10:05:00"), [1]),
        ((2, "o", 10.0, "10:05:01"), [1, 2]),
        ((2, "o", 9.0, "10:01:00"), [1, 2]),
        ((2, "o", 10.0, "10:01:00", "mg"), [1, 2]),
        ((2, "o", 10.0, "10:01:00", "g", "given", 2), [1, 2]),
        ((2, "o", 10.0, "10:01:00", "g", "not_given"), [1]),
        ((2, "o", None, "10:01:00"), [1]),
    ],
)
def test_a_dose_within_five_minutes_is_the_same(
    db: Database, second: tuple[Any, ...], once: list[int]
) -> None:
    doses(db, (1, "o", 10.0, "10:00:00"), second)
    assert ids(db, "medication_once") == once
    flagged = {
        row["medication_id"]: row
        for row in db.frame("SELECT * FROM gate.medication_near").to_dicts()
    }
    if second[2] == 9.0:
        assert flagged[2]["duplicate_dose"] is True
        assert flagged[2]["duplicate"] is None


@pytest.mark.parametrize(
    ("second", "ends", "twice"),
    [
        ("p", "10:30:00", []),  # the next bottle, of an order of its own
        ("p", "10:50:00", [2]),  # while the first runs: another system
        ("p", None, [2]),  # nobody knows when the first ended
        ("o", None, []),  # the bottles of one order
        ("o", "10:50:00", [2]),
    ],
)
def test_a_dose_charted_by_two_systems(
    db: Database, second: str, ends: str | None, twice: list[int]
) -> None:
    doses(db, (1, "o", 10.0, "10:00:00"), (2, second, 10.0, "10:40:00"), (3, "q", 10.0, "12:00:00"))
    known = db.frame("SELECT * FROM gate.medication_exposed").with_columns(
        ends_at=pl.when(pl.col("medication_id") == 1)
        .then(pl.lit(ends and f"2020-01-02 {ends}", pl.String).str.to_datetime())
        .otherwise(pl.datetime(2020, 1, 2, 11))
    )
    db.load("gate.medication_exposed", known)
    assert ids(db, "medication_twice") == twice


def test_at_midnight_a_date_may_have_no_time(db: Database) -> None:
    doses(db, (1, "o", 10.0, "00:00:00"), (2, "o", 10.0, "00:00:00"), (3, "o", 10.0, "00:00:01"))
    assert ids(db, "medication_once") == [1, 2]


def test_a_chain_of_doses_is_compared_with_the_one_before(db: Database) -> None:
    doses(
        db, *[(n, "o", 10.0, f"10:{4 * n:02}:00") for n in range(1, 4)], (9, "o", 10.0, "11:00:00")
    )
    assert ids(db, "medication_once") == [1, 9]


def test_a_return_takes_back_the_last_of_equal_doses(db: Database) -> None:
    doses(
        db,
        (1, "o", 10.0, "08:00:00"),
        (2, "o", 10.0, "10:00:00"),
        (3, "o", 10.0, "12:00:00"),
        (4, "o", 5.0, "13:00:00"),
        (5, "p", 10.0, "14:00:00"),
        (6, "o", 10.0, "15:00:00", "mg"),
        (7, "o", 10.0, "16:00:00", "g", "given", 2),
        (8, "o", -10.0, "17:00:00", "g", "not_given"),
        (9, None, -10.0, "17:00:00", "g", "not_given"),
    )
    assert ids(db, "medication_returned") == [3]
    insert(
        db,
        "gate.medication_read",
        11,
        (10, "o", 1, 1, -10.0, "g", "x", "2020-01-03", True, None, None),
    )
    assert ids(db, "medication_returned") == [2, 3]


def test_of_doses_at_one_moment_the_later_id_is_taken_back(db: Database) -> None:
    doses(
        db,
        (1, "o", 10.0, "00:00:00"),
        (2, "o", 10.0, "00:00:00"),
        (3, "o", -10.0, "17:00:00", "g", "not_given"),
    )
    assert ids(db, "medication_returned") == [2]


@pytest.mark.parametrize(
    ("dose", "unit", "exposure", "heavy"),
    [
        (87.5, "g", True, False),
        (87.6, "g", True, True),
        (87.6, "mL", True, False),
        (87.6, "g", False, False),
    ],
)
def test_a_day_with_more_than_a_body_takes(
    db: Database, dose: float, unit: str, exposure: bool, heavy: bool
) -> None:
    """2.5 g/kg of 70 kg are 175 g."""
    stays(db, 0, (1, None, "2020-01-02 08:00", None, None, 70.0, 40.0))
    db.table("gate.stay", gate_query("stay"))
    more = (unit, "given", 1, exposure)
    doses(db, (1, "o", 87.5, "08:00:00", *more), (2, "p", dose, "20:00:00", *more))
    found = db.frame(gate_query("medication_heavy_day")).rows()
    assert [row[0] for row in found] == [1] * heavy


def test_an_order_that_was_given_explains_its_rows_without_a_status(db: Database) -> None:
    doses(
        db,
        (1, "o", 10.0, "08:00:00"),
        (2, "o", 10.0, "09:00:00", "g", None),
        (3, "o", 10.0, "09:00:00", "g", "unknown"),
        (4, "o", 10.0, "09:00:00", "g", "not_given"),
        (5, "p", 10.0, "09:00:00", "g", None),
        (6, None, 10.0, "09:00:00", "g", None),
    )
    assert ids(db, "medication_unsaid") == [2, 3]
