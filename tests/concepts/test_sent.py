"""What a hospital sends at all, asked for each admission of several hospitals and of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ehrivig import codes, contract, resources
from ehrivig.concepts import define_given, define_sent, of_hospitals
from ehrivig.database import Database

EVENTS = {"A": ["medication", "lab"], "B": ["lab"], "C": list[str]()}
ADMISSIONS = [("A", 1), ("A", 2), ("B", 3), ("C", 4)]


@pytest.fixture
def db() -> Iterator[Database]:
    """Three hospitals: A gives immunoglobulin and fluid, B has fluid on its list, C nothing.

    The date of death of C's patient was set aside; of B's and A's patients only B's has one.
    """
    with Database() as made:
        made.execute("CREATE SCHEMA ref; CREATE SCHEMA resolved")
        made.execute("CREATE TABLE admission (hospital_id VARCHAR, admission_id BIGINT)")
        for hospital, admission in ADMISSIONS:
            made.execute(f"INSERT INTO admission VALUES ('{hospital}', {admission})")
        made.execute(
            "CREATE TABLE patient AS SELECT * FROM (VALUES ('A', NULL::TIMESTAMP), "
            "('B', TIMESTAMP '2020-02-01'), ('B', NULL), ('C', NULL)) AS t (hospital_id, death_at)"
        )
        made.execute(
            "CREATE TABLE ref.drug_class AS SELECT drug, codelist, verdict, "
            "NULL::VARCHAR AS product_type, NULL::DOUBLE AS concentration_g_per_l, "
            "NULL::DOUBLE AS strength_g, FALSE AS route_implied "
            "FROM (VALUES (1, 'ivig', 'include'), "
            "(2, 'iv_fluid', 'include'), (3, 'ivig', 'exclude')) AS t (drug, codelist, verdict)"
        )
        made.execute("CREATE TABLE ref.drug (drug INTEGER, route VARCHAR)")
        define_given(made)
        made.execute(
            "CREATE TABLE resolved.medication AS SELECT * FROM (VALUES ('A', 1), ('A', 2), "
            "('A', 2), ('B', 2), ('C', 3), ('C', NULL)) AS t (hospital_id, drug)"
        )
        yield made


def answers(db: Database, what: str) -> dict[int, bool]:
    text = f"SELECT admission_id, SENDS('{what}', admission_id) FROM admission"
    return dict(db.rows(text))


def only(db: Database, hospital: str) -> None:
    """Let the database be that of one hospital."""
    for table in ("admission", "patient", "resolved.medication"):
        db.execute(f"DELETE FROM {table} WHERE hospital_id <> '{hospital}'")
    db.execute(
        "DELETE FROM ref.drug_class WHERE drug NOT IN "
        "(SELECT drug FROM resolved.medication WHERE drug IS NOT NULL)"
    )


def test_each_hospital_sends_its_own_tables_and_lists(db: Database) -> None:
    assert of_hospitals(db, EVENTS) == {
        "A": {"medication", "lab", "ivig", "iv_fluid"},
        "B": {"lab", "iv_fluid"},
        "C": set(),
    }


@pytest.mark.parametrize("hospital", EVENTS)
def test_a_hospital_alone_sends_what_it_sends_among_others(db: Database, hospital: str) -> None:
    together = of_hospitals(db, EVENTS)[hospital]
    only(db, hospital)
    assert of_hospitals(db, {hospital: EVENTS[hospital]}) == {hospital: together}


def test_a_hospital_whose_people_the_policy_leaves_out_changes_nothing_for_others(
    db: Database,
) -> None:
    before = of_hospitals(db, EVENTS)
    db.execute("DELETE FROM admission WHERE hospital_id = 'B'")
    db.execute("DELETE FROM patient WHERE hospital_id = 'B'")
    after = of_hospitals(db, EVENTS)
    assert {name: after[name] for name in "AC"} == {name: before[name] for name in "AC"}
    define_sent(db, after)
    assert answers(db, "lab") == {1: True, 2: True, 4: False}


def test_an_admission_is_answered_for_its_own_hospital(db: Database) -> None:
    define_sent(db, of_hospitals(db, EVENTS))
    assert answers(db, "lab") == {1: True, 2: True, 3: True, 4: False}
    assert answers(db, "medication") == {1: True, 2: True, 3: False, 4: False}
    assert answers(db, "iv_fluid") == {1: True, 2: True, 3: True, 4: False}
    assert answers(db, "vital") == dict.fromkeys((1, 2, 3, 4), False)


@pytest.mark.parametrize("hospital", EVENTS)
def test_a_hospital_alone_is_answered_as_among_others(db: Database, hospital: str) -> None:
    whats = ("lab", "medication", "iv_fluid", "ivig", "vital")
    define_sent(db, of_hospitals(db, EVENTS))
    own = [number for name, number in ADMISSIONS if name == hospital]
    together = {what: {n: answers(db, what)[n] for n in own} for what in whats}
    only(db, hospital)
    define_sent(db, of_hospitals(db, {hospital: EVENTS[hospital]}))
    assert {what: answers(db, what) for what in whats} == together


def test_the_answer_is_yes_or_no_also_where_nothing_is_sent(db: Database) -> None:
    define_sent(db, of_hospitals(db, EVENTS))
    assert db.rows("SELECT SENDS('lab', 3), SENDS('nothing', 3)") == [(True, False)]
    define_sent(db, {"A": set()})
    assert db.rows("SELECT SENDS('lab', 3)") == [(False,)]


def test_a_date_of_death_that_could_not_be_read_is_no_life(db: Database) -> None:
    """Of the patients of table `unread_death` alone; in hospitals of any kind."""
    define_sent(db, of_hospitals(db, EVENTS))
    asked = "SELECT admission_id, DEATH_READ(admission_id) FROM admission ORDER BY ALL"
    assert db.rows(asked) == [(1, True), (2, True), (3, True), (4, True)]
    db.execute("ALTER TABLE admission ADD COLUMN patient_id BIGINT")
    db.execute("UPDATE admission SET patient_id = 10 * admission_id")
    db.execute("CREATE TABLE unread_death AS SELECT 30 AS patient_id")
    define_sent(db, of_hospitals(db, EVENTS))
    assert (3, False) in db.rows(asked)
    assert (1, True) in db.rows(asked)


def test_a_concept_asks_only_for_what_a_hospital_can_send() -> None:
    """A name that nothing is called by would make unknown of everybody, in silence."""
    known = {
        *(table.name for table in contract.EVENT_TABLES),
        *codes.SHIPPED.drug_names,
    }
    asked = {
        (path.name, name)
        for path in resources.sql_folder().rglob("*.sql")
        for name in re.findall(r"SENDS\('([^']*)'", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 5
    assert {one for one in asked if one[1] not in known} == set()
