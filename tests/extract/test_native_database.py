"""A native extract in a DuckDB file: `layout check`, `check` and the folder say the same of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import EhrivigError
from ehrivig.extract import layout_check
from ehrivig.study import load

CHANGES: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "without a table": ("DROP TABLE score",),
    "without a column": ("ALTER TABLE lab DROP COLUMN unit",),
    "without a column that must be there": ("ALTER TABLE admission DROP COLUMN admission_id",),
    "words among numbers": ("ALTER TABLE lab ALTER value TYPE VARCHAR USING 'high'",),
    "another type of ids": ("ALTER TABLE patient ALTER patient_id TYPE VARCHAR",),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("native") / "extract"
    write_demo(found, patients=60, hospitals=1)
    return found


@pytest.fixture
def database(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """The same tables in one file, with some statements run on it."""

    def made(*statements: str) -> Path:
        path = tmp_path / "x.duckdb"
        with duckdb.connect(str(path)) as db:
            for table in sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] != "_"):
                files = f"read_parquet('{table}/*/*.parquet', hive_partitioning = true)"
                db.execute(f"CREATE TABLE {table.name} AS SELECT * FROM {files}")
            for statement in statements:
                db.execute(statement)
        return path

    return made


def test_layout_check_says_of_the_file_what_it_says_of_the_folder(
    folder: Path, database: Callable[..., Path]
) -> None:
    plan = load("ivig_covid19")
    said = [str(layout_check.check(Path("native"), one, plan)) for one in (folder, database())]
    assert said[0] == said[1]


def test_a_key_of_two_types_cannot_be_used(database: Callable[..., Path]) -> None:
    made = database(*CHANGES["another type of ids"])
    report = layout_check.check(Path("native"), made, load("ivig_covid19"))
    (patient,) = [table for table in report.tables if not table.usable]
    assert str(patient.problem).startswith("patient: all hospitals: patient_id is VARCHAR, but")


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_check_uses_what_layout_check_calls_usable(
    name: str, database: Callable[..., Path], tmp_path: Path
) -> None:
    plan, extract = load("ivig_covid19"), database(*CHANGES[name])
    try:
        usable = layout_check.check(Path("native"), extract, plan).usable
    except EhrivigError as error:
        usable = error.exit_code != 4
    try:
        with quick_pages():
            code = pipeline.check(plan, extract, tmp_path / "out").exit_code
    except EhrivigError as error:
        code = error.exit_code
    assert code in (0, 3, 4)
    assert (code != 4) == usable
