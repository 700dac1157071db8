"""A native extract of any size for benchmarks: a demo extract, tiled under new keys.

One admission in `CONFIRMED_EVERY` keeps its positive tests and COVID-19 codes; the others lose
them. So the cohort is a small part of the rows, as in a warehouse. Six hospitals, rows in the order
of admissions, seeded; one file per hospital, table and `COPIES_A_FILE` copies. The demo extract is
large enough for its rarest distributions not to look like errors when they are repeated.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from ehrivig.demo import write_demo

HOSPITALS = 6
PATIENTS = 60_000
SEED = 20200301
COPIES_A_FILE = 2
CONFIRMED_EVERY = 20
KEY_STEP = {
    "admission_id": 10_000_000,
    "patient_id": 10_000_000,
    "person_id": 100_000_000,
    "medication_id": 1_000_000,
    "order_id": 1_000_000,
}


def write_extract(folder: Path, lab_rows: int) -> dict[str, int]:
    """Write an extract of about `lab_rows` laboratory results; rows per table."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        template = Path(place) / "template"
        write_demo(template, patients=PATIENTS, hospitals=HOSPITALS, seed=SEED)
        copies = max(1, round(lab_rows / _rows(template / "lab")))
        (folder / "lab").mkdir(parents=True)
        (folder / "extract.json").write_bytes((template / "extract.json").read_bytes())
        for source in sorted(template.glob("*/hospital_id=*")):
            if not source.parent.name.startswith("_"):
                target = folder / source.parent.name / source.name
                _tile(source, target, 1 if source.parent.name == "hospital" else copies)
    return {path.name: _rows(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def _tile(source: Path, target: Path, copies: int) -> None:
    """Write the copies of one hospital's table."""
    target.mkdir(parents=True)
    frame = pl.concat([pl.read_parquet(path) for path in sorted(source.glob("*.parquet"))])
    frame = _mostly_unconfirmed(frame)
    for first in range(0, copies, COPIES_A_FILE):
        numbers = pl.int_range(first, min(first + COPIES_A_FILE, copies), eager=True)
        parts = [_copy(frame, number) for number in numbers]
        pl.concat(parts).write_parquet(target / f"part-{first:06}.parquet")


def _copy(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """The rows of one copy, under its own keys."""
    shifted = [
        (pl.col(name) + number * step).alias(name)
        for name, step in KEY_STEP.items()
        if name in frame.columns
    ]
    return frame.with_columns(shifted)


def _mostly_unconfirmed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table, without the evidence of COVID-19 of most admissions."""
    if "admission_id" not in frame.columns:
        return frame
    confirmed = pl.col("admission_id") % CONFIRMED_EVERY == 0
    if "result" in frame.columns:
        negative = pl.col("result").replace("positive", "negative")
        frame = frame.with_columns(pl.when(confirmed).then("result").otherwise(negative))
    if "present_on_admission" in frame.columns:
        frame = frame.filter(confirmed | (pl.col("code") != "U07.1"))
    return frame.sort("admission_id")


def _rows(folder: Path) -> int:
    """Rows of all files below a folder, from their footers."""
    files = sorted(folder.rglob("*.parquet"))
    counted = pl.scan_parquet(files, missing_columns="insert").select(pl.len())
    return int(counted.collect().item())
