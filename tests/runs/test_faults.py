"""Faults of the machine: each ends with its exit code, and the last good run is untouched."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract
from result_files import hashes

from ehrivig import console
from ehrivig.errors import ExtractError, UsageError, out_of_memory
from ehrivig.extract import damage
from ehrivig.extract.table_file import TableFile
from ehrivig.runs import attempts, history
from ehrivig.store.folder import attempts_beside

ROOT = Path(__file__).parents[2]
GIB = 2**30


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("faults")
    small_extract(found / "extract", patients=100, hospitals=1)
    short_study(found / "study.toml")
    return found


def checked(
    place: Path,
    out: str,
    *,
    before: tuple[str, ...] = (),
    limit: Callable[[], None] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """`ehrivig check` on a machine with a fault; `before`: what it is started by."""
    words = [*before, sys.executable, "-m", "ehrivig.cli", "check", str(place / "study.toml")]
    words += ["--quiet", "--extract", str(place / "extract"), "--out", str(place / out)]
    own = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        words, capture_output=True, text=True, env=own, preexec_fn=limit, timeout=300
    )


@pytest.fixture(scope="module")
def good(place: Path) -> Path:
    done = checked(place, "good")
    assert done.returncode == 0, done.stderr
    return place / "good"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system without a byte left, where this user may mount one."""
    disk = tmp_path / "full"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_full_folder_for_temporary_files(place: Path, good: Path, full_disk: Path) -> None:
    done = checked(place, "tmp-full", TMPDIR=str(full_disk))
    assert done.returncode == 0, done.stderr
    assert hashes(place / "tmp-full") == hashes(good)
    assert [path.name for path in full_disk.iterdir()] == ["filler"]


@pytest.mark.slow
def test_a_read_only_install(place: Path, good: Path, tmp_path: Path) -> None:
    """The package lies where nothing can be written, not even compiled modules."""
    copy = tmp_path / "install"
    for name in ("ehrivig", "sql", "expectations"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shut = f'mount --bind "{copy}" "{copy}" && mount -o remount,ro,bind "{copy}" && exec "$0" "$@"'
    before = ("unshare", "-m", "sh", "-c", shut)
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    done = checked(place, "read-only", before=before, PYTHONPATH=str(copy))
    assert done.returncode == 0, done.stderr
    assert hashes(place / "read-only") == hashes(good)
    assert not list(copy.rglob("__pycache__"))


def _at_most(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@pytest.mark.parametrize("gib", [0.5, 1, 2, 3.9])
def test_too_little_memory_is_said(place: Path, gib: float) -> None:
    """Before an engine is loaded: with less they end without a word, or call a file damaged."""
    done = checked(place, "good", limit=_at_most(int(gib * GIB)))
    assert done.returncode == 2, done.stderr[:300]
    assert done.stderr.startswith("ehrivig: memory: this machine, or a limit set for this")
    assert len(done.stderr.splitlines()) == 1
    debris = [path.name for path in place.iterdir() if path.name.startswith(".good")]
    assert debris == []


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError(), True),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (OSError("malloc of size 1048576 failed"), True),
        (RuntimeError("can't start new thread"), True),
        (OSError("Corrupt snappy compressed data."), False),
    ],
    ids=str,
)
def test_want_of_memory_is_no_damage(
    error: Exception, memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    lab = TableFile(tmp_path / "lab.parquet", None)
    lab.path.touch()
    monkeypatch.setattr(damage.pq, "ParquetFile", fail)
    assert out_of_memory(error) == memory
    caught = (OSError, ValueError)
    if not isinstance(error, caught):
        return
    if memory:
        with pytest.raises(UsageError, match=r"^memory: this machine"):
            damage._corrupt_file([lab], tmp_path)
    else:
        found = damage._corrupt_file([lab], tmp_path)
        assert isinstance(found, ExtractError)


def test_a_clock_that_goes_back_loses_no_attempt(tmp_path: Path) -> None:
    """Attempts are told apart by their time, and put in its order; none is lost."""
    run, later = tmp_path / "out", tmp_path / "out.attempts"
    for folder, days in ((run, 0), (later, -3650)):
        folder.mkdir()
        at = (datetime.now(UTC) + timedelta(days)).isoformat(timespec="milliseconds")
        row = history.ended("run", "x", 0, "done", 1.0) | {"finished_at": at}
        history.as_rows([row]).write_csv(folder / history.FILE)
    (run / "manifest.json").write_text("{}")
    found = history.read(run)["finished_at"].to_list()
    assert len(found) == 2
    assert found == sorted(found)


class InterruptException(Exception):
    """As DuckDB tells of Ctrl-C in the middle of a query."""


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), InterruptException("x"), RuntimeError("Query interrupted")],
    ids=lambda error: type(error).__name__,
)
def test_ctrl_c_in_an_engine_is_ctrl_c(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        with attempts.on_record("run", "x", tmp_path / "extract", tmp_path / "out"):
            raise error

    with pytest.raises((SystemExit, KeyboardInterrupt)) as ended:
        console.guarded(stop)
    assert getattr(ended.value, "code", 130) == 130
    row = history.rows_in(attempts_beside(tmp_path / "out")).to_dicts()[-1]
    assert (row["exit_code"], row["message"]) == (130, "stopped by hand")
