"""What lines of signs, events and units find: the rows of their name, by whichever code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ehrivig.codes import own
from ehrivig.database import Database
from ehrivig.extract.lists.counts import Count, Counted, ListReport, Remark
from ehrivig.extract.lists.named import report

NOTHING, FEW = Count(0, 0), Count(None, None)


@pytest.fixture
def db() -> Iterator[Database]:
    """Twenty people of one admission each, with no row of anything."""
    with Database(threads=1) as found:
        found.execute("CREATE SCHEMA mapped")
        found.table(
            "mapped.admission",
            "SELECT 'H' AS hospital_id, range AS admission_id, range AS patient_id FROM range(20)",
        )
        key = "hospital_id VARCHAR, admission_id BIGINT"
        found.execute(f"CREATE TABLE mapped.vital ({key}, vital_code VARCHAR, unit VARCHAR)")
        found.execute(f"CREATE TABLE mapped.procedure ({key}, procedure_code VARCHAR)")
        found.execute(f"CREATE TABLE mapped.respiratory_support ({key}, device VARCHAR)")
        columns = "vocabulary VARCHAR, lab_code VARCHAR, unit VARCHAR"
        found.execute(f"CREATE TABLE mapped.lab ({key}, {columns})")
        yield found


def give(db: Database, table: str, people: int, *cells: str | None, rows: int = 1) -> None:
    """So many rows with these cells to the first so many people."""
    shown = ", ".join("NULL" if cell is None else f"'{cell}'" for cell in cells)
    db.execute(
        f"INSERT INTO mapped.{table} SELECT 'H', p.range, {shown} "
        f"FROM range({people}) AS p, range({rows})"
    )


def reported(db: Database, folder: Path, kind: str, text: str) -> ListReport:
    (folder / f"{kind}.csv").write_text(text)
    lists = own.read(folder)
    (file,) = lists.own
    return report(lists, file, Counted(db, {}))


def test_events_are_found_by_their_name_in_the_table_of_their_kind(
    db: Database, tmp_path: Path
) -> None:
    give(db, "procedure", 6, "plasmapheresis", rows=2)
    give(db, "procedure", 5, "plasmaphoresis")  # like it, and no name of any list
    give(db, "procedure", 4, "plasmapheresiz")  # of too few people
    give(db, "procedure", 9, "ecmo")
    give(db, "procedure", 9, None)
    give(db, "respiratory_support", 4, "niv")
    found = reported(
        db,
        tmp_path,
        "events",
        "kind,name,vocabulary,code\nprocedure,plasmapheresis,OMOP,1\n"
        "procedure,plasmapheresis,local,plasmapheresis\ndevice,niv,OMOP,2\nprocedure,leech,OMOP,3\n",
    )
    assert [(one.text, one.count) for one in found.lines] == [
        ("procedure plasmapheresis OMOP 1", Count(12, 6)),
        ("procedure plasmapheresis local plasmapheresis", Count(12, 6)),
        ("device niv OMOP 2", FEW),
        ("procedure leech OMOP 3", NOTHING),
    ]
    assert found.near == (Remark("plasmaphoresis", Count(5, 5)),)
    assert found.by_name
    assert [one.number for one in found.lines] == [2, 3, 4, 5]


def test_signs_are_found_by_their_name(db: Database, tmp_path: Path) -> None:
    give(db, "vital", 7, "wetness", "%")
    give(db, "vital", 6, "wetness", None)
    give(db, "vital", 6, "wetnes", None)
    (tmp_path / "units.csv").write_text("variable,unit,factor,shift\nwetness,%,1,0\n")
    (tmp_path / "vitals.csv").write_text("vital_code,vocabulary,code\nwetness,OMOP,1\n")
    lists = own.read(tmp_path)
    (file,) = [file for file in lists.own if file.kind == "vitals"]
    found = report(lists, file, Counted(db, {}))
    assert [(one.text, one.count) for one in found.lines] == [("wetness OMOP 1", Count(13, 7))]
    assert found.near == (Remark("wetnes", Count(6, 6)),)


def test_units_are_found_in_any_spelling_of_their_variable_alone(
    db: Database, tmp_path: Path
) -> None:
    """What is written in no unit that anything converts is told; weight is a column."""
    give(db, "lab", 8, "LOINC", "2160-0", "furlong")
    give(db, "lab", 6, "LOINC", "2160-0", "FURLONG ")
    give(db, "lab", 6, "LOINC", "2160-0", "cubit")
    give(db, "lab", 7, "LOINC", "2160-0", None)
    give(db, "lab", 9, "LOINC", "1988-5", "furlong")
    give(db, "lab", 9, "LOINC", "no such code", "furlong")
    give(db, "vital", 5, "temperature", "furlong")
    found = reported(
        db,
        tmp_path,
        "units",
        "variable,unit,factor,shift\ncreatinine,furlong,2,0\ntemperature,furlong,2,0\n"
        "weight,furlong,2,0\nlactate,,1,0\n",
    )
    assert [(one.text, one.count) for one in found.lines] == [
        ("creatinine in furlong", Count(14, 8)),
        ("temperature in furlong", Count(5, 5)),
        ("weight in furlong", None),
        ("lactate in no unit", NOTHING),
    ]
    assert found.near == (
        Remark("creatinine without a unit", Count(7, 7)),
        Remark("creatinine in 'cubit'", Count(6, 6)),
    )
    assert not found.by_name
