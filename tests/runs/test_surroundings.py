"""A command in other surroundings: no home, another language or time zone, no place to write."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.base import bytes_of, short_study, small_extract

from ehrivig import pipeline

ROOT = Path(__file__).parents[2]
Surroundings = tuple[dict[str, str | None], int]
"""What of the environment is other, and the umask."""
SURROUNDINGS: dict[str, Surroundings] = {
    "no home, language C, open to all": (
        {
            **{"HOME": None, "LC_ALL": "C", "LANG": "C"},
            **{"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        },
        0,
    ),
    "a home that is not there, no folder for temporary files, another time zone, optimised": (
        {
            **{"HOME": "/nowhere/at/all", "TMPDIR": "/proc/nothing"},
            **{"TZ": "Pacific/Auckland", "PYTHONOPTIMIZE": "1"},
        },
        0o077,
    ),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("surroundings")
    small_extract(found / "extract", patients=120, hospitals=2)
    short_study(found / "study.toml")
    return found


def checked(
    place: Path, out: str, changed: dict[str, str | None], umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    """`ehrivig check` with another environment."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    for name, value in changed.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    words = [sys.executable, "-m", "ehrivig.cli", "check", str(place / "study.toml"), "--quiet"]
    words += ["--extract", str(place / "extract"), "--out", str(place / out)]
    return subprocess.run(
        words, capture_output=True, text=True, env=environment, umask=umask, timeout=300
    )


@pytest.fixture(scope="module")
def usual(place: Path) -> Path:
    """The same check in this process."""
    done = pipeline.check(place / "study.toml", place / "extract", place / "usual")
    assert done.exit_code == 0, done.message
    return place / "usual"


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_bytes_in_other_surroundings(name: str, place: Path, usual: Path) -> None:
    """Several at once, each of which could be the one that changes something."""
    changed, umask = SURROUNDINGS[name]
    out = f"out-{umask}"
    done = checked(place, out, changed, umask)
    assert done.returncode == 0, done.stderr
    assert bytes_of(place / out) == bytes_of(usual)
    for path in (place / out, *(place / out).rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_program_without_its_texts_is_refused(place: Path) -> None:
    done = checked(place, "stripped", {"PYTHONOPTIMIZE": "2"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ehrivig: python: -OO (PYTHONOPTIMIZE=2)")
    assert not (place / "stripped").exists()
