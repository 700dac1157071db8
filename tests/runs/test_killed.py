"""Runs that are killed, run out of disk, may not write, or meet another run.

EHRIVIG_KILLS sets the number of kills at random moments (5 here; `make fuzz` does 100).
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fuzz.base import bytes_of, call, short_study, small_extract, start

from ehrivig import pipeline, study
from ehrivig.errors import ExtractError, UsageError
from ehrivig.runs import history
from ehrivig.store import folder as run_folders

pytestmark = pytest.mark.slow


KILLS = int(os.environ.get("EHRIVIG_KILLS", "5"))


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("killed") / "extract")


@pytest.fixture(scope="module")
def plan(extract: Path) -> Path:
    return short_study(extract.parent / "study.toml")


@pytest.fixture(scope="module")
def undisturbed(extract: Path, plan: Path) -> tuple[Path, float]:
    """A run by the command line, and its seconds."""
    out = extract.parent / "undisturbed"
    began = time.perf_counter()
    done = call("run", plan, "--extract", extract, "--out", out)
    assert done.returncode == 0, done.stderr
    return out, time.perf_counter() - began


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def kill_after(seconds: float, *words: str | Path) -> int:
    process = start(*words)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode


@pytest.mark.parametrize("first", ["nothing", "an earlier run"])
def test_killed_at_random_moments(
    first: str, extract: Path, plan: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """After each kill a normal run gives the bytes of an undisturbed one, and no debris."""
    reference, seconds = undisturbed
    rng = np.random.default_rng(20260101 if first == "nothing" else 20260102)
    earlier = tmp_path / "earlier"
    other = short_study(tmp_path / "other.toml", report={"smallest_cell": 6})
    if first != "nothing":
        assert call("run", other, "--extract", extract, "--out", earlier).returncode == 0
        after = tmp_path / "after"  # drift and trend are held against the earlier run
        shutil.copytree(earlier, after)
        assert call("run", plan, "--extract", extract, "--out", after).returncode == 0
        reference = after
    place = tmp_path / "place"
    ended = []
    for _ in range(-(-KILLS // 2)):
        place.mkdir()
        out = place / "out"
        if earlier.is_dir():
            shutil.copytree(earlier, out)
        words = ("run", plan, "--extract", extract, "--out", out)
        ended.append(kill_after(float(rng.uniform(0, 1.05 * seconds)), *words))
        if out.exists():
            whole = bytes_of(out)
            assert whole in (bytes_of(reference), bytes_of(earlier))
        done = call(*words)
        assert done.returncode == 0, done.stderr
        assert set(names(place)) - {"out.attempts"} == {"out"}
        assert bytes_of(out) == bytes_of(reference)
        assert set(history.read(out)["exit_code"]) == {0}
        shutil.rmtree(place)
    assert -signal.SIGKILL in ended  # the kills met running processes


@pytest.mark.parametrize("stage", ["out gone", "new in place", "attempt gone", "attempt in place"])
def test_killed_between_the_two_renames(
    stage: str, extract: Path, plan: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    reference, _ = undisturbed
    out, target = tmp_path / "out", tmp_path / "out"
    shutil.copytree(reference, out)
    if stage.startswith("attempt"):
        target = run_folders.last_attempt(out)
        shutil.copytree(reference, target)
    previous = tmp_path / f".{target.name}.previous"
    if stage.endswith("gone"):
        target.rename(previous)
    else:
        shutil.copytree(target, previous)
        (previous / "manifest.json").unlink()
    (tmp_path / ".out.partial" / "hospitals").mkdir(parents=True)
    (tmp_path / ".out.lock").touch()
    summary = pipeline.run(plan, extract, out)
    assert summary.message == ("done" if stage.startswith("attempt") else "unchanged")
    assert names(tmp_path) == ["out"]
    assert bytes_of(out) == bytes_of(reference)


def test_two_runs_on_one_folder(extract: Path, plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("run", plan, "--extract", extract, "--out", out)
    first = start(*words)
    while first.poll() is None and not (tmp_path / ".out.partial").exists():
        time.sleep(0.01)
    second = call(*words)
    _, message = first.communicate()
    assert (first.returncode, second.returncode) == (0, 6), (message, second.stderr)
    assert "another run holds out" in second.stderr
    assert "Traceback" not in second.stderr
    assert names(tmp_path) == ["out"]


def test_many_at_once_one_wins_the_others_say_6(
    extract: Path, plan: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    started = [start("run", plan, "--extract", extract, "--out", out) for _ in range(3)]
    for process in started:
        process.communicate()
    codes = sorted(process.returncode for process in started)
    assert codes[0] == 0
    assert set(codes) <= {0, 6}
    assert names(tmp_path) == ["out"]
    assert bytes_of(out) == bytes_of(undisturbed[0])


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


def small_run(reference: Path, out: Path) -> dict[str, bytes]:
    """A good run small enough for the disk, as an earlier one."""
    out.mkdir()
    for name in ("manifest.json", "report.html"):
        shutil.copy(reference / name, out / name)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def assert_refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "cannot write out" in done.stderr
    assert words in done.stderr
    assert "last good run is untouched" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("free_kib", [0, 4, 60, 300, 900, 1300, 1600, 1900])
def test_disk_full(
    free_kib: int,
    tiny_disk: Path,
    extract: Path,
    plan: Path,
    undisturbed: tuple[Path, float],
) -> None:
    """At whatever step the disk fills up: a message, exit code 2, the last good run in place."""
    before = small_run(undisturbed[0], tiny_disk / "out")
    room = os.statvfs(tiny_disk)
    filler = max(0, room.f_bavail * room.f_frsize - free_kib * 1024)
    (tiny_disk / "filler").write_bytes(bytes(filler))
    done = call("run", plan, "--extract", extract, "--out", tiny_disk / "out")
    assert_refused(done, os.strerror(errno.ENOSPC))
    assert names(tiny_disk) == ["filler", "out"]
    assert {p.name: p.read_bytes() for p in (tiny_disk / "out").iterdir()} == before


def test_read_only_disk(
    tiny_disk: Path, extract: Path, plan: Path, undisturbed: tuple[Path, float]
) -> None:
    before = small_run(undisturbed[0], tiny_disk / "out")
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    done = call("run", plan, "--extract", extract, "--out", tiny_disk / "out")
    assert_refused(done, os.strerror(errno.EROFS))
    new = call("run", plan, "--extract", extract, "--out", tiny_disk / "a" / "b" / "out")
    assert_refused(new, os.strerror(errno.EROFS))
    assert {p.name: p.read_bytes() for p in (tiny_disk / "out").iterdir()} == before


def without_rights(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line as a user for whom the permissions of files count (they do not for root)."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root, and no setpriv to give up rights")
    return subprocess.run(
        [*(drop if os.geteuid() == 0 else []), sys.executable, "-m", "ehrivig.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_folder_that_may_not_be_written(extract: Path, plan: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o555)
    done = without_rights("run", plan, "--extract", extract, "--out", place / "out")
    assert_refused(done, os.strerror(errno.EACCES))
    assert names(place) == []


@pytest.mark.parametrize("part", ["file", "table", "extract"])
def test_extract_that_may_not_be_read_is_exit_4(
    part: str, extract: Path, plan: Path, tmp_path: Path
) -> None:
    """A refusal by the extract is not one by the run folder."""
    copy = tmp_path / "extract"
    shutil.copytree(extract, copy)
    table = copy / "lab"
    place = {"file": next(table.rglob("*.parquet")), "table": table, "extract": copy}[part]
    place.chmod(0)
    done = without_rights("run", plan, "--extract", copy, "--out", tmp_path / "out")
    place.chmod(0o755)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == ["extract"]


def test_a_quota_on_the_size_of_files(extract: Path, plan: Path, tmp_path: Path) -> None:
    words = ["run", plan, "--extract", extract, "--out", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-m", "ehrivig.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert_refused(done, os.strerror(errno.EFBIG))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "x"),
        OSError("No space left on device (os error 28)"),
        pl.exceptions.ComputeError("No space left on device (os error 28)"),
        ExtractError("extract: IO Error: Could not write file: No space left on device"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_engine_s_full_disk_is_one_message(error: Exception, tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="cannot write out: No space left"),
        run_folders.run_folder(tmp_path / "out"),
    ):
        raise error
    assert names(tmp_path) == []


def test_unreadable_input_stays_what_it_is(tmp_path: Path) -> None:
    error = ExtractError("extract: IO Error: Cannot open file '/d/x.parquet': Permission denied")
    with pytest.raises(ExtractError), run_folders.run_folder(tmp_path / "out"):
        raise error


def test_strange_places_for_out(extract: Path, plan: Path, tmp_path: Path) -> None:
    good = study.load(plan)
    for place, words in {
        extract / "out": "one inside the other",
        extract.parent: "one inside the other",
        Path("/proc"): "mount point",
        tmp_path / ("x" * 250): "File name too long",
        plan: "is a file",
        plan / "out": "is a file",
    }.items():
        with pytest.raises(UsageError, match=words):
            pipeline.check(good, extract, place)
    assert names(tmp_path) == []


def test_out_by_a_symbolic_link(extract: Path, plan: Path, tmp_path: Path) -> None:
    """The link stays, the run goes where it points."""
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "disk" / "out")
    for cell in (5, 6):
        plan = short_study(tmp_path / "study.toml", report={"smallest_cell": cell})
        assert pipeline.check(study.load(plan), extract, link).message == "done"
    assert link.is_symlink()
    assert names(tmp_path) == ["disk", "link", "study.toml"]
    assert names(tmp_path / "disk") == ["out"]
