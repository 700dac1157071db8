"""Every part of an extract is read, left out by a name that writers use, or refused by its name."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import opened, study, write
from test_extract import LABS, hive, shared

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.extract import file_names, footers
from ehrivig.extract.folder import find_tables
from ehrivig.extract.table_file import TableFile
from ehrivig.extract.table_names import refuse_doubtful
from ehrivig.study import Study

INSIDE = Path("lab/hospital_id=A")
PART = INSIDE / "part.parquet"


def labs(folder: Path, plan: Study | None = None) -> int:
    with opened(folder, plan or study()) as db:
        return int(db.rows("SELECT count(*) FROM resolved.lab")[0][0])


def said(folder: Path) -> str:
    """What a run says of an extract; the exit code is that of an extract that cannot be read."""
    with pytest.raises(ExtractError) as caught:
        labs(folder)
    assert caught.value.exit_code == 4
    return str(caught.value)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _text(path: Path) -> None:
    path.write_text("admission_id,value\n1,2\n")


def _copy(path: Path) -> None:
    shutil.copy(path.parent / "part.parquet", path)


REFUSED: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "link to nowhere": (
        f"{INSIDE}/part-1.parquet",
        lambda p: p.symlink_to("nowhere.parquet"),
        "is a link to nowhere. Mend or remove the link.",
    ),
    "link to itself": (
        f"{INSIDE}/part-1.parquet",
        lambda p: p.symlink_to(p.name),
        "is a link that leads to itself. Mend or remove it.",
    ),
    "link to the folder around": (
        f"{INSIDE}/more",
        lambda p: p.symlink_to("../.."),
        "is a link to a folder around it. Remove the link.",
    ),
    "pipe": (f"{INSIDE}/part-1.parquet", os.mkfifo, "is a pipe, no file. Remove it, or"),
    "socket": (f"{INSIDE}/part-1.parquet", _socket, "is a socket, no file."),
    "device": (f"{INSIDE}/part-1.parquet", lambda p: p.symlink_to("/dev/null"), "is a device"),
    "pq": (
        f"{INSIDE}/part-1.pq",
        _copy,
        "is Parquet, but not named so. Call it <name>.parquet, or begin its name with _",
    ),
    "parq": (f"{INSIDE}/part-1.parq", _copy, "is Parquet, but not named so."),
    "no suffix": (f"{INSIDE}/000001_0", _copy, "is Parquet, but not named so."),
    "suffix behind": (f"{INSIDE}/part.parquet.1", _copy, "is Parquet, but not named so."),
    "JSON beside": (
        f"{INSIDE}/part-1.json",
        _text,
        "is neither Parquet (.parquet) nor CSV (.csv, .csv.gz, .tsv, .tsv.gz). Write its rows as "
        "one of these, remove it, or begin its name with _ to leave it out.",
    ),
    "Excel as a table": ("score.xlsx", _text, "is neither Parquet (.parquet) nor CSV"),
    "CSV beside": (
        f"{INSIDE}/part-1.csv",
        _text,
        "holds rows of a table in another format than lab/hospital_id=A/part-1.csv. Keep one of",
    ),
    "transfer": (
        f"{INSIDE}/part-1.parquet.filepart",
        _text,
        "is a transfer that was not finished. Finish it, or remove it (part-1.parquet).",
    ),
    "rsync": (f"{INSIDE}/.part-1.parquet.xY12Za", _text, "is a transfer that was not finished."),
    "the same file": (
        f"{INSIDE}/part-1.parquet",
        lambda p: p.symlink_to("part.parquet"),
        "is the same file as lab/hospital_id=A/part-1.parquet. Remove the link.",
    ),
    "the same file, hard": (
        f"{INSIDE}/part-1.parquet",
        lambda p: p.hardlink_to(p.parent / "part.parquet"),
        "is the same file as",
    ),
    "empty folder": (f"{INSIDE}/more", Path.mkdir, "is an empty folder. Fill or remove it."),
}


TWICE = "the same file", "the same file, hard"


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_could_hold_rows_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    where, make, why = REFUSED[name]
    make(folder / where)
    found = said(folder)
    named = PART.as_posix() if name in ("CSV beside", *TWICE) else where
    assert found.startswith(f"{named}: ")
    assert why in found


def test_an_unfinished_write_and_lakes_are_refused(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "lab" / "_temporary" / "0" / "part-9.parquet", LABS)
    assert "lab/_temporary: holds rows of a write that did not finish." in said(folder)
    (folder / "lab" / "_SUCCESS").touch()
    assert labs(folder) == len(LABS)
    (folder / "lab" / ".hoodie").mkdir()
    assert said(folder).startswith("lab: is a Hudi table, whose files hold replaced rows too. ")


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user without rights: the superuser of a container may open everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_place(tmp_path: Path) -> Iterator[Path]:
    """A folder that every user may enter."""
    found = Path("/tmp") / f"open-{tmp_path.name}-{os.getpid()}"
    found.mkdir(mode=0o755)
    yield found
    for path in found.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(found)


def test_what_may_not_be_read_is_named(open_place: Path) -> None:
    folder = hive(open_place / "x")
    assert footers.row_count(TableFile(folder / PART, None), folder) == len(LABS)
    footers._footer_of.cache_clear()
    (folder / PART).chmod(0)
    with as_nobody(), pytest.raises(ExtractError) as caught:
        footers.row_count(TableFile(folder / PART, None), folder)
    assert str(caught.value) == (
        "lab/hospital_id=A/part.parquet: may not be read. Grant this user the right to read it."
    )
    (folder / INSIDE).chmod(0)
    with as_nobody(), pytest.raises(ExtractError, match=r"^lab/hospital_id=A: may not be listed"):
        find_tables(folder)
    (folder / INSIDE).chmod(0o644)  # listed, but nothing in it can be looked at
    with as_nobody(), pytest.raises(ExtractError, match=r"part\.parquet: may not be read"):
        find_tables(folder)


LEFT_OUT = {
    "_SUCCESS": "mark of a writer that all is written",
    "_metadata": "footers of all parts once more",
    "_common_metadata": "footers of all parts once more",
    "part.parquet.crc": "checksum",
    ".part.parquet.crc": "checksum",
    "_committed_123": "mark of a writer",
    ".DS_Store": "of a file manager",
    ".part.parquet.swp": "hidden: its name begins with a dot",
    ".nfs0001": "hidden: its name begins with a dot",
    "_part-9.parquet": "its name begins with _",
    "README.txt": "document",
    "dictionary.pdf": "document",
}


@pytest.mark.parametrize("name", list(LEFT_OUT))
def test_files_of_writers_are_left_out_by_name_and_listed(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    (folder / INSIDE / name).write_text("no rows")
    assert labs(folder) == len(LABS)
    found = extract.inspect(folder, study()).left_out
    assert [(one.path, one.reason) for one in found] == [
        ((INSIDE / name).as_posix(), LEFT_OUT[name])
    ]


def test_a_leftover_of_a_finished_transfer_is_listed(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    _text(folder / INSIDE / ".part.parquet.xY12Za")
    assert labs(folder) == len(LABS)


def test_what_no_table_of_the_layout_is_is_listed(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "Billing" / "part.parquet", [{"a": 1}])
    write(folder / "_truth" / "x.parquet", [{"a": 1}])
    (folder / "extract.json").write_text("{}")
    found = {one.path: one.reason for one in extract.inspect(folder, study()).left_out}
    assert found == {
        "Billing": "no table of the layout native",
        "_truth": "its name begins with _",
        "extract.json": "says whether data are simulated",
    }


@pytest.mark.parametrize("name", ["lab_2", "lab-part-0003", "lab2", "LAB (1)", "lab_2023"])
def test_a_numbered_piece_of_a_table_is_no_other_table(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    write(folder / f"{name}.parquet", [{"hospital_id": "A", **LABS[0]}])
    assert f"{name.lower()}: not a table of this layout, but perhaps a part of lab." in said(folder)


def test_neighbouring_names_of_other_layouts_are_no_misspelling() -> None:
    omop = ("concept", "concept_ancestor", "visit_occurrence", "measurement", "drug_exposure")
    refuse_doubtful((*omop, "concept_class", "observation_period", "drug_era"), omop)
    refuse_doubtful(("clif_microbiology_culture",), ("clif_microbiology_nonculture",))
    refuse_doubtful(("admissiondrug", "apachepredvar"), ("admissiondx", "apacheapsvar"))
    refuse_doubtful(("cptevents", "d_labitems"), ("chartevents", "d_items"))
    with pytest.raises(ExtractError, match=r"drug_exposures: not a table.*'drug_exposure'"):
        refuse_doubtful(("concept", "drug_exposures"), omop)


def test_links_are_followed(tmp_path: Path) -> None:
    folder, other = hive(tmp_path / "x"), tmp_path / "elsewhere"
    (folder / "lab" / "hospital_id=A").rename(other)
    (folder / "lab" / "hospital_id=A").symlink_to(other)
    assert labs(folder) == len(LABS)
    (other / "part.parquet").rename(tmp_path / "moved.parquet")
    (other / "part.parquet").symlink_to(tmp_path / "moved.parquet")
    assert labs(folder) == len(LABS)


def test_every_way_of_cutting_a_table_has_all_its_rows(tmp_path: Path) -> None:
    """Nested folders, a folder called like a file, names in capitals, files without rows."""
    folder = hive(tmp_path / "x")
    frame = pl.read_parquet(folder / PART, hive_partitioning=False)
    (folder / "lab").rename(folder / "Lab.parquet")
    place = folder / "Lab.parquet" / "hospital_id=A"
    (place / "part.parquet").unlink()
    for number, part in enumerate((frame[:3], frame[3:4], frame[4:], frame[:0])):
        inner = place / f"deep={number % 2}"
        inner.mkdir(exist_ok=True)
        part.write_parquet(inner / f"part-{number}.PARQUET")
    assert labs(folder) == len(LABS)


def test_a_table_twice_is_named_as_it_is_written(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "lab.parquet", [{"hospital_id": "A", **LABS[0]}])
    assert said(folder) == ("lab: given twice in the extract, as lab and lab.parquet. Remove one.")
    (folder / "lab.parquet").unlink()
    write(folder / "LAB" / "hospital_id=A" / "part.parquet", LABS)
    assert said(folder).startswith("lab: given twice in the extract, as LAB and lab.")


FOLDERS = {
    "__HIVE_DEFAULT_PARTITION__": "names no hospital: its rows had no hospital_id",
    "": "names no hospital",
    "%20": "names no hospital",
    "null": "names no hospital",
    "NaN": "names no hospital",
    " B": "has a blank at its end or beginning",
    "B%20": "has a blank at its end or beginning",
    "B\u3000": "has a blank at its end or beginning",
    "B%00": "or an invisible character",
    "%E5%90": "is no text in UTF-8",
    "B=C": "holds a second '='",
}


@pytest.mark.parametrize("name", list(FOLDERS))
def test_a_folder_that_names_no_hospital_is_refused(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "lab" / f"hospital_id={name}" / "part.parquet", LABS)
    found = said(folder)
    assert found.startswith(f"lab: the folder {f'hospital_id={name}'!r} ")
    assert FOLDERS[name] in found


def test_a_hospital_that_is_written_in_two_ways(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x", "St Mary")
    write(folder / "lab" / "hospital_id=St%20Mary" / "part.parquet", LABS)
    assert said(folder) == (
        "lab: the folders 'hospital_id=St Mary' and 'hospital_id=St%20Mary' name one hospital. Put "
        "its files into one of them."
    )
    shutil.rmtree(folder / "lab" / "hospital_id=St Mary")  # each writer has a way of its own
    assert labs(folder) == len(LABS)


@pytest.mark.parametrize(
    ("other", "how"),
    [("a", "capitals"), ("Ａ", "form of their characters"), ("A B", None)],
)
def test_hospitals_that_a_reader_takes_for_one(tmp_path: Path, other: str, how: str | None) -> None:
    folder = hive(hive(tmp_path / "x"), other)
    if how is None:
        assert extract.inspect(folder, study()).hospitals == ("A", other)
    else:
        assert f"extract: the hospitals 'A' and {other!r} differ only in" in said(folder)
        assert how in said(folder)


def test_hospitals_that_differ_only_in_unicode_forms(tmp_path: Path) -> None:
    folder = hive(hive(tmp_path / "x", "Caf\u00e9"), "Cafe\u0301")
    assert "(Unicode NFC and NFD)" in said(folder)


def test_hospitals_of_shared_files_are_held_to_the_same(tmp_path: Path) -> None:
    folder = shared(tmp_path / "x")
    path = folder / "lab.parquet"
    frame = pl.read_parquet(path)
    frame.with_columns(pl.col("hospital_id").replace("B", "a")).write_parquet(path)
    assert "differ only in capitals" in said(folder)
    frame.with_columns(pl.col("hospital_id").replace("B", "nan")).write_parquet(path)
    assert said(folder) == "extract: some rows have no hospital_id. Fill it in every table."


def test_two_hospitals_in_one_path(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / INSIDE / "hospital_id=B" / "part.parquet", LABS)
    assert said(folder) == (
        "lab: part.parquet lies in 'hospital_id=A' and in 'hospital_id=B'. Keep one of them."
    )


def test_names_say_what_they_are() -> None:
    assert file_names.is_part("part.Parquet")
    assert not file_names.is_part("_x.parquet")
    assert file_names.unfinished("a.parquet.sha256") is None
    assert file_names.unfinished(".a.parquet.sha256") is None
    assert file_names.why_left_out("lab_$folder$") == "mark of a writer"
    assert file_names.why_left_out("part.parquet") is None
    assert file_names.hive_key("year=2020") == ("year", "2020")
