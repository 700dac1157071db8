"""Ids and concepts that a dump writes as text: the same rows, or the column by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import opened, study
from test_layout_omop import PLAN, PRESCRIBED, exposure, measured, omop, rows, visit

from ehrivig import contract, extract
from ehrivig.errors import ExtractError

_STUDY = study(**PLAN, drug_quantity={"7": "ml"})
_PERSONS = ("person", "death", "visit_occurrence", "measurement", "drug_exposure")


def _made(folder: Path, changes: dict[str, pl.Expr]) -> Path:
    """Two visits of one person, a drug and two results, with some columns written otherwise."""
    omop(
        folder,
        visit_occurrence=[
            visit(100, "03-01 10:00", "03-05 12:00"),
            visit(101, "04-01 10:00", "04-05 12:00"),
        ],
        drug_exposure=[exposure(1, 501, 200.0), exposure(2, 502, 10.0)],
        measurement=[measured(3016723, 1.2, 8840), measured(3025315, 70.0, 9529)],
    )
    for place, change in changes.items():
        table, _, column = place.partition(".")
        path = folder / f"{table}.parquet"
        pl.read_parquet(path).with_columns(change.alias(column)).write_parquet(path)
    return folder


def _all_rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every canonical table; an id by its digits, whatever its type."""
    with opened(folder, _STUDY) as db:
        shown = {
            table.name: [
                f"{column.name}::VARCHAR" if column.kind == "key" else column.name
                for column in table.columns
            ]
            for table in contract.TABLES
        }
        return {
            name: db.rows(f"SELECT {', '.join(columns)} FROM mapped.{name} ORDER BY ALL")
            for name, columns in shown.items()
        }


def _as_text(*places: str, suffix: str = "") -> dict[str, pl.Expr]:
    return {
        place: pl.col(place.partition(".")[2]).cast(pl.Int64).cast(pl.String) + suffix
        for place in places
    }


def _bytes(column: str) -> pl.Expr:
    """Text as some writers leave it, of a type that is no text."""
    return pl.col(column).cast(pl.String).cast(pl.Binary)


@pytest.mark.parametrize(
    "changes",
    [
        _as_text("drug_exposure.drug_concept_id"),
        _as_text("drug_exposure.drug_type_concept_id", suffix=".0"),
        _as_text("measurement.measurement_concept_id", "measurement.unit_concept_id"),
        _as_text("concept.concept_id"),
        _as_text("concept_ancestor.ancestor_concept_id"),
        _as_text("visit_occurrence.visit_concept_id", "visit_occurrence.discharged_to_concept_id"),
        _as_text("drug_exposure.visit_occurrence_id"),
        _as_text("measurement.person_id", suffix=".0"),
        _as_text("visit_occurrence.care_site_id"),
        _as_text(*(f"{table}.person_id" for table in _PERSONS if table != "death")),
        {"measurement.measurement_concept_id": pl.col("measurement_concept_id").cast(pl.Float64)},
        {"drug_exposure.drug_concept_id": _bytes("drug_concept_id")},
        {"drug_exposure.visit_occurrence_id": _bytes("visit_occurrence_id")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_numbers_as_text_are_these_numbers(tmp_path: Path, changes: dict[str, pl.Expr]) -> None:
    assert _all_rows(_made(tmp_path / "y", changes)) == _all_rows(_made(tmp_path / "x", {}))


def test_bytes_may_lack_some_values(tmp_path: Path) -> None:
    """What is missing is no text, and no reason to refuse the rest."""
    first = pl.int_range(pl.len()) == 0
    ids = pl.when(first).then("visit_occurrence_id").cast(pl.String)
    made = []
    for kind in (pl.String, pl.Binary):
        tables = ("visit_occurrence", "measurement")
        changes = {f"{table}.visit_occurrence_id": "V" + _text_of_visit() for table in tables}
        changes["drug_exposure.visit_occurrence_id"] = ("V" + ids).cast(kind)
        made.append(_all_rows(_made(tmp_path / str(kind), changes)))
    assert made[0] == made[1]


@pytest.mark.parametrize("word", ["", " ", "NULL", "n/a"])
def test_a_word_for_no_key_joins_nobody(tmp_path: Path, word: str) -> None:
    """Visits of text, one of them without an id, and events without one."""
    visits = pl.col("visit_occurrence_id").replace_strict({100: "V100", 101: None})
    none = {"measurement.visit_occurrence_id": pl.lit(None, pl.String)}
    none["drug_exposure.visit_occurrence_id"] = pl.lit("V100")
    none["visit_occurrence.visit_occurrence_id"] = visits
    none["measurement.person_id"] = pl.lit(None, pl.String)
    none |= {f"{table}.person_id": pl.lit("P") for table in _PERSONS if table != "measurement"}
    none["person.person_id"] = pl.lit(None, pl.String)
    written = {place: change.fill_null(word) for place, change in none.items()}
    found = []
    for name, changes in {"none": none, "word": written}.items():
        changes.pop("death.person_id")
        folder = _made(tmp_path / name, changes)
        with pytest.raises(ExtractError, match="have no visit_occurrence_id and no person_id"):
            extract.inspect(folder, _STUDY)
        changes["measurement.person_id"] = pl.lit("P")
        changes["person.person_id"] = pl.lit("P")
        found.append(_all_rows(_made(tmp_path / f"{name} known", changes)))
    assert found[0] == found[1]
    assert [row[1] for row in found[0]["medication"]] == ["V100", "V100"]


def test_a_column_of_words_for_no_key_is_empty(tmp_path: Path) -> None:
    """Which is no column of ids of another kind."""
    folder = _made(tmp_path / "x", _spelled("-", listed="V1", other="V2"))
    path = folder / "measurement.parquet"
    pl.concat([pl.read_parquet(path)] * 10).write_parquet(path)
    assert extract.inspect(folder, _STUDY).hospitals


def _text_of_visit() -> pl.Expr:
    return pl.col("visit_occurrence_id").cast(pl.String)


@pytest.mark.parametrize("number", [1234567890123456789, -7])
def test_long_and_negative_ids_are_these_numbers(tmp_path: Path, number: int) -> None:
    tables = ("visit_occurrence", "drug_exposure", "measurement")
    place = "visit_occurrence_id"
    made = []
    for kind in (pl.Int64, pl.String):
        changes = {f"{table}.{place}": pl.col(place).replace({100: number}) for table in tables}
        changes[f"drug_exposure.{place}"] = changes[f"drug_exposure.{place}"].cast(kind)
        made.append(_all_rows(_made(tmp_path / str(kind), changes)))
    assert made[0] == made[1]
    assert {row[1] for row in made[0]["medication"]} == {str(number)}


@pytest.mark.parametrize(
    ("place", "written", "told"),
    [
        (
            "drug_exposure.drug_concept_id",
            "IVIG",
            "2 of its 2 values are not whole numbers of 64 bits in d",
        ),
        (
            "drug_exposure.route_concept_id",
            "iv",
            "2 of its 2 values are not whole numbers of 64 bits in d",
        ),
        ("drug_exposure.visit_occurrence_id", "v1", "before them, as this id is in other"),
        (
            "measurement.person_id",
            "0001",
            "without a zero before them, as this id is in other tables. Mend",
        ),
    ],
)
def test_other_text_is_refused_by_its_column(
    tmp_path: Path, place: str, written: str, told: str
) -> None:
    folder = _made(tmp_path / "x", {place: pl.lit(written)})
    table, _, column = place.partition(".")
    with pytest.raises(ExtractError, match=f"^{table}: column {column} is text, .*{told}"):
        _all_rows(folder)


def _spelled(id_of_visit: str, *, listed: str = "100", other: str = "101") -> dict[str, pl.Expr]:
    """Two listed visits, and the one that the events name."""
    visits = pl.Series([listed, other])
    return {
        "visit_occurrence.visit_occurrence_id": pl.lit(visits),
        **{
            f"{table}.visit_occurrence_id": pl.lit(id_of_visit)
            for table in ("drug_exposure", "measurement")
        },
    }


@pytest.mark.parametrize(
    ("written", "listed", "told"),
    [
        ("V1 ", "V1", "blanks or invisible characters around it"),
        ("V1", "\u200bV1\r", "blanks or invisible characters around it"),
        ("100", "00100", "how the number is written"),
        ("100.0", "100", "how the number is written"),
        ("100", "1.000e+02", "how the number is written"),
        ("1100", "1,100", "how the number is written"),
        ("１００", "100", "how the number is written"),
        ("v1", "V1", "capital letters"),
        ("{ab-c1}", "ABC1", "capital letters"),
    ],
)
def test_an_id_that_is_written_otherwise_where_it_is_listed_is_refused(
    tmp_path: Path, written: str, listed: str, told: str
) -> None:
    """No join would find it, and its rows would be placed by their time, or lost."""
    folder = _made(tmp_path / "x", _spelled(written, listed=listed, other="W2"))
    message = rf"^drug_exposure: column visit_occurrence_id has in 2 rows an id of .*{told}.*alike"
    message = message.replace("drug_exposure", "(drug_exposure|measurement)")
    with pytest.raises(ExtractError, match=message):
        extract.inspect(folder, _STUDY)


@pytest.mark.parametrize(("one", "other", "named"), [("7", "007", "07"), ("v1", "V1", "v1 X")])
def test_ids_that_differ_in_zeros_or_case_are_of_two(
    tmp_path: Path, one: str, other: str, named: str
) -> None:
    """Where the list itself tells ids apart by zeros or capitals, another id is one of nobody."""
    rows_of = {}
    for wanted in (one, other):
        folder = _made(tmp_path / wanted, _spelled(wanted, listed=one, other=other))
        rows_of[wanted] = {row[1] for row in _all_rows(folder)["medication"]}
    assert rows_of == {one: {one}, other: {other}}
    nobody = _made(tmp_path / "nobody", _spelled(named, listed=one, other=other))
    assert extract.inspect(nobody, _STUDY).hospitals


def test_a_person_of_a_visit_is_written_as_in_the_list_of_persons(tmp_path: Path) -> None:
    changes = {f"{table}.person_id": pl.lit("P1") for table in _PERSONS if table != "death"}
    folder = _made(tmp_path / "x", {**changes, "visit_occurrence.person_id": pl.lit("P1 ")})
    with pytest.raises(ExtractError, match=r"^visit_occurrence: column person_id has in 2 rows"):
        extract.inspect(folder, _STUDY)


@pytest.mark.parametrize("many", [True, False])
def test_ids_of_another_kind_are_refused(tmp_path: Path, many: bool) -> None:
    """Of a few rows none may be of a visit that was asked for; of many one would be."""
    changes = _spelled("elsewhere", listed="V1", other="V2")
    folder = _made(tmp_path / "x", changes)
    if not many:
        assert extract.inspect(folder, _STUDY).hospitals
        return
    path = folder / "measurement.parquet"
    pl.concat([pl.read_parquet(path)] * 10).write_parquet(path)
    message = r"^measurement: visit_occurrence_id is filled in 20 rows, and none of these ids is in"
    with pytest.raises(ExtractError, match=message):
        extract.inspect(folder, _STUDY)


@pytest.mark.parametrize("blank", ["", "NULL", " \t", "\u00a0"])
def test_a_blank_is_no_id(tmp_path: Path, blank: str) -> None:
    nothing = {"drug_exposure.visit_occurrence_id": pl.lit(None, pl.Int64)}
    empty = {"drug_exposure.visit_occurrence_id": pl.lit(blank)}
    assert _all_rows(_made(tmp_path / "y", empty)) == _all_rows(_made(tmp_path / "x", nothing))


@pytest.mark.parametrize(
    ("kind", "status"),
    [(None, None), ("38000180", "given"), (str(PRESCRIBED), "unknown")],
)
def test_a_record_type_may_be_empty_or_text(
    tmp_path: Path, kind: str | None, status: str | None
) -> None:
    """An empty column of a CSV is text: what it says nothing of may have been given."""
    change = {"drug_exposure.drug_type_concept_id": pl.lit(kind, pl.String)}
    folder = _made(tmp_path / "x", change)
    found = rows(folder, "SELECT DISTINCT status FROM resolved.medication", _STUDY)
    assert found == [(status,)]


def test_a_word_for_missing_is_no_concept(tmp_path: Path) -> None:
    """Nobody says what the drug is: the row stays, of no product."""
    folder = _made(tmp_path / "x", {"drug_exposure.drug_concept_id": pl.lit("n/a")})
    assert extract.inspect(folder, _STUDY).hospitals
    assert rows(folder, "SELECT count(*), count(drug_code) FROM mapped.medication", _STUDY) == [
        (2, 0)
    ]


@pytest.mark.parametrize("place", ["visit_occurrence", "drug_exposure", "measurement", "person"])
def test_an_enum_of_a_database_is_the_text_that_it_shows(tmp_path: Path, place: str) -> None:
    """As an id, a concept, a number and a moment; another id is refused by its column."""
    folder = _made(tmp_path / "x", {})
    tables = sorted(path.stem for path in folder.glob("*.parquet"))

    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as made:
        for table in tables:
            made.execute(f"CREATE TABLE {table} AS FROM '{folder / table}.parquet'")
        for column, *_ in made.execute(f"DESCRIBE {place}").fetchall():
            values = f"(SELECT DISTINCT {column}::VARCHAR FROM {place} WHERE {column} NOTNULL)"
            if made.execute(f"FROM {values}").fetchall():
                made.execute(f"CREATE TYPE of_{column} AS ENUM {values}")
                made.execute(
                    f"ALTER TABLE {place} ALTER {column} TYPE of_{column} USING {column}::VARCHAR"
                )
    assert _all_rows(path) == _all_rows(folder)


def test_ids_of_another_type_are_refused_by_their_column(tmp_path: Path) -> None:
    folder = _made(tmp_path / "x", {})
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as made:
        for file in folder.glob("*.parquet"):
            made.execute(f"CREATE TABLE {file.stem} AS FROM '{file}'")
        made.execute("ALTER TABLE drug_exposure ALTER visit_occurrence_id TYPE UUID USING uuid()")
    with pytest.raises(ExtractError, match=r"^drug_exposure: column visit_occurrence_id is UUID, "):
        _all_rows(path)
