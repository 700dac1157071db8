"""The engine reads the extract and the run's workshop, whatever foreign SQL asks for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from extracts import study

from ehrivig import extract
from ehrivig.database import Database
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, OutOfReach, RefusedValue
from ehrivig.extract import layout_check

FORBIDDEN = {
    "csv": "SELECT * FROM read_csv('{secret}/s.csv')",
    "parquet": "SELECT * FROM '{secret}/s.parquet'",
    "text": "SELECT * FROM read_text('/etc/passwd')",
    "process": "SELECT * FROM read_blob('/proc/self/environ')",
    "list": "SELECT * FROM glob('/etc/*')",
    "up": "SELECT * FROM read_csv('{within}/../secret/s.csv')",
    "link": "SELECT * FROM read_csv('{within}/link.csv')",
    "twin": "SELECT * FROM read_csv('{within}-twin/s.csv')",
    "metadata": "SELECT * FROM parquet_metadata('{secret}/s.parquet')",
    "text of a query": "SELECT * FROM query('SELECT * FROM read_csv(''{secret}/s.csv'')')",
    "address": "SELECT * FROM read_csv('http://127.0.0.1:9/s.csv')",
    "copy": "COPY (SELECT 1) TO '{secret}/out.csv'",
    "export": "EXPORT DATABASE '{secret}/out'",
    "attach": "ATTACH '{secret}/s.duckdb' AS other",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "secret": "CREATE PERSISTENT SECRET (TYPE s3, KEY_ID 'a')",
}
SETTINGS = (
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "RESET allowed_paths",
    "SET python_enable_replacements = true",
    "SET autoinstall_known_extensions = true",
)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """A folder that may be read, and one that may not."""
    found = {name: tmp_path / name for name in ("within", "secret", "within-twin")}
    for folder in found.values():
        folder.mkdir()
        pl.DataFrame({"word": ["secret"]}).write_csv(folder / "s.csv")
        pl.DataFrame({"word": ["secret"]}).write_parquet(folder / "s.parquet")
    duckdb.connect(str(found["secret"] / "s.duckdb")).close()
    (found["within"] / "link.csv").symlink_to(found["secret"] / "s.csv")
    return found


@pytest.mark.parametrize("case", FORBIDDEN)
def test_nothing_outside_is_read_written_or_loaded(places: dict[str, Path], case: str) -> None:
    before = sorted(places["secret"].iterdir())
    with Database(within=[places["within"]]) as db:
        with pytest.raises((OutOfReach, RefusedValue, duckdb.Error)):
            db.rows(FORBIDDEN[case].format(**places))
        assert db.rows(f"SELECT word FROM read_csv('{places['within']}/s.csv')") == [("secret",)]
    assert sorted(places["secret"].iterdir()) == before


@pytest.mark.parametrize("statement", SETTINGS)
def test_no_statement_unlocks_the_engine(statement: str) -> None:
    with Database() as db, pytest.raises((RefusedValue, duckdb.Error)) as refused:
        db.execute(statement)
    said = refused.value.__context__ if isinstance(refused.value, RefusedValue) else refused.value
    assert re.search(r"locked|configuration|disabled", str(said))


def test_a_variable_of_this_process_is_no_table() -> None:
    people = pl.DataFrame({"name": ["secret"]})
    with Database() as db, pytest.raises(duckdb.CatalogException):
        db.rows("SELECT * FROM people")
    assert people.height == 1


def test_the_workshop_takes_what_is_spilled_and_written(tmp_path: Path) -> None:
    with Database(temporary=tmp_path / "spill") as db:
        db.copy("SELECT 1 AS a", tmp_path / "a.parquet")
        assert db.rows(f"SELECT a FROM '{tmp_path / 'a.parquet'}'") == [(1,)]


def _own_layout(folder: Path, lab: str) -> Path:
    shipped = Path(extract.__file__).parents[2] / "sql" / "layout" / "native"
    shutil.copytree(shipped, folder)
    (folder / "lab.sql").write_text(lab, encoding="utf-8")
    return folder


def test_a_layout_that_reads_another_file_is_named(tmp_path: Path) -> None:
    write_demo(tmp_path / "dump", patients=60, hospitals=1)
    pl.DataFrame({"word": ["zebra"]}).write_csv(tmp_path / "secret.csv")
    text = f"SELECT * FROM read_csv('{tmp_path}/secret.csv')"
    layout = _own_layout(tmp_path / "mine", text)
    report = layout_check.check(layout, tmp_path / "dump")
    (found,) = [table for table in report.tables if table.name == "lab"]
    assert found.problem == (
        f"layout: mine/lab.sql: reads '{tmp_path}/secret.csv', which is no part of the extract. "
        "A layout reads source.<table> and nothing else: mend that SELECT."
    )
    assert "zebra" not in str(report)


def test_a_view_of_a_duckdb_extract_that_reads_a_file_is_named(tmp_path: Path) -> None:
    write_demo(tmp_path / "dump", patients=60, hospitals=1)
    pl.DataFrame({"hospital_id": ["A"], "lab_code": ["zebra"]}).write_parquet(
        tmp_path / "secret.parquet"
    )
    with duckdb.connect(str(tmp_path / "w.duckdb")) as made:
        for folder in (
            path for path in (tmp_path / "dump").iterdir() if path.name[0] != "_" and path.is_dir()
        ):
            rows = f"read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
            made.execute(f"CREATE TABLE {folder.name} AS SELECT * FROM {rows}")
        made.execute("DROP TABLE lab")
        made.execute(f"CREATE VIEW lab AS SELECT * FROM '{tmp_path}/secret.parquet'")
    with pytest.raises(ExtractError) as refused:
        extract.inspect(tmp_path / "w.duckdb", study())
    assert refused.value.exit_code == 4
    assert str(refused.value) == (
        f"extract: the view lab reads '{tmp_path}/secret.parquet', which is no part of the "
        "extract. Write its rows into the DuckDB file as a table."
    )


def test_a_link_to_a_file_elsewhere_is_read_and_nothing_beside_it(tmp_path: Path) -> None:
    write_demo(tmp_path / "dump", patients=60, hospitals=1)
    (part,) = (tmp_path / "dump" / "lab").rglob("*.parquet")
    (tmp_path / "disk").mkdir()
    part.rename(tmp_path / "disk" / "lab.parquet")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "disk" / "other.parquet")
    part.symlink_to(tmp_path / "disk" / "lab.parquet")
    plan = study()
    source = extract.inspect(tmp_path / "dump", plan)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, source.hospitals, plan)
        assert db.rows("SELECT count(*) > 0 FROM mapped.lab") == [(True,)]
        with pytest.raises(OutOfReach):
            db.rows(f"SELECT * FROM '{tmp_path / 'disk' / 'other.parquet'}'")
