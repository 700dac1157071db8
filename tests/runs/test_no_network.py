"""A run asks nobody: without a network it ends as with one, and no connection is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ABROAD = re.compile(r"AF_INET6?")


def attempts(trace: Path) -> list[str]:
    """The calls of a trace that would leave this machine, or its loopback."""
    lines = [
        line
        for path in trace.parent.glob(f"{trace.name}*")
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if ABROAD.search(line)]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_connection_is_tried_and_none_is_missed(workers: int, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    small_extract(tmp_path / "extract", patients=300, hospitals=2)
    short_study(tmp_path / "study.toml")
    alone = ["unshare", "-n"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []  # then strace alone tells
    trace = tmp_path / "trace" / "calls"
    trace.parent.mkdir()
    watch = ["strace", "-ff", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace)]
    words = [sys.executable, "-m", "ehrivig.cli", "run", str(tmp_path / "study.toml"), "--quiet"]
    words += ["--extract", str(tmp_path / "extract"), "--out", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("GX_ANALYTICS_ENABLED", None)  # as a user starts it
    done = subprocess.run(
        [*alone, *watch, *words, "--workers", str(workers)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert list(trace.parent.iterdir())
    assert attempts(trace) == []


def test_an_attempt_would_be_seen(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    trace = tmp_path / "calls"
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    watch = ["strace", "-ff", "-qq", "-e", "trace=connect", "-o", str(trace)]
    subprocess.run([*watch, sys.executable, "-c", code], check=True)
    assert len(attempts(trace)) == 1
