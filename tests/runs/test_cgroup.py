"""Memory that a control group limits: the kernel ends what asks for more, without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fuzz.base import call, short_study, small_extract
from result_files import hashes

pytestmark = pytest.mark.slow

GROUPS = Path("/sys/fs/cgroup")
MIB = 2**20
Limited = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Limited]:
    """The command line in a group of its own that may have so many MiB."""
    second = (GROUPS / "cgroup.controllers").is_file()
    place = GROUPS / ("" if second else "memory") / f"ehrivig-{os.getpid()}-{tmp_path.name}"
    limit = "memory.max" if second else "memory.limit_in_bytes"
    try:
        place.mkdir()
        (place / limit).write_text(str(1024 * MIB))
    except OSError:
        if place.is_dir():
            place.rmdir()
        pytest.skip("this user may make no control group with a limit")

    def run(mib: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
        (place / limit).write_text(str(mib * MIB))
        return subprocess.run(
            [sys.executable, "-m", "ehrivig.cli", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            preexec_fn=lambda: (place / "cgroup.procs").write_text("0") and None,
        )

    yield run
    place.rmdir()


def test_a_run_that_the_kernel_ends_leaves_the_last_one(limited: Limited, tmp_path: Path) -> None:
    small_extract(tmp_path / "extract", patients=200, hospitals=1)
    plan = short_study(tmp_path / "study.toml")
    out = tmp_path / "place" / "out"
    words = ("run", plan, "--extract", tmp_path / "extract", "--out", out)
    assert call(*words).returncode == 0
    before = hashes(out)
    short_study(tmp_path / "study.toml", report={"authors": "another"})
    ended = limited(220, *words)
    assert ended.returncode == -signal.SIGKILL
    assert hashes(out) == before
    enough = limited(1024, *words)
    assert enough.returncode == 0, enough.stderr
    assert hashes(out) != before
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out.attempts"]
