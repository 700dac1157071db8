"""Canonical columns: which types become which, and what a layout is told of the others."""

from __future__ import annotations

import json

import pytest

from ehrivig import contract, resources
from ehrivig.errors import ExtractError
from ehrivig.extract import canonical, layout_check

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
LAB = contract.BY_NAME["lab"]


def made(table: str, column: str, kind: str | None) -> str | None:
    """The expression of one column of a table that a SELECT gives with a type."""
    types = {column.upper(): kind} if kind else {}
    (found,) = (
        one
        for one in canonical.inspect(types, contract.BY_NAME[table])
        if one.column.name == column
    )
    return found.expression


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_numbers_become_keys_texts_and_numbers(kind: str) -> None:
    key = "admission_id" if kind in ("BIGINT", "UBIGINT") else "admission_id::BIGINT"
    assert made("lab", "admission_id", kind) == f"{key} AS admission_id"
    assert made("lab", "lab_code", kind) == "lab_code::VARCHAR AS lab_code"
    assert made("lab", "value", kind) == "value::DOUBLE AS value"
    assert made("hospital", "hospital_id", kind) == "hospital_id::VARCHAR AS hospital_id"
    assert made("lab", "collected_at", kind) is None
    assert made("patient", "birth_date", kind) is None


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("patient", "patient_id"),
        ("admission", "admission_id"),
        ("admission", "patient_id"),
        ("medication", "admission_id"),
    ],
)
def test_words_for_nothing_are_no_key_where_keys_are_looked_at(table: str, column: str) -> None:
    said = made(table, column, "VARCHAR") or ""
    assert said.startswith("CASE WHEN lower(trim(")
    assert "'null'" in said
    assert "'null'" not in (made("lab", "admission_id", "VARCHAR") or "")
    assert "'null'" not in (made(table, "hospital_id", "VARCHAR") or "")


@pytest.mark.parametrize("kind", ["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"])
def test_clocks_become_moments_and_days(kind: str) -> None:
    assert made("lab", "collected_at", kind) == "collected_at::TIMESTAMP AS collected_at"
    assert made("patient", "birth_date", kind) == "birth_date::DATE AS birth_date"
    assert made("lab", "value", kind) is None


@pytest.mark.parametrize(
    ("table", "column", "kind", "expression"),
    [
        ("lab", "collected_at", "TIMESTAMP", "collected_at AS collected_at"),
        ("lab", "collected_at", "DATE", "collected_at::TIMESTAMP AS collected_at"),
        ("lab", "collected_at", "VARCHAR", None),
        ("patient", "birth_date", "DATE", "birth_date AS birth_date"),
        ("patient", "birth_date", "TIMESTAMP", "birth_date::DATE AS birth_date"),
        ("lab", "value", "DOUBLE", "CASE WHEN NOT isnan(value) THEN value END AS value"),
        (
            "lab",
            "value",
            "FLOAT",
            "CASE WHEN NOT isnan(value) THEN value::VARCHAR::DOUBLE END AS value",
        ),
        ("lab", "value", "DECIMAL(18,3)", "value::DOUBLE AS value"),
        ("lab", "value", "VARCHAR", None),
        ("lab", "lab_code", "ENUM('a', 'b')", "lab_code::VARCHAR AS lab_code"),
        ("lab", "lab_code", "FLOAT", None),
        ("lab", "unit", '"NULL"', "NULL::VARCHAR AS unit"),
        ("lab", "unit", None, None),  # required
        ("lab", "resulted_at", None, "NULL::TIMESTAMP AS resulted_at"),
        ("lab", "admission_id", "VARCHAR", "admission_id AS admission_id"),
        ("lab", "admission_id", "DOUBLE", None),
        ("lab", "admission_id", "DECIMAL(18,0)", "admission_id::BIGINT AS admission_id"),
        ("lab", "admission_id", "DECIMAL(18,2)", None),
        ("lab", "admission_id", "UUID", "admission_id::VARCHAR AS admission_id"),
        ("lab", "lab_code", "DECIMAL(9,0)", "lab_code::VARCHAR AS lab_code"),
        ("finding", "present", "BOOLEAN", "present AS present"),
        ("finding", "present", "INTEGER", None),
    ],
)
def test_what_becomes_of_a_column(
    table: str, column: str, kind: str | None, expression: str | None
) -> None:
    assert made(table, column, kind) == expression


def whole(**changes: str | None) -> dict[str, str]:
    """The types of a lab table that is right, with changes."""
    types = {column.name: contract.SQL_TYPE[column.kind] for column in LAB.columns}
    kept = {**types, **changes}
    return {name: kind for name, kind in kept.items() if kind is not None}


def test_a_select_has_the_columns_of_the_table_in_order() -> None:
    text = canonical.select("prepared.x", whole(), LAB, "lab.sql")
    names = [line.split(" AS ")[-1].strip(",") for line in text.splitlines()[1:-1]]
    assert names == list(LAB.names)
    assert text.endswith("FROM prepared.x")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "VARCHAR"}, r"lab\.sql: gives unknown column colour\. lab has: hospital_id"),
        ({"admission_id": None}, "admission_id is required, and not given. Add it"),
        ({"value": "VARCHAR"}, "value is VARCHAR, must be DOUBLE. Cast it"),
    ],
)
def test_a_select_that_cannot_be_used(changes: dict[str, str | None], said: str) -> None:
    with pytest.raises(ExtractError, match=said):
        canonical.select("x", whole(**changes), LAB, "lab.sql")
    assert canonical.unknown(whole(Colour="VARCHAR", UNIT="VARCHAR"), LAB) == ["Colour"]


def test_an_absent_table_has_the_keys_of_the_others() -> None:
    text = canonical.absent(LAB, {"admission_id": "VARCHAR", "patient_id": "BIGINT"})
    assert "NULL::VARCHAR AS admission_id" in text
    assert "NULL::DOUBLE AS value" in text
    assert text.endswith("WHERE FALSE")
    assert "NULL::DOUBLE AS value" in canonical.absent(LAB, {"value": "VARCHAR"})


def accepted() -> dict[tuple[str, str], list[str]]:
    """(table, column) -> the words that its suite accepts."""
    found = {}
    for path in sorted(resources.expectations_folder().glob("*.json")):
        for item in json.loads(path.read_text(encoding="utf-8"))["expectations"]:
            if item["meta"]["id"].endswith("_accepted") and "value_set" in item["kwargs"]:
                found[path.stem, item["kwargs"]["column"]] = item["kwargs"]["value_set"]
    return found


def test_a_layout_is_asked_for_the_words_that_the_gate_accepts() -> None:
    asked = {(one.table, one.what): one.understood for one in layout_check.QUESTIONS}
    for (table, column), words in accepted().items():
        if column != "vocabulary":
            listed = ", ".join(f"'{word}'" for word in words)
            assert asked[table, column] == f"{column} IN ({listed})"


def test_a_layout_is_asked_for_every_code_and_unit() -> None:
    asked = {(one.table, one.what) for one in layout_check.QUESTIONS}
    assert asked >= {
        ("diagnosis", "code in a condition list"),
        ("lab", "code of an analyte"),
        ("lab", "unit of a known analyte"),
        ("vital", "vital_code"),
        ("vital", "unit of the vital sign"),
        ("medication", "product in a drug list"),
        ("medication", "route"),
        ("medication", "status"),
        ("procedure", "procedure_code"),
        ("score", "score_code"),
    }
