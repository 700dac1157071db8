"""How delimited text is said to be written, and what is no text or no header written so."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract.delimited import rows, stream
from ehrivig.extract.delimited.dialect import Dialect, Dialects, declared, how_to_declare, is_tsv
from ehrivig.extract.footers import MOST_COLUMNS

SEMICOLON = {"delimiter": ";"}


def said(tmp_path: Path, extract: Any = None, layout: dict[str, str] | None = None) -> Dialects:
    """What an extract and a layout say."""
    place = tmp_path / "layout"
    place.mkdir(exist_ok=True)
    if extract is not None:
        (tmp_path / "extract.json").write_text(json.dumps({"csv": extract}))
    if layout is not None:
        lines = [f"{key} = {json.dumps(value)}" for key, value in layout.items()]
        (place / "layout.toml").write_text("[csv]\n" + "\n".join(lines) + "\n")
    return declared(tmp_path, place)


def test_the_extract_or_the_layout_says_it_or_both_alike(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert said(tmp_path / "none") == Dialects()
    both = Dialects(Dialect(delimiter=";"))
    for name, extract, layout in (
        ("a", SEMICOLON, None),
        ("b", None, SEMICOLON),
        ("c", SEMICOLON, SEMICOLON),
    ):
        (tmp_path / name).mkdir()
        assert said(tmp_path / name, extract, layout) == both
    (tmp_path / "d").mkdir()
    with pytest.raises(ExtractError, match=r"layout/layout.toml declare csv differently. Remove"):
        said(tmp_path / "d", SEMICOLON, {"delimiter": "|"})


def test_nothing_is_said_by_an_extract_that_is_one_file_or_says_other_things(
    tmp_path: Path,
) -> None:
    for text in ('{"simulated": true}', "[1]"):
        (tmp_path / "extract.json").write_text(text)
        assert said(tmp_path) == Dialects()
    (tmp_path / "extract.json").write_text("{")
    with pytest.raises(ExtractError, match=r"extract.json is not JSON. Mend or remove it."):
        said(tmp_path)
    (tmp_path / "x.duckdb").write_text("")
    assert declared(tmp_path / "x.duckdb", tmp_path / "layout") == Dialects()


def test_a_table_may_be_written_otherwise(tmp_path: Path) -> None:
    tables = {"LAB": {"encoding": "utf-8-sig"}, "vital": {"delimiter": "|", "quote": ""}}
    found = said(tmp_path, SEMICOLON | {"tables": tables})
    assert found.of("lab", "lab.csv") == Dialect(delimiter=";")
    assert found.of("vital", "vital.csv") == Dialect("|", "")
    assert found.of("other", "other.csv") == Dialect(delimiter=";")
    assert found.of("lab", "lab.TSV.gz") == Dialect(delimiter="\t")
    assert found.of("vital", "vital.tsv") == Dialect("|", "")  # of its own
    assert [is_tsv(name) for name in ("a.tsv", "a.TSV.gz", "a.csv", "tsv")] == [
        *(True, True, False, False)
    ]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"delimiter": ";;"}, "one character of ASCII each"),
        *(({"delimiter": mark}, "one character") for mark in ("", " ", "\n", "\r", "\0", "\ufeff")),
        *(({"delimiter": "\u00a7"}, "one character"), ({"quote": "''"}, "one character")),
        ({"delimiter": '"'}, "delimiter and quote are the same. Mend one."),
        ({"delimiter": 5}, "must give text for some of delimiter, quote, encoding."),
        ("x", "must give text for some of delimiter, quote, encoding."),
        ({"separator": ";"}, "nothing reads csv 'separator'. Its keys are delimiter, quote,"),
        ({"tables": ["lab"]}, "csv.tables must give a table each, with its settings."),
        *(
            ({"encoding": one}, f"encoding '{one}' is not known. Write such as utf-8")
            for one in ("utf-9", "idna", "punycode", "raw_unicode_escape", "undefined", "rot13")
        ),
        ({"encoding": "unicode_escape"}, "is not known"),
    ],
)
def test_what_no_file_is_written_in(tmp_path: Path, settings: Any, why: str) -> None:
    with pytest.raises(ExtractError) as refused:
        said(tmp_path, settings)
    assert why in str(refused.value)


def test_the_layout_is_told_as_a_layout(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"layout: layout/layout.toml: csv delimiter and quote"):
        said(tmp_path, None, {"delimiter": ";;"})


@pytest.mark.parametrize(
    ("name", "known"),
    [
        *(("UTF8", "utf-8"), ("utf-8-sig", "utf-8"), ("latin1", "iso8859-1"), ("cp1252", "cp1252")),
        *(("windows-1252", "cp1252"), ("GB18030", "gb18030"), ("utf-16", "utf-16")),
    ],
)
def test_an_encoding_has_one_name(tmp_path: Path, name: str, known: str) -> None:
    assert said(tmp_path, {"encoding": name}).every.encoding == known


def test_the_cure_is_told_as_it_is_written() -> None:
    assert how_to_declare("delimiter", "\t") == (
        'Declare it: {"csv": {"delimiter": "\\t"}} in extract.json of the extract, or '
        'delimiter = "\\t" under [csv] in layout.toml of a layout of your own.'
    )


def read(path: Path, content: bytes, name: str = "lab.csv", **dialect: str) -> list[bytes]:
    path.write_bytes(content)
    return list(stream.chunks(path, name, Dialect(**dialect)))


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        (b"a,b\n", "utf-8", "a,b\n"),
        ("\ufeffa,\u00e4\n".encode(), "utf-8", "a,\u00e4\n"),
        ("a,\u00e4\n".encode("cp1252"), "cp1252", "a,\u00e4\n"),
        ("a,\u00e4\n".encode("utf-16"), "utf-16", "a,\u00e4\n"),
        (b"a,b\n", "cp1252", "a,b\n"),  # ASCII is alike in both
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_text_is_read_in_its_encoding_wherever_a_chunk_ends(
    content: bytes,
    encoding: str,
    text: str,
    size: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "CHUNK", max(size, 4))
    found = read(tmp_path / "x", content, encoding=encoding)
    assert b"".join(found).decode() == text
    packed = read(tmp_path / "y", gzip.compress(content), "lab.csv.GZ", encoding=encoding)
    assert b"".join(packed).decode() == text


@pytest.mark.parametrize(
    ("content", "encoding", "why"),
    [
        (b"\x1f\x8b12", "utf-8", "is packed by gzip, but not named so. Call it <name>.csv.gz."),
        (b"PAR1....", "utf-8", "is Parquet, but not named so. Call it <name>.parquet."),
        (b"PK\x03\x04..", "utf-8", "is a zip or Excel file, no delimited text. Unpack or export"),
        (b"\xd0\xcf\x11\xe0.", "utf-8", "is an Excel file, no delimited text. Export it."),
        (b"\x28\xb5\x2f\xfd.", "utf-8", "is packed by zstd, which is not read. Pack it by gzip."),
        (b"BZh9....", "utf-8", "is packed by bzip2, which is not read. Pack it by gzip."),
        ("\ufeffa,b\n".encode("utf-16-le"), "utf-8", '{"csv": {"encoding": "utf-16"}}'),
        ("\ufeffa,b\n".encode("utf-16-be"), "utf-8", "is UTF-16, which is not declared."),
        ("\ufeffa,b\n".encode("utf-32-le"), "utf-8", "is UTF-32, which is not declared."),
        ("\ufeffa,b\n".encode("utf-32-be"), "utf-8", "is UTF-32, which is not declared."),
        ("a,b\n".encode("utf-16-le"), "utf-8", "looks like UTF-16, which is not declared."),
        ("a,b\n".encode("utf-16-le"), "utf-8", '{"encoding": "utf-16-le"}'),
        ("a,b\n".encode("utf-16-be"), "utf-8", '{"encoding": "utf-16-be"}'),
        (b"a,b\n1,2\n\xe4,3\n", "utf-8", "line 3 is not UTF-8. Declare the encoding that"),
        (b"a,b\n1,\x81\n", "cp1252", "line 2 is not cp1252, which is declared as"),
        (b"a,b\n1,\xc3", "utf-8", "line 2 is not UTF-8."),
        ("a,b\n\u00e4,1\n".encode(), "cp1252", "cp1252 is declared, but all of it is UTF-8."),
    ],
)
def test_what_is_no_text_in_the_encoding_is_told_with_its_line(
    content: bytes, encoding: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(ExtractError) as refused:
        read(tmp_path / "x", content, encoding=encoding)
    assert str(refused.value).startswith(f"lab.csv: {why}") or why in str(refused.value)


def test_lines_are_counted_over_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 4)
    with pytest.raises(ExtractError, match="line 3 is not UTF-8"):
        read(tmp_path / "x", b"a,b\n1,2\n\xe4,3\n")
    with pytest.raises(ExtractError, match="line 3 is not cp1252"):
        read(tmp_path / "x", b"a,b\n1,2\n\x81,3\n", encoding="cp1252")


@pytest.mark.parametrize(
    ("large", "fold", "refused"), [(99, 4, True), (100, 4, False), (99, 5, False)]
)
def test_a_packed_file_may_not_be_far_more_than_it_looks_like(
    large: int, fold: int, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred bytes of 23: more than four times as many, and not five times."""
    packed = gzip.compress(b"a" * 100)
    assert 4 * len(packed) < 100 <= 5 * len(packed)
    monkeypatch.setattr(stream, "LARGE", large)
    monkeypatch.setattr(stream, "MOST_FOLD", fold)
    if not refused:
        assert read(tmp_path / "x", packed, "lab.csv.gz") == [b"a" * 100]
        return
    with pytest.raises(ExtractError, match=r"bytes that are more than 4 times as many when"):
        read(tmp_path / "x", packed, "lab.csv.gz")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(b"a,b\n")[:-3], "ends in the middle of its packed rows. Finish the"),
        (b"a,b\n1,2\n", "is no gzip file, or a damaged one. Call it .csv when it is not packed"),
    ],
    ids=["cut short", "not packed"],
)
def test_a_damaged_gzip_file(content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(ExtractError) as refused:
        read(tmp_path / "x", content, "lab.csv.gz")
    assert why in str(refused.value)


def header(line: str, **dialect: str) -> list[str]:
    content = [f"{line}\n".encode()]
    return rows.header_and_blocks(iter(content), "lab.csv", Dialect(**dialect))[0]


def test_a_header_has_as_many_columns_and_bytes_as_a_reader_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"c{number}" for number in range(MOST_COLUMNS)]
    assert header(",".join(names)) == names
    with pytest.raises(EhrivigError, match="has 2,001 columns, at most 2,000 are read"):
        header(",".join([*names, "x"]))
    monkeypatch.setattr(rows, "LONGEST_HEADER", 8)
    assert header("abc,defg") == ["abc", "defg"]
    with pytest.raises(EhrivigError, match="line 1 has 9 bytes, which are no names of columns"):
        header("abc,defgh")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sep=;", "line 1 is 'sep=;', not the names of the columns. Remove that line."),
        ("a;b", "line 1 holds no ',' but ';', which is not declared. Declare it"),
        ("a\tb", "line 1 holds no ',' but '\\t', which is not declared."),
        ("a|b", "line 1 holds no ',' but '|', which is not declared."),
        ("a,12", "line 1 must name every column, and one of its values is a number."),
        ("a,2020-01-02 03:04", "one of its values is a number"),
        ("a,,b", "line 1 must name every column, and names none at place 2 of 3. Name it"),
        ("'a',b", "line 1 has a name in ', which is not declared as the quote. Declare it"),
        ("`a`,b", "line 1 has a name in `, which is not declared as the quote."),
        ("a, b", "line 1 names column 2 with a blank or a byte order mark at its beginning"),
        ("a,b,A", "line 1 names columns 1 and 3 alike. Give one of them another name"),
    ],
)
def test_a_header_that_names_no_columns(line: str, why: str) -> None:
    with pytest.raises(ExtractError) as refused:
        header(line)
    assert why in str(refused.value)


def test_another_delimiter_than_was_declared() -> None:
    with pytest.raises(ExtractError, match="line 1 holds no ';' but ',', which is not declared"):
        header("a,b", delimiter=";")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,2,3", "has 3 values, and the first line names 2 columns. Mend the line."),
        ("1", "has 1 value, and the first line names 2 columns. Mend the line."),
        ("a,b", "is the first line once more: files were put together. Remove it."),
        ("1,x\0", "holds a NUL byte: the file is damaged, or in an encoding that is not declared"),
        ("1,x\ry", "holds a carriage return that no line feed follows. Write lines that end in LF"),
        ('1,x"y"', "has a quote inside a value. Write the value in quotes and the quote twice;"),
    ],
)
@pytest.mark.parametrize("before", [0, 2])
def test_a_broken_row_is_told_with_its_line_and_one_cure(before: int, row: str, why: str) -> None:
    content = "a,b\n" + "0,0\n" * before + f"{row}\n0,0\n"

    def every_row() -> int:
        _, blocks = rows.header_and_blocks(iter([content.encode()]), "lab.csv", Dialect())
        return sum(block.rows for block in blocks)

    with pytest.raises(ExtractError) as refused:
        every_row()
    said = str(refused.value)
    assert said.startswith(f"lab.csv: line {before + 2} {why}")
    assert said.count("Mend the line") == int("Mend" in why or "NUL" in why)


def test_names_that_only_look_odd_are_names() -> None:
    assert header("a,'b,x2,'") == ["a", "'b", "x2", "'"]
    assert header("a,b;c") == ["a", "b;c"]
    assert header("a;b", delimiter=";") == ["a", "b"]
