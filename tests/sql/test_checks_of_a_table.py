"""The checks that need a query: where each begins to count, on tables drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from ehrivig.database import Database
from ehrivig.validate.suite import check_query

MEDIAN = {"analyte": pl.String, "scope": pl.String, "month": pl.String}
MEDIAN |= {"n": pl.Int64, "median": pl.Float64, "n_stays": pl.Int64}
STAYS = 10
"""Of so many stays a distribution is asked."""
UNIT = {"variable": pl.String, "factor": pl.Float64, "shift": pl.Float64}
LAB = {"analyte": pl.String, "lab_code": pl.String, "unit": pl.String, "bin": pl.Int64}
LAB |= {"n": pl.Int64}


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        for schema in ("gate", "ref", "resolved"):
            found.execute(f"CREATE SCHEMA {schema}")
        found.load("ref.unit", pl.DataFrame(schema=UNIT))
        yield found


def load(db: Database, name: str, table: pl.DataFrame) -> None:
    """A table of hospital A, beside which hospital B has the same rows."""
    both = [table.with_columns(hospital_id=pl.lit(name)) for name in "AB"]
    db.load(name, pl.concat(both))


def found(db: Database, check: str) -> tuple[int, int]:
    """Violated and denominator of a hospital: of both alike, or of none."""
    rows = db.frame(check_query(check)).select("violated", "denominator").rows()
    assert len(set(rows)) <= 1
    violated, denominator = rows[0] if rows else (0, 0)
    return int(violated or 0), int(denominator or 0)


def medians(db: Database, *rows: tuple[Any, ...]) -> None:
    """Analyte, scope, n, median (and the month of a month)."""
    whole = [(*row, *["01"] * (5 - len(row))) for row in rows]
    table = [(a, s, None if s == "all" else m, n, value, STAYS) for a, s, n, value, m in whole]
    load(db, "gate.lab_median", pl.DataFrame(table, schema=MEDIAN, orient="row"))


@pytest.mark.parametrize(
    ("analyte", "inside", "outside"),
    [
        ("creatinine", 15.0, 14.9),
        ("total_bilirubin", 3.0, 2.9),
        ("d_dimer", 100.0, 100.1),
        ("hemoglobin", 25.0, 24.9),
        ("albumin", 7.0, 6.9),
        ("wbc", 1000.0, 1000.1),
        ("platelets", 2200.0, 2200.1),
        ("prothrombin_time", 5.0, 4.9),
        ("prothrombin_time", 70.0, 70.1),
    ],
)
def test_a_median_that_the_standard_unit_cannot_give(
    db: Database, analyte: str, inside: float, outside: float
) -> None:
    for value, violated in ((inside, 0), (outside, 30)):
        medians(
            db, (analyte, "all", 50, value), (analyte, "month", 30, 1.0), ("crp", "month", 7, 1.0)
        )
        assert found(db, "lab_unit_mixup") == (violated, 37)
    medians(db, (analyte, "all", 19, outside), (analyte, "month", 30, 1.0))
    assert found(db, "lab_unit_mixup") == (0, 30)
    medians(db, (analyte, "all", 20, outside), (analyte, "month", 30, 1.0))
    assert found(db, "lab_unit_mixup") == (30, 30)


@pytest.mark.parametrize(("part", "whole"), [("lymphocytes", "wbc"), ("ck_mb", "creatine_kinase")])
def test_a_part_is_not_larger_than_the_whole(db: Database, part: str, whole: str) -> None:
    for value, violated in ((10.0, 0), (10.1, 30)):
        medians(db, (part, "all", 30, value), (part, "month", 30, value), (whole, "all", 30, 10.0))
        assert found(db, "lab_unit_mixup") == (violated, 30)
    medians(db, (whole, "all", 30, 99.0), (whole, "month", 30, 99.0), (part, "all", 30, 10.0))
    assert found(db, "lab_unit_mixup") == (0, 30)


def test_cd4_and_cd8_are_parts_of_cd3(db: Database) -> None:
    for value, violated in ((150.0, 0), (150.1, 30)):
        medians(
            db,
            ("cd3", "all", 30, 100.0),
            ("cd3", "month", 30, 100.0),
            ("cd4", "all", 30, 50.0),
            ("cd8", "all", 30, value - 50.0),
        )
        assert found(db, "lab_unit_mixup") == (violated, 30)


@pytest.mark.parametrize(
    ("factor", "shift", "ratio", "violated"),
    [
        (10.0, None, 10.0, True),
        (10.0, 0.0, 0.1, True),
        (10.0, 32.0, 10.0, False),
        (10.0, None, 13.3, True),
        (10.0, None, 13.4, False),
        (10.0, None, 7.51, True),
        (10.0, None, 7.49, False),
        (4.0, None, 4.0, True),
        (3.9, None, 3.9, False),
        (0.25, None, 4.0, True),
        (0.26, None, 3.9, False),
        (-10.0, None, 10.0, False),
        (10.0, None, 1.0, False),
    ],
)
def test_a_month_that_is_a_unit_away_from_the_others(
    db: Database, factor: float, shift: float | None, ratio: float, violated: bool
) -> None:
    db.load("ref.unit", pl.DataFrame([("crp", factor, shift)], schema=UNIT, orient="row"))
    medians(
        db,
        ("crp", "month", 20, 50.0 * ratio, "02"),
        ("crp", "others", 20, 50.0, "02"),
        ("crp", "month", 25, 50.0, "03"),
        ("crp", "others", 25, 50.0, "03"),
    )
    assert found(db, "lab_unit_mixup") == (20 * violated, 45)


def test_crp_alone_is_suspect(db: Database) -> None:
    for n, value, violated in ((20, 14.9, 20), (20, 15.0, 0), (21, 1.0, 21)):
        medians(db, ("crp", "all", n, value), ("wbc", "all", 30, 1.0), ("crp", "month", 30, 1.0))
        assert found(db, "lab_unit_suspect") == (violated, n)
    medians(db, ("crp", "all", 19, 1.0))
    assert found(db, "lab_unit_suspect") == (0, 0)


def lab(db: Database, *rows: tuple[Any, ...]) -> None:
    load(db, "gate.lab_profile", pl.DataFrame(rows, schema=LAB, orient="row"))


def test_units_that_are_numbers(db: Database) -> None:
    units = ("1", "-1.5", "+0,3", " 12 ", "mg/L", "10^9/L", "1.", "x10", None)
    lab(db, *(("crp", "c", unit, 1, 10**n) for n, unit in enumerate(units)))
    assert found(db, "lab_row_shift") == (1111, 11111111)


def test_codes_and_units_in_other_widths(db: Database) -> None:
    cells = [
        ("c", "mg/L"),
        ("c", "ｍｇ/L"),
        ("c", "x10^9/L"),
        ("c", "X10"),
        ("c", "10×9"),
        ("c", None),
    ]
    cells += [("ＣＲＰ", "mg/L"), ("c", "10⁹/L"), ("c", "1x10"), ("c", "mg\u3000L")]
    lab(db, *(("crp", code, unit, 1, 10**n) for n, (code, unit) in enumerate(cells)))
    assert found(db, "lab_text") == (1011011110, 1111011111)


@pytest.mark.parametrize(
    ("bins", "violated"),
    [
        ({1: 900, 30: 100}, 100),
        ({1: 900, 30: 19}, 0),  # too few
        ({1: 900, 30: 20}, 20),
        ({1: 1980, 30: 20}, 20),
        ({1: 1981, 30: 20}, 0),  # not one in a hundred
        ({1: 100, 30: 99}, 99),
        ({1: 100, 30: 100}, 0),  # the half is no spike
        ({1: 900, 30: 100, 34: 10}, 0),  # not ten times what lies beside it
        ({1: 900, 30: 100, 34: 9}, 100),
        ({1: 900, 30: 100, 35: 10}, 100),  # too far away to be beside it
        ({1: 900, 26: 10, 30: 100}, 0),
        ({1: 40, 30: 60, 40: 30, 50: 30}, 60 + 30 + 30),
    ],
)
def test_a_bin_that_holds_far_more_than_its_neighbours(
    db: Database, bins: dict[int, int], violated: int
) -> None:
    rows = [("crp", "c", "mg/L", place, n) for place, n in bins.items()]
    lab(db, *rows, ("crp", "c", "mg/L", None, 7), (None, "c", "mg/L", 5, 7))
    assert found(db, "lab_value_spike") == (violated, sum(bins.values()))


@pytest.mark.parametrize(
    ("tests", "counts"),
    [
        ("+1 -2", (1, 1)),
        ("+1", (0, 1)),
        ("+1 -2 -3", (0, 1)),
        ("-1 -2", (0, 0)),
        ("-1 +2", (0, 1)),
        ("-2 +2", (0, 1)),  # at the moment of the positive one
        ("-1 +2 -3", (1, 1)),
        ("+1 -2 +3", (1, 1)),
    ],
)
def test_one_negative_after_a_positive(db: Database, tests: str, counts: tuple[int, int]) -> None:
    words = {"+": "positive", "-": "negative"}
    rows = [
        {
            **{"admission_id": 1, "organism_code": "sars_cov_2", "result": words[one[0]]},
            **{"collected_at": int(one[1:]), "method": "rna", "specimen": "respiratory"},
        }
        for one in tests.split()
    ]
    others = [rows[0] | {"admission_id": 9, "method": "antigen"}, rows[0] | {"specimen": "stool"}]
    load(db, "resolved.pathogen_test", pl.DataFrame([*rows, *others]))
    assert found(db, "pathogen_single_negative") == counts


@pytest.mark.parametrize(
    ("code", "inside", "outside"),
    [
        ("temperature", 45.0, 46.0),
        ("temperature", 25.0, 24.0),
        ("sbp", 25.0, 24.0),
        ("spo2", 1.1, 1.0),
        ("fio2", 1.0, 1.1),
        ("respiratory_rate", 65.0, 66.0),
        ("heart_rate", 40.0, 39.0),
        ("gcs", 0.1, 900.0),
    ],
)
def test_a_vital_sign_in_another_unit(
    db: Database, code: str, inside: float, outside: float
) -> None:
    names = ("vital_code", "step", "n")

    def draw(*rows: tuple[str, float | None, int], stays: int = 10) -> None:
        table = pl.DataFrame(rows, schema=names, orient="row")
        load(db, "gate.vital_profile", table.with_columns(seen=pl.lit(2**stays - 1, pl.UInt64)))

    known = code != "gcs"
    draw((code, inside, 10), (code, inside, 10), ("map", 80.0, 3), (code, None, 50))
    assert found(db, "vital_unit_mixup") == (0, 23)
    draw((code, outside, 10), (code, outside, 10), ("map", 80.0, 3))
    assert found(db, "vital_unit_mixup") == (20 * known, 23)
    draw((code, outside, 10), (code, outside, 10), ("map", 80.0, 3), stays=9)
    assert found(db, "vital_unit_mixup") == (0, 23)  # the many results of a few are no distribution
    draw((code, outside, 19), ("map", 80.0, 3))
    assert found(db, "vital_unit_mixup") == (0, 22)
    # the median of an even number is its lower middle
    low, high = sorted((inside, outside))
    draw((code, low, 10), (code, high, 10))
    assert found(db, "vital_unit_mixup") == (20 * (known and low == outside), 20)


def bodies(db: Database, *rows: tuple[float | None, float | None, float | None]) -> None:
    names = ("known_age_years", "weight_kg", "height_cm")
    schema = dict.fromkeys(names, pl.Float64)
    load(db, "gate.admission", pl.DataFrame(rows, schema=schema, orient="row"))


@pytest.mark.parametrize(
    ("weight", "height", "each"),
    [(110.0, 100.0, 0), (110.1, 100.0, 1), (110.0, 99.9, 1), (160.0, 68.0, 2), (70.0, 170.0, 0)],
)
def test_bodies_in_another_unit(db: Database, weight: float, height: float, each: int) -> None:
    bodies(db, *[(18.0, weight, height)] * 12, *[(None, weight, height)] * 8, (17.9, 3.0, 3.0))
    assert found(db, "admission_body_unit_mixup") == (20 * each, 40)
    bodies(db, *[(18.0, weight, height)] * 19)
    assert found(db, "admission_body_unit_mixup") == (0, 38)
    bodies(db, *[(18.0, weight, None)] * 25)
    assert found(db, "admission_body_unit_mixup") == (25 * (weight > 110), 25)
