"""Source views: how each column of a file is shown, and which files are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract import source_view
from ehrivig.extract.files import TableFile
from ehrivig.extract.layouts import SourceColumn
from ehrivig.extract.source_view import View

ZONED = "TIMESTAMP WITH TIME ZONE"
LOCAL = "(\"c\" AT TIME ZONE 'Asia/Shanghai')"
PLAIN = View(
    "lab", ("A",), Path(), (TableFile(Path("part.parquet"), "A"),), (), "Asia/Shanghai", False
)


def shown(kind: str, wanted: str | None, name: str = "c") -> str | None:
    """How a column of some type is first tried to be shown to a layout that wants a kind of it."""
    column = SourceColumn(name, wanted, True) if wanted else None
    return source_view._ways(PLAIN, column, f'"{name}"', kind)[0].expression


@pytest.mark.parametrize(
    ("kind", "wanted", "expression"),
    [
        ("VARCHAR", "text", None),
        ("VARCHAR", "key", None),
        ("ENUM('a', 'b')", "text", '"c"::VARCHAR'),
        ("ENUM('a', 'b')", "key", '"c"::VARCHAR'),
        ("BIGINT", "key", None),
        ("INTEGER", "key", '"c"::BIGINT'),
        ("SMALLINT", "key", '"c"::BIGINT'),
        ("UBIGINT", "key", '"c"::BIGINT'),
        ("TINYINT", "text", '"c"::VARCHAR'),
        ("HUGEINT", "number", '"c"::DOUBLE'),
        ("UTINYINT", "number", '"c"::DOUBLE'),
        ("DOUBLE", "number", None),
        ("DECIMAL(9,3)", "number", '"c"::DOUBLE'),
        ("FLOAT", "number", '"c"::VARCHAR::DOUBLE'),
        ("BOOLEAN", "flag", None),
        ("DECIMAL(18,0)", "key", '"c"::BIGINT'),
        ("DECIMAL(38,10)", "number", '"c"::VARCHAR::DOUBLE'),
        ("BLOB", "text", 'decode("c")'),
        ("UUID", "key", '"c"::VARCHAR'),
        ("INTEGER", "flag", '"c" = 1'),
        ("TIME_NS", None, '"c"::TIME'),
        ("TIMESTAMP_NS", None, '"c"::TIMESTAMP'),
        ("TIMESTAMPTZ_NS", "time", LOCAL),
        ("TIMESTAMPTZ_NS", "utc", LOCAL),
        ("TIMESTAMP", "time", None),
        ("TIMESTAMP_NS", "time", '"c"::TIMESTAMP'),
        ("TIMESTAMP_S", "time", '"c"::TIMESTAMP'),
        ("TIMESTAMP_MS", "date", '"c"::DATE'),
        ("TIMESTAMP", "date", '"c"::DATE'),
        ("DATE", "date", None),
        ("DATE", "time", '"c"::TIMESTAMP'),
        (ZONED, "time", LOCAL),
        (ZONED, "date", "(\"c\" AT TIME ZONE 'UTC')::DATE"),
        (ZONED, "utc", LOCAL),
        ("TIMESTAMP", "utc", LOCAL.replace('"c"', "(\"c\"::TIMESTAMP AT TIME ZONE 'UTC')")),
        (ZONED, None, LOCAL),
        ("VARCHAR", None, None),
    ],
)
def test_how_a_column_is_shown(kind: str, wanted: str | None, expression: str | None) -> None:
    assert shown(kind, wanted) == expression


def test_days_with_a_zone_are_of_the_hospital_unless_all_are_midnight_in_utc() -> None:
    column = SourceColumn("c", "date", True)
    midnight, local = source_view._ways(PLAIN, column, '"c"', ZONED)
    assert "<> TIME '00:00:00'" in str(midnight.doubt)
    assert (local.expression, local.doubt) == (f"{LOCAL}::DATE", None)


def test_ids_of_hospitals_are_text() -> None:
    assert shown("INTEGER", "key", "hospital_id") == '"hospital_id"::VARCHAR'


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("BOOLEAN", "number"),
        ("BOOLEAN", "key"),
        ("DATE", "number"),
        ("BIGINT", "time"),
        ("INTEGER", "date"),
        ("DECIMAL(18,3)", "text"),
        ("DATE", "flag"),
        ("BIGINT[]", "key"),
    ],
)
def test_a_type_that_cannot_be_meant(kind: str, wanted: str) -> None:
    assert source_view._ways(PLAIN, SourceColumn("c", wanted, True), '"c"', kind) == ()


def test_moments_with_a_zone_need_that_of_the_hospital() -> None:
    nowhere = replace(PLAIN, timezone=None, hospitals=())
    with pytest.raises(ExtractError, match=r"^lab: column c holds moments with a time zone"):
        source_view._ways(nowhere, None, '"c"', ZONED)


def view(folder: Path, *frames: tuple[str | None, pl.DataFrame], **changes: Any) -> View:
    """A view of files in folders of hospitals, or beside them."""
    files = []
    for number, (hospital, frame) in enumerate(frames):
        place = folder / "lab" / f"hospital_id={hospital}" if hospital else folder / "lab"
        place.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(place / f"part-{number}.parquet")
        files.append(TableFile(place / f"part-{number}.parquet", hospital))
    columns = (
        SourceColumn("hospital_id", "key", True),
        SourceColumn("admission_id", "key", True),
        SourceColumn("value", "number", True),
        SourceColumn("unit", "text", False),
    )
    return replace(
        View("lab", ("A",), folder, tuple(files), columns, "Asia/Shanghai", False), **changes
    )


def rows(made: View) -> list[tuple[Any, ...]]:
    with Database(threads=1, within=[made.root]) as db:
        db.execute("CREATE SCHEMA source")
        source_view.create(db, made)
        names = "hospital_id, admission_id, value, unit"
        return sorted(db.rows(f"SELECT {names} FROM source.lab"))


PART = pl.DataFrame({"Admission_ID": [1, 2], "value": [1.5, 2.5]})


def test_an_optional_column_that_is_not_there_is_null(tmp_path: Path) -> None:
    assert rows(view(tmp_path, ("A", PART))) == [("A", 1, 1.5, None), ("A", 2, 2.5, None)]
    small = PART.with_columns(pl.col("Admission_ID").cast(pl.Int16), unit=pl.lit("mg"))
    assert rows(view(tmp_path / "b", ("A", small)))[0] == ("A", 1, 1.5, "mg")


def test_a_file_of_several_hospitals_shows_the_rows_of_one(tmp_path: Path) -> None:
    both = pl.concat([PART.with_columns(hospital_id=pl.lit(h)) for h in "AB"])
    assert rows(view(tmp_path, (None, both), only_hospital=True)) == [
        ("A", 1, 1.5, None),
        ("A", 2, 2.5, None),
    ]
    assert len(rows(view(tmp_path / "b", (None, both)))) == 4
    assert len(rows(view(tmp_path / "c", ("A", PART), only_hospital=True))) == 2


def test_required_columns_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match=r"lab: hospital A lacks the required column value\. "):
        rows(view(tmp_path, ("A", PART.drop("value"))))
    with pytest.raises(ExtractError, match="lacks the required column hospital_id, value"):
        rows(view(tmp_path / "b", (None, PART.drop("value"))))


def test_files_of_a_table_are_alike(tmp_path: Path) -> None:
    wider = PART.with_columns(unit=pl.lit("mg"))
    with pytest.raises(ExtractError, match="differ in column 'unit'"):
        rows(view(tmp_path, ("A", PART), ("A", wider)))
    other = PART.with_columns(value=pl.lit(True))
    with pytest.raises(ExtractError) as caught:
        rows(view(tmp_path / "b", ("A", PART), ("A", other)))
    assert str(caught.value) == (
        "lab: hospital A: column value is BOOLEAN in part-1.parquet and DOUBLE in part-0.parquet, "
        "but must be a number. Write it with that type, or map it with a layout of your own."
    )
    assert len(rows(view(tmp_path / "c", ("A", PART), ("A", PART)))) == 4


def test_a_file_of_another_hospital_than_its_folder_is_refused(tmp_path: Path) -> None:
    own = PART.with_columns(hospital_id=pl.lit("A"))
    assert len(rows(view(tmp_path, ("A", own)))) == 2
    mixed = PART.with_columns(hospital_id=pl.Series(["A", "B"]))
    with pytest.raises(ExtractError, match=r"hospital A: 1 rows of part-0\.parquet name another"):
        rows(view(tmp_path / "b", ("A", mixed)))


def test_a_table_that_is_not_there_has_its_columns(tmp_path: Path) -> None:
    with Database(threads=1) as db:
        columns = (SourceColumn("at", "utc", True), SourceColumn('a "b"', "number", False))
        frame = db.frame(source_view.empty(columns, {}))
    assert frame.columns == ["at", 'a "b"']
    assert frame.is_empty()
    assert frame.schema["at"] == pl.Datetime("us")


def test_a_moment_is_shown_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    at = pl.Series([datetime(2020, 1, 1, 20), datetime(2020, 1, 2, 3)]).dt.replace_time_zone("UTC")
    made = view(tmp_path, ("A", PART.with_columns(moment=at)), columns=())
    with Database(threads=1, within=[made.root]) as db:
        db.execute("CREATE SCHEMA source")
        source_view.create(db, made)
        found = [row[0] for row in db.rows("SELECT moment FROM source.lab ORDER BY moment")]
    assert found == [datetime(2020, 1, 2, 4), datetime(2020, 1, 2, 11)]
