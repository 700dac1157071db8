"""Where the tables of an extract may lie: schemas, folders of hospitals, a DuckDB file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import opened, study
from test_delimited import as_csv, extract_text
from test_extract import DRAWN, hive, shared
from test_parts import labs, said

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.extract import layout_check, text_copies


def test_a_folder_around_tables_is_a_schema(tmp_path: Path) -> None:
    folder = shared(tmp_path / "x")
    wanted = labs(folder)
    for name, tables in {"hosp": ("admission", "lab"), "icu": ("icu_stay", "vital")}.items():
        for table in (one for one in tables if (folder / f"{one}.parquet").exists()):
            (folder / name).mkdir(exist_ok=True)
            shutil.move(folder / f"{table}.parquet", folder / name)
    assert labs(folder) == wanted
    assert labs(as_csv(folder)) == wanted
    (folder / "icu").mkdir(exist_ok=True)
    shutil.copy(folder / "hosp" / "lab.csv", folder / "icu" / "lab.csv")
    assert said(folder).startswith("lab: given twice in the extract, as hosp/lab.csv and icu/lab")


def test_the_folder_of_a_hospital_may_lie_around_its_tables(tmp_path: Path) -> None:
    wanted = labs(hive(tmp_path / "x"))
    folder = tmp_path / "y"
    for hospital in "AB":
        for table in DRAWN:
            to = folder / f"hospital_id={hospital}"
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(tmp_path / f"x/{table}/hospital_id=A/part.parquet", to / f"{table}.parquet")
    source = extract.inspect(folder, study())
    assert source.hospitals == ("A", "B")
    assert labs(folder) == wanted
    one = folder / "hospital_id=B" / "lab.parquet"
    one.with_suffix(".csv").write_text(extract_text(one))
    assert said(folder).startswith("lab: given twice in the extract, as hospital_id=B/lab.csv and")
    one.unlink()
    assert labs(folder) == wanted  # one hospital sends text, the other Parquet
    with opened(folder, study(), "B") as db:
        assert db.rows("SELECT count(*) FROM resolved.lab") == [(wanted,)]


def database(folder: Path, path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as db:
        for file in sorted(folder.glob("*.parquet")):
            db.execute(f"CREATE TABLE {file.stem} AS FROM read_parquet('{file}')")
        for statement in statements:
            db.execute(statement)
    return path


def test_a_duckdb_file_that_lies_in_the_folder_is_the_extract(tmp_path: Path) -> None:
    folder = shared(tmp_path / "x")
    (tmp_path / "y").mkdir()
    path = database(folder, tmp_path / "y" / "dump.duckdb")
    (tmp_path / "y" / "README.md").write_text("From the warehouse.")
    (tmp_path / "y" / "extract.json").write_text('{"synthetic": true}')
    alone, lying = (extract.inspect(one, study()) for one in (path, tmp_path / "y"))
    assert (lying.root, lying.hospitals, lying.tables) == (path, alone.hospitals, alone.tables)
    assert (alone.synthetic, lying.synthetic) == (False, True)
    assert labs(tmp_path / "y") == labs(folder)
    said_of = [str(layout_check.check("native", one)) for one in (path, tmp_path / "y")]
    assert said_of[0] == said_of[1]
    shutil.copy(folder / "lab.parquet", tmp_path / "y")
    assert said(tmp_path / "y").startswith(
        "extract: dump.duckdb is a DuckDB file and lies beside lab.parquet. Give the file itself "
        "(--extract y/dump.duckdb), or begin its name with _"
    )
    (tmp_path / "y" / "_old.duckdb").touch()
    (tmp_path / "y" / "lab.parquet").unlink()
    assert labs(tmp_path / "y") == labs(folder)


def test_two_tables_of_one_name_in_two_schemas_are_refused(tmp_path: Path) -> None:
    folder = shared(tmp_path / "x")
    again = ("CREATE SCHEMA staging", "CREATE TABLE staging.lab AS FROM main.lab")
    path = database(folder, tmp_path / "x.duckdb", *again)
    assert said(path) == (
        "lab: given twice in x.duckdb, as main.lab and staging.lab. Drop or rename one."
    )
    other = (again[0], "CREATE TABLE staging.notes AS FROM main.lab", "DROP TABLE main.lab")
    moved = (*other, "ALTER TABLE staging.notes RENAME TO lab")
    assert labs(database(folder, tmp_path / "y.duckdb", *moved)) == labs(folder)


def test_what_is_not_yet_in_a_duckdb_file_is_asked_for(tmp_path: Path) -> None:
    path = database(shared(tmp_path / "x"), tmp_path / "x.duckdb")
    path.with_name("x.duckdb.wal").write_bytes(b"not written yet")
    assert said(path).startswith("extract: x.duckdb lacks what x.duckdb.wal holds: it is open, or")


OWN = {
    "patient": "SELECT 'A' AS hospital_id, id AS patient_id, sex FROM source.people",
    "admission": """
        SELECT 'A' AS hospital_id, stay AS admission_id, id AS patient_id,
            strptime(came, '%d.%m.%Y %H:%M') AS admitted_at,
            strptime(went, '%d.%m.%Y %H:%M') AS discharged_at, 'alive' AS discharge_status
        FROM source."stays" AS s""",
}


def test_a_layout_of_ones_own_casts_and_declares(tmp_path: Path) -> None:
    layout, folder = tmp_path / "own", tmp_path / "x"
    layout.mkdir()
    for name, text in OWN.items():
        (layout / f"{name}.sql").write_text(text)
    (layout / "layout.toml").write_text('[csv]\ndelimiter = ";"\nencoding = "windows-1252"\n')
    folder.mkdir()
    (folder / "people.csv").write_text("id;sex\n007;female\n", encoding="windows-1252")
    (folder / "stays.csv").write_text(
        "stay;id;came;went;why\n01;007;1.3.2020 8:00;9.3.2020 9:30;Grüße\n", encoding="windows-1252"
    )
    (folder / "notes.csv").write_text("a,b\n1\n")  # broken, and nobody reads it
    plan = study(layout=str(layout))
    with opened(folder, plan) as db:
        assert db.rows("SELECT * FROM mapped.admission")[0][:5] == (
            "A", "01", "007", pl.datetime(2020, 3, 1, 8).pipe(pl.select).item(),
            pl.datetime(2020, 3, 9, 9, 30).pipe(pl.select).item(),
        )  # fmt: skip
        assert set(db.columns("source.stays").values()) == {"VARCHAR"}
    (told,) = extract.inspect(folder, plan).left_out
    assert told.path == "notes.csv"
    (layout / "layout.toml").write_text("[csv]\nsep = ';'\n")
    with pytest.raises(Exception, match=r"nothing reads csv 'sep'\. Its keys are") as found:
        extract.inspect(folder, plan)
    assert found.value.exit_code == 2  # type: ignore[attr-defined]


def test_ids_of_text_are_numbers_where_all_are(tmp_path: Path) -> None:
    folder = as_csv(shared(tmp_path / "x"))
    with opened(folder, study()) as db:
        assert db.columns("mapped.lab")["admission_id"] == "BIGINT"
    path = folder / "lab.csv"
    lines = path.read_text().splitlines()
    hospital, _, *rest = lines[1].split(",")
    path.write_text("\n".join([*lines, ",".join([hospital, "0001", *rest])]) + "\n")
    with opened(folder, study()) as db:
        for table in ("lab", "admission"):
            assert db.columns(f"mapped.{table}")["admission_id"] == "VARCHAR"
        assert ("0001",) in db.rows("SELECT admission_id FROM mapped.lab")
    path.write_text("\n".join([*lines, ",".join([hospital, "1.0", *rest])]) + "\n")
    with opened(folder, study()) as db:  # as a column with missing ids is written by pandas
        assert db.columns("mapped.lab")["admission_id"] == "BIGINT"


def test_a_broken_file_of_one_hospital_is_named_by_whoever_reads_it(tmp_path: Path) -> None:
    folder = as_csv(hive(hive(tmp_path / "x"), "B"))
    path = folder / "lab/hospital_id=B/part.csv"
    path.write_text(path.read_text() + "1,2\n")
    assert extract.inspect(folder, study()).hospitals == ("A", "B")
    assert labs(folder)
    with pytest.raises(ExtractError, match=r"^lab/hospital_id=B/part\.csv: line \d+ has 2 values"):
        opened(folder, study(), "B").__enter__()


def test_a_text_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = as_csv(shared(tmp_path / "x"))
    read = text_copies.copied

    def slowly(path: Path, *rest: Any) -> None:
        read(path, *rest)
        if path.name == "lab.csv":
            path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")

    monkeypatch.setattr(text_copies, "copied", slowly)
    assert said(folder).startswith("lab.csv: changed while the run read the extract. Let the")


def test_a_file_that_is_named_like_a_database_and_is_none_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    file = folder / "dump.db"
    for content, why in (
        (b"SQLite format 3\0" + bytes(4096), "dump.db is SQLite, and no DuckDB file. Write its"),
        (b"", "dump.db is no DuckDB file. Write its tables as Parquet or CSV, or give a DuckDB"),
        (bytes(8) + b"DUCK" + b"\xff" * 4096, "dump.db is no DuckDB file that DuckDB "),
    ):
        file.write_bytes(content)
        with pytest.raises(ExtractError) as found:
            extract.inspect(folder, study())
        assert str(found.value).startswith(f"extract: {why}")
