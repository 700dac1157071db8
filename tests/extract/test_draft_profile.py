"""What a draft reads from a column of a dump: what it holds, how it is cast, what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.extract.draft import choice, keys, profile, words
from ehrivig.extract.draft.profile import ColumnProfile, TableProfile

VITAL = next(table for table in contract.TABLES if table.name == "vital")
ADMISSION, PATIENT = contract.ADMISSION, contract.PATIENT


def column(
    name: str = "c", kind: str = "VARCHAR", known: int = 100, rows: int = 100, **fits: int
) -> ColumnProfile:
    return ColumnProfile(name, kind, rows, known, known, dict.fromkeys(profile.PATTERNS, 0) | fits)


def asked(table: contract.Table, name: str) -> contract.Column:
    return next(one for one in table.columns if one.name == name)


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        *((column(kind=one, known=0), "moment") for one in ("TIMESTAMP", "TIMESTAMP_NS", "DATE")),
        (column(kind="TIMESTAMP WITH TIME ZONE"), "moment"),
        *((column(kind=one), "number") for one in ("BIGINT", "DOUBLE", "DECIMAL(9,2)")),
        *((column(known=0), "empty"), (column(kind="INTEGER", known=0), "empty")),
        *((column(**{one: 95}), one) for one in ("moment", "day_first", "number")),
        *((column(**{one: 94}), "text") for one in ("moment", "day_first", "number")),
        *((column(number=50, comma=45), "comma"), (column(number=50, comma=44), "text")),
        *((column(comma=100), "comma"), (column(moment=95, number=95), "moment")),
        (column(known=20, rows=100, number=19), "number"),  # of those that are known
    ],
)
def test_what_a_column_holds(of: ColumnProfile, kind: str) -> None:
    assert of.kind == kind


@pytest.mark.parametrize(
    ("known", "rows", "distinct", "key"),
    [(9, 9, 9, True), (8, 9, 8, False), (9, 9, 8, False), (0, 0, 0, False)],
)
def test_a_key_is_there_in_every_row_and_never_twice(
    known: int, rows: int, distinct: int, key: bool
) -> None:
    assert ColumnProfile("c", "VARCHAR", rows, known, distinct).is_key is key


@pytest.mark.parametrize(
    ("of", "strays"),
    [
        *((column(number=97), 3), (column(comma=50, number=47), 3), (column(day_first=96), 4)),
        *((column(number=100), 0), (column(number=50), 0), (column(known=0), 0)),
        (column(kind="BIGINT"), 0),
    ],
)
def test_values_that_are_not_what_the_column_holds(of: ColumnProfile, strays: int) -> None:
    assert of.strays == strays


def read(expression: str, value: str) -> object:
    return duckdb.sql(f'SELECT {expression} FROM (SELECT {value} AS "c") AS t').fetchall()[0][0]


@pytest.mark.parametrize(
    ("of", "value", "moment"),
    [
        (column(moment=100), "' 2020-03-05 '", datetime(2020, 3, 5)),
        (column(day_first=100), "'5.3.2020 12:30'", datetime(2020, 3, 5, 12, 30)),
        (column(day_first=99), "'unknown'", None),
        *((column(moment=99), "'unknown'", None), (column(moment=99), "' '", None)),
        (column(kind="DATE"), "DATE '2020-03-05'", datetime(2020, 3, 5)),
        (column(kind="TIMESTAMP"), "TIMESTAMP '2020-03-05'", datetime(2020, 3, 5)),
    ],
)
def test_a_column_as_a_moment(of: ColumnProfile, value: str, moment: datetime | None) -> None:
    assert read(of.moment(), value) == moment


@pytest.mark.parametrize("of", [column(moment=100), column(day_first=100), column(number=100)])
def test_a_value_that_none_of_the_rows_looked_at_had_is_not_passed_over(of: ColumnProfile) -> None:
    shown = of.number() if of.kind == "number" else of.moment()
    with pytest.raises(duckdb.Error):
        read(shown, "'unknown'")


@pytest.mark.parametrize(
    ("of", "value", "number"),
    [
        *((column(number=100), "' 1.5 '", 1.5), (column(comma=100), "'1,5'", 1.5)),
        *((column(number=99), "'<5'", None), (column(kind="INTEGER"), "7", 7.0)),
        (column(number=100), "''", None),
    ],
)
def test_a_column_as_a_number(of: ColumnProfile, value: str, number: float | None) -> None:
    assert read(of.number(), value) == number


@pytest.mark.parametrize(
    ("count", "rows", "said"),
    [
        *((0, 0, "none"), (0, 100, "0%"), (1, 100, "fewer than 5 rows"), (5, 100, "5%")),
        *((4, 100, "fewer than 5 rows"), (95, 100, "95%"), (96, 100, "nearly all")),
        *((99, 100, "nearly all"), (100, 100, "100%"), (1, 3, "fewer than 5 rows")),
    ],
)
def test_a_share_gives_no_few_away(count: int, rows: int, said: str) -> None:
    assert profile.part(count, rows) == said


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        *(("Größe cm", "groesse_cm"), ("HadmId", "hadm_id"), ("SpO2", "spo2")),
        *(
            ("FiO2 set", "fio2_set"),
            ("Décès", "deces"),
            ("Œdème", "oedeme"),
            ("__a--b__", "a_b"),
            ("HADM_ID", "hadm_id"),
        ),
    ],
)
def test_a_name_in_plain_letters(name: str, plain: str) -> None:
    assert profile.plain_name(name) == plain


@pytest.fixture(scope="module")
def dump() -> Iterator[Database]:
    """Two tables: stays, and events of which 8 of 10 name a stay."""
    with Database(threads=1) as db:
        db.execute("CREATE SCHEMA IF NOT EXISTS source")
        db.execute(
            "CREATE TABLE source.stays AS SELECT i AS hadm_id, i // 2 AS person, "
            "CASE WHEN i < 6 THEN ' F ' WHEN i < 9 THEN 'm' END AS sex FROM range(10) AS r (i)"
        )
        db.execute(
            "CREATE TABLE source.events AS SELECT CASE WHEN i < 5 THEN '5.3.2020' END AS at, "
            "i + 2 AS hadm_id, i || ',5' AS v FROM range(10) AS r (i)"
        )
        yield db


def test_the_profile_of_a_table(dump: Database) -> None:
    found = profile.of_table(dump, "events")
    assert (found.name, found.rows, [one.name for one in found.columns]) == (
        "events",
        10,
        ["at", "hadm_id", "v"],
    )
    at, hadm, value = found.columns
    assert (hadm.known, hadm.distinct, hadm.rows, hadm.fits["whole"]) == (10, 10, 10, 10)
    assert (value.fits["comma"], value.fits["number"], value.kind) == (10, 0, "comma")
    assert (at.known, at.rows, at.distinct, at.fits["day_first"]) == (5, 10, 1, 5)
    assert at.kind == "day_first"
    assert found.column("HADM_ID") is hadm
    assert found.column("none") is None


def test_words_that_enough_rows_have(dump: Database) -> None:
    assert profile.words(dump, "stays", "sex", 3) == [("f", 6), ("m", 3)]
    assert profile.words(dump, "stays", "sex", 4) == [("f", 6)]


def test_how_many_rows_find_a_stay(dump: Database) -> None:
    assert profile.joined(dump, "events", "hadm_id", "stays", "hadm_id") == (8, 10)
    assert profile.joined(dump, "stays", "sex", "stays", "hadm_id") == (0, 9)


def test_a_table_finds_its_stays_by_the_key(dump: Database) -> None:
    stays = profile.of_table(dump, "stays")
    of = keys.of_stays(stays)
    assert of.stay is not None
    assert (of.stay.name, of.hospital) == ("hadm_id", None)
    link = keys.link(dump, of, profile.of_table(dump, "events"))
    assert (link.stay, link.hospital, link.join) == ('t."hadm_id"', "'H1'", "")
    assert link.said == "hadm_id, nearly all of them found in stays.hadm_id"
    own = keys.link(dump, of, stays)
    assert (own.said, own.source) == ("no value is twice", "stays.hadm_id")


def test_a_table_of_which_fewer_than_half_find_a_stay_has_no_key(dump: Database) -> None:
    stays = profile.of_table(dump, "stays")
    for shift, found in ((5, True), (6, False)):
        dump.execute(
            f"CREATE OR REPLACE TABLE source.late AS SELECT i + {shift} AS hadm_id "
            "FROM range(10) AS r (i)"
        )
        link = keys.link(dump, keys.of_stays(stays), profile.of_table(dump, "late"))
        assert (link.stay == 't."hadm_id"') is found
        assert link.doubt == ("" if found else "no column of late holds keys of stays")


def table(*columns: ColumnProfile, name: str = "v", rows: int = 100) -> TableProfile:
    return TableProfile(name, rows, columns)


def test_a_column_by_its_name_and_content() -> None:
    value = asked(VITAL, "value")
    found = choice.plain_choice(VITAL, value, table(column("value", number=97)))
    assert found.said == "value, 100% known; fewer than 5 rows of these are none, and null"
    assert (found.source, found.filled) == ("v.value", True)
    comma = choice.plain_choice(VITAL, value, table(column("value", comma=100)))
    assert comma.said == "value, 100% known, with a decimal comma"


@pytest.mark.parametrize(
    ("columns", "doubt", "said"),
    [
        ([column("other")], "", ""),
        ([column("value", known=0)], "", "value is empty in the rows looked at"),
        ([column("value")], "value is named so and holds text, which is no number", ""),
        (
            [column("value", day_first=100)],
            "value is named so and holds days, which is no number",
            "",
        ),
        (
            [column("value", moment=100)],
            "value is named so and holds moments, which is no number",
            "",
        ),
        (
            [column("value", number=100), column("VALUE", number=100)],
            "value, VALUE are all named so: choose one",
            "",
        ),
    ],
)
def test_why_a_column_stays_null(columns: list[ColumnProfile], doubt: str, said: str) -> None:
    found = choice.plain_choice(VITAL, asked(VITAL, "value"), table(*columns))
    assert (found.filled, found.doubt, found.said) == (False, doubt, said)


@pytest.mark.parametrize(("zoned", "doubted"), [(50, False), (51, True)])
def test_moments_with_a_zone_are_asked_about(zoned: int, doubted: bool) -> None:
    at = column("admittime", moment=100, zoned=zoned)
    found = choice.taken(asked(ADMISSION, "admitted_at"), at, table(at))
    assert found.doubt == (
        "admittime is written with a time zone: of which hospital?" if doubted else ""
    )
    assert found.filled is not doubted


@pytest.mark.parametrize(
    ("of", "name", "expression"),
    [
        (ADMISSION, "admitted_at", "CAST(NULLIF(TRIM(t.\"c\"), '') AS TIMESTAMP)"),
        (PATIENT, "birth_date", "CAST(NULLIF(TRIM(t.\"c\"), '') AS TIMESTAMP)::DATE"),
        (VITAL, "value", "CAST(NULLIF(TRIM(t.\"c\"), '') AS DOUBLE)"),
        (ADMISSION, "admission_id", 't."c"'),
    ],
)
def test_a_column_is_cast_to_what_it_is_to_be(
    of: contract.Table, name: str, expression: str
) -> None:
    source = column(number=100) if name == "value" else column(moment=100)
    found = choice.taken(asked(of, name), source, table(source))
    assert (found.expression, found.doubt) == (expression, "")


def test_the_better_name_is_taken_alone() -> None:
    """An English name comes before a German one."""
    columns = [column("klinik"), column("hospital_id"), column("other")]
    assert [one.name for one in choice.named("x", "hospital_id", columns)] == ["hospital_id"]
    assert [one.name for one in choice.named("x", "hospital_id", columns[:1])] == ["klinik"]


def test_of_two_tables_the_one_with_more_of_what_must_be_there() -> None:
    full = table(column("hadm_id"), column("admittime", moment=100), name="admissions")
    less = table(column("hadm_id"), name="encounters", rows=900)
    empty = table(*full.columns, name="visits", rows=0)
    found, said = choice.table_for(ADMISSION, {one.name: one for one in (less, full, empty)})
    assert found is full
    assert "DOUBT" not in said
    required = sum(one.required for one in ADMISSION.columns)
    assert said.startswith("by its name, and 2 of the ")
    assert f"of the {required} columns" in said
    twin = table(*full.columns, name="stays", rows=50)
    found, said = choice.table_for(ADMISSION, {one.name: one for one in (twin, full)})
    assert found is full
    assert said.endswith("(DOUBT: as many in stays)")
    assert choice.table_for(ADMISSION, {"visits": empty, "x": table(name="x")}) == (None, "")


@pytest.mark.parametrize("prefix", ["tbl", "t", "dim", "fact", "f", "d", "v", "vw", "clif", "stg"])
def test_a_table_without_the_prefix_of_a_warehouse(prefix: str) -> None:
    assert choice.bare(f"{prefix}_admissions") == "admissions"
    assert choice.bare(f"x{prefix}_admissions") == f"x{prefix}_admissions"


def test_words_of_a_category_are_mapped_as_far_as_they_are_understood() -> None:
    found = [("f", 6), ("weiblich", 2), ("m", 3), ("x7", 4)]
    text, share, doubt = words.mapped("patient", "sex", "t.c", found, 20)
    assert (share, doubt) == (11 / 20, "")
    meant = {" F ": "female", "Weiblich": "female", "m": "male", "x7": "unknown"}
    for said, means in meant.items():
        assert read(text, f"'{said}'") == means
    kept, none, _ = words.mapped("vital", "vital_code", "t.c", [("hr", 3)], 0)
    assert none == 0
    assert (read(kept, "'HR'"), read(kept, "'mine'")) == ("heart_rate", "mine")
    doubtful: list[Any] = [("h", 6), ("m", 6)]
    assert words.mapped("patient", "sex", "t.c", doubtful, 12)[2].startswith("H and M are man and")


@pytest.mark.parametrize(
    ("fits", "system", "said"),
    [
        ({"loinc": 90}, "LOINC", "90% of its values have the form of LOINC"),
        ({"atc": 95, "icd10": 3}, "ATC", "95% of its values have the form of ATC"),
        ({"icd10": 100}, "ICD10", "100% of its values have the form of ICD10"),
        ({"icd9": 91, "icd10": 90}, "ICD9CM", "91% of its values have the form of ICD9CM"),
        ({"loinc": 89}, "local", "89% of its values have the form of LOINC: codes of the house"),
    ],
)
def test_the_system_of_codes_by_their_form(fits: dict[str, int], system: str, said: str) -> None:
    assert words.vocabulary_of(column(**fits)) == (system, said)
