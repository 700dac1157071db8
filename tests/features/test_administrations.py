"""Administrations from the database: which products, by which routes, in grams of what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from doses_drawn import ADMITTED

from ehrivig import codes
from ehrivig.concepts import define_given
from ehrivig.concepts.bands import bands
from ehrivig.database import Database
from ehrivig.features.dosing import administrations, dosing
from ehrivig.study import Study, load


def hospital(folder: Path) -> Database:
    """A hospital with three candidates and every product trap, which may write into a folder."""
    db = Database(within=[folder])
    db.execute("CREATE SCHEMA ref")
    db.execute(
        """CREATE TABLE ref.drug AS SELECT * FROM (VALUES
            (1, 'ATC', 'J06BA02', 'IVIG 5%', 'iv'), (2, 'ATC', 'J06BA02', 'IVIG 5%', 'im'),
            (3, 'ATC', 'J06BB04', 'Hepatitis B Ig', 'iv'), (4, 'HCPCS', 'J1561', 'Gamunex', 'iv'),
            (5, 'local', '丙种球蛋白', '丙种球蛋白', 'iv'), (6, 'local', 'X', 'two lines', 'iv'),
            (7, 'ATC', 'H02AB02', 'dexamethasone', 'iv'), (8, 'local', 'Y', 'IgM', 'iv'))
            AS t(drug, vocabulary, drug_code, drug_name, route)"""
    )
    db.execute(
        """CREATE TABLE ref.drug_class AS
        SELECT drug, codelist, verdict, product_type, concentration_g_per_l::DOUBLE AS
            concentration_g_per_l, strength_g::DOUBLE AS strength_g, FALSE AS route_implied
        FROM (VALUES
            (1, 'ivig', 'include', 'standard', 50.0, 2.5),
            (2, 'ivig', 'include', 'standard', 50.0, 2.5),
            (3, 'ivig', 'exclude', 'hyperimmune', NULL, NULL),
            (4, 'ivig', 'include', NULL, 100.0, NULL),
            (5, 'ivig', 'quarantine', NULL, NULL, NULL),
            (6, 'ivig', 'include', 'standard', 50.0, NULL),
            (6, 'ivig', 'exclude', NULL, NULL, NULL),
            (7, 'glucocorticoid', 'include', NULL, NULL, NULL),
            (1, 'other', 'include', NULL, 1.0, 1.0),
            (8, 'ivig', 'include', 'igma_enriched', 50.0, 1.0),
            (8, 'ivig', 'include', 'igma_enriched', 100.0, 1.0))
            AS t(drug, codelist, verdict, product_type, concentration_g_per_l, strength_g)"""
    )
    db.execute(
        "CREATE TABLE ref.drug_hint AS SELECT 4 AS drug, 'ivig' AS codelist, TRUE AS watched, "
        "0.5::DOUBLE AS billing_unit_g, FALSE AS route_denied"
    )
    db.execute(
        """CREATE TABLE candidate AS
        SELECT 'A' AS hospital_id, admission_id::BIGINT AS admission_id,
            admission_id::BIGINT + 10 AS patient_id, weight_kg::DOUBLE AS weight_kg,
            TIMESTAMP '2020-02-01 08:00' AS time_zero,
            TIMESTAMP '2020-03-01 08:00' AS discharged_at
        FROM (VALUES (1, 50.0), (2, NULL), (3, 70.0)) AS t(admission_id, weight_kg)"""
    )
    define_given(db)
    return db


def medicate(db: Database, *lines: tuple[Any, ...]) -> None:
    """Rows: medication_id, admission_id, drug, dose, unit, concentration, strength, status."""
    db.execute(
        """CREATE TABLE medication (hospital_id VARCHAR, admission_id BIGINT, medication_id BIGINT,
            order_id BIGINT, drug_code VARCHAR, vocabulary VARCHAR, drug_name VARCHAR, dose DOUBLE,
            dose_unit VARCHAR, concentration_g_per_l DOUBLE, strength_g DOUBLE, route VARCHAR,
            status VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP, drug INTEGER)"""
    )
    for number, admission, drug, dose, unit, concentration, strength, status in lines:
        db.execute(
            """INSERT INTO medication SELECT 'A', $admission, $number, NULL, drug_code, vocabulary,
                drug_name, $dose, $unit, $concentration, $strength, route, $status,
                TIMESTAMP '2020-02-03 08:00', NULL, drug FROM ref.drug WHERE drug = $drug""",
            {
                "admission": admission,
                "number": number,
                "drug": drug,
                "dose": dose,
                "unit": unit,
                "concentration": concentration,
                "strength": strength,
                "status": status,
            },
        )


@pytest.fixture(scope="module")
def study() -> Study:
    return load("ivig_covid19")


def test_only_given_included_products_by_allowed_routes_are_written(
    study: Study, tmp_path: Path
) -> None:
    with hospital(tmp_path) as db:
        medicate(
            db,
            (1, 1, 1, 100.0, "mL", None, None, "given"),
            (2, 1, 1, 250.0, "mL", 40.0, None, "stopped"),
            (3, 1, 1, 4.0, "支", None, None, "given"),
            (4, 1, 2, 5.0, "g", None, None, "given"),
            (5, 1, 3, 5.0, "g", None, None, "given"),
            (6, 2, 4, 20.0, "unit", None, None, "given"),
            (7, 2, 4, 20.0, " ", None, None, "given"),
            (8, 2, 1, 20.0, "unit", None, None, "given"),
            (9, 2, 5, 5.0, "g", None, None, "given"),
            (10, 2, 6, 5.0, "g", None, None, "given"),
            (11, 2, 7, 5.0, "g", None, None, "given"),
            (12, 1, 1, 5.0, "g", None, None, "cancelled"),
            (13, 1, 1, 5.0, "g", None, None, "unknown"),
            (14, 99, 1, 5.0, "g", None, None, "given"),
            (15, 2, 8, 50.0, "mL", None, None, "given"),
            (16, 1, 1, 10.0, "mL", -1.0, None, "given"),
            (17, 3, 1, 100.0, "mL", 74.0, None, "given"),
            (18, 3, 1, 100.0, "mL", 100.0, None, "given"),
        )
        path = administrations(db, study, tmp_path / "hospital a")
    kept = pl.read_parquet(path).sort("medication_id")
    assert kept["medication_id"].to_list() == [1, 2, 3, 6, 7, 8, 15, 16, 17, 18]
    # diluted is possible, a rounded strength too; twice as strong as the product is not
    strong = [50, 40, 50, 100, 100, 50, None, 50, 74, None]
    assert kept["concentration_g_per_l"].to_list() == strong
    assert kept["strength_g"].to_list() == [2.5, 2.5, 2.5, None, None, 2.5, 1.0, 2.5, 2.5, 2.5]
    assert kept["billing_unit_g"].to_list() == [*[None] * 3, 0.5, 0.5, *[None] * 5]
    units = ["mL", "mL", "支", "unit", "unit", "unit", "mL", "mL", "mL", "mL"]
    assert kept["dose_unit"].to_list() == units
    types = [*["standard"] * 3, "unknown", "unknown", "standard", "igma_enriched"]
    assert kept["product_type"].to_list() == [*types, *["standard"] * 3]
    who = pl.DataFrame(
        {
            "hospital_id": "A",
            "admission_id": [3, 2, 1],
            "time_zero": [ADMITTED] * 3,
            "weight_kg": [70.0, None, 50.0],
        },
        schema_overrides={"admission_id": kept.schema["admission_id"]},
    )
    got = dosing(pl.scan_parquet(path), who.lazy(), study.exposure).collect()
    # admission 1: 5 + 10 + 10 + 0.5 g; admission 2: 10 + 10 g in units, two rows without an amount
    assert got["total_g"].to_list() == [25.5, 20.0, 7.4]
    assert got["dose_coverage"].to_list() == [1.0, 0.5, 0.5]
    assert got["hours_to_first_dose"].to_list() == [48.0, 48.0, 48.0]
    groups = got.with_columns(bands(study.exposure))
    assert groups["band_timing"].to_list() == ["low", "low", "low"]
    assert groups["band_dose"].to_list() == ["high", "high", None]
    assert groups["band_duration"].to_list() == ["low", "low", "low"]


def test_a_hospital_without_the_drug_writes_an_empty_file(study: Study, tmp_path: Path) -> None:
    with hospital(tmp_path) as db:
        medicate(db)
        path = administrations(db, study, tmp_path)
        db.copy("SELECT * FROM candidate", tmp_path / "candidate.parquet")
    got = dosing(
        pl.scan_parquet(path), pl.scan_parquet(tmp_path / "candidate.parquet"), study.exposure
    ).collect()
    assert got["ivig_any"].to_list() == [False, False, False]
    assert got["total_g"].to_list() == [None, None, None]


def test_every_billing_code_is_one_of_the_specified() -> None:
    rows = codes.SHIPPED.drug_rows("ivig")
    billed = {row["value"]: row["billing_unit_g"] for row in rows if row["billing_unit_g"]}
    assert set(billed.values()) == {"0.5"}
    assert " ".join(sorted(billed)) == "J1459 J1556 J1557 J1561 J1566 J1568 J1569 J1572 J1599"
