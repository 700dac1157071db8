"""A run that is stopped: its workers end with it, and what it had begun is taken away."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract, start

from ehrivig.runs import history
from ehrivig.store.folder import attempts_beside

PATIENCE = 60.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("stopped")
    small_extract(found / "extract", patients=1500, hospitals=3)
    short_study(found / "study.toml")
    return found


def until(true: Callable[[], bool]) -> bool:
    """Wait for something to be true; whether it came to be."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def children(parent: int) -> list[int]:
    """The processes that a process has begun."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"PPid:\t{parent}\n" in (entry / "status").read_text():
                found.append(int(entry.name))
    return found


def alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


def started(place: Path, out: str, *more: str) -> subprocess.Popen[str]:
    words = ("run", place / "study.toml", "--extract", place / "extract", "--out", place / out)
    return start(*words, *more)


def stopped(
    place: Path, out: str, number: signal.Signals, workers: int
) -> tuple[int, list[int], float]:
    """Exit code of a run that is sent a signal while it works, the processes it had begun, and how
    long it took to end, by how long it took to begin."""
    begun_at = time.monotonic()
    process = started(place, out, "--workers", str(workers), "--batch-rows", "0")
    partial = place / f".{out}.partial"
    try:
        assert until(partial.exists)
        if workers > 1:
            assert until(lambda: len(children(process.pid)) >= workers)
            time.sleep(1.0)
        begun = children(process.pid)
        sent = time.monotonic()
        beginning = sent - begun_at
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        ending = time.monotonic() - sent
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return process.returncode, begun, ending / beginning


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")
@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)],
)
def test_workers_end_with_the_run(place: Path, number: signal.Signals) -> None:
    code, begun, long = stopped(place, f"out-{number.name}", number, workers=2)
    assert len(begun) >= 2
    assert code in (-number, 128 + number)
    assert number == signal.SIGKILL or long < 0.7  # it does not wait for a hospital to be done
    assert until(lambda: not any(alive(process) for process in begun))


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_a_stopped_run_leaves_no_row_of_a_patient(
    place: Path, number: signal.Signals, code: int
) -> None:
    found, *_ = stopped(place, "alone", number, workers=1)
    assert found == code
    left = sorted(path.name for path in place.iterdir() if "alone" in path.name)
    assert left == ["alone.attempts"]
    rows = history.rows_in(attempts_beside(place / "alone")).to_dicts()
    assert rows[-1]["exit_code"] == code
    assert rows[-1]["message"] in ("stopped by a signal", "stopped by hand")
