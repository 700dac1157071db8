"""What earlier runs in the same folder measured: the baseline of drift, and the trend.

A run keeps the measurements of the runs before it, on other input, in `quality/`. A run that
repeats the one before it is held against what that one was held against, so that it cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import validate
from ehrivig.runs import datasets, manifest
from ehrivig.validate import Measurement

MEASUREMENTS = Path("quality") / "measurements.parquet"
BEFORE = Path("quality") / "earlier_runs.parquet"
MOST = 12


def read(earlier: Path, fingerprint: str) -> list[list[Measurement]]:
    """Measurements of up to 12 runs on other input than `fingerprint`, oldest first.

    `earlier`: the finished run that is in the folder, if any. One that the gate blocked is nothing
    to be held against.
    """
    runs = _stored(earlier / BEFORE)
    repeated = bool(fingerprint) and manifest.fingerprint_of(earlier) == fingerprint
    if not repeated and manifest.passed_gate(earlier) and (earlier / MEASUREMENTS).is_file():
        runs.append(validate.read_measurements(earlier / MEASUREMENTS))
    return runs[-MOST:]


def scan(
    earlier: Path, fingerprint: str, name: str, hospitals: Sequence[str]
) -> pl.LazyFrame | None:
    """A small table of the last run that the gate let through; None without one, or by itself."""
    there = datasets.place(earlier, f"{name}.parquet").is_file()
    repeated = bool(fingerprint) and manifest.fingerprint_of(earlier) == fingerprint
    if not there or repeated or not manifest.passed_gate(earlier):
        return None
    return datasets.scan(earlier, name, hospitals)


def write(folder: Path, runs: list[list[Measurement]]) -> None:
    """Keep the measurements of earlier runs beside those of this run; nothing without one."""
    frames = [
        validate.frame_of_measurements(run).with_columns(pl.lit(number).alias("run"))
        for number, run in enumerate(runs, start=1)
    ]
    if frames:
        pl.concat(frames).write_parquet(folder / BEFORE)


def labels(n: int) -> list[str]:
    """A name for each of `n` earlier runs, oldest first: "3 runs before", ..., "run before"."""
    return [f"{back} runs before" if back > 1 else "run before" for back in range(n, 0, -1)]


def _stored(path: Path) -> list[list[Measurement]]:
    if not path.is_file():
        return []
    frame = pl.read_parquet(path)
    return [
        [Measurement(**row) for row in part.drop("run").to_dicts()]
        for part in frame.partition_by("run", maintain_order=True)
    ]
