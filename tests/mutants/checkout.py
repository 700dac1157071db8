"""Copies of the checkout, in which the package may be changed."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = {".git", ".venv", ".mutants", "out", "extract", "dist", "build"}
_PARTS = ("ehrivig", "sql", "expectations", "tests", "examples", "docs")


def copy(target: Path) -> Path:
    """A copy of what tests read, without the work of other tools; the new folder."""
    target.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", ".hypothesis")
    for name in _PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file() and path.name not in _LEFT_OUT:
            shutil.copy2(path, target / path.name)
    return target


def compile_package(checkout: Path) -> None:
    """Byte code that is made anew whenever the text of a module differs, not its time."""
    mode = PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(checkout / "ehrivig", quiet=2, invalidation_mode=mode)


def pytest(
    checkout: Path, *words: str, seconds: float | None = None, **environment: str
) -> tuple[int | None, str]:
    """Exit code (None: out of time) and output of pytest in a checkout."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    process = subprocess.Popen(
        command,
        cwd=checkout,
        env=_environment(checkout) | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        return None, process.communicate()[0]
    return process.returncode, output


def _environment(checkout: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",
    }
