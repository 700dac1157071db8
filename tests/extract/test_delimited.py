"""CSV and TSV, packed or not: the rows of the Parquet files, or the line and the cure."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from extracts import study
from test_extract import hive
from test_parts import labs, said

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.extract import delimited
from ehrivig.extract.delimited import rows, stream
from ehrivig.extract.delimited.dialect import Dialect, Dialects

HEAD = "hospital_id,admission_id,lab_code,vocabulary,value,unit,collected_at\n"
ROW = "A,1,crp,local,3.5,mg/L,2020-03-01 08:00:00\n"


def read(place: Path, content: bytes | str, name: str = "lab.csv", **dialect: str) -> list[dict]:
    """The rows of one file, as its copy has them."""
    path = place / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = Dialects(Dialect(**dialect)).of("lab", name)
    delimited.copied(path, place / "copy" / name, name, settings, {"admission_id"})
    return pq.read_table(place / "copy" / name).to_pylist()


def refused(place: Path, content: bytes | str, name: str = "lab.csv", **dialect: str) -> str:
    with pytest.raises(ExtractError) as found:
        read(place, content, name, **dialect)
    return str(found.value)


AB = [{"a": "1", "b": "x"}, {"a": None, "b": "y, z"}]
ALIKE: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "plain": (b'a,b\n1,x\n,"y, z"\n', "lab.csv", {}),
    "CR LF": (b'a,b\r\n1,x\r\n,"y, z"\r\n', "lab.csv", {}),
    "no end": (b'a,b\n1,x\n,"y, z"', "lab.csv", {}),
    "byte order mark": (b'\xef\xbb\xbfa,b\n1,x\n"","y, z"\n', "lab.csv", {}),
    "empty lines": (b'\na,b\n\n1,x\n\r\n,"y, z"\n\n', "lab.csv", {}),
    "all quoted": (b'"a","b"\n"1","x"\n"","y, z"\n', "LAB.CSV", {}),
    "tab": (b"a\tb\n1\tx\n\ty, z\n", "lab.tsv", {}),
    "semicolon": (b"a;b\n1;x\n;y, z\n", "lab.csv", {"delimiter": ";"}),
    "no quote": (b"a|b\n1|x\n|y, z\n", "lab.csv", {"delimiter": "|", "quote": ""}),
    "single quote": (b"a,b\n1,x\n,'y, z'\n", "lab.csv", {"quote": "'"}),
    "UTF-16": ('a,b\n1,x\n,"y, z"\n'.encode("utf-16"), "lab.csv", {"encoding": "utf-16"}),
    "gzip": (gzip.compress(b'a,b\n1,x\n,"y, z"\n'), "lab.csv.GZ", {}),
    "two members": (gzip.compress(b"a,b\n1,x\n") + gzip.compress(b',"y, z"\n'), "x.csv.gz", {}),
}


@pytest.mark.parametrize("name", list(ALIKE))
def test_the_same_rows_however_they_are_written(tmp_path: Path, name: str) -> None:
    content, file, dialect = ALIKE[name]
    assert read(tmp_path, content, file, **dialect) == AB


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_rows_do_not_depend_on_where_a_chunk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(stream, "CHUNK", size)
    text = 'a,b\r\n"1\n2","x ""y"", z"\r\n,é\r\n"",\r\n'
    want = [{"a": "1\n2", "b": 'x "y", z'}, {"a": None, "b": "é"}, {"a": None, "b": None}]
    assert read(tmp_path, text) == want
    assert read(tmp_path, gzip.compress(text.encode()), "lab.csv.gz") == want


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_second_header_is_told_wherever_a_chunk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    text = end.join(["a,b", "1,2", "a,bc", "a,b", "3,4", ""])
    for size in range(1, len(text) + 1):
        monkeypatch.setattr(stream, "CHUNK", size)
        assert "line 4 is the first line once more" in refused(tmp_path, text)


def test_a_table_may_declare_what_separates_its_tsv(tmp_path: Path) -> None:
    folder = as_csv(hive(tmp_path / "x"), suffix=".tsv")
    assert "Call it .csv, or declare the delimiter of its table" in said(folder)
    tables = {path.name: {"delimiter": ","} for path in folder.iterdir() if path.is_dir()}
    (folder / "extract.json").write_text(json.dumps({"csv": {"tables": tables}}))
    assert labs(folder) == labs(hive(tmp_path / "y"))


def test_what_looks_like_something_is_text(tmp_path: Path) -> None:
    text = "a,b,c,d,e\n00123,1e16,NA,True,2020-03-01\n"
    assert read(tmp_path, text) == [
        {"a": "00123", "b": "1e16", "c": "NA", "d": "True", "e": "2020-03-01"}
    ]


def test_other_encodings_are_read_as_declared(tmp_path: Path) -> None:
    for encoding in ("windows-1252", "iso-8859-1", "utf-16-le"):
        content = "a,b\nMüller,ß\n".encode(encoding)
        assert read(tmp_path, content, encoding=encoding) == [{"a": "Müller", "b": "ß"}]
    assert read(tmp_path, "a,b\n是,否\n".encode("gb18030"), encoding="gb18030")[0]["a"] == "是"


BROKEN: dict[str, tuple[bytes | str, str, dict[str, str], str]] = {
    "too many": ("a,b\n1,2\n1,2,3\n", "lab.csv", {}, "lab.csv: line 3 has 3 values, and the first "
                 "line names 2 columns. Mend the line."),
    "too few": ('a,b\n"1\n",2\n\n1\n', "lab.csv", {}, "lab.csv: line 5 has 1 value, and"),
    "quote inside": ('a,b\n1,5" tube\n', "lab.csv", {}, "lab.csv: line 2 has a quote inside a "),
    "escaped": ('a,b\n1,"5\\" tube"\n', "lab.csv", {}, "line 2 has a quote inside a value. Write"),
    "behind a quote": ('a,b\n1,"5" tube\n', "lab.csv", {}, "line 2 has a quote inside a value."),
    "not closed": ('a,b\n1,2\n1,"2\n3,4\n', "lab.csv", {}, "line 3 has a quote that is never "),
    "NUL": (b"a,b\n1,\x00\n", "lab.csv", {}, "line 2 holds a NUL byte: the file is damaged, or"),
    "CR alone": (b"a,b\r1,2\r3,4\r", "lab.csv", {}, "line 1 holds a carriage return that no "),
    "empty": (b"", "lab.csv", {}, "lab.csv: is empty: its first line names the columns."),
    "a mark alone": (b"\xef\xbb\xbf", "lab.csv", {}, "lab.csv: is empty:"),
    "blank": (b"\n \n\n", "lab.csv", {}, "lab.csv: is empty:"),
    "twice": ("a,b,A\n1,2,3\n", "lab.csv", {}, "lab.csv: line 1 names columns 1 and 3 alike."),
    "no header": ("1,2020-03-01,x\n", "lab.csv", {}, "line 1 must name every column, and one of"),
    "no name": ("a,,b\n1,2,3\n", "lab.csv", {}, "line 1 must name every column, and names none at "
                "place 2 of 3."),
    "blank in a name": ("a, b\n1,2\n", "lab.csv", {}, "line 1 names column 2 with a blank or"),
    "header again": ("a,b\n1,2\na,b\n3,4\n", "lab.csv", {}, "line 3 is the first line once more"),
    "no name at the end": ("a,b,\n1,2,\n", "lab.csv", {}, "names none at place 3 of 3. Name it"
                           ", or leave it out of every line (a delimiter at the end of"),
    "numbers of rows": (",a\n0,1\n", "lab.csv", {}, "names none at place 1 of 2."),
    "a name without end": (
        "a," + "b" * 200_000 + "\n1,2\n", "lab.csv", {}, "line 1 has 200,002 bytes, which are no na"
    ),
    "another quote": ("'a','b'\n1,2\n", "lab.csv", {}, "line 1 has a name in ', which is not"
                      ' declared as the quote. Declare it: {"csv": {"quote": "\'"}} in extract'),
    "no quote is wrong": ('"a","b"\n1,2\n', "lab.csv", {"quote": ""}, "line 1 has a name in \","),
    "one": ("a,b\n1\n", "lab.csv", {}, "line 2 has 1 value, and the first line names 2 columns. "),
    "sep": ("sep=;\na;b\n", "lab.csv", {}, "line 1 is 'sep=;', not the names of the columns."),
    "semicolons": (
        "a;b\n1;2\n", "lab.csv", {}, "line 1 holds no ',' but ';', which is not declared. "
        'Declare it: {"csv": {"delimiter": ";"}} in extract.json of the extract, or delimiter ='),
    "tabs": ("a\tb\n1\t2\n", "lab.csv", {}, '{"csv": {"delimiter": "\\t"}} in extract.json'),
    "commas in TSV": ("a;b\n1;2\n", "lab.tsv", {}, "line 1 holds no '\\t' but ';', which is not "
                      "declared. Call it .csv, or declare the delimiter of its table under csv."),
    "latin-1": ("a,b\nx,y\nMüller,2\n".encode("latin-1"), "lab.csv", {}, "line 3 is not UTF-8. "
                'Declare the encoding that the file has: {"csv": {"encoding": "windows-1252"}} in'),
    "UTF-16": ("a,b\n".encode("utf-16"), "lab.csv", {}, "lab.csv: is UTF-16, which is not "),
    "UTF-16 without a mark": (
        "a,b\n1,é".encode("utf-16-le"),
        "lab.csv",
        {},
        '"encoding": "utf-16-le"}',
    ),
    "UTF-16, high byte first": ("a,b\n1,é".encode("utf-16-be"), "lab.csv", {}, '"utf-16-be"}'),
    "no mark where one is needed": (
        "a,b\n1,2\n".encode("utf-16-be"), "lab.csv", {"encoding": "utf-16"}, "lab.csv: begins "
        "without the byte order mark that utf-16 needs. Declare the order of its bytes: "
        '{"csv": {"encoding": "utf-16-be"}} in extract.json'
    ),
    "no mark, low byte first": (
        "a,b\n1,2\n".encode("utf-32-le"), "lab.csv", {"encoding": "utf-32"}, '"utf-32-le"}'
    ),
    "half of a pair": (b"a,b\n1,+2AA-\n", "lab.csv", {"encoding": "utf-7"}, "line 2 holds half of"),
    "commas": ("a,b\n1,2\n", "lab.csv", {"delimiter": ";"}, "line 1 holds no ';' but ',', which"),
    "not as declared": (
        "a\nMüller\n", "lab.csv", {"encoding": "ascii"}, "line 2 is not ascii, which is declared"
    ),
    "UTF-8 in truth": (
        "a\nMüller\n", "lab.csv", {"encoding": "iso8859-1"}, "is declared, but all of it is UTF-8"
    ),
    "rounded": ("admission_id\n1.23457E+15\n", "lab.csv", {}, "admission_id: 1 ids were rounded"),
    "gz cut": (gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "lab.csv.gz", {}, "ends in the middle of"),
    "no gz": (b"a,b\n1,2\n", "lab.csv.gz", {}, "is no gzip file, or a damaged one. Call it .csv"),
    "gz damaged": (
        gzip.compress(b"a,b\n1,2\n")[:-8] + b"12345678", "lab.csv.gz", {}, "is no gzip file, or a"
    ),
    "rubbish behind gz": (
        gzip.compress(b"a,b\n1,2\n") + b"rubbish", "lab.csv.gz", {}, "is no gzip file, or a"
    ),
    "gz without its name": (gzip.compress(b"a,b\n"), "lab.csv", {}, "is packed by gzip, but not"),
    "gz in gz": (
        gzip.compress(gzip.compress(b"a,b\n")), "lab.csv.gz", {}, "is packed by gzip, but not"
    ),
    "Parquet": (b"PAR1", "lab.csv", {}, "is Parquet, but not named so. Call it <name>.parquet."),
    "Excel": (b"PK\x03\x04", "lab.csv", {}, "is a zip or Excel file, no delimited text."),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROKEN))
def test_what_is_broken_is_told_with_its_line_and_the_cure(tmp_path: Path, name: str) -> None:
    content, file, dialect, why = BROKEN[name]
    assert why in refused(tmp_path, content, file, **dialect)


def test_a_row_without_end_and_a_bomb_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LONGEST_ROW", 1_000)
    monkeypatch.setattr(stream, "CHUNK", 1_000)
    many = 'a,b\n1,2\n1,"' + "2\n" * 5_000
    assert "line 3 begins a row of more than 1,000 bytes, or a quote" in refused(tmp_path, many)
    for more, fits in ((0, True), (1, False)):  # as long as a row may be, and a letter longer
        content = "a,b\n1," + "x" * (998 + more) + "\n2,y\n"
        monkeypatch.setattr(stream, "CHUNK", 1_004 + more)
        if fits:
            assert [row["a"] for row in read(tmp_path, content)] == ["1", "2"]
        else:
            assert "line 2 begins a row of more than" in refused(tmp_path, content)
    monkeypatch.setattr(stream, "CHUNK", 1_000)
    monkeypatch.setattr(stream, "LARGE", 100_000)
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    said = refused(tmp_path, packed, "lab.csv.gz")
    assert said == f"lab.csv.gz: {len(packed):,} bytes that are more than 250 times as many when " \
        "unpacked. Replace the file."  # fmt: skip
    monkeypatch.undo()
    wide = ",".join(f"c{number}" for number in range(100_000))
    assert "has 100,000 columns, at most 2,000 are read." in refused(tmp_path, wide + "\n")


def as_csv(folder: Path, *, suffix: str = ".csv", change: Callable[[str], str] = str) -> Path:
    """The same extract with every Parquet file as text."""
    for path in sorted(folder.rglob("*.parquet")):
        text = extract_text(path)
        path.with_name(f"{path.stem}{suffix}").write_bytes(
            gzip.compress(change(text).encode()) if suffix.endswith("gz") else change(text).encode()
        )
        path.unlink()
    return folder


def extract_text(path: Path) -> str:
    import polars as pl

    return pl.read_parquet(path, hive_partitioning=False).write_csv(
        datetime_format="%Y-%m-%d %H:%M:%S%.6f"
    )


def test_a_csv_extract_is_read_where_a_parquet_extract_is(tmp_path: Path) -> None:
    rows_of = labs(hive(tmp_path / "x"))
    for suffix in (".csv", ".csv.gz"):
        folder = as_csv(hive(tmp_path / suffix), suffix=suffix)
        assert labs(folder) == rows_of
        found = extract.input_files(extract.inspect(folder, study()), ["A"])
        assert {one.path for one in found if "lab" in one.path} == {
            f"lab/hospital_id=A/part{suffix}"
        }


def test_delimiter_and_encoding_are_declared_beside_the_files(tmp_path: Path) -> None:
    folder = as_csv(hive(tmp_path / "x"), change=lambda text: text.replace(",", ";"))
    assert "which is not declared" in said(folder)
    (folder / "extract.json").write_text('{"csv": {"delimiter": ";"}}')
    assert labs(folder) == labs(hive(tmp_path / "y"))
    one = folder / "lab/hospital_id=A/part.csv"
    one.write_text(one.read_text().replace(";", "\t"))
    settings = {"csv": {"delimiter": ";", "tables": {"lab": {"delimiter": "\t"}}}}
    (folder / "extract.json").write_text(json.dumps(settings))
    assert labs(folder) == labs(tmp_path / "y")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"delimiter": ";;"}, "csv delimiter and quote are one character of ASCII each"),
        ({"delimiter": '"'}, "csv delimiter and quote are the same"),
        ({"encoding": "klingon"}, "csv encoding 'klingon' is not known"),
        ({"encoding": "idna"}, "csv encoding 'idna' is not known"),
        ({"tables": {"labb": {}}}, "csv.tables names labb, and there is no such table. Mend"),
        ({"encoding": "base64"}, "csv encoding 'base64' is not known"),
        ({"separator": ";"}, "nothing reads csv 'separator'. Its keys are delimiter, quote, enc"),
        ({"delimiter": 1}, "csv must give text for some of delimiter, quote, encoding"),
        ("comma", "csv must give text for some of delimiter, quote, encoding"),
    ],
)
def test_a_declaration_that_is_none_is_told(tmp_path: Path, settings: object, why: str) -> None:
    folder = as_csv(hive(tmp_path / "x"))
    (folder / "extract.json").write_text(json.dumps({"csv": settings}))
    assert why in said(folder)


def test_one_table_comes_once(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    shutil.copy(folder / "lab/hospital_id=A/part.parquet", folder / "score.parquet")
    (folder / "score.csv").write_text(HEAD + ROW)
    assert said(folder).startswith("score: given twice in the extract, as score.csv and score.parq")


def test_other_writings_of_numbers_are_refused_with_their_count(tmp_path: Path) -> None:
    def spoiled(to: str) -> Path:
        folder = as_csv(hive(tmp_path / to.replace('"', "").replace("/", "")))
        path = folder / "lab/hospital_id=A/part.csv"
        path.write_text(path.read_text().replace(",12.5,", f",{to},"))
        return folder

    for to in ('"12,5"', '"1,234"', "12.5 mg"):
        assert "column value is text, and 1 of its 6 values are not numbers (digits" in said(
            spoiled(to)
        )


def test_what_is_read_is_what_a_strict_reader_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random text, as Python's own reader has it, or a sentence; nothing that a writer writes is
    refused but a carriage return without quotes."""
    draw = random.Random(20200301)
    refusals: list[tuple[bool, str]] = []
    for _ in range(300):
        lines = io.StringIO()
        writer = csv.writer(lines, quoting=draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writerow(["h1", "h2"])
        for _ in range(draw.randint(0, 5)):
            writer.writerow(
                ["".join(draw.choices('ab," \n\ré', k=draw.randint(0, 4))) for _ in "12"]
            )
        text, spoiled = lines.getvalue(), draw.random() < 0.5
        if spoiled:
            place = draw.randrange(6, len(text))
            text = text[:place] + draw.choice('a,"\n\r') + text[place + 1 :]
        monkeypatch.setattr(stream, "CHUNK", draw.choice([1, 5, 1_000]))
        try:
            found = [tuple(row.values()) for row in read(tmp_path, text)]
        except ExtractError as error:
            refusals.append((spoiled, str(error)))
            continue
        told = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        assert found == [tuple(value or None for value in row) for row in told[1:]]
    assert 20 < len(refusals) < 200
    assert [why for spoiled, why in refusals if not spoiled and "carriage return" not in why] == []


def test_what_may_be_a_row_is_not_quoted(tmp_path: Path) -> None:
    """A file without its first line begins with a patient."""
    for first in ("A,Hans,Hans", "A, Hans,x", "A,Hans\ufeff,x"):
        assert "Hans" not in refused(tmp_path, f"{first}\n")
    folder = as_csv(hive(tmp_path / "x"))
    part = folder / "patient/hospital_id=A/part.csv"
    part.with_name("part-2.csv").write_text("Hans,male\n")
    told = said(folder)
    assert "differ in the columns that their first lines name" in told
    assert "hans" not in told.lower()
