"""Rules as SQL: which rows leave, which values become null, and the reasons that are told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehrivig.database import Database
from ehrivig.validate import rules, suspects
from ehrivig.validate.rules import Rule

NEGATIVE = Rule("lab", "lab.negative", "a value below 0", (), "value < 0")
LATE = Rule("lab", "lab.late", "collected 'late'", (), "hour > 24")
UNTIMED = Rule("lab", "lab.hour", "no hour", ("hour",), "hour = 0")
UNREAD = Rule("lab", "lab.unread", "unread", ("value", "unit"), "unit = '?'")
EVERY = [NEGATIVE, LATE, UNTIMED, UNREAD]
ROWS = (
    "(1, 5.0, 'g', 3), (2, -5.0, 'g', 3), (3, -5.0, 'g', 30), (4, 5.0, '?', 0), (5, NULL, NULL, 2)"
)


@pytest.fixture
def db() -> Iterator[Database]:
    """Table `lab`, as read and with one more column of the gate."""
    with Database(threads=1) as found:
        for name in ("gate", "resolved"):
            found.execute(f"CREATE SCHEMA {name}")
        found.table("resolved.lab", f"SELECT * FROM (VALUES {ROWS}) AS t(id, value, unit, hour)")
        found.view("gate.lab", "SELECT *, TRUE AS stay_sampled FROM resolved.lab")
        yield found


def test_rules_of_rows_and_rules_of_values() -> None:
    assert rules.of_rows(EVERY) == [NEGATIVE, LATE]
    assert rules.of_values(EVERY) == [UNTIMED, UNREAD]


def test_either_is_never_null(db: Database) -> None:
    assert rules.either([]) == rules.either([None, ""]) == "FALSE"
    found = db.rows(f"SELECT {rules.either(['value < 0', None, 'hour > 24'])} FROM resolved.lab")
    assert found == [(False,), (True,), (True,), (False,), (False,)]


def test_a_table_without_a_rule_is_read_as_it_is() -> None:
    assert rules.kept(None, "lab", []) == "SELECT * FROM resolved.lab"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([NEGATIVE], [(1, 5, "g", 3), (4, 5, "?", 0), (5, None, None, 2)]),
        (
            [UNTIMED, UNREAD],
            [
                *[(1, 5, "g", 3), (2, -5, "g", 3), (3, -5, "g", 30)],
                *[(4, None, None, None), (5, None, None, 2)],
            ],
        ),
        (EVERY, [(1, 5, "g", 3), (4, None, None, None), (5, None, None, 2)]),
    ],
)
def test_rows_and_values_that_stay(
    db: Database, own: list[Rule], expected: list[tuple[object, ...]]
) -> None:
    assert list(db.columns(f"({rules.kept(db, 'lab', own)})")) == ["id", "value", "unit", "hour"]
    assert db.rows(f"SELECT * FROM ({rules.kept(db, 'lab', own)}) ORDER BY id") == expected


def test_the_reasons_of_a_row_are_told_together(db: Database) -> None:
    found = db.rows(rules.as_read(["id"], "lab", EVERY))
    assert found == [
        (2, "a value below 0"),
        (3, "a value below 0;collected 'late'"),
        (4, "no hour;unread"),
    ]
    assert db.rows(f"SELECT DISTINCT {rules.reason([])} FROM resolved.lab") == [(None,)]


def test_stored_rules_come_back_as_they_were(db: Database) -> None:
    rules.store(db, EVERY)
    assert rules.stored(db) == EVERY
    rules.store(db, [])
    assert rules.stored(db) == []


@pytest.mark.parametrize("remembered", [True, False])
def test_suspect_admissions_alone_are_read_while_it_is_asked_so(remembered: bool) -> None:
    """A bit for each suspect admission; where nobody remembered them, all rows are read."""
    with Database(threads=1) as db:
        for name in ("gate", "mapped"):
            db.execute(f"CREATE SCHEMA {name}")
        db.table("mapped.lab_rows", "SELECT range::VARCHAR AS admission_id FROM range(50)")
        db.view("mapped.lab", "SELECT * FROM mapped.lab_rows")
        if remembered:
            bits = f"bitstring_agg({rules.HASH}, 0, {rules.HASHES - 1})"
            db.table(
                suspects.of("lab"),
                f"SELECT {bits} AS suspects FROM mapped.lab_rows WHERE admission_id IN ('7', '8')",
            )
        with suspects.alone(db, "lab"):
            inside = {name for (name,) in db.rows("SELECT admission_id FROM mapped.lab")}
        assert inside == ({"7", "8"} if remembered else {str(n) for n in range(50)})
        with pytest.raises(ZeroDivisionError), suspects.alone(db, "lab"):
            raise ZeroDivisionError
        assert db.rows("SELECT count(*) FROM mapped.lab") == [(50,)]
        assert not db.exists("mapped.every_lab")
