"""Study files with mistakes of every kind, each with what is said of it (`malformed.json`).

An entry changes words of the packaged study; `said` are the beginnings of the problems, in order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ehrivig import study
from ehrivig.errors import StudyError
from ehrivig.study.problem import near, shown

TEXT = study.locate("ivig_covid19").read_text(encoding="utf-8")
CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "malformed.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["changes"][0][1][:40] for case in CASES])
def test_a_mistake_is_told_in_its_words(case: dict[str, Any], tmp_path: Path) -> None:
    text = TEXT
    for old, new in case["changes"]:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        study.load(path)
    lines = str(error.value).split("\n  ")[1:]
    said = [line.partition(": ")[2] if line.startswith("line ") else line for line in lines]
    assert len(said) == len(case["said"])
    for found, wanted in zip(said, case["said"], strict=True):
        assert found.startswith(wanted)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"seed = 1\nseed = 2\n", "is not TOML: Cannot overwrite a value"),
        (b"x = 9" + b"9" * 5000, "is not TOML: Exceeds the limit"),
        (b"x = " + b"[" * 2000 + b"]" * 2000, "its lists lie too deep"),
        (b"x = 1\ny = '\xe9'\n", "line 2 is not UTF-8. Save the file as UTF-8"),
        (b"d = 2020-02-30\n", "is not TOML: Invalid date"),
        (b"", "has 6 problems"),
        (b"#" * 1_000_001, "it has over a million bytes"),
    ],
)
def test_what_is_no_study_file_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"mine\.toml") as error:
        study.load(path)
    assert said in str(error.value)


def test_the_mark_and_the_line_ends_of_windows_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert study.load(path).digest == study.load("ivig_covid19").digest


@pytest.mark.parametrize("name", ["", "/tmp", "a\0b", "x" * 5000, "ivig_covid"])
def test_a_name_that_is_no_file_is_told(name: str) -> None:
    with pytest.raises(StudyError, match="no packaged study of that name"):
        study.load(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("SARS-CoV-2", "sars_cov_2"),
        ("Hypertensión", "hypertension"),
        ("  crp ", "crp"),
        ("hypertensoin", "hypertension"),
        ("tocilizumab", None),
        ("cst", None),
    ],
)
def test_the_name_that_was_meant(name: str, found: str | None) -> None:
    assert near(name, ["sars_cov_2", "hypertension", "crp", "uct", "umifenovir"]) == found


def test_values_are_shown_short() -> None:
    assert shown("a\nb") == "'a\\nb'"
    assert len(shown("x" * 500)) < 70
