"""A folder on a drive without locks: held all the same, and not by who is gone."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ehrivig.errors import FolderBusy
from ehrivig.store import named_lock
from ehrivig.store.folder import run_folder
from ehrivig.store.text import held

HELD = ".out.lock.held"


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def written(folder: Path) -> None:
    with run_folder(folder / "out") as run:
        (run.path / "manifest.json").write_text("{}")


@pytest.mark.usefixtures("no_locks")
def test_a_run_holds_its_folder_and_lets_it_go(tmp_path: Path) -> None:
    with run_folder(tmp_path / "out") as run:
        (run.path / "manifest.json").write_text("{}")
        with pytest.raises(FolderBusy, match="another run holds out") as told:
            written(tmp_path)
        assert told.value.exit_code == 6
        assert HELD in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with held(tmp_path / "attempts"):
        assert (tmp_path / "attempts").is_dir()


def living() -> dict[str, Any]:
    return named_lock._me()


def _gone(me: dict[str, Any]) -> dict[str, Any]:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return me | {"process": ended.pid}


OTHERS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], bool]] = {
    "a process that is gone": (_gone, True),
    "the same number, another process": (lambda me: me | {"began": "1"}, True),
    "before the machine was started again": (lambda me: me | {"boot": "another"}, True),
    "another machine": (lambda me: me | {"host": "elsewhere"}, False),
    "this process": (lambda me: me, False),
    "nothing yet": (lambda me: {}, False),
}


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("whose", OTHERS)
def test_whose_lock_is_stale(tmp_path: Path, whose: str) -> None:
    change, stale = OTHERS[whose]
    (tmp_path / HELD).write_text(json.dumps(change(living())))
    if stale:
        written(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
    else:
        with pytest.raises(FolderBusy):
            written(tmp_path)
        assert (tmp_path / HELD).is_file()


def test_another_error_of_a_lock_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EBADF, "bad")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="bad"):
        written(tmp_path)
