"""The numbers of a hospital that whoever knows it can tell, and what is hidden of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from drawn import REFERENCE

from ehrivig.concepts import define_given
from ehrivig.database import Database
from ehrivig.validate.doses_of_units import FAR, apart
from ehrivig.validate.gate_tables import gate_query
from ehrivig.validate.quality import known, numbers


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        for schema in ("gate", "ref"):
            found.execute(f"CREATE SCHEMA {schema}")
        for name in ("drug", "drug_class"):
            found.execute(f"CREATE TABLE ref.{name} ({REFERENCE[name]})")
        define_given(found)
        yield found


STAYS = """
    SELECT * FROM (VALUES
        ('A', 1, '2020-01-01 08:00'::TIMESTAMP, '2020-01-03 08:00'::TIMESTAMP, 'alive', 40.0, 60.0,
         NULL, TRUE),
        ('A', 2, '2020-01-01', '2020-01-05', 'died', NULL, 80.0, 170.0, FALSE),
        ('A', 2, '2020-02-01', '2020-02-02', 'unknown', NULL, 70.0, 170.0, NULL),
        ('B', 3, '2020-01-01', NULL, 'alive', NULL, NULL, NULL, NULL)
    ) AS a (hospital_id, patient_id, admitted_at, discharged_at, discharge_status, age_years,
            weight_kg, height_cm, current_smoker)
"""
PEOPLE = """
    SELECT * FROM (VALUES
        (1, 'female', NULL::DATE), (2, 'male', '1960-01-01'), (3, 'unknown', NULL)
    ) AS p (patient_id, sex, birth_date)
"""


GIVEN = "NULL::TIMESTAMP, 'given', 5.0"
DOSES = "hospital_id, admission_id, started_at, stopped_at, status, dose, dose_unit, grams"


def test_numbers_of_stays(db: Database) -> None:
    db.table("main.admission", STAYS)
    db.table("main.patient", PEOPLE)
    found = {(h, q): row for h, q, *row in db.frame(gate_query("known_number")).rows()}
    assert found["A", "stays"][:2] == [3, None]
    assert found["A", "of women"][:2] == [1, 3]
    assert found["A", "ended by death"][:2] == [1, 2]
    assert found["A", "of current smokers"][:2] == [1, 2]
    assert found["B", "of women"][:2] == [0, 0]
    assert found["A", "weight, kg"] == [3, None, 65.0, 70.0, 75.0]
    assert found["A", "height, cm"][0] == 2
    assert found["A", "length of stay, days"][3] == 2.0
    assert found["A", "age, years"][3] == pytest.approx(60.0, abs=0.01)
    assert found["B", "weight, kg"] == [0, None, None, None, None]


def test_courses_are_counted_by_day(db: Database) -> None:
    days = [(1, 1, 8), (1, 1, 20), (1, 2, 8), (1, 4, 8), (2, 9, 8), (3, 1, 8), (3, 3, 8)]
    rows = ", ".join(
        f"('A', {stay}, '2020-01-0{day} {hour:02}:00'::TIMESTAMP, {GIVEN}, 'g', 5.0)"
        for stay, day, hour in days
    )
    orders = "('A', 4, '2020-01-01'::TIMESTAMP, NULL, 'not_given', 5.0, 'g', 5.0)"
    db.table("gate.exposure_row", f"SELECT * FROM (VALUES {rows}, {orders}) AS e ({DOSES})")
    assert db.frame(gate_query("course")).to_dicts() == [
        {
            **{"hospital_id": "A", "n": 7, "n_stays": 3, "n_days": 6},
            **{"n_known": 7, "n_mg": 35_000},
            **{"n_several": 2, "n_dosed": 5, "n_span": 7},
        }
    ]


def test_doses_of_one_unit_beside_those_of_another(db: Database) -> None:
    rows = [(stay, "g", 20.0) for stay in range(12)] + [(stay, "mg", 5.0) for stay in range(12, 24)]
    rows += [(stay, "mL", 1.0) for stay in range(9)]  # too few
    shown = ", ".join(
        f"('A', {stay}, '2020-01-01 08:00'::TIMESTAMP, {GIVEN}, '{unit}', {g})"
        for stay, unit, g in rows
    )
    db.table("gate.exposure_row", f"SELECT * FROM (VALUES {shown}) AS e ({DOSES})")
    found = db.frame(gate_query("dose_of_unit"))
    assert found.rows() == [("A", "g", 34, 12), ("A", "mL", 0, 9), ("A", "mg", 18, 12)]
    assert apart(found) == {"A": (12, 33)}
    assert apart(found, FAR) == {"A": (0, 33)}  # four times: a warning alone
    far = found.with_columns(bin=pl.when(dose_unit=pl.lit("mg")).then(10).otherwise("bin"))
    assert apart(far, FAR) == {"A": (12, 33)}
    assert apart(found.filter(pl.col("dose_unit") != "mg")) == {"A": (0, 21)}
    assert apart(found.clear()) == {}


def left(folder: Path, **tables: list[tuple[object, ...]]) -> Path:
    """The counts that the hospitals of a run left."""
    place = folder / "hospitals" / "quality"
    place.mkdir(parents=True)
    for name, rows in tables.items():
        schema = {"hospital_id": pl.String, **numbers.AGGREGATE_SCHEMA[name]}
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(place / f"{name}.parquet")
    return folder


def test_what_the_page_shows(tmp_path: Path) -> None:
    run = left(
        tmp_path,
        known_number=[
            ("A", "stays", 400, None, None, None, None),
            ("A", "of women", 100, 400, None, None, None),
            ("A", "of current smokers", 3, 400, None, None, None),
            ("A", "ended by death", 0, 0, None, None, None),
            ("A", "weight, kg", 390, None, 61.25, 70.0, 82.5),
            ("A", "height, cm", 19, None, 160.0, 170.0, 180.0),
        ],
        covered_by=[
            ("A", "medication", "", "exposure", "given", 80, 80),
            ("A", "medication", "", "exposure", "not given", 320, 300),
            ("A", "medication", "the exposure", "exposure", "given", 0, 80),
            ("A", "icu_stay", "", "exposure", "given", 80, 20),
            ("A", "icu_stay", "", "exposure", "not given", 320, 20),
        ],
        course=[("A", 300, 80, 280, 200, 2_500_000, 60, 240, 300)],
        charted=[
            ("A", "", "", "stays", None, 400),
            ("A", "respiratory_support", "ventilation", "with", None, 40),
            ("A", "vital", "gcs", "with", None, 100),
            ("A", "vital", "gcs", "one", "15.0", 90),
        ],
        completeness=[
            ("A", "admission", "hospital_id", 400, 400),
            ("A", "lab", "hospital_id", 5000, 5000),
            ("A", "lab", "value", 5000, 4000),
        ],
    )
    shown = {row["quantity"]: row["of"] for row in known.shown_on_page(run, 5)}
    assert shown == {
        "stays": {"A": "400"},
        "of women": {"A": "25.0%"},
        "weight, kg": {"A": "61.2 – 70 – 82.5"},
        "in intensive care": {"A": "10.0%"},
        "with the exposure": {"A": "20.0%"},
        "doses of the exposure, each": {"A": "3.8"},
        "grams of a dose": {"A": "12.5"},
        "days of its courses without a dose": {"A": "20.0%"},
        "rows of lab, each": {"A": "12.5"},
        "ventilated": {"A": "10.0%"},
        "with a GCS of 15 in all readings, of those with some": {"A": "90.0%"},
    }


def test_a_run_that_left_nothing_shows_nothing(tmp_path: Path) -> None:
    assert known.shown_on_page(tmp_path, 5) == []
