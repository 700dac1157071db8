"""What the gate needs to know of a study and its zone: offsets, changes of the clock, the end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ehrivig import contract, study
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.study import Criterion, Study
from ehrivig.validate import gate_tables, local_time
from ehrivig.validate.asked import by_criteria

BERLIN = ZoneInfo("Europe/Berlin")
LIU = study.load("ivig_covid19")


def plan(**changes: Any) -> Study:
    return LIU.model_copy(update={"extract": LIU.extract.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"period": (date(2020, 7, 1), date(2020, 8, 1))}, 2),
        ({"period": (date(2020, 1, 1), date(2020, 8, 1))}, 1),
        ({"period": None, "extract_date": date(2020, 7, 1)}, 2),
        ({"period": None, "extract_date": None}, 1),
    ],
)
def test_the_offset_of_a_zone_in_the_study(changes: dict[str, Any], hours: int) -> None:
    assert local_time.offset_hours(BERLIN, plan(**changes)) == hours
    assert local_time.offset_hours(None, plan(**changes)) == 0
    west = local_time.offset_hours(ZoneInfo("America/New_York"), plan(**changes))
    assert west in (-4, -5)


def test_hours_that_the_clock_skips_or_repeats() -> None:
    found = local_time.clock_changes(BERLIN)
    assert [hour for hour in found if hour.startswith("2020")] == [
        *("2020-03-29 02:00:00", "2020-10-25 02:00:00"),
    ]
    assert local_time.clock_changes(None) == []
    assert found[0] >= "1970"
    shanghai = local_time.clock_changes(ZoneInfo("Asia/Shanghai"))
    assert [hour for hour in shanghai if hour > "1992"] == []


def test_a_change_at_midnight_is_found() -> None:
    """In Santiago the clock skips the first hour of a day, and repeats the last of another."""
    found = local_time.clock_changes(ZoneInfo("America/Santiago"))
    assert "2019-09-08 00:00:00" in found
    assert "2019-04-06 23:00:00" in found


def test_the_first_moment_after_the_extract() -> None:
    assert gate_tables._extract_end(plan(extract_date=date(2020, 2, 29))) == datetime(2020, 3, 1)
    assert gate_tables._extract_end(plan(extract_date=None)) == datetime(9999, 12, 31)


def test_a_join_may_add_no_row() -> None:
    with Database(threads=1) as db:
        db.execute("CREATE SCHEMA resolved")
        db.execute("CREATE SCHEMA mapped")
        for schema in ("resolved", "mapped"):
            db.execute(f"CREATE TABLE {schema}.lab AS SELECT 1 AS a FROM range(3)")
        gate_tables.assert_no_row_added(db, "lab", 3)
        with pytest.raises(EhrivigError, match="lab: 3 rows read, 4 gated"):
            gate_tables.assert_no_row_added(db, "lab", 4)


def test_each_table_has_one_way_through_the_gate() -> None:
    """Rows of a stay get their stay; the others have a query of their own."""
    own = {"hospital", "patient", "admission", "lab", "vital", "medication"}
    assert set(gate_tables._EVENT_TABLES_BY_STAY) == {t.name for t in contract.TABLES} - own


@pytest.mark.parametrize(
    ("stays", "counted", "sampled"),
    [
        (0, 1, 1),
        (3_999, 1, 1),  # one in two of 4,000 are 2,000
        (4_000, 2, 1),
        (39_999, 19, 1),
        (40_000, 20, 2),
    ],
)
def test_one_of_so_many_stays_is_counted_or_sampled(stays: int, counted: int, sampled: int) -> None:
    with Database(threads=1) as db:
        db.execute("CREATE SCHEMA resolved")
        db.table("resolved.admission", f"SELECT 'A' AS hospital_id FROM range({stays})")
        db.table("resolved.hospital", "SELECT 'A' AS hospital_id, 'Asia/Shanghai' AS timezone")
        values = gate_tables.begin(db, LIU, ["A"])
        columns = "timezone_known, utc_offset_hours, count_stride, sample_stride"
        assert db.rows(f"SELECT {columns} FROM gate.setting") == [(True, 8, counted, sampled)]
        few = gate_tables.sampled_rows(db)
    assert bool(few) is (sampled >= 4)
    assert values["codelist"] == "ivig"


@pytest.mark.parametrize(("stays", "apart"), [(79_999, False), (80_000, True)])
def test_sampled_rows_are_asked_apart_where_they_are_few(stays: int, apart: bool) -> None:
    with Database(threads=1) as db:
        db.execute("CREATE SCHEMA resolved")
        db.table("resolved.admission", f"SELECT 'A' AS hospital_id FROM range({stays})")
        db.table("resolved.hospital", "SELECT 'A' AS hospital_id, NULL::VARCHAR AS timezone")
        gate_tables.begin(db, LIU, ["A"])
        assert bool(gate_tables.sampled_rows(db)) is apart


@pytest.mark.parametrize("rule", ["treated_before", "untreated_before"])
def test_a_criterion_of_a_drug_reads_its_administrations(rule: str) -> None:
    asked = Criterion(name="c", label="C", rule="age", min=18).model_copy(update={"rule": rule})
    alone = LIU.cohort.model_copy(update={"criteria": (asked,)})
    assert by_criteria(LIU.model_copy(update={"cohort": alone})) == {"medication"}
    grown = Criterion(name="c", label="C", rule="age", min=18)
    none = LIU.cohort.model_copy(update={"criteria": (grown,)})
    assert by_criteria(LIU.model_copy(update={"cohort": none})) == frozenset()
