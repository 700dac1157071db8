"""The database: checked queries, and a log that runs in a bare shell."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ehrivig import resources
from ehrivig.database import Database, Query
from ehrivig.errors import ExtractError, UsageError
from ehrivig.literals import render

FILES = sorted(resources.sql_folder().rglob("*.sql"))


@pytest.mark.parametrize(
    "path", FILES, ids=lambda p: p.relative_to(resources.sql_folder()).as_posix()
)
def test_every_sql_file_is_one_select_with_a_header(path: Path) -> None:
    Query.load(path)
    assert resources.text(path).startswith("--")


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "DROP TABLE x", "SELEC 1", ""])
def test_anything_but_one_select_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Query.parse(text, "bad")


def test_missing_parameter_is_named() -> None:
    with pytest.raises(UsageError, match="no value for hours"):
        Query.parse("SELECT $hours", "q").bind({"days": 1})


def test_log_replays_to_the_same_rows() -> None:
    values = {
        "n": 2,
        "t": datetime(2020, 1, 2, 3, 4, 5),
        "d": date(2020, 1, 1),
        "s": "it's $n",
        "l": ["a", None],
        "x": 0.1,
        "b": True,
    }
    query = "SELECT $n AS n, $t AS t, $d AS d, $s AS s, $l AS l, $x AS x, $b AS b, '$n' AS kept"
    with Database() as db:
        db.load("small", pl.DataFrame({"k": ["a", "b"], "v": [1.5, None]}))
        db.table("made", query, values)
        rows = db.rows("SELECT * FROM made, small ORDER BY k")
        script = "\n".join(db.log[:2])
    bare = duckdb.connect()
    bare.execute(script)
    assert bare.execute("SELECT * FROM made, small ORDER BY k").fetchall() == rows


def test_comments_and_strings_keep_their_dollars() -> None:
    assert render("SELECT '$a', $a -- $a\n", {"a": 1}) == "SELECT '$a', 1 -- $a\n"


def test_empty_frame_keeps_its_types_in_the_log() -> None:
    with Database() as db:
        db.load("empty", pl.DataFrame(schema={"k": pl.String, "v": pl.Float64}))
        script = db.log[0]
    bare = duckdb.connect()
    bare.execute(script)
    assert bare.execute("DESCRIBE empty").fetchall()[1][1] == "DOUBLE"


def test_truncated_parquet_is_an_extract_error(tmp_path: Path) -> None:
    path = tmp_path / "lab.parquet"
    pl.DataFrame({"a": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with Database(within=[tmp_path]) as db, pytest.raises(ExtractError) as error:
        db.parquet("lab", [path])
    assert error.value.exit_code == 4
    assert "\n" not in str(error.value)


def test_views_read_hive_keys_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "hospital_id=01"
    folder.mkdir()
    pl.DataFrame({"a": [1]}).write_parquet(folder / "part.parquet")
    with Database(within=[tmp_path]) as db:
        db.parquet("t", [folder / "part.parquet"], hive=True)
        assert db.rows("SELECT hospital_id FROM t") == [("01",)]


def test_bad_memory_limit_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Database(memory="lots")


def test_text_that_is_no_utf8_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "lab" / "hospital_id=A" / "part.parquet"
    path.parent.mkdir(parents=True)
    pl.DataFrame({"unit": ["Zebra9137~"]}).write_parquet(path, compression="uncompressed")
    path.write_bytes(path.read_bytes().replace(b"Zebra9137~", b"Zebra9137\xe9"))
    with Database(within=[tmp_path]) as db:
        db.parquet("lab", [path])
        with pytest.raises(ExtractError, match=r"lab/hospital_id=A/part\.parquet") as refused:
            db.rows("SELECT max(unit) FROM lab")
    assert "Zebra" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
