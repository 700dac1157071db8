"""What the columns of every table of the whole run hold: `stored_run.csv`.

    python -m tests.stored_run

writes it anew, after a change of results that was meant: its difference shows which tables and
columns the change has moved.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from tests import columns

STORED = Path(__file__).with_name("stored_run.csv")
_WITH_A_CLOCK = ("history.csv",)
_OF_THE_TEXT = ("protocol_hash",)
"""Columns that change with the words of the protocol."""


def plan() -> study.Study:
    """The packaged study, with fewer bootstraps."""
    full = study.load("ivig_covid19")
    quick = full.analysis.model_copy(update={"bootstrap": 5})
    return full.model_copy(update={"analysis": quick})


def summary(out: Path) -> list[dict[str, Any]]:
    """One row per table and column of a run."""
    rows: list[dict[str, Any]] = []
    for path in sorted([*out.glob("*.csv"), *out.glob("quality/*.csv"), *out.glob("*.parquet")]):
        if path.name not in _WITH_A_CLOCK:
            name, frame = path.relative_to(out).as_posix(), _read(path)
            for kind, part in _parts(frame).items():
                rows += columns.summary(part, table=name, rows=kind)
    return rows


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.read_csv(path, infer_schema_length=None).drop(*_OF_THE_TEXT, strict=False)


def _parts(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A table whose rows are of several kinds, by kind: one row more is then seen."""
    for name in ("analysis", "curve", "table"):
        if name in frame.columns:
            return {
                str(key[0]): part for key, part in frame.partition_by(name, as_dict=True).items()
            }
    return {"": frame}


def stored() -> list[dict[str, str]]:
    """What is stored."""
    with STORED.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        write_demo(Path(place) / "extract")
        pipeline.run(plan(), Path(place) / "extract", Path(place) / "out")
        rows = summary(Path(place) / "out")
    pl.DataFrame(rows, schema_overrides={"mean": pl.String}).write_csv(STORED)
