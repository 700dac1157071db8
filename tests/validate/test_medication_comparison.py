"""How administrations are compared, query by query: rows as they come, and the answer by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ehrivig.concepts import define_given
from ehrivig.database import Database
from ehrivig.validate.gate_tables import gate_query

_REFERENCE = "drug INTEGER, codelist VARCHAR, verdict VARCHAR, product_type VARCHAR, "
_REFERENCE += "concentration_g_per_l DOUBLE, strength_g DOUBLE, route_implied BOOLEAN"
_ADMINISTRATION = (
    "medication_id VARCHAR, order_id VARCHAR, admission_id VARCHAR, drug INTEGER, dose DOUBLE, "
    "dose_unit VARCHAR, status VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP, "
    "concentration_g_per_l DOUBLE, strength_g DOUBLE"
)
_NAMES = [column.split()[0] for column in _ADMINISTRATION.split(", ")]
_CLEAN = {"order_id": "o", "admission_id": "1", "drug": 1, "dose": 10.0, "dose_unit": "g"}
_CLEAN |= {"status": "given", "started_at": "2020-01-02 10:00"}
LISTED, UNLISTED, OTHER = 1, 2, 3
COPIED, REPEATED = True, False


@pytest.fixture
def db() -> Iterator[Database]:
    """A stay of 80 kg, one of unknown weight; the exposure is product 1 (50 g/L, vials of 5 g)."""
    with Database(threads=1) as found:
        for name in ("gate", "ref", "resolved"):
            found.execute(f"CREATE SCHEMA {name}")
        for name in ("drug", "drug_class"):
            found.execute(f"CREATE TABLE ref.{name} ({_REFERENCE})")
        define_given(found)
        found.execute(f"CREATE TABLE resolved.medication ({_ADMINISTRATION})")
        found.table(
            "gate.drug",
            "SELECT * FROM (VALUES (1, TRUE, TRUE, 50.0, 5.0), (2, FALSE, FALSE, NULL, NULL), "
            "(3, TRUE, FALSE, 50.0, 5.0)) AS t(drug, listed, exposure, "
            "product_concentration_g_per_l, product_strength_g)",
        )
        found.table(
            "gate.stay",
            "SELECT * FROM (VALUES ('1', 80.0), ('2', NULL)) AS t(admission_id, stay_weight_kg)",
        )
        found.execute("CREATE TABLE gate.repeated_elsewhere (medication_id VARCHAR)")
        yield found


def give(db: Database, *rows: dict[str, Any]) -> None:
    """Administrations; what a row does not say is clean."""
    for number, row in enumerate(rows):
        whole = {"medication_id": f"m{number}", **_CLEAN, **row}
        marks = ", ".join(f"${name}" for name in _NAMES)
        values = {name: whole.get(name) for name in _NAMES}
        db.execute(f"INSERT INTO resolved.medication VALUES ({marks})", values)


def compare(db: Database, last: str) -> None:
    """What the comparison leaves, up to the named query."""
    for name in (
        *("read", "repeated", "listed", "timed", "close", "near", "exposed", "once", "returned"),
        *("heavy_day", "unsaid", "twice", "flag"),
    ):
        db.table(f"gate.medication_{name}", gate_query(f"medication_{name}"))
        if name == last:
            return


def found(db: Database, query: str) -> list[Any]:
    """The rows of a query; of one column its values."""
    return [row[0] if len(row) == 1 else row for row in db.rows(query)]


@pytest.mark.parametrize(
    ("row", "grams"),
    [
        ({"dose": 3.0, "dose_unit": "g"}, 3.0),
        ({"dose": 3.0, "dose_unit": "mg"}, 0.003),
        ({"dose": 3.0, "dose_unit": "ug"}, 0.000003),
        ({"dose": 100.0, "dose_unit": "mL"}, 5.0),  # 50 g/L of the product
        ({"dose": 100.0, "dose_unit": "mL", "concentration_g_per_l": 20.0}, 2.0),
        ({"dose": 3.0, "dose_unit": "vial"}, 15.0),  # 5 g of the product
        ({"dose": 3.0, "dose_unit": "vial", "strength_g": 2.5}, 7.5),
        ({"dose": 0.5, "dose_unit": "g/kg"}, 40.0),
        ({"dose": 400.0, "dose_unit": "mg/kg"}, 32.0),
        ({"dose": 400.0, "dose_unit": "ug/kg"}, 0.032),
        ({"dose": 0.5, "dose_unit": "g/kg", "admission_id": "2"}, None),  # of an unknown body
        ({"dose": 3.0, "dose_unit": "g", "admission_id": "9"}, 3.0),  # of a stay nobody lists
        ({"dose": 3.0, "dose_unit": "IU"}, None),
        ({"dose": None, "dose_unit": "g"}, None),
        ({"dose": 3.0, "dose_unit": None}, None),
        ({"dose": 3.0, "dose_unit": "g", "drug": OTHER}, None),  # nobody asks for its grams
        ({"dose": 3.0, "dose_unit": "g/h", "drug": OTHER, "stopped_at": "2020-01-02 12:00"}, None),
    ],
)
def test_the_grams_of_an_amount(db: Database, row: dict[str, Any], grams: float | None) -> None:
    give(db, row)
    compare(db, "read")
    assert found(db, "SELECT grams FROM gate.medication_read") == [pytest.approx(grams)]


@pytest.mark.parametrize(
    ("dose", "unit", "stopped", "grams"),
    [
        (2.0, "g/h", "2020-01-02 13:00", 6.0),
        (0.1, "g/min", "2020-01-02 10:30", 3.0),
        (24.0, "g/day", "2020-01-02 16:00", 6.0),
        (500.0, "mg/h", "2020-01-02 12:00", 1.0),
        (100.0, "mL/h", "2020-01-02 12:00", 10.0),
        (0.1, "g/kg/h", "2020-01-02 12:00", 16.0),
        (1.0, "g/h", "2020-01-09 10:00", 168.0),  # a week, and no minute more
        (1.0, "g/h", "2020-01-09 10:01", None),
        (1.0, "g/h", "2020-01-02 10:00", None),
        (1.0, "g/h", "2020-01-02 09:00", None),
        (1.0, "g/h", None, None),
        (3.0, "g", "2020-01-20 10:00", 3.0),  # an amount is what it is, however long it ran
    ],
)
def test_the_grams_of_a_rate_are_those_of_the_time_that_it_ran(
    db: Database, dose: float, unit: str, stopped: str | None, grams: float | None
) -> None:
    give(db, {"dose": dose, "dose_unit": unit, "stopped_at": stopped})
    compare(db, "read")
    assert found(db, "SELECT grams FROM gate.medication_read") == [pytest.approx(grams)]


def test_what_is_compared_is_listed_and_of_a_stay(db: Database) -> None:
    give(db, {"drug": LISTED}, {"drug": UNLISTED}, {"drug": OTHER}, {"admission_id": None}, {})
    compare(db, "read")
    names = found(db, "SELECT medication_id FROM gate.medication_read ORDER BY ALL")
    assert names == ["m0", "m2", "m4"]


_SAME = {"medication_id": "a", "stopped_at": "2020-01-02 11:00"}


@pytest.mark.parametrize(
    ("rows", "elsewhere", "copied"),
    [
        ([_SAME, _SAME], [], [("a", "1", COPIED)]),
        ([_SAME, _SAME, _SAME], [], [("a", "1", COPIED)]),
        ([_SAME, {"medication_id": "b"}], [], []),
        *(
            ([_SAME, {**_SAME, **other}], [], [("a", "1", REPEATED)])
            for other in (
                {"order_id": "p"},
                {"order_id": None},
                {"drug": OTHER},
                {"dose": 9.0},
                {"dose_unit": "mg"},
                {"status": "stopped"},
                {"started_at": "2020-01-02 10:01"},
                {"stopped_at": None},
            )
        ),
        (  # the same words in two stays: no key, in neither
            [_SAME, _SAME, {**_SAME, "admission_id": "2"}],
            [],
            [("a", "1", REPEATED), ("a", "2", REPEATED)],
        ),
        ([_SAME, _SAME], ["a"], [("a", "1", REPEATED)]),
        ([_SAME], ["a"], [("a", "1", REPEATED)]),
        ([_SAME], ["b"], []),
    ],
)
def test_an_id_that_is_there_several_times(
    db: Database,
    rows: Sequence[dict[str, Any]],
    elsewhere: Sequence[str],
    copied: list[tuple[str, str, bool]],
) -> None:
    give(db, *rows)
    for name in elsewhere:
        db.execute("INSERT INTO gate.repeated_elsewhere VALUES ($name)", {"name": name})
    compare(db, "repeated")
    columns = "medication_id, admission_id, copied"
    assert found(db, f"SELECT {columns} FROM gate.medication_repeated ORDER BY ALL") == copied


def test_copies_are_listed_once_at_the_place_of_the_first(db: Database) -> None:
    give(db, {}, _SAME, {}, _SAME, {"medication_id": "a", "admission_id": "2"})
    db.execute("UPDATE resolved.medication SET medication_id = 'b' WHERE admission_id = '2'")
    compare(db, "listed")
    columns = "row_number, medication_id"
    listed = found(db, f"SELECT {columns} FROM gate.medication_listed ORDER BY ALL")
    assert listed == [(0, "m0"), (1, "a"), (2, "m2"), (4, "b")]


def test_ids_that_are_no_key_are_listed_each(db: Database) -> None:
    give(db, _SAME, {**_SAME, "dose": 5.0}, {**_SAME, "admission_id": "2"})
    compare(db, "listed")
    assert found(db, "SELECT row_number FROM gate.medication_listed ORDER BY ALL") == [0, 1, 2]


def test_which_doses_are_compared_with_each_other(db: Database) -> None:
    """What was given and has a dose; it ends where its end is after its start."""
    give(
        db,
        {"stopped_at": "2020-01-02 10:01"},
        {"stopped_at": "2020-01-02 10:00"},
        {"status": "cancelled"},
        {"dose": None},
        {},
    )
    compare(db, "timed")
    rows = found(db, "SELECT medication_id, ends_at IS NULL FROM gate.medication_timed ORDER BY 1")
    assert rows == [("m0", False), ("m1", True), ("m4", True)]


def near(db: Database, *rows: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The duplicates and the second doses of some administrations."""
    give(db, *rows)
    compare(db, "near")
    query = "SELECT medication_id FROM gate.medication_near WHERE {} ORDER BY 1"
    return found(db, query.format("duplicate")), found(db, query.format("duplicate_dose"))


@pytest.mark.parametrize(
    ("ends", "second", "duplicate"),
    [
        ("10:03:00", "10:02:59", True),
        ("10:03:00", "10:03:00", False),  # pieces that adjoin are one infusion
        ("10:03:00", "10:04:00", False),
        (None, "10:04:00", True),
        ("11:00:00", "10:05:00", True),
        ("11:00:00", "10:05:01", False),
    ],
)
@pytest.mark.parametrize("dose", [10.0, 9.0])
def test_doses_overlap_or_adjoin(
    db: Database, ends: str | None, second: str, duplicate: bool, dose: float
) -> None:
    """The same dose is a duplicate; another one is a second dose at once."""
    first = {"stopped_at": ends and f"2020-01-02 {ends}"}
    alike, at_once = near(db, first, {"dose": dose, "started_at": f"2020-01-02 {second}"})
    expected = ["m1"] if duplicate else []
    assert (alike, at_once) == ((expected, []) if dose == 10 else ([], expected))


@pytest.mark.parametrize(
    "other", [{"drug": OTHER}, {"admission_id": "2"}, {"dose_unit": "mg"}, {"dose_unit": "vial"}]
)
@pytest.mark.parametrize("dose", [10.0, 9.0])
def test_doses_of_another_drug_stay_or_unit_are_not_compared(
    db: Database, other: dict[str, Any], dose: float
) -> None:
    assert near(db, {}, {**other, "dose": dose}) == ([], [])


def test_at_midnight_another_dose_is_told_and_the_same_is_not(db: Database) -> None:
    midnight = "2020-01-03 00:00"
    rows = [{"started_at": midnight, "dose": dose} for dose in (10.0, 10.0, 9.0)]
    assert near(db, *rows) == ([], ["m2"])


def test_of_a_day_with_too_many_grams_each_dose_is_flagged(db: Database) -> None:
    """2.5 g/kg of 80 kg are 200 g; of an unknown body of 150 kg, 375 g."""
    give(
        db,
        {"dose": 150.0},
        {"dose": 51.0, "started_at": "2020-01-02 15:00"},
        {"dose": 200.0, "started_at": "2020-01-03 10:00"},
        {"dose": 150.0, "started_at": "2020-01-04 10:00"},
        {"dose": 150.0, "started_at": "2020-01-04 10:01"},  # a duplicate counts once
        {"dose": 300.0, "drug": OTHER},
        {"dose": 375.0, "admission_id": "2"},
        {"dose": 375.1, "admission_id": "2", "started_at": "2020-01-03 10:00"},
    )
    compare(db, "flag")
    query = "SELECT medication_id FROM gate.medication_flag WHERE too_many_grams ORDER BY 1"
    assert found(db, query) == ["m0", "m1", "m7"]


def test_each_flag_is_told_of_its_own_rows(db: Database) -> None:
    """One case of each kind, days apart; an id that is no key bears no other flag."""
    give(
        db,
        {"medication_id": "copy"},
        {"medication_id": "copy"},
        *[{"medication_id": "key", "started_at": f"2020-01-03 10:0{n}"} for n in range(2)],
        *[{"medication_id": f"dup{n}", "started_at": f"2020-01-04 10:0{n}"} for n in range(2)],
        {"medication_id": "dose1", "started_at": "2020-01-05 10:00"},
        {"medication_id": "dose2", "started_at": "2020-01-05 10:01", "dose": 9.0},
        {"medication_id": "back1", "started_at": "2020-01-06 10:00", "order_id": "p", "dose": 7.0},
        {"medication_id": "back2", "started_at": "2020-01-07 10:00", "order_id": "p", "dose": -7.0},
        {"medication_id": "heavy", "started_at": "2020-01-08 10:00", "dose": 201.0},
        {"medication_id": "said", "started_at": "2020-01-09 10:00", "order_id": "q"},
        {"medication_id": "unsaid", "started_at": "2020-01-10", "order_id": "q", "status": None},
        {"medication_id": "once", "started_at": "2020-01-11 10:00", "dose": 3.0},
        {
            **{"medication_id": "twice", "started_at": "2020-01-11 10:30"},
            **{"dose": 3000.0, "dose_unit": "mg"},
        },
        {"medication_id": None, "started_at": "2020-01-12 10:00"},
        {"medication_id": None, "started_at": "2020-01-12 10:01"},
    )
    compare(db, "flag")
    flags = ("copied", "key_repeated", "duplicate", "duplicate_dose", "reversed")
    flags = (*flags, "too_many_grams", "order_beside_given", "charted_twice")
    names = ["copy", "key", "dup1", "dose2", "back1", "heavy", "unsaid", "twice"]
    for flag, name in zip(flags, names, strict=True):
        query = f"SELECT medication_id FROM gate.medication_flag WHERE {flag}"
        assert found(db, query) == [name], flag
    (of_no_id,) = found(db, "SELECT count(*) FROM gate.medication_flag WHERE medication_id IS NULL")
    assert of_no_id == 0


_TWICE = [
    ({"started_at": "2020-01-02 11:00"}, True),  # within an hour
    ({"started_at": "2020-01-02 11:00:01"}, False),
    ({"dose": 11.0}, False),
    ({"dose": 10.0004}, True),  # the same in mg
    ({"admission_id": "2"}, False),
]


@pytest.mark.parametrize(("second", "twice"), _TWICE)
def test_another_system_repeats_a_dose_within_the_hour(
    db: Database, second: dict[str, Any], twice: bool
) -> None:
    of_other = {"started_at": "2020-01-02 10:30", "order_id": "p", **second}
    give(db, {}, of_other)
    compare(db, "twice")
    assert found(db, "SELECT medication_id FROM gate.medication_twice") == ["m1"] * twice


@pytest.mark.parametrize(("started", "twice"), [("10:39:59", True), ("10:40:00", False)])
def test_the_next_bottle_of_an_order_begins_where_the_last_ends(
    db: Database, started: str, twice: bool
) -> None:
    give(db, {"stopped_at": "2020-01-02 10:40"}, {"started_at": f"2020-01-02 {started}"})
    compare(db, "twice")
    assert found(db, "SELECT medication_id FROM gate.medication_twice") == ["m1"] * twice


def test_doses_of_nothing_repeat_none(db: Database) -> None:
    """Two doses of zero grams are no dose charted twice."""
    give(db, {"dose": 0.0}, {"dose": 0.0, "order_id": "p", "started_at": "2020-01-02 10:30"})
    compare(db, "exposed")
    db.execute("UPDATE gate.medication_exposed SET grams = 0")
    db.table("gate.medication_twice", gate_query("medication_twice"))
    assert db.rows("SELECT * FROM gate.medication_twice") == []


def test_an_administration_that_nothing_is_known_of_stays_with_no_flag(db: Database) -> None:
    """No product of a list, no stay, no flag: the row is there, and nothing speaks against it."""
    give(db, {"medication_id": "a"}, {"medication_id": "b", "started_at": "2020-01-02 10:01"})
    give(db, {"medication_id": "c", "drug": 99, "admission_id": "99"}, {"medication_id": None})
    compare(db, "flag")
    rows = db.frame(f"SELECT * FROM ({gate_query('medication').text}) ORDER BY medication_id")
    assert rows["medication_id"].to_list() == ["a", "b", "c", None]
    flags = ("key_repeated", "duplicate", "duplicate_dose", "reversed", "too_many_grams")
    for flag in (*flags, "order_beside_given", "copied", "charted_twice", "is_copy"):
        assert rows[flag].to_list() == [False, flag == "duplicate", False, False]
    assert rows["exposure"].to_list() == [True, True, None, True]
    assert rows["stay_weight_kg"].to_list() == [80.0, 80.0, None, 80.0]
