"""A small extract and a short study, from which the mutations start, and one real run of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from ehrivig import study
from ehrivig.demo import write_demo

SLOW_PARTS = {"sensitivity": [], "bootstrap": 40, "repeat_labs": []}


def small_extract(folder: Path, patients: int = 800, hospitals: int = 2) -> Path:
    """A synthetic extract that is read in seconds, without planted defects."""
    write_demo(folder, patients=patients, hospitals=hospitals, defects="none")
    return folder


def content() -> dict[str, Any]:
    """The packaged study as a dictionary, without its sensitivity analyses."""
    whole = tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))
    whole["analysis"] |= SLOW_PARTS
    return whole


def short_study(path: Path, **sections: dict[str, Any]) -> Path:
    """The short study as a file, with some keys replaced."""
    whole = content()
    for name, keys in sections.items():
        whole.setdefault(name, {}).update(keys)
    path.write_text(as_toml(whole), encoding="utf-8")
    return path


def as_toml(content: dict[str, Any]) -> str:
    """A dictionary as TOML, one line per section."""
    return "".join(f"{_key(name)} = {_inline(value)}\n" for name, value in content.items())


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return str(value)  # numbers, dates, inf and nan are written alike


def _key(name: str) -> str:
    return _text(name)


def _text(value: str) -> str:
    named = {'"': '\\"', "\\": "\\\\"}
    safe = (
        named.get(c, c) if c.isprintable() and not "\ud800" <= c <= "\udfff" else f"\\U{ord(c):08x}"
        for c in value
    )
    return '"' + "".join(safe) + '"'


def start(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
    """The real command line, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "ehrivig.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
    )


def call(*words: str | Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """The real command line, ended; TimeoutExpired when it hangs."""
    process = start(*words)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


TIMED = ("manifest.json", "hospital.json", "history.csv")


def bytes_of(run: Path) -> dict[str, bytes]:
    """Every file of a run that must be the same each time, by relative path."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in TIMED
    }
