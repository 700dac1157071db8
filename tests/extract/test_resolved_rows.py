"""What the stage `resolved` makes of a row, and which ids are listed ones written otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ehrivig import resources
from ehrivig.concepts import define_lab_number
from ehrivig.database import Database, Query
from ehrivig.errors import ExtractError
from ehrivig.extract import other_spelling

MAPS = {
    "mapped.lab": ("lab_code VARCHAR", "vocabulary VARCHAR", "unit VARCHAR", "value DOUBLE",
                   "value_text VARCHAR"),
    "mapped.vital": ("vital_code VARCHAR", "unit VARCHAR", "value DOUBLE"),
    "mapped.medication": ("vocabulary VARCHAR", "drug_code VARCHAR", "drug_name VARCHAR",
                          "route VARCHAR"),
}  # fmt: skip
LIMITS = {"hard_lo": 0.0, "soft_lo": 1.0, "soft_hi": 2.0, "hard_hi": 3.0}


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    """Empty tables, and what three codes mean."""
    with Database(threads=1) as base:
        for schema in ("mapped", "ref", "source"):
            base.execute(f"CREATE SCHEMA {schema}")
        for table, columns in MAPS.items():
            base.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        define_lab_number(base)
        limits = ", ".join(f"{value} AS {name}" for name, value in LIMITS.items())
        base.execute(
            "CREATE TABLE ref.lab_map AS SELECT 'k' AS lab_code, 'local' AS vocabulary, unit, "
            f"'potassium' AS analyte, factor, shift, {limits} FROM (VALUES ('mmol/L', 1.0, 0.0), "
            "(NULL, 10.0, 0.0), ('F', 0.5, -16.0)) AS t(unit, factor, shift)"
        )
        base.execute(
            "CREATE TABLE ref.vital_map AS SELECT 't' AS vital_code, unit, factor, shift, "
            f"{limits} FROM (VALUES ('F', 0.5, -16.0), (NULL, 1.0, 0.0)) AS t(unit, factor, shift)"
        )
        base.execute(
            "CREATE TABLE ref.drug AS SELECT * FROM (VALUES (1, 'ATC', 'x', 'n', 'iv'), (2, 'ATC', "
            "'x', 'n', NULL), (3, 'ATC', 'x', NULL, 'iv'), (4, 'ATC', NULL, 'n', 'iv'), (5, NULL, "
            "'x', 'n', 'iv')) AS t(drug, vocabulary, drug_code, drug_name, route)"
        )
        yield base


def resolved(db: Database, table: str, *cells: Any) -> dict[str, Any]:
    """The one row that is made of one row."""
    db.execute(f"DELETE FROM mapped.{table}")
    marks = {f"c{number}": cell for number, cell in enumerate(cells)}
    told = ", ".join(f"${name}" for name in marks)
    db.execute(f"INSERT INTO mapped.{table} VALUES ({told})", marks)
    query = Query.load(resources.sql_folder() / "layout" / "resolved" / f"{table}.sql")
    (found,) = db.frame(query).to_dicts()
    return dict(found)


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        *((4.0, None, (4.0, None)), (None, "4.5", (4.5, None)), (None, None, (None, None))),
        *((4.0, "7", (4.0, None)), (None, "haemolysed", (None, None))),
        *((None, "<4", (2.0, "<")), (None, " ≤ 4", (2.0, "<")), (None, "＜4", (2.0, "<"))),
        *((None, ">4", (4.0, ">")), (None, "≥4", (4.0, ">")), (None, "﹥4", (4.0, ">"))),
        *((4.0, "<", (2.0, "<")), (4.0, ">", (4.0, ">"))),  # the number alone in its own column
        *((9.0, "<4", (2.0, "<")), (9.0, ">4", (4.0, ">"))),  # the text has the limit
    ],
)
def test_a_limit_counts_half_below_and_whole_above(
    db: Database, value: float | None, text: str | None, found: tuple[float | None, str | None]
) -> None:
    row = resolved(db, "lab", "k", "local", "mmol/L", value, text)
    assert (row["value_std"], row["censored"]) == found
    assert {name: row[name] for name in LIMITS} == LIMITS


@pytest.mark.parametrize(
    ("code", "vocabulary", "unit", "found"),
    [
        *(("k", "local", None, 40.0), ("k", "local", "F", -14.0), ("k", "LOINC", "F", None)),
        *(("k", "local", "g", None), ("na", "local", "F", None), (None, "local", "F", None)),
    ],
)
def test_a_result_has_the_factor_of_its_code_and_unit(
    db: Database, code: str | None, vocabulary: str, unit: str | None, found: float | None
) -> None:
    row = resolved(db, "lab", code, vocabulary, unit, 4.0, None)
    assert row["value_std"] == found
    assert row["analyte"] == ("potassium" if found else None)


@pytest.mark.parametrize(
    ("code", "unit", "found"),
    [("t", "F", -14.0), ("t", None, 4.0), ("t", "K", None), ("p", "F", None)],
)
def test_a_vital_sign_has_the_factor_of_its_unit(
    db: Database, code: str, unit: str | None, found: float | None
) -> None:
    row = resolved(db, "vital", code, unit, 4.0)
    assert (row["value_std"], row["hard_hi"]) == (found, 3.0 if found else None)


@pytest.mark.parametrize(
    ("cells", "drug"),
    [
        *((("ATC", "x", "n", "iv"), 1), (("ATC", "x", "n", None), 2)),
        *(
            (("ATC", "x", None, "iv"), 3),
            (("ATC", None, "n", "iv"), 4),
            ((None, "x", "n", "iv"), 5),
        ),
    ],
)
def test_a_product_is_its_code_name_and_route_nulls_and_all(
    db: Database, cells: tuple[str | None, ...], drug: int
) -> None:
    row = resolved(db, "medication", *cells)
    assert (row["drug"], row["end_assumed"]) == (drug, False)


BLANKS, NUMBER, LETTERS = "blanks", "how the number", "capital letters"


@pytest.mark.parametrize(
    ("listed", "named", "differs"),
    [
        (["a"], ["a"], None),
        (["a"], ["b", None], None),
        (["a", None], [" a"], BLANKS),
        (["a"], ["a\u200b"], BLANKS),
        (["a", "a"], ["a "], BLANKS),  # listed twice is still one
        (["a", " a"], ["a  "], None),  # who is listed so is told apart by it
        (["7"], ["007"], NUMBER),
        (["7", "8"], ["+7"], NUMBER),
        (["0"], ["00"], NUMBER),
        (["7"], ["7.0"], NUMBER),
        (["7"], ["７"], NUMBER),
        (["1000"], ["1,000"], NUMBER),
        (["1000"], ["1.000"], NUMBER),
        (["1250"], ["1.25E+03"], NUMBER),
        (["7", "007"], ["0007"], None),
        (["7"], ["7.5"], None),
        (["ab-1"], ["AB1"], LETTERS),
        (["ab-1"], ["{Ab-1}"], LETTERS),
        (["ab", "AB"], ["Ab"], None),
        ([" 7"], ["7"], BLANKS),
        (["7", "A"], ["07", "a", " 7"], BLANKS),  # the plainest is told
        (["A"], ["a", None, "b"], LETTERS),
        ([""], [" "], None),  # nothing is no id
    ],
)
def test_ids_that_are_listed_ones_but_for_how_they_are_written(
    db: Database, listed: list[str | None], named: list[str | None], differs: str | None
) -> None:
    for table, ids in {"listed": listed, "named": named}.items():
        db.execute(f"CREATE OR REPLACE TABLE source.{table} (id VARCHAR)")
        for one in ids:
            db.execute(f"INSERT INTO source.{table} VALUES ($id)", {"id": one})
    if differs is None:
        other_spelling.refuse(db, ("named", "id"), ("listed", "id"))
        return
    with pytest.raises(ExtractError, match=rf"in 1 row an id of listed but for {differs}"):
        other_spelling.refuse(db, ("named", "id"), ("listed", "id"))


def test_rows_of_one_wrong_id_are_counted_each(db: Database) -> None:
    db.execute("CREATE OR REPLACE TABLE source.listed AS SELECT 'a' AS id")
    db.execute("CREATE OR REPLACE TABLE source.named AS SELECT ' a' AS id FROM RANGE(3)")
    with pytest.raises(ExtractError, match="in 3 rows an id"):
        other_spelling.refuse(db, ("named", "id"), ("listed", "id"))
