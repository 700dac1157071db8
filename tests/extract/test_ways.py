"""How one value of a column is shown, by its type and by what the layout wants, or refused."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from ehrivig.extract.column_types import (
    Way,
    base,
    common,
    days_at_midnight,
    in_words,
    of_undeclared,
    same_id,
    sql_type,
    ways,
    without_words,
    written_id,
    written_moment,
)

LOST = "lost"
Shown = tuple[str, object]


def shown(value: str, of: tuple[Way, ...]) -> Shown | str:
    """The type and the value as the first way shows it that can; LOST where none can."""
    for way in of:
        table = f"(SELECT {value} AS v)"
        ((doubt,),) = duckdb.sql(f"SELECT {way.doubt or 'FALSE'} FROM {table}").fetchall()
        if not doubt:
            ((found,),) = duckdb.sql(f"SELECT {way.expression or 'v'} FROM {table}").fetchall()
            return way.type, found
    return LOST


@pytest.mark.parametrize(
    ("value", "found", "as_what"),
    [
        *((f"5::{kind}", kind, ("BIGINT", 5)) for kind in ("TINYINT", "UINTEGER", "BIGINT")),
        ("9223372036854775807::UBIGINT", "UBIGINT", ("BIGINT", 2**63 - 1)),
        ("9223372036854775808::UBIGINT", "UBIGINT", ("UBIGINT", 2**63)),
        ("-9223372036854775808::HUGEINT", "HUGEINT", ("BIGINT", -(2**63))),
        ("-9223372036854775809::HUGEINT", "HUGEINT", LOST),
        ("18446744073709551615::HUGEINT", "HUGEINT", ("UBIGINT", 2**64 - 1)),
        ("18446744073709551616::UHUGEINT", "UHUGEINT", LOST),
        ("12::DECIMAL(18,0)", "DECIMAL(18,0)", ("BIGINT", 12)),
        ("12::DECIMAL(18,2)", "DECIMAL(18,2)", LOST),
        *(("5::DOUBLE", "DOUBLE", ("BIGINT", 5)), ("5.5::DOUBLE", "DOUBLE", LOST)),
        ("9007199254740991::DOUBLE", "DOUBLE", ("BIGINT", 2**53 - 1)),
        ("9007199254740992::DOUBLE", "DOUBLE", LOST),
        ("-9007199254740992::DOUBLE", "DOUBLE", LOST),
        ("16777215::FLOAT", "FLOAT", ("BIGINT", 2**24 - 1)),
        ("16777216::FLOAT", "FLOAT", LOST),
        ("'NaN'::DOUBLE", "DOUBLE", ("BIGINT", None)),
        *(("'007'", "VARCHAR", ("VARCHAR", "007")), ("DATE '2020-01-01'", "DATE", LOST)),
        ("'a'::ENUM ('a')", "ENUM", ("VARCHAR", "a")),
        *(("'\\xFF'::BLOB", "BLOB", LOST), ("'A7'::BLOB", "BLOB", ("VARCHAR", "A7"))),
    ],
)
def test_an_id_is_text_or_a_whole_number_of_64_bits(
    value: str, found: str, as_what: Shown | str
) -> None:
    assert shown(value, ways("v", found, "key")) == as_what


@pytest.mark.parametrize(
    ("value", "found", "text"),
    [
        *(("5::TINYINT", "TINYINT", "5"), ("5::DOUBLE", "DOUBLE", "5")),
        *(("12::DECIMAL(9,0)", "DECIMAL(9,0)", "12"), ("'007'", "VARCHAR", "007")),
        ("'NaN'::FLOAT", "FLOAT", None),
    ],
)
def test_what_names_a_hospital_is_text(value: str, found: str, text: str | None) -> None:
    assert shown(value, ways("v", found, "key", hospital=True)) == ("VARCHAR", text)
    assert shown(value, ways("v", found, "text")) == ("VARCHAR", text)


@pytest.mark.parametrize("kind", ["key", "text"])
def test_a_float_with_a_fraction_is_no_text(kind: str) -> None:
    assert shown("5.5::DOUBLE", ways("v", "DOUBLE", kind, hospital=True)) == LOST


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        *(("12", 12), ("-3", -3), ("0", 0), (" 7\u3000", 7), ("12.0", 12), ("12.00", 12)),
        *(("9223372036854775807", 2**63 - 1), ("9223372036854775808", LOST)),
        *(("012", LOST), ("1.5", LOST), ("12.", LOST), ("+3", LOST), ("1e3", LOST), ("x", LOST)),
        *(("", None), ("N/A", None), ("\u672a\u77e5", None), (" - ", None)),
    ],
)
def test_a_whole_number_as_text(text: str, whole: int | str | None) -> None:
    as_what = whole if whole == LOST else ("BIGINT", whole)
    assert shown(f"'{text}'", ways("v", "VARCHAR", "whole")) == as_what
    assert shown(f"encode('{text}')", ways("v", "BLOB", "whole")) == as_what


def test_a_whole_number_of_other_types() -> None:
    assert shown("7::INTEGER", ways("v", "INTEGER", "whole")) == ("BIGINT", 7)
    assert shown("9223372036854775808::UBIGINT", ways("v", "UBIGINT", "whole")) == LOST
    assert shown("NULL::VARCHAR", ways("v", "VARCHAR", "whole")) == ("BIGINT", None)


@pytest.mark.parametrize(
    ("value", "found", "number"),
    [
        *((f"'{text}'", "VARCHAR", 1.5) for text in ("1.5", " 1.5 ", "+1.5", "1.5e0", "15E-1")),
        *((f"'{text}'", "VARCHAR", 5.0) for text in ("5.", "5", "0.05e+02", "05")),
        *(("'.5'", "VARCHAR", 0.5), ("'1e99'", "VARCHAR", 1e99), ("'-2'", "VARCHAR", -2.0)),
        *((f"'{text}'", "VARCHAR", LOST) for text in ("1,5", "1e100", "<5", "1.5 mg", ".", "inf")),
        *((f"'{text}'", "VARCHAR", None) for text in ("", "NaN", "unknown", "k.A.")),
        *(("0.1::FLOAT", "FLOAT", 0.1), ("0.1::DOUBLE", "DOUBLE", 0.1)),
        ("3::UTINYINT", "UTINYINT", 3.0),
        ("0.1::DECIMAL(18,3)", "DECIMAL(18,3)", 0.1),
        ("12345678901234567890.12345::DECIMAL(38,5)", "DECIMAL(38,5)", 12345678901234567890.12345),
        *(("true", "BOOLEAN", LOST), ("DATE '2020-01-01'", "DATE", LOST)),
    ],
)
def test_a_number(value: str, found: str, number: float | str | None) -> None:
    as_what = number if number == LOST else ("DOUBLE", number)
    assert shown(value, ways("v", found, "number")) == as_what


SAID_YES = "true T yes Y 1 1.0 ｙ １ 是 有 对 ja j wahr oui vrai o sí si sì s sim vero"
SAID_NO = "false F no N 0 0.0 ｎ ０ 否 无 没有 不是 nein falsch non faux falso não nao nee onwaar"


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (f"{SAID_YES} verdadero verdadeiro waar はい 有り あり", True),
        (f"{SAID_NO} いいえ 無 無し なし", False),
        ("u W dk nan <NA> null None na n/a #N/A k.a. - -- ? nil (null) \\n unknown unk", None),
        ("unbekannt inconnu desconocido sconosciuto desconhecido onbekend 不详 未知 不明", None),
        ("maybe 2 yess", LOST),
    ],
)
def test_yes_and_no_as_people_write_them(words: str, flag: bool | str | None) -> None:
    as_what = flag if flag == LOST else ("BOOLEAN", flag)
    for word in words.split():
        assert shown(f"' {word} '", ways("v", "VARCHAR", "flag")) == as_what, word


@pytest.mark.parametrize("said", ["", "k. a.", "keine Angabe"])
def test_words_for_a_missing_flag_with_blanks(said: str) -> None:
    assert shown(f"'{said}'", ways("v", "VARCHAR", "flag")) == ("BOOLEAN", None)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *(("1", True), ("0", False), ("2", LOST), ("-1", LOST), ("NULL", None)),
    ],
)
@pytest.mark.parametrize("found", ["INTEGER", "DOUBLE", "DECIMAL(9,2)"])
def test_yes_and_no_as_numbers(value: str, flag: bool | str | None, found: str) -> None:
    as_what = flag if flag == LOST else ("BOOLEAN", flag)
    assert shown(f"{value}::{found}", ways("v", found, "flag")) == as_what


def test_yes_and_no_of_other_types() -> None:
    assert shown("'NaN'::DOUBLE", ways("v", "DOUBLE", "flag")) == ("BOOLEAN", None)
    assert shown("0.5::DOUBLE", ways("v", "DOUBLE", "flag")) == LOST
    assert shown("true", ways("v", "BOOLEAN", "flag")) == ("BOOLEAN", True)
    assert ways("v", "DATE", "flag") == ()


@pytest.mark.parametrize(
    ("value", "found", "known", "as_what"),
    [
        ("'12'", "VARCHAR", "BIGINT", ("BIGINT", 12)),
        ("'9223372036854775808'", "VARCHAR", "UBIGINT", ("UBIGINT", 2**63)),
        *(("'012'", "VARCHAR", "BIGINT", LOST), ("'unknown'", "VARCHAR", "BIGINT", LOST)),
        *((f"'{no}'", "VARCHAR", "BIGINT", ("BIGINT", None)) for no in ("", "-", "NULL", "nan")),
        *(("12::INTEGER", "INTEGER", "VARCHAR", ("VARCHAR", "12")),),
        *(("12::INTEGER", "INTEGER", "BIGINT", ("BIGINT", 12)),),
    ],
)
def test_an_id_as_other_tables_have_it(
    value: str, found: str, known: str, as_what: Shown | str
) -> None:
    assert shown(value, same_id("v", found, known)) == as_what


NO_KEY = ["", " - ", "--", "NULL", "none", "nil", "NaN", "n/a", "na", "#N/A", "(null)", "\\N"]


@pytest.mark.parametrize("word", NO_KEY)
def test_a_word_that_stands_for_no_key_is_none(word: str) -> None:
    text = Way("VARCHAR", None)
    assert shown(f"'{word}'", (without_words("v", text),)) == ("VARCHAR", None)
    assert shown(f"'{word}'", (written_id("v", "BIGINT"),)) == ("BIGINT", None)


def test_other_words_are_keys() -> None:
    for word in ("unknown", "A7", "0"):
        assert shown(f"'{word}'", (without_words("v", Way("VARCHAR", None)),)) == ("VARCHAR", word)
    number = Way("BIGINT", None)
    assert without_words("v", number) is number
    assert shown("' 12.0 '", (written_id("v", "UBIGINT"),)) == ("UBIGINT", 12)
    upper = without_words("v", Way("VARCHAR", "upper(v)", "v = 'x'", "told"))
    assert (upper.doubt, upper.told) == ("v = 'x'", "told")
    assert shown("'a7'", (upper,)) == ("VARCHAR", "A7")


NOON = datetime(2020, 3, 5, 12, 30)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *((t, NOON) for t in ("2020-03-05 12:30", "2020-03-05T12:30:00", " 2020/3/5 12:30:00.0 ")),
        ("2020-03-05", datetime(2020, 3, 5)),
        *((t, LOST) for t in ("2020-02-30 12:00", "05.03.2020", "2020-03-05 12:30+08:00", "x")),
        *(("", None), ("Unknown", None)),
    ],
)
def test_a_moment_as_text(text: str, moment: datetime | str | None) -> None:
    as_what = moment if moment == LOST else ("TIMESTAMP", moment)
    assert shown(f"'{text}'", (written_moment("v", zoned=False),)) == as_what


@pytest.mark.parametrize("zone", ["+08:00", " +0800", "+08"])
def test_a_moment_with_a_zone_as_text(zone: str) -> None:
    way = written_moment("v", zoned=True)
    utc = Way(way.type, f"({way.expression}) AT TIME ZONE 'UTC'", way.doubt)
    assert shown(f"'2020-03-05T20:30:00{zone}'", (utc,)) == ("TIMESTAMPTZ", NOON)
    assert shown("'2020-03-05T12:30:00Z'", (utc,)) == ("TIMESTAMPTZ", NOON)
    for none in ("2020-03-05T12:30:00", "2020-03-05", "2020-03-05+08:00"):
        assert shown(f"'{none}'", (utc,)) == LOST


def test_days_that_a_writer_made_moments() -> None:
    way = (days_at_midnight("v"),)
    assert shown("TIMESTAMPTZ '2020-03-05 00:00:00+00'", way) == ("DATE", date(2020, 3, 5))
    assert shown("TIMESTAMPTZ '2020-03-05 00:00:01+00'", way) == LOST


@pytest.mark.parametrize(
    ("kinds", "one"),
    [
        *((["TINYINT", "UINTEGER"], "BIGINT"), (["BIGINT", "UBIGINT"], "UBIGINT")),
        *((["HUGEINT", "BIGINT"], "DOUBLE"), (["FLOAT", "DECIMAL(9,2)"], "DOUBLE")),
        *((["DATE", "TIMESTAMP_NS"], "TIMESTAMP"), (["VARCHAR", "UUID", "ENUM('a')"], "VARCHAR")),
        *((["VARCHAR", "BIGINT"], None), (["DATE", "VARCHAR"], None)),
        *((["DATE", '"NULL"'], "DATE"), ([], '"NULL"'), (["DECIMAL(9,2)"], "DECIMAL(9,2)")),
        *(([f"TIMESTAMP{end}", "DATE"], "TIMESTAMP") for end in ("", "_S", "_MS", "_NS")),
    ],
)
def test_the_type_that_loses_nothing_of_some(kinds: list[str], one: str | None) -> None:
    assert common(kinds) == one


@pytest.mark.parametrize(
    ("value", "found", "kind"),
    [
        *(
            (f"TIMESTAMP{end} '2020-03-05 12:30'", f"TIMESTAMP{end}", "TIMESTAMP")
            for end in ("_S", "_MS", "_NS")
        ),
        *(("'a'::BLOB", "BLOB", "VARCHAR"), ("'\\xFF'::BLOB", "BLOB", "BLOB")),
        *(("5::UBIGINT", "UBIGINT", "BIGINT"), (f"{2**63}::UBIGINT", "UBIGINT", "UBIGINT")),
        *(("DATE '2020-01-01'", "DATE", "DATE"), ("5::TINYINT", "TINYINT", "TINYINT")),
    ],
)
def test_a_column_that_no_layout_declares_has_its_usual_type(
    value: str, found: str, kind: str
) -> None:
    told = shown(value, of_undeclared("v", found))
    assert told[0] == kind


def test_types_in_words() -> None:
    assert [in_words(kind) for kind in ("VARCHAR", "DECIMAL(9,2)", "INTEGER[3]")] == [
        *("text", "DECIMAL", "INTEGER[3]")
    ]
    assert base("DECIMAL(9,2)[]") == "DECIMAL(9,2)[]"
    kinds = {"utc": "TIMESTAMP", "whole": "BIGINT", "number": "DOUBLE"}
    assert {kind: sql_type(kind) for kind in kinds} == kinds
