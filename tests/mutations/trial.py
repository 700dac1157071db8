"""What becomes of the hospitals of an extract, up to the matching: the real steps of a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from ehrivig import pipeline
from ehrivig.errors import EhrivigError
from ehrivig.match import comparison
from ehrivig.runs import hospitals, start, verdicts
from ehrivig.runs.state import Options, Run
from ehrivig.store.folder import run_folder
from ehrivig.study import Study
from ehrivig.validate.judgement import line_of

IDS = ("hospital_id", "admission_id", "patient_id", "person_id", "medication_id")
Read = TypeVar("Read")
TABLES = ("cohort", "dosing", "analysis", "ledger")


@dataclass(frozen=True)
class Seen:
    """What became of one hospital.

    `exit_code`: the one of a run that a failing hospital stops. `said`: the sentences behind it.
    `warned`: check -> (rows, sentence) of the checks that speak and stop nothing. `tables`: what
    the hospital leaves, without ids, in an order of its own; empty where it was left out.
    """

    exit_code: int
    said: tuple[str, ...]
    warned: dict[str, tuple[int, str]]
    tables: dict[str, pl.DataFrame]


class Stopped(Exception):
    """The whole network ended before its hospitals could be told apart."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.seen = Seen(exit_code, (message,), {}, {})


class _Enough(Exception):
    """The matching begins: all that is compared is on disk."""


def attempt(extract: Path, study: Study, out: Path) -> dict[str, Seen]:
    """What became of each hospital of an extract; Stopped where the run says one thing of all."""
    return up_to_matching(extract, study, out, _hospitals)


def up_to_matching(
    extract: Path, study: Study, out: Path, read: Callable[[Run], dict[str, Read]]
) -> dict[str, Read]:
    """What `read` finds in a run up to its matching; Stopped where it says one thing of all."""
    try:
        with run_folder(out) as target, _until_matching():
            options = Options(threads=2)
            run = start.begin(study, extract, target, options, lambda message: None, "run")
            try:
                hospitals.read(run)
                verdicts.judge(run)
                pipeline.investigate(run)
            except _Enough:
                return read(run)
            finally:
                target.unchanged = True
    except EhrivigError as error:
        raise Stopped(error.exit_code, str(error)) from error
    except Exception as error:
        raise Stopped(1, f"{type(error).__name__}: {error}") from error
    finally:
        shutil.rmtree(out, ignore_errors=True)
    raise AssertionError("a run that neither matches nor ends")


@contextmanager
def _until_matching() -> Iterator[None]:
    """Meanwhile a run ends where its matching would begin."""

    def enough(*_: object) -> None:
        raise _Enough

    before, comparison.compare = comparison.compare, enough  # type: ignore[assignment]
    try:
        yield
    finally:
        comparison.compare = before


def _hospitals(run: Run) -> dict[str, Seen]:
    tables = tables_of(run)
    return {name: seen(run, name, tables) for name in run.source.hospitals}


def tables_of(run: Run) -> dict[str, pl.DataFrame]:
    """The tables of people of a run, and the ledger."""
    return {name: _table(run, name) for name in TABLES}


def _table(run: Run, name: str) -> pl.DataFrame:
    parquet, text = (run.folder / f"{name}.{suffix}" for suffix in ("parquet", "csv"))
    return pl.read_parquet(parquet) if parquet.is_file() else pl.read_csv(text)


def seen(run: Run, hospital: str, tables: dict[str, pl.DataFrame]) -> Seen:
    if hospital in run.unreadable:
        return Seen(4, (run.unreadable[hospital],), {}, {})
    checks = [check for check in run.checks if check.hospital_id == hospital]
    failed = tuple(line_of(check) for check in checks if check.verdict == "fail")
    warned = {c.check: (c.violated, line_of(c)) for c in checks if c.verdict == "warn"}
    own = {} if failed else {name: plain(frame, hospital) for name, frame in tables.items()}
    return Seen(3 if failed else 0, failed, warned, own)


def plain(frame: pl.DataFrame, hospital: str) -> pl.DataFrame:
    """The rows of a hospital without its ids, numbers in six figures, in an order of their own."""
    own = frame.with_columns(pl.col("hospital_id").cast(pl.String)).filter(
        pl.col("hospital_id") == hospital
    )
    own = own.drop(IDS, strict=False)
    lists = [name for name, kind in own.schema.items() if isinstance(kind, pl.List)]
    numbers = [name for name, kind in own.schema.items() if kind.is_float()]
    own = own.with_columns(
        *(pl.col(name).round_sig_figs(6) for name in numbers),
        *(pl.col(name).cast(pl.List(pl.String)).list.join(";") for name in lists),
    )
    return own.sort(own.columns)
