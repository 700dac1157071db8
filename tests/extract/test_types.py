"""Types of a source: shown alike where nothing is lost, else refused with both types by name.

The law: canonical tables (columns, types, rows) are those of the clean extract, in whatever type a
column is written: everywhere, in one of two parts, or at one of two hospitals read together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from extracts import opened, study
from test_extract import LABS, hive

from ehrivig import contract, extract
from ehrivig.batch import keys
from ehrivig.database import Database
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError
from ehrivig.extract import canonical as canonical_columns
from ehrivig.runs import plan as planning

PLAN = study(timezone="Asia/Shanghai")
HOSPITALS = ("A", "B")
Column = pa.ChunkedArray
Tables = dict[str, tuple[dict[str, str], list[Any]]]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hospitals of few patients; every table of a hospital in two parts."""
    folder = tmp_path_factory.mktemp("types") / "x"
    write_demo(folder, patients=50, hospitals=2, seed=7, defects="none")
    shutil.rmtree(folder / "_truth", ignore_errors=True)
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        half = table.num_rows // 2
        pq.write_table(table.slice(0, half), path.with_name("part-1.parquet"))
        pq.write_table(table.slice(half), path.with_name("part-2.parquet"))
        if path.name not in ("part-1.parquet", "part-2.parquet"):
            path.unlink()
    return folder


@pytest.fixture(scope="module")
def canonical_tables(clean: Path) -> Tables:
    return canonical(clean)


def canonical(folder: Path, hospitals: tuple[str, ...] = HOSPITALS) -> Tables:
    """Table -> types of its columns, and its rows with the ids that the hospitals write."""
    source = extract.inspect(folder, PLAN)
    found = {}
    with Database(threads=1, within=source.within) as db:
        extract.open_hospitals(db, source, hospitals, PLAN, keep=True)
        for table in contract.TABLES:
            shown = ", ".join(keys.as_read(db, table.name))
            rows = db.rows(f"SELECT {shown} FROM mapped.{table.name}")
            types = db.columns(f"SELECT {shown} FROM mapped.{table.name}")
            found[table.name] = (types, sorted(rows, key=repr))
    return found


def change(folder: Path, where: str, tables: str, column: str, to: Callable[[Column], Any]) -> None:
    """Write a column anew in the files that `where` names, keeping no hint of the old type."""
    for path in sorted(folder.glob(f"{tables}/hospital_id=*/*.parquet")):
        chosen = {"all": True, "one part": path.name == "part-2.parquet"}
        if not chosen.get(where, path.parent.name == "hospital_id=B"):
            continue
        table = pq.ParquetFile(path).read()
        if column in table.column_names:
            place = table.column_names.index(column)
            table = table.set_column(place, column, to(table.column(column)))
            pq.write_table(table, path)


def cast(kind: pa.DataType) -> Callable[[Column], Any]:
    return lambda column: pc.cast(column, kind, safe=False)


def zoned(unit: str) -> Callable[[Column], Any]:
    return lambda column: pc.assume_timezone(
        pc.cast(column, pa.timestamp(unit), safe=False), "Asia/Shanghai"
    )


def text_of(column: Column) -> Any:
    """Plain text, as people write numbers: with blanks, and '' for a missing one."""
    values = ["" if v is None else f" {v!r} " for v in column.to_pylist()]
    return pa.array(values)


def words(yes: str, no: str) -> Callable[[Column], Any]:
    said = {True: yes, False: no, None: None}
    return lambda column: pa.array([said[v] for v in column.to_pylist()], pa.string())


IDS = ("*", "admission_id")
SAME: dict[str, tuple[str, str, Callable[[Column], Any]]] = {
    "ids: int32": (*IDS, cast(pa.int32())),
    "ids: uint64": (*IDS, cast(pa.uint64())),
    "ids: decimal": (*IDS, lambda c: c.cast(pa.decimal128(19, 0)).cast(pa.decimal128(18, 0))),
    "ids: long decimal": (*IDS, cast(pa.decimal128(38, 0))),
    "ids: double": (*IDS, cast(pa.float64())),
    "text: large": ("*", "vocabulary", lambda c: cast(pa.large_string())(c.cast(pa.string()))),
    "text: view": ("lab", "lab_code", lambda c: cast(pa.string_view())(c.cast(pa.string()))),
    "text: dictionary": ("lab", "unit", lambda c: c.cast(pa.string()).dictionary_encode()),
    "text: binary": ("medication", "drug_name", lambda c: c.cast(pa.string()).cast(pa.binary())),
    "text: large binary": (
        "medication",
        "dose_unit",
        lambda c: c.cast(pa.string()).cast(pa.large_binary()),
    ),
    "number: text": ("*", "value", text_of),
    "number: decimal": ("vital", "value", cast(pa.decimal128(18, 6))),
    "number: long decimal": ("vital", "value", cast(pa.decimal128(38, 12))),
    "number: float": ("vital", "value", cast(pa.float32())),
    "time: ns": ("*", "collected_at", cast(pa.timestamp("ns"))),
    "time: ms": ("lab", "resulted_at", cast(pa.timestamp("ms"))),
    "time: zone ns": ("*", "started_at", zoned("ns")),
    "time: zone us": ("admission", "admitted_at", zoned("us")),
    "time: zone ms": ("vital", "measured_at", zoned("ms")),
    "time: text": ("lab", "collected_at", cast(pa.string())),
    "time: text with T": ("*", "started_at", lambda c: pc.strftime(c, "%Y-%m-%dT%H:%M:%S")),
    "time: text with a zone": (
        "vital",
        "measured_at",
        lambda c: pc.strftime(zoned("us")(c), "%Y-%m-%d %H:%M:%S%z"),
    ),
    "date: text": ("patient", "birth_date", cast(pa.string())),
    "date: date64": ("patient", "birth_date", cast(pa.date64())),
    "date: timestamp": ("patient", "birth_date", cast(pa.timestamp("us"))),
    "date: ns": ("patient", "birth_date", cast(pa.timestamp("ns"))),
    "flag: 0 and 1": ("*", "present_on_admission", cast(pa.int8())),
    "flag: double": ("finding", "present", cast(pa.float64())),
    "flag: words": ("*", "present", words("Yes", " no")),
    "flag: German": ("finding", "present", words("ja", "nein")),
    "flag: French": ("finding", "present", words("oui", "non")),
    "flag: Japanese": ("finding", "present", words("あり", "なし")),
    "flag: letters": ("diagnosis", "present_on_admission", words("Y", "N")),
    "flag: Chinese": ("admission", "current_smoker", words("是", "否")),
    "flag: true": ("admission", "current_smoker", words("TRUE", "False")),
}


WHERE = ("all", "one part", "one hospital")
TOGETHER: list[list[str]] = []
"""Kinds of `SAME` in groups of which no two are of the same column of a table."""


def _same_columns(one: str, other: str) -> bool:
    (here, column, _), (there, another, _) = SAME[one], SAME[other]
    return column == another and (here == there or "*" in (here, there))


for _name in SAME:
    for _group in TOGETHER:
        if not any(_same_columns(_name, other) for other in _group):
            _group.append(_name)
            break
    else:
        TOGETHER.append([_name])


@pytest.fixture(scope="module")
def changed(
    clean: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int, str], tuple[Tables, list[str]]]:
    """What is made of the extract when a group of kinds is written in one place, and the kinds by
    which a type of a file became another."""

    @cache
    def made(group: int, where: str) -> tuple[Tables, list[str]]:
        folder = shutil.copytree(clean, tmp_path_factory.mktemp("changed") / "x")
        written, before = [], _text_of_files(folder)
        for name in TOGETHER[group]:
            change(folder, where, *SAME[name])
            after = _text_of_files(folder)
            written += [name] if after != before else []
            before = after
        return canonical(folder), written

    return made


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", list(SAME))
def test_a_type_that_loses_nothing_gives_the_clean_tables(
    changed: Callable[[int, str], tuple[Tables, list[str]]],
    canonical_tables: Tables,
    name: str,
    where: str,
) -> None:
    (group,) = (number for number, names in enumerate(TOGETHER) if name in names)
    found, written = changed(group, where)
    assert name in written
    of_kind, column, _ = SAME[name]
    for table in contract.TABLES:
        if of_kind in ("*", table.name) and column in table.names:
            assert found[table.name] == canonical_tables[table.name], table.name


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("group", range(len(TOGETHER)))
def test_no_other_table_is_touched(
    changed: Callable[[int, str], tuple[Tables, list[str]]],
    canonical_tables: Tables,
    group: int,
    where: str,
) -> None:
    assert changed(group, where)[0] == canonical_tables


def _text_of_files(folder: Path) -> list[str]:
    return [str(pq.read_metadata(p).schema) for p in sorted(folder.rglob("*.parquet"))]


def test_hospitals_that_differ_in_a_width_are_read_together(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "x")
    for name in ("ids: int32", "text: large", "number: decimal", "time: ns", "flag: words"):
        change(folder, "one hospital", *SAME[name])
    source = extract.inspect(folder, PLAN)
    rows = dict.fromkeys(HOSPITALS, 1)
    assert planning._alike(source, HOSPITALS, rows, 10) == [HOSPITALS]
    change(folder, "one hospital", *IDS, lambda c: c.cast(pa.int64()).cast(pa.string()))
    assert planning._alike(source, HOSPITALS, rows, 10) == [("A",), ("B",)]


BIG = 2**63


def test_unsigned_ids_beyond_signed_ones_stay_themselves(clean: Path, tmp_path: Path) -> None:
    """Ids as a hash gives them: of 64 bits without a sign."""
    folder = shutil.copytree(clean, tmp_path / "x")

    def beyond(column: Column) -> Any:
        values = [v if v is None or v % 2 else BIG + v for v in column.to_pylist()]
        return pa.array(values, pa.uint64())

    change(folder, "one hospital", *IDS, beyond)
    found = canonical(folder, ("B",))
    wanted = canonical(clean, ("B",))
    for table in contract.TABLES:
        (types, rows), (_, plain) = found[table.name], wanted[table.name]
        if "admission_id" not in types:
            continue
        assert types["admission_id"] == "UBIGINT"  # also where all of a table would do without
        place = list(types).index("admission_id")
        back = [(*r[:place], r[place] % BIG, *r[place + 1 :]) for r in rows]
        assert sorted(back, key=repr) == plain
    source = extract.inspect(folder, PLAN)
    rows_of = dict.fromkeys(HOSPITALS, 1)
    assert planning._alike(source, HOSPITALS, rows_of, 10) == [("A",), ("B",)]


EMPTIED = (
    *(("lab", "resulted_at"), ("lab", "value"), ("lab", "unit"), ("finding", "present")),
    *(("patient", "birth_date"), ("patient", "person_id"), ("medication", "admission_id")),
)


@pytest.fixture(scope="module")
def emptied(
    clean: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, pa.DataType | None], Tables]:
    """What is made of the extract when some columns have no value in one place, and are of a type,
    or of their own."""

    @cache
    def made(where: str, kind: pa.DataType | None) -> Tables:
        folder = shutil.copytree(clean, tmp_path_factory.mktemp("emptied") / "x")
        for table, column in EMPTIED:
            own = pq.read_schema(next((clean / table).rglob("*.parquet"))).field(column).type
            change(folder, where, table, column, lambda c, k=kind or own: pa.nulls(len(c), k))
        return _without_ids_of(canonical(folder))

    return made


@pytest.mark.parametrize("kind", [pa.null(), pa.int32(), pa.string()])
@pytest.mark.parametrize("where", WHERE)
def test_a_column_without_a_value_has_no_type(
    emptied: Callable[[str, pa.DataType | None], Tables], kind: pa.DataType, where: str
) -> None:
    """DuckDB writes such a column as INTEGER, pandas as null or text."""
    assert emptied(where, kind) == emptied(where, None)


def _without_ids_of(found: Tables) -> Tables:
    """Without the type of an id that no row has."""
    return {
        name: ({c: k for c, k in types.items() if c != "person_id"}, rows)
        for name, (types, rows) in found.items()
    }


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("UBIGINT", "UBIGINT"), ("BIGINT", "BIGINT"), ("UUID", "VARCHAR"), ("ENUM('a')", "VARCHAR")],
)
def test_keys_that_are_made_have_the_type_of_the_others(kind: str, wanted: str) -> None:
    table = contract.BY_NAME["medication"]
    types = {c.name: contract.SQL_TYPE[c.kind] for c in table.columns} | {"medication_id": kind}
    columns = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in types.items())
    with Database() as db:
        db.table("drawn", f"SELECT {columns}")
        text = canonical_columns.select("drawn", db.columns("drawn"), table, "medication.sql")
        assert db.columns(f"{text}")["medication_id"] == wanted
        assert db.rows(f"SELECT medication_id IS NOT NULL FROM ({text})") == [(True,)]


def test_a_table_that_a_hospital_does_not_send_is_one_without_rows(
    clean: Path, tmp_path: Path
) -> None:
    """Whatever type the ids of the empty one have."""
    without, empty = (shutil.copytree(clean, tmp_path / name) for name in "xy")
    for number, table in enumerate(("finding", "score", "procedure", "icu_stay")):
        shutil.rmtree(without / table / "hospital_id=B")
        kind = (pa.string(), pa.null(), pa.int64(), pa.bool_())[number]
        change(empty, "one hospital", table, "admission_id", lambda c, k=kind: pa.nulls(len(c), k))
        for path in (empty / table / "hospital_id=B").iterdir():
            pq.write_table(pq.ParquetFile(path).read().slice(0, 0), path)
    assert canonical(without) == canonical(empty)
    assert canonical(without, ("B",)) == canonical(empty, ("B",))


def test_a_database_of_other_types_has_the_clean_tables(
    clean: Path, canonical_tables: Tables, tmp_path: Path
) -> None:
    """HUGEINT ids, decimals, 0 and 1, text as bytes, moments in ns, in one DuckDB file."""
    other = {
        "BIGINT": "HUGEINT",
        "DOUBLE": "DECIMAL(18, 4)",
        "BOOLEAN": "TINYINT",
        "VARCHAR": "BLOB USING encode({})",
        "TIMESTAMP": "TIMESTAMP_NS",
    }
    with Database(within=[tmp_path, clean]) as db:
        db.execute(f"ATTACH '{tmp_path / 'x.duckdb'}' AS made")
        for table in sorted(p.name for p in clean.iterdir() if p.is_dir()):
            db.parquet("rows_of", sorted((clean / table).rglob("*.parquet")), hive=True)
            db.execute(f"CREATE TABLE made.{table} AS SELECT * FROM rows_of")
            for name, kind in db.columns(f"made.{table}").items():
                if kind in other and name != "hospital_id":
                    to = other[kind].format(name)
                    db.execute(f"ALTER TABLE made.{table} ALTER {name} TYPE {to}")
        db.execute("DETACH made")
    assert canonical(tmp_path / "x.duckdb") == canonical_tables
    assert canonical(tmp_path / "x.duckdb", ("B",)) == canonical(clean, ("B",))


REFUSED: dict[str, tuple[str, str, Callable[[Column], Any], str]] = {
    "decimal comma": (
        "lab",
        "value",
        lambda c: pa.array(
            [None if v is None else f"{v}".replace(".", ",") for v in c.to_pylist()]
        ),
        "column value is text in part-2.parquet and DOUBLE in part-1.parquet, and ",
    ),
    "words among numbers": (
        "lab",
        "value",
        lambda c: pa.array(["high"] * len(c)),
        "values are not numbers (digits with a decimal point). Mend these or leave them empty",
    ),
    "full width": ("vital", "value", lambda c: pa.array(["３６"] * len(c)), "are not numbers"),
    "infinity": ("vital", "value", lambda c: pa.array(["inf"] * len(c)), "are not numbers"),
    "time as text, the day first": (
        "lab",
        "collected_at",
        lambda c: pc.strftime(c, "%d.%m.%Y %H:%M"),
        "column collected_at is text in part-2.parquet and TIMESTAMP in part-1.parquet, and ",
    ),
    "flag 2": (
        "diagnosis",
        "present_on_admission",
        lambda c: pa.array([2] * len(c)),
        "values are not 0 or 1.",
    ),
    "flag word": (
        "finding",
        "present",
        lambda c: pa.array(["perhaps"] * len(c)),
        "column present is text in part-2.parquet and BOOLEAN in part-1.parquet, and ",
    ),
    "ids as text": (
        "lab",
        "admission_id",
        lambda c: c.cast(pa.string()),
        "column admission_id is BIGINT in part-1.parquet and text in part-2.parquet. Write all "
        "files of a table with one type.",
    ),
    "ids between": (
        "lab",
        "admission_id",
        lambda c: pc.add(c.cast(pa.float64()), 0.5),
        "are not whole",
    ),
    "ids beyond 64 bits": (
        "lab",
        "admission_id",
        lambda c: pa.array([10**30 + v for v in c.to_pylist()], pa.decimal128(38, 0)),
        "values are not whole numbers of 64 bits",
    ),
    "ids beyond doubles": (
        "lab",
        "admission_id",
        lambda c: pc.add(c.cast(pa.float64()), 2.0**54),
        "are not whole numbers",
    ),
    "no text": ("lab", "lab_code", lambda c: pa.array([b"\xff"] * len(c)), "are not text in UTF-8"),
    "code as a fraction": (
        "lab",
        "lab_code",
        lambda c: pa.array([401.1] * len(c)),
        "not whole numbers",
    ),
    "list": ("lab", "value", lambda c: pa.array([[1.0]] * len(c)), "must be a number"),
    "list of decimals": (
        "lab",
        "value",
        lambda c: pa.array([[1]] * len(c), pa.list_(pa.decimal128(18, 3))),
        "must be a number",
    ),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_would_lose_something_is_refused_with_both_types(
    clean: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(clean, tmp_path / "x")
    table, column, to, why = REFUSED[name]
    change(folder, "one part", table, column, to)
    with pytest.raises(ExtractError) as caught:
        canonical(folder, ("B",))
    assert caught.value.exit_code == 4
    said = str(caught.value)
    assert said.startswith(f"{table}: hospital B: column {column} is ")
    assert why in said
    ids = {str(v) for v in pl.read_parquet(clean / "lab")["admission_id"].unique()}
    assert not ids & set(said.replace(",", "").split())


def test_files_of_one_name_are_told_apart_by_their_folders(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "x")
    change(folder, "one hospital", "lab", "value", lambda c: pa.array([True] * len(c)))
    with pytest.raises(
        ExtractError, match=r"BOOLEAN in lab/hospital_id=B/part-1\.parquet and DOUBLE"
    ):
        canonical(folder)
    with pytest.raises(ExtractError, match="lab: hospital B: column value is BOOLEAN, but must be"):
        canonical(folder, ("B",))
    assert canonical(folder, ("A",))


def test_numbers_as_text_are_read_by_one_rule(tmp_path: Path) -> None:
    """Digits with a decimal point, blanks around them; nothing and words of writers are missing."""
    written = ["36.6", " 36.6", "-1", "+2.", ".5", "1e-05", "1E3", "", " ", "nan", "None", None]
    rows = [{**LABS[0], "value": text} for text in written]
    with opened(hive(tmp_path / "x", lab=rows), study()) as db:
        found = [row[0] for row in db.rows("SELECT value FROM mapped.lab")]
    wanted = [36.6, 36.6, -1.0, 2.0, 0.5, 1e-05, 1000.0] + [None] * 5
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_half_floats_and_dates_for_moments(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    path = folder / "vital" / "hospital_id=A" / "part.parquet"
    table = pq.ParquetFile(path).read()
    table = table.set_column(2, "value", pa.array([36.5, 40.0, 120.0], pa.float16()))
    days = table.column("measured_at").cast(pa.date32())
    table = table.set_column(table.column_names.index("measured_at"), "measured_at", days)
    pq.write_table(table, path)
    with opened(folder, study()) as db:
        assert sorted(db.rows("SELECT value FROM mapped.vital")) == [(36.5,), (40.0,), (120.0,)]
        at_midnight = "measured_at = date_trunc('day', measured_at)"
        assert db.rows(f"SELECT count(*) FROM mapped.vital WHERE {at_midnight}") == [(3,)]


def test_a_moment_beyond_all_calendars_names_its_file(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x", lab=[{**LABS[0], "resulted_at": None}])
    path = folder / "lab" / "hospital_id=A" / "part.parquet"
    table = pq.ParquetFile(path).read()
    column = pa.array([2**62], pa.timestamp("ms"))
    pq.write_table(
        table.set_column(table.column_names.index("resulted_at"), "resulted_at", column), path
    )
    with pytest.raises(ExtractError) as caught:
        canonical(folder, ("A",))
    assert str(caught.value) == (
        "lab/hospital_id=A/part.parquet: a value cannot be read. Mend it, or leave it empty."
    )
