"""Which rows leave no doubt, which may be anything, and whose death may be none: as SQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehrivig.database import Database
from ehrivig.validate import unread
from ehrivig.validate.rules import Rule

NO_STATUS = Rule("medication", "medication.status_recorded", "no status", (), "status IS NULL")
NOT_GIVEN = Rule("medication", "medication.status_given", "not given", (), "status = 'x'")
LATE = Rule("medication", "medication.started_at_in_stay", "too late", (), "hour > 24")
UNTIMED = Rule("medication", "medication.started_at_present", "no start", (), "hour = 0")
UNNAMED = Rule("medication", "medication.drug_code_present", "no name", (), "drug IS NULL")
ROWS = "(1, 'a', 'given', 3), (2, 'a', NULL, 3), (3, NULL, 'x', 30), (4, NULL, NULL, 0)"


@pytest.fixture
def db() -> Iterator[Database]:
    """Four administrations: stays 3 and 4 have no name of the drug, and a start that is wrong."""
    with Database(threads=1) as found:
        found.execute("CREATE SCHEMA gate")
        found.table(
            "gate.medication",
            "SELECT id, id AS admission_id, drug, status, hour, hour AS started_at "
            f"FROM (VALUES {ROWS}) AS t(id, drug, status, hour)",
        )
        yield found


def those(db: Database, condition: str) -> list[int]:
    rows = db.rows(f"SELECT id FROM gate.medication WHERE {condition} ORDER BY id")
    return [number for (number,) in rows]


def test_an_empty_status_leaves_a_doubt_and_what_a_row_says_of_itself_none(db: Database) -> None:
    assert those(db, unread._settled(NOT_GIVEN)) == [3]
    assert those(db, NO_STATUS.predicate) == [2, 4]
    assert those(db, unread._settled(NO_STATUS)) == []


def test_a_start_that_cannot_be_believed_is_none(db: Database) -> None:
    def starts(*rules: Rule) -> list[int | None]:
        found = db.rows(f"SELECT {unread._start(rules)} FROM gate.medication ORDER BY id")
        return [hour for (hour,) in found]

    assert starts(LATE, UNTIMED, UNNAMED) == [3, 3, None, None]
    assert starts(LATE, NOT_GIVEN) == [3, 3, None, 0]
    assert starts() == [3, 3, 30, 0]


def test_rows_of_a_stay_that_is_mostly_illegible_may_be_any(db: Database) -> None:
    db.table("gate.unread_medication", "SELECT 4 AS admission_id")
    assert those(db, unread._illegible([UNNAMED, LATE, NOT_GIVEN])) == [3, 4]
    assert those(db, unread._may_be_any("medication", [UNNAMED, LATE])) == [4]
    db.execute("DROP TABLE gate.unread_medication")  # which is there where such rows are
    assert those(db, unread._may_be_any("medication", [LATE, NOT_GIVEN])) == []


def test_who_lost_the_date_of_death_may_be_alive(db: Database) -> None:
    taken = Rule("patient", "patient.death_at", "before birth", ("death_at",), "old")
    others = Rule("patient", "patient.height", "too tall", ("height_cm",), "tall")
    row = Rule("patient", "patient.key", "twice", (), "tall")
    db.table(
        "gate.patient",
        "SELECT * FROM (VALUES (1, TRUE, FALSE), (1, TRUE, TRUE), (2, FALSE, TRUE)) "
        "AS t(patient_id, old, tall)",
    )
    for rules, people in (([taken, others, row], [(1,)]), ([others, row], []), ([], [])):
        unread.deaths(db, rules)
        assert db.rows("SELECT patient_id FROM main.unread_death") == people


@pytest.mark.parametrize(
    ("drugs", "unstated"),
    [
        ("(TRUE, TRUE), (FALSE, FALSE)", False),
        ("(TRUE, TRUE), (TRUE, FALSE)", True),
        ("(FALSE, TRUE)", False),
    ],
)
def test_a_product_of_the_exposure_whose_route_nobody_knows(
    drugs: str, unstated: bool, db: Database
) -> None:
    db.table("gate.drug", f"SELECT * FROM (VALUES {drugs}) AS t(exposure, route_known)")
    assert unread._any_unstated(db) is unstated
