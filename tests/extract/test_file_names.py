"""What the name of a file in an extract says: a part, a thing to leave out, or neither."""

from __future__ import annotations

import pytest

from ehrivig.extract import file_names


@pytest.mark.parametrize(
    ("name", "end"),
    [
        *(("part-0.parquet", ".parquet"), ("LAB.PARQUET", ".parquet"), ("lab.csv", ".csv")),
        *(("Lab.CSV.gz", ".csv.gz"), ("lab.tsv", ".tsv"), ("lab.tsv.gz", ".tsv.gz")),
    ],
)
def test_a_part_is_parquet_or_delimited_text(name: str, end: str) -> None:
    assert file_names.is_part(name)
    assert file_names.format_of(name) == end
    assert file_names.is_text(name) is (end != ".parquet")
    assert file_names.table_of(name) == name.lower()[: -len(end)]
    assert not file_names.is_part(f"_{name}")
    assert not file_names.is_part(f".{name}")


@pytest.mark.parametrize("name", ["lab.txt", "lab.parquet.bak", "lab.json", "lab"])
def test_what_is_no_part_is_not_left_out_in_silence(name: str) -> None:
    assert not file_names.is_part(name)
    assert file_names.format_of(name) == ""
    assert file_names.why_left_out(name) is None
    assert file_names.unfinished(name) is None
    assert file_names.lake(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("_SUCCESS", "mark of a writer that all is written"),
        *((f"_{what}metadata", "footers of all parts once more") for what in ("", "common_")),
        *((f"lab.parquet.{end}", "checksum") for end in ("crc", "md5", "sha1", "sha256")),
        *((name, "mark of a writer") for name in ("_started_12", "_committed_12", "x_$folder$")),
        *((n, "of a file manager") for n in (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX")),
        *(("_old.parquet", "its name begins with _"), (".lab.parquet", "hidden: its name")),
        *((name, "document") for name in ("README", "LICENSE.txt", "CHANGELOG", "NOTICE.md")),
        *((f"Notes.{end}", "document") for end in ("md", "rst", "HTML", "pdf", "docx")),
    ],
)
def test_what_holds_no_rows_is_left_out_and_said_why(name: str, why: str) -> None:
    assert str(file_names.why_left_out(name)).startswith(why)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *(
            (f"lab.csv.gz.{end}", "lab.csv.gz")
            for end in ("tmp", "temp", "part", "partial", "filepart", "crdownload", "inprogress")
        ),
        *((".lab.parquet.TMP", "lab.parquet"), ("lab.tsv._COPYING_", "lab.tsv")),
        *((".lab.parquet.a1B2c3", "lab.parquet"), (".lab.parquet.sha256", None)),
        *((".lab.parquet.a1B2c", None), ("lab.parquet.a1B2c3", None), ("lab.csv", None)),
    ],
)
def test_a_transfer_that_was_not_finished(name: str, part: str | None) -> None:
    assert file_names.unfinished(name) == part


@pytest.mark.parametrize(
    ("name", "what"),
    [("_delta_log", "Delta"), ("v1.metadata.json", "Iceberg"), (".hoodie", "Hudi")],
)
def test_a_table_of_a_lake_is_known_by_what_lies_in_it(name: str, what: str) -> None:
    assert what in str(file_names.lake(name))
    assert file_names.lake(f"{name}.old") is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("hospital_id=A", ("hospital_id", "A")), ("a=b=c", ("a", "b=c"))),
        *(("a=", ("a", "")), ("=b", None), ("lab", None)),
    ],
)
def test_a_folder_of_one_value(name: str, key: tuple[str, str] | None) -> None:
    assert file_names.hive_key(name) == key
