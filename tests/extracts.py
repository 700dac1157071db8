"""Small extracts drawn as dictionaries, written as Parquet, and opened through a layout."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import extract
from ehrivig.database import Database
from ehrivig.study import Study, load
from ehrivig.validate.hospitals import CHECKS
from ehrivig.validate.suite import suites

Rows = list[dict[str, Any]]


def study(**section: Any) -> Study:
    """The packaged study with other settings under [extract]."""
    plan = _packaged()
    return plan.model_copy(update={"extract": plan.extract.model_copy(update=section)})


@cache
def _packaged() -> Study:
    return load("ivig_covid19")


def lenient(plan: Study) -> Study:
    """A study that blocks nobody for what is set aside: its hospitals may be full of it."""
    limits = {
        check.check: 0.999
        for checks in suites().values()
        for check in checks
        if check.severity == "quarantine"
    }
    limits |= {one.check: 0.999 for one in CHECKS if one.threshold}
    quality = plan.quality.model_copy(update={"thresholds": {**limits, **plan.quality.thresholds}})
    return plan.model_copy(update={"quality": quality})


def at(text: str) -> datetime:
    """ "03-01 08:30" of 2020."""
    return datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M")


def write(path: Path, rows: Rows, schema: Mapping[str, Any] | None = None) -> Path:
    """One Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema_overrides=dict(schema or {}), infer_schema_length=None).write_parquet(
        path
    )
    return path


@contextmanager
def opened(
    folder: Path, plan: Study, hospital_id: str | None = None, *, workshop: Path | None = None
) -> Iterator[Database]:
    """The database of one hospital (the first unless named) with all stages."""
    source = extract.inspect(folder, plan)
    with Database(within=[*source.within, *([workshop] if workshop else [])]) as db:
        extract.open_hospitals(db, source, [hospital_id or source.hospitals[0]], plan)
        yield db


class _Asked:
    """The database that was asked last: who asks again of the same files asks it."""

    def __init__(self) -> None:
        self._of: tuple[Any, ...] = ()
        self._open = ExitStack()
        self._db: Database | None = None

    def of(self, folder: Path, plan: Study) -> Database:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        stats = [path.stat() for path in files]
        marks = [(one.st_ino, one.st_mtime_ns, one.st_size) for one in stats]
        if self._db is None or self._of != (files, marks, plan):
            self.close()
            self._db = self._open.enter_context(opened(folder, plan))
            self._of = (files, marks, plan)
        return self._db

    def close(self) -> None:
        """Forget it."""
        self._of, self._db = (), None
        self._open.close()


_asked = _Asked()
atexit.register(_asked.close)


def rows_of(folder: Path, sql: str, plan: Study) -> list[tuple[Any, ...]]:
    """The rows of a query of the first hospital of an extract."""
    return _asked.of(folder, plan).rows(sql)
