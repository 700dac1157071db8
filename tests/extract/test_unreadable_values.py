"""No message and no exception quotes a value that SQL refuses: it names column or SELECT."""

from __future__ import annotations

import traceback
from datetime import date, time
from pathlib import Path

import duckdb
import polars as pl
import pytest
from extracts import opened, study
from fuzz.base import short_study
from test_extract import DRAWN, VITALS, hive

from ehrivig import extract
from ehrivig import study as studies
from ehrivig.database import Database, user_error
from ehrivig.errors import ExtractError, UnreadableValue
from ehrivig.extract import layout_check
from ehrivig.runs import batch

SECRET = "Kowalski"


def layout(folder: Path, old: str = "", new: str = "") -> Path:
    """A layout of one's own that reads the tables as they are drawn, with a change in vitals."""
    folder.mkdir()
    for table in ("patient", "admission", "vital"):
        columns = ", ".join(["hospital_id", *DRAWN[table][0]])
        text = f"SELECT {columns} FROM source.{table}"
        (folder / f"{table}.sql").write_text(text.replace(old, new) if table == "vital" else text)
    return folder


REFUSED = {
    "SELECT '{}'::BIGINT": "a value is no INT64",
    "SELECT '{}'::TIMESTAMP": "a value cannot be read",
    "SELECT strptime('{}', '%Y')": "a value cannot be read",
    "SELECT json_extract('{{{}', '$.a')": "a value cannot be read",
    "SELECT 9223372036854775807::BIGINT + length('{}')": "a value is out of range",
    "SELECT (18446744073709551615::UBIGINT + length('{}'))::BIGINT": "a value is out of range",
    "SELECT 18446744073709551615::UBIGINT::BIGINT -- {}": "a value is out of range",
    "SELECT strptime('{} file', '%Y')": "a value cannot be read",
    "SELECT error('parquet file of {}')": "a value cannot be read",
    "SELECT 'cast to MEIER {}'::BIGINT": "a value is no INT64",
    "SELECT regexp_replace('a', '(' || '{}', '')": "a value cannot be read",
    "SELECT printf('%d', '{}')": "a value cannot be read",
    "SELECT format('{}' || chr(123), 1)": "a value cannot be read",
    "SELECT now() AT TIME ZONE v FROM (VALUES ('{}')) AS t (v)": "a value cannot be read",
    "SELECT (SELECT v FROM (VALUES ('{}'), ('')) AS t (v))": (
        "a subquery gives several rows where one value is asked for"
    ),
}


@pytest.mark.parametrize("sql", list(REFUSED))
def test_the_database_tells_the_type_and_not_the_value(sql: str) -> None:
    with Database() as db, pytest.raises(UnreadableValue) as caught:
        db.rows(sql.format(SECRET))
    assert str(caught.value) == REFUSED[sql]
    assert caught.value.exit_code == 4
    told = "".join(traceback.format_exception(caught.value))
    assert "Conversion Error" not in told
    assert "18446744073709551615 " not in told


def test_another_engine_is_told_nothing_of_a_value() -> None:
    """A suite that does not fit its table is named by whoever measures it."""
    with pytest.raises(duckdb.Error) as caught:
        duckdb.sql(f"SELECT '{SECRET}'::BIGINT").fetchall()
    assert user_error(caught.value) is None


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("value,", f"CAST('{SECRET}' || admission_id AS DOUBLE) AS value,", "value"),
        ("unit,", f"strptime('{SECRET}' || unit, '%Y')::VARCHAR AS unit,", "unit"),
        ("unit,", f"strptime('{SECRET} file' || unit, '%Y')::VARCHAR AS unit,", "unit"),
        ("unit,", f"printf('%d', '{SECRET}' || unit) AS unit,", "unit"),
    ],
)
def test_a_layout_whose_cast_fails_late_names_the_column(
    tmp_path: Path, old: str, new: str, column: str
) -> None:
    folder = hive(tmp_path / "x")
    plan = studies.load(short_study(tmp_path / "study.toml"))
    section = {"layout": str(layout(tmp_path / "own", old, new)), "timezone": None}
    plan = plan.model_copy(update={"extract": plan.extract.model_copy(update=section)})
    source = extract.inspect(folder, plan)
    with pytest.raises(ExtractError) as caught:
        batch.process(source, ("A",), plan, tmp_path / "out", threads=1)
    assert str(caught.value).startswith(f"vital: hospital A: column {column}: a value ")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "told",
    ["strptime('{}' || unit || ' file', '%Y')::VARCHAR", "regexp_replace('{}', '(' || unit, '')"],
)
def test_the_report_of_a_layout_whose_function_refuses_a_value_names_the_column(
    tmp_path: Path, told: str
) -> None:
    own = layout(tmp_path / "own", "unit,", f"{told.format(SECRET)} AS unit,")
    with pytest.raises(ExtractError) as caught:
        layout_check.check(own, hive(tmp_path / "x"))
    assert str(caught.value).startswith("vital: all hospitals: column unit: a value cannot be read")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("told", ["strptime(unit || ' file', '%Y')::VARCHAR", "printf('%d', unit)"])
def test_a_view_of_a_duckdb_file_that_refuses_a_value_names_the_column(
    tmp_path: Path, told: str
) -> None:
    folder, file = hive(tmp_path / "x"), tmp_path / "w.duckdb"
    with duckdb.connect(str(file)) as made:
        for table in (path.name for path in folder.iterdir() if path.is_dir()):
            rows = f"read_parquet('{folder}/{table}/*/*.parquet', hive_partitioning = true)"
            made.execute(f"CREATE TABLE {table} AS SELECT * FROM {rows}")
        made.execute("ALTER TABLE vital RENAME TO measured")
        replaced = f"* REPLACE ({told} AS unit)"
        made.execute(f"CREATE VIEW vital AS SELECT {replaced} FROM measured")
    plan = studies.load(short_study(tmp_path / "study.toml"))
    source = extract.inspect(file, plan)
    with pytest.raises(ExtractError) as caught:
        batch.process(source, ("A",), plan, tmp_path / "out", threads=1)
    assert str(caught.value).startswith("vital: hospital A: column unit: a value cannot be read")
    assert str(VITALS[0]["unit"]) not in str(caught.value)


def test_a_message_of_a_file_tells_a_path_and_nothing_else_that_it_quotes(tmp_path: Path) -> None:
    file = tmp_path / "lab.parquet"
    file.write_bytes(b"PAR1 Kowalski PAR1")
    with Database(within=[tmp_path]) as db, pytest.raises(ExtractError) as caught:
        db.rows(f'SELECT error(\'file "{SECRET}" in "{file}"\')')
    told = f"extract: {tmp_path.name}/lab.parquet cannot be read. Replace the file and run again."
    assert str(caught.value).endswith(told.removeprefix("extract: "))
    assert SECRET not in str(caught.value)


def test_a_preparation_whose_cast_fails_names_itself(tmp_path: Path) -> None:
    folder = layout(tmp_path / "own")
    (folder / "prepare").mkdir()
    text = f"SELECT CAST('{SECRET}' || patient_id AS BIGINT) AS a FROM source.patient"
    (folder / "prepare" / "people.sql").write_text(text)
    with pytest.raises(ExtractError) as caught:
        opened(hive(tmp_path / "x"), study(layout=str(folder))).__enter__()
    assert str(caught.value) == (
        "layout: own/prepare/people.sql: a value is no INT64 (perhaps a cast that some value "
        "refuses; TRY_CAST gives null). Mend that SELECT."
    )
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_times_of_day_are_added_to_days_in_a_layout(tmp_path: Path) -> None:
    """Polars writes times of day in nanoseconds, which DuckDB adds to no day."""
    folder = hive(tmp_path / "x")
    path = folder / "vital" / "hospital_id=A" / "part.parquet"
    frame = pl.DataFrame([{**row, "day": date(2020, 3, 1), "clock": time(9)} for row in VITALS])
    frame.drop("measured_at").write_parquet(path)
    own = layout(tmp_path / "own", "measured_at", "day + clock AS measured_at")
    with opened(folder, study(layout=str(own))) as db:
        found = db.rows("SELECT DISTINCT measured_at FROM mapped.vital")
    assert found == [(VITALS[0]["measured_at"],)]


def test_bytes_of_a_layout_are_text_where_they_are_utf_8(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    path = folder / "vital" / "hospital_id=A" / "part.parquet"
    frame = pl.DataFrame(VITALS).with_columns(unit=pl.lit("静").cast(pl.Binary))
    frame.write_parquet(path)
    own = layout(tmp_path / "own", "unit", "unit::VARCHAR AS unit")
    with opened(folder, study(layout=str(own))) as db:
        assert db.rows("SELECT DISTINCT unit FROM mapped.vital") == [("静",)]
