"""The run folder: a finished run or nothing, one run at a time."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from ehrivig.errors import FolderBusy, UsageError
from ehrivig.store.folder import run_folder


def finish(out: Path, text: str, exit_code: int = 0) -> None:
    with run_folder(out) as run:
        (run.path / "result").write_text(text)
        (run.path / "manifest.json").write_text(json.dumps({"exit_code": exit_code}))
        run.exit_code = exit_code


def test_replaces_an_earlier_run_and_leaves_no_debris(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, "first")
    finish(out, "second")
    assert (out / "result").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_leaves_the_earlier_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, "good")

    def fail() -> None:
        with run_folder(out) as run:
            (run.path / "result").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (out / "result").read_text() == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_blocked_run_does_not_hide_a_good_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, "good")
    finish(out, "blocked", exit_code=3)
    assert (out / "result").read_text() == "good"
    assert (tmp_path / "out.last-attempt" / "result").read_text() == "blocked"
    finish(out, "better")
    assert (out / "result").read_text() == "better"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_blocked_first_run_is_written(tmp_path: Path) -> None:
    finish(tmp_path / "out", "blocked", exit_code=3)
    assert (tmp_path / "out" / "result").read_text() == "blocked"


def test_second_run_is_refused(tmp_path: Path) -> None:
    with run_folder(tmp_path / "out") as run:
        with pytest.raises(FolderBusy), run_folder(tmp_path / "out"):
            pass
        (run.path / "manifest.json").write_text("{}")


def test_foreign_folder_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="not a run"), run_folder(out):
        pass
    assert (out / "thesis.tex").read_text() == "precious"


def refused(out: Path, error: BaseException) -> UsageError:
    """What a run says that was ended by an error of writing."""
    with pytest.raises(UsageError, match="the last good run is untouched") as said, run_folder(out):
        raise error
    assert not out.exists()
    return said.value


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_named_by_number_or_by_text(tmp_path: Path, code: int) -> None:
    words = f"out: cannot write out: {os.strerror(code)}. Free space or choose another --out"
    by_number = OSError(code, "whatever the system calls it", "/elsewhere/file")
    by_text = RuntimeError(f"IO Error: could not write: {os.strerror(code)}")
    for error in (by_number, by_text):
        assert str(refused(tmp_path / "out", error)).startswith(words)


def test_a_full_disk_is_found_behind_the_error_of_an_engine(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    caused, met = RuntimeError("engine"), RuntimeError("engine")
    caused.__cause__, met.__context__ = full, full
    circle = RuntimeError("names itself")
    circle.__cause__ = circle
    for error in (caused, met):
        assert os.strerror(errno.ENOSPC) in str(refused(tmp_path / "out", error))
    with pytest.raises(RuntimeError, match="names itself"), run_folder(tmp_path / "out"):
        raise circle


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG])
def test_a_refusal_counts_when_it_names_the_run_folder(tmp_path: Path, code: int) -> None:
    out = tmp_path / "out"
    for place in (tmp_path / ".out.partial" / "x.csv", tmp_path):
        said = refused(out, OSError(code, os.strerror(code), str(place)))
        assert f"cannot write out: {os.strerror(code)}" in str(said)
    for place in (tmp_path / "extract" / "x.parquet", Path("/")):
        with pytest.raises(OSError, match=r"x\.parquet|'/'"), run_folder(out):
            raise OSError(code, os.strerror(code), str(place))


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output"), run_folder(tmp_path / "out"):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(tmp_path))


def _run_slowly(out: Path) -> None:
    for number in range(10_000):
        finish(out, str(number))


def test_killed_at_any_moment(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, "good")
    for wait in (0.01, 0.02, 0.03, 0.05, 0.08):
        child = multiprocessing.get_context("fork").Process(target=_run_slowly, args=(out,))
        child.start()
        time.sleep(wait)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        finish(out, "after")
        assert (out / "result").read_text() == "after"
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
