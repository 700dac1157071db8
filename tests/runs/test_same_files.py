"""An extract that changes while a run reads it is refused by the name of the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError
from ehrivig.runs import hospitals
from ehrivig.runs.task import Outcome
from ehrivig.study import load

LAB = Path("lab") / "hospital_id=A" / "part-00000.parquet"


class Enough(Exception):
    """The run came past the reading."""


def _shorter(path: Path) -> None:
    pl.read_parquet(path, hive_partitioning=False).head(3).write_parquet(path)


CHANGES: dict[str, Callable[[Path], Any]] = {"written": _shorter, "gone": Path.unlink}


Read = Callable[[Callable[[Path], Any]], list[str]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Gate an extract in which something is done to its labs while they are read."""
    write_demo(tmp_path / "extract", patients=60, hospitals=1)

    def gate(change: Callable[[Path], Any]) -> list[str]:
        def work(*_: Any) -> Outcome:
            change(tmp_path / "extract" / LAB)
            return Outcome(())

        def put_together(*_: Any) -> None:
            raise Enough

        monkeypatch.setattr(hospitals, "_work", work)
        monkeypatch.setattr(hospitals, "_put_together", put_together)
        monkeypatch.setattr(hospitals, "_kept", lambda *_: frozenset({"nobody"}))
        said = list[str]()
        plan, out = load("ivig_covid19"), tmp_path / "out"
        with suppress(Enough):
            pipeline.check(plan, tmp_path / "extract", out, progress=said.append)
        return said

    return gate


@pytest.mark.parametrize("how", list(CHANGES))
def test_a_file_that_changes_is_named_and_nothing_is_written(
    read: Read, how: str, tmp_path: Path
) -> None:
    with pytest.raises(ExtractError, match="changed while the run read the extract") as found:
        read(CHANGES[how])
    assert str(found.value).startswith(f"{LAB.as_posix()}: ")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_touched_or_left_alone_is_the_same(read: Read) -> None:
    for change in (lambda path: os.utime(path), lambda path: None):
        assert read(change) == ["reading the list of files"]


def test_links_that_leave_the_extract_are_told(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "extract" / LAB
    path.rename(tmp_path / "elsewhere.parquet")
    path.symlink_to(tmp_path / "elsewhere.parquet")
    assert read(lambda _: None)[1:] == [
        "1 of the files lies outside the extract, by a link in it, and is read as a part of it"
    ]
    with pytest.raises(ExtractError, match="changed while the run read the extract"):
        read(lambda _: _shorter(tmp_path / "elsewhere.parquet"))
