"""Reading a CSV of trials: what is accepted, and the message for everything else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ehrivig.codes import imports
from ehrivig.errors import UsageError
from ehrivig.meta import Counts, Estimates, Means, read_trials

HEADER = "study,year,events_treated,n_treated,events_control,n_control\n"
GOOD = HEADER + "A,1990,5,50,9,50\nB,1980,4,40,8,40\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "trials.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_counts(tmp_path: Path) -> None:
    trials = read_trials(write(tmp_path, GOOD))
    assert isinstance(trials.data, Counts)
    assert (trials.labels, trials.measure) == (("A 1990", "B 1980"), "OR")
    assert trials.chronological == (1, 0)


def test_means_and_estimates(tmp_path: Path) -> None:
    header = "study,mean_treated,sd_treated,n_treated,mean_control,sd_control,n_control\n"
    trials = read_trials(write(tmp_path, header + "A,1,2,30,0,2,30\nB,2,2,20,1,3,22\n"))
    assert isinstance(trials.data, Means)
    assert trials.measure == "MD"
    text = "study,estimate,lo,hi\nA,0.8,0.6,1.0\nB,0.7,0.5,0.9\n"
    trials = read_trials(write(tmp_path, text), "RR")
    assert isinstance(trials.data, Estimates)
    with pytest.raises(UsageError, match="estimates without a measure"):
        read_trials(write(tmp_path, text))


def test_measure_column_speaks_for_estimates(tmp_path: Path) -> None:
    text = "study,measure,estimate,lo,hi\nA,RR,0.8,0.6,1.0\nB,{},0.7,0.5,0.9\n"
    assert read_trials(write(tmp_path, text.format("RR"))).measure == "RR"
    with pytest.raises(UsageError, match="measures are mixed \\(RR, OR\\)"):
        read_trials(write(tmp_path, text.format("OR")))
    with pytest.raises(UsageError, match="the estimates are RR, not OR"):
        read_trials(write(tmp_path, text.format("RR")), "OR")


def test_marks_of_provenance(tmp_path: Path) -> None:
    text = "study,events_ivig,n_ivig,events_control_solved,n_control\nA,5,50,9,50\nB,4,40,8,40\n"
    trials = read_trials(write(tmp_path, text))
    assert trials.reconstructed == ("events_control",)
    flagged = GOOD.replace("n_control\n", "n_control,reconstructed\n", 1)
    flagged = flagged.replace("50,9,50", "50,9,50,n_control").replace("8,40", "8,40,")
    assert read_trials(write(tmp_path, flagged)).reconstructed == ("n_control",)


def test_byte_order_mark_comments_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_bytes(b"\xef\xbb\xbf# source: a review\n" + GOOD.replace("\n", "\r\n\r\n").encode())
    trials = read_trials(path)
    assert trials.labels == ("A 1990", "B 1980")
    np.testing.assert_array_equal(trials.data.n, [100, 80])


def test_names_that_come_twice_are_numbered(tmp_path: Path) -> None:
    trials = read_trials(write(tmp_path, GOOD + "A,1990,1,10,2,10\n"))
    assert trials.labels == ("A 1990", "B 1980", "A 1990 (2)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (HEADER, "0 study. A synthesis needs at least two"),
        (HEADER + "A,1990,5,50,9,50\n", "1 study. A synthesis needs at least two"),
        (GOOD + "C,1999,-1,10,2,10\n", r"line 4 \(C 1999\): events_treated is negative"),
        (GOOD + "C,1999,1.5,10,2,10\n", r"line 4 \(C 1999\): events_treated is not a whole"),
        (GOOD + "C,1999,11,10,2,10\n", r"line 4 \(C 1999\): events_treated is above n_treated"),
        (GOOD + "C,1999,1,10,2,\n", r"line 4 \(C 1999\): n_control is empty"),
        (GOOD + "C,1999,1,10,two,10\n", r"line 4 \(C 1999\): events_control is 'two'"),
        (GOOD + 'C,1999,"1,5",10,2,10\n', "Use a decimal point"),
        (GOOD + "C,1999,nan,10,2,10\n", "events_treated is 'nan', not a number"),
        (GOOD + "C,1999,1e400,10,2,10\n", "not a number"),
        (GOOD + ",1999,1,10,2,10\n", "line 4: study is empty"),
        (GOOD + "C,1999,1,10\n", "line 4 has 4 cells, the header 6"),
        (GOOD.replace("study", "trial", 1), "none of its 6 columns is named study"),
        (
            GOOD.replace("n_control", "n_total", 1),
            "its 6 columns lack n_control; or mean_treated, .* Name the columns on",
        ),
        (GOOD.replace("year", "n_control", 1), "column 'n_control' appears twice"),
        (GOOD.replace("year", "", 1), "a column has no name"),
        (GOOD.replace(",", ";"), "not separated by commas"),
        ('study,"estimate\nA,1', "not valid CSV"),
        ("study,measure,estimate,lo,hi\nA,RR,1,2,0.5\nB,RR,1,0.5,2\n", "lo is above hi"),
        ("study,measure,estimate,lo,hi\nA,XX,1,0.5,2\nB,XX,1,0.5,2\n", "'XX' is none of"),
        ("study,measure,estimate,lo,hi\nA,RR,1,0,2\nB,RR,1,0.5,2\n", "not above 0"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        read_trials(write(tmp_path, text))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "first", ["4711,mustermann erika,f", "study,mustermann,1", "a,musterm,MUSTERM"]
)
def test_a_first_line_that_is_a_patient_is_not_quoted(tmp_path: Path, first: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_trials(write(tmp_path, f"{first}\n4712,doe,m\n4713,roe,m\n"))
    assert "musterm" not in str(caught.value).lower()
    assert "4711" not in str(caught.value)


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_trials(tmp_path / "absent.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read_trials(tmp_path)
    path = tmp_path / "latin.csv"
    path.write_bytes(GOOD.replace("A,", "Müller,").encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        read_trials(path)


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(UsageError, match=r"is a pipe or a device, not a file\.") as caught:
            read_trials(path)
        assert caught.value.exit_code == 2
        with pytest.raises(UsageError, match="is a pipe or a device, not a file"):
            imports.text_of(path)


def test_measure_that_the_file_cannot_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="measure MD needs means or estimates"):
        read_trials(write(tmp_path, GOOD), "MD")
    with pytest.raises(UsageError, match="'XX' is none of"):
        read_trials(write(tmp_path, GOOD), "XX")


def test_columns_by_name(tmp_path: Path) -> None:
    trials = read_trials(write(tmp_path, GOOD))
    np.testing.assert_array_equal(trials.number_column("year"), [1990, 1980])
    with pytest.raises(UsageError, match="no column 'product'"):
        trials.text_column("product")
    blank = read_trials(write(tmp_path, GOOD.replace("1980", "")))
    with pytest.raises(UsageError, match="year is empty"):
        blank.number_column("year")
