"""Makes and runs cases: inside a worker process, or through the real command line."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import numpy as np
import polars as pl

from . import columns, files, places, studies, values
from .base import as_toml, call, content, small_extract
from .case import Case, Mutation
from .judge import SECONDS, Ended, earlier_run, problems
from .quick_pages import quick_pages

KINDS: dict[str, Mutation] = {
    **files.KINDS,
    **columns.KINDS,
    **values.KINDS,
    **places.KINDS,
    **studies.KINDS,
}
SIZES = {120: 1, 800: 2}
"""Patients and hospitals of the base extracts: too few for most analyses, and enough."""
OUTSIDE = 8
"""One case in so many goes through the real command line."""


@dataclass(frozen=True)
class Result:
    """One case: its number, kind and end, and what was wrong with it."""

    number: int
    kind: str
    exit_code: int | None
    seconds: float
    outside: bool
    problems: list[str]
    printed: str


def kind_of(number: int) -> str:
    """The kind of a case."""
    return list(KINDS)[number % len(KINDS)]


def bases(folder: Path) -> None:
    """Make the extracts that the cases start from."""
    for size, hospitals in SIZES.items():
        if not (folder / str(size)).is_dir():
            small_extract(folder / str(size), size, hospitals)


def patients_of(folder: Path) -> frozenset[str]:
    """Every patient and admission id of an extract, as text."""
    frame = pl.concat(
        [pl.read_parquet(p) for p in sorted((folder / "admission").rglob("*.parquet"))]
    )
    ids = [*frame["patient_id"].to_list(), *frame["admission_id"].to_list()]
    return frozenset(str(one) for one in ids) - {"500001"}


def make(number: int, seed: int, base: Path, place: Path) -> Case:
    """A case in an empty folder, from its number alone."""
    rng = np.random.default_rng([seed, number])
    size = list(SIZES)[int(rng.integers(len(SIZES)))]
    case = Case(place, place / "extract", place / "study.toml", place / "runs" / "out", rng)
    shutil.copytree(base / str(size), case.extract, copy_function=os.link)
    shutil.rmtree(case.extract / "_truth")
    case.content = content()
    kind = kind_of(number)
    case.command = "run" if kind.startswith("study") or case.chance(0.6) else "check"
    case.words = ["--quiet"] if case.chance(0.5) else ["--json"]
    case.study.write_text(as_toml(case.content), encoding="utf-8")
    return case


def mutate(case: Case, kind: str) -> None:
    """Apply a mutation; a changed study is written again."""
    before = as_toml(case.content)
    KINDS[kind](case)
    if case.content and as_toml(case.content) != before:
        case.study.write_text(as_toml(case.content), encoding="utf-8")


def perform(number: int, seed: int, base: Path, *, outside: bool, keep: Path | None) -> Result:
    """Make, run and judge one case."""
    kind = kind_of(number)
    place = Path(tempfile.mkdtemp(prefix=f"ehrivig-fuzz-{number}-"))
    case = make(number, seed, base, place)
    before = earlier_run(case.out)
    mutate(case, kind)
    words = [case.command, str(case.study), "--extract", str(case.extract)]
    words += ["--out", str(case.out), *case.words]
    ended = _outside(words) if outside else _inside(words)
    patients = frozenset().union(*(patients_of(base / str(size)) for size in SIZES))
    wrong = problems(case, place / "runs", ended, before, patients)
    if wrong and keep is not None:
        shutil.copytree(place, keep / str(number), symlinks=True, dirs_exist_ok=True)
        (keep / str(number) / "printed.txt").write_text(f"{words}\n{ended.printed}")
    shutil.rmtree(place, ignore_errors=True)
    return Result(
        number, kind, ended.exit_code, ended.seconds, outside, wrong, ended.printed[-1500:]
    )


def _outside(words: list[str]) -> Ended:
    """A call of the real command line."""
    began = time.perf_counter()
    try:
        done = call(*words, seconds=SECONDS)
    except TimeoutExpired:
        return Ended(None, "", time.perf_counter() - began)
    return Ended(done.returncode, done.stdout + done.stderr, time.perf_counter() - began)


def _inside(words: list[str]) -> Ended:
    """The same call inside this process; whoever waits for it kills the process when it hangs."""
    from ehrivig import cli

    began = time.perf_counter()
    before, sys.argv = sys.argv, ["ehrivig", *words]
    code: Any = 0
    with _captured() as printed, quick_pages(drawn=True):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        finally:
            sys.argv = before
    return Ended(int(code or 0), "".join(printed), time.perf_counter() - began)


@contextlib.contextmanager
def _captured() -> Iterator[list[str]]:
    """Everything that is printed meanwhile, by Python or by an engine."""
    printed: list[str] = []
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        with open(os.dup(1), "w", buffering=1, encoding="utf-8", errors="backslashreplace") as text:
            try:  # a test runner may have put other files in the place of both
                with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
                    yield printed
            finally:
                for handle, number in zip(kept, (1, 2), strict=True):
                    os.dup2(handle, number)
                    os.close(handle)
                text.flush()
                sink.seek(0)
                printed.append(sink.read().decode("utf-8", "replace"))
