"""The stages of a database alone: keys of one type everywhere, and what a SELECT's error says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig import contract
from ehrivig.database import Database, Query
from ehrivig.errors import ExtractError, OutOfReach, UnreadableValue
from ehrivig.extract import stages
from ehrivig.extract.layouts import SourceColumn
from ehrivig.extract.source_view import View

KEYS = ("admission_id", "patient_id")


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(threads=1) as found:
        for schema in ("mapped", "source"):
            found.execute(f"CREATE SCHEMA {schema}")
        yield found


def mapped(db: Database, kinds: dict[str, str], rows: tuple[str, ...] = ()) -> None:
    """Every canonical table with its keys: BIGINT, but of some tables another type; empty but some.

    A row has the key 7.
    """
    for table in contract.TABLES:
        kind = kinds.get(table.name, "BIGINT")
        cells = [
            f"CAST({'7' if table.name in rows else 'NULL'} AS {kind}) AS {name}"
            for name in KEYS
            if name in table.names
        ]
        db.view(f"mapped.{table.name}", f"SELECT {', '.join([*cells, '1 AS more'])}")


def types(db: Database, table: str) -> str:
    """The type of the key that every table has: of admissions, of patients their own."""
    kinds = db.columns(f"mapped.{table}")
    return kinds["admission_id"] if "admission_id" in kinds else kinds["patient_id"]


@pytest.mark.parametrize(
    ("kinds", "rows", "found"),
    [
        ({}, ("lab",), "BIGINT"),
        ({"lab": "INTEGER"}, ("lab",), "BIGINT"),
        ({"lab": "VARCHAR"}, (), "BIGINT"),  # nobody has the key there
        ({"admission": "VARCHAR"}, ("admission",), "VARCHAR"),
        ({"vital": "UBIGINT"}, ("lab", "admission"), "UBIGINT"),  # too large for the others
        ({"admission": "VARCHAR", "vital": "UBIGINT"}, ("admission",), "VARCHAR"),
    ],
)
def test_a_key_has_one_type_in_every_table(
    db: Database, kinds: dict[str, str], rows: tuple[str, ...], found: str
) -> None:
    mapped(db, kinds, rows)
    stages._same_keys(db, ("H",))
    assert {types(db, table) for table in ("admission", "lab", "vital")} == {found}
    of_patients = "VARCHAR" if found == "VARCHAR" else "BIGINT"
    assert types(db, "patient") == of_patients
    for table in rows:
        (row,) = db.rows(f"SELECT * FROM mapped.{table}")
        assert {str(value) for value in row} == {"7", "1"}


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        ({"lab": "VARCHAR"}, ("lab",)),
        ({"admission": "VARCHAR"}, ("lab",)),
    ],
)
def test_a_key_that_is_text_here_and_a_number_there_is_refused(
    db: Database, kinds: dict[str, str], rows: tuple[str, ...]
) -> None:
    mapped(db, kinds, rows)
    with pytest.raises(ExtractError, match=r"lab: hospital H: admission_id is \w+, but in"):
        stages._same_keys(db, ("H",))


@pytest.mark.parametrize(
    ("kind", "refused"), [("VARCHAR", True), ("INTEGER", False), ("BIGINT", False)]
)
def test_a_draft_whose_key_is_text_is_refused(db: Database, kind: str, refused: bool) -> None:
    mapped(db, {})
    text = f"SELECT CAST(7 AS {kind}) AS admission_id, 'x' AS code"
    if not refused:
        stages.refuse_mixed_keys(db, contract.BY_NAME["lab"], text)
        return
    with pytest.raises(ExtractError, match="lab: all hospitals: admission_id is VARCHAR"):
        stages.refuse_mixed_keys(db, contract.BY_NAME["lab"], text)
    nobody = text.replace("CAST(7", "CAST(NULL")
    stages.refuse_mixed_keys(db, contract.BY_NAME["lab"], nobody)


def test_only_ids_say_which_types_ids_have_elsewhere(db: Database) -> None:
    db.view("source.lab", "SELECT 'H' AS hospital_id, 7::UINTEGER AS Admission_ID, 1.5 AS value")
    columns = tuple(
        SourceColumn(name, kind, True)  # type: ignore[arg-type]
        for name, kind in (("hospital_id", "key"), ("admission_id", "key"), ("value", "number"))
    )
    view = View("lab", ("H",), Path(), (), columns, None, True)
    assert stages._keys_of(db, view) == {"admission_id": "UINTEGER"}
    assert stages._keys_of(db, View("lab", ("H",), Path(), (), (), None, True)) == {}


def failing(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return SimpleNamespace(table=fail, view=fail)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("first line\nsecond line"), "layout: lab: first line. Mend that SELECT."),
        (ValueError("a" * 300), f"layout: lab: {'a' * 300}. Mend that SELECT."),
        (ValueError("a" * 301), f"layout: lab: {'a' * 300}.... Mend that SELECT."),
        (OutOfReach("reads x"), "layout: lab: reads x. A layout reads source.<table> and nothing"),
        (UnreadableValue("no number"), "layout: lab: no number (perhaps a cast that some value"),
        (ExtractError("its own words"), "its own words"),
    ],
)
@pytest.mark.parametrize("keep", [True, False])
def test_what_is_wrong_with_a_select_is_told_by_its_name(
    error: Exception, said: str, keep: bool
) -> None:
    query = Query("lab", "SELECT 1", frozenset())
    with pytest.raises(ExtractError) as told:
        stages.guarded(failing(error), query, "prepared.x", {}, keep=keep)
    assert str(told.value).startswith(said)
