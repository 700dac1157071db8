"""What lies among lists of one's own and is no list: links to folders, rows without a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.codes import own
from ehrivig.errors import StudyError, UsageError

LINES = "verdict,vocabulary,match,value,route,product_type\ninclude,ATC,exact,L04AC07,,\n"


def test_a_folder_behind_a_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "tocilizumab.csv").write_text(LINES, encoding="utf-8")
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "drugs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((StudyError, UsageError), match="drugs: a link to a folder"):
        own.read(lists)


def test_a_folder_that_is_named_like_a_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "drugs" / "zz.csv").mkdir(parents=True)
    with pytest.raises(StudyError, match=r"drugs/zz\.csv: a folder that is named like a list"):
        own.read(tmp_path)


def test_a_link_to_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    (tmp_path / "drugs" / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises((StudyError, UsageError), match=r"drugs/gone\.csv"):
        own.read(tmp_path)


def test_a_row_of_data_in_place_of_a_header_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    row = "P00017,1941-03-02,Smith,male,iv,12\n"
    (tmp_path / "drugs" / "mine.csv").write_text(row, encoding="utf-8")
    with pytest.raises((StudyError, UsageError)) as found:
        own.read(tmp_path)
    assert "unknown: 6 of 6" in str(found.value)
    assert "smith" not in str(found.value).casefold()
