"""The attacker's table: `python -m tests.release.attacked` runs each case and prints it.

Before are the tables of the run itself, by the rule of small cells alone (what `--aggregate-only`
once sent), after are those of its release. Stored as attacked.csv beside this file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.meta import pool_aggregates
from ehrivig.release import verify
from ehrivig.release.verify import Verified
from ehrivig.runs.state import Options

STORED = Path(__file__).with_name("attacked.csv")
DATA = Path(__file__).parents[3] / "shared" / "data"
Rows = list[dict[str, Any]]


def _run(place: Path, name: str, study: Path | str, extract: Path, **how: bool) -> Path:
    options = Options(aggregate_only=bool(how.get("alone")))
    pipeline.run(study, extract, place / name, options=options)
    return place / name


def _sent(run: Path) -> Verified:
    """The attack on the tables of a run as they were once sent."""
    with tempfile.TemporaryDirectory() as there:
        for path in run.glob("*.csv"):
            if path.name != "history.csv":
                shutil.copyfile(path, Path(there) / path.name)
        return verify(Path(there), 5)


def _row(case: str, before: Verified | None, after: Verified) -> dict[str, Any]:
    """Hidden cells, counts of few that can be had, and the fewest values of a hidden one."""
    return {
        "case": case,
        "before_hidden": before.hidden if before else None,
        "before_disclosed": len(before.disclosed) if before else None,
        "before_fewest_values": before.fewest if before else None,
        "after_hidden": after.hidden,
        "after_disclosed": len(after.disclosed),
        "after_fewest_values": after.fewest,
    }


def _of_demo(place: Path, patients: int, hospitals: int, study: str = "ivig_covid19") -> Path:
    extract = place / f"demo-{patients}-{hospitals}"
    if not extract.exists():
        write_demo(extract, patients=patients, hospitals=hospitals)
    return _run(place, f"{study}-{patients}-{hospitals}", study, extract)


def plain(case: str, run: Path) -> Rows:
    """The row of one run."""
    return [_row(case, _sent(run), verify(run))]


def alone(place: Path) -> Rows:
    """What is left of a run that keeps nothing but its release."""
    extract = place / "demo-3000-4"
    run = _run(place, "alone", "ivig_covid19", extract, alone=True)
    return [_row("aggregate-only", None, verify(run))]


def pooled(place: Path) -> Rows:
    """The pool of the four hospitals of a release."""
    pool_aggregates([place / "alone"], place / "pool")
    return [_row("pool", None, verify(place / "pool", 5))]


def without_one(extract: Path, run: Path, to: Path) -> Path:
    """An extract without one exposed patient of a run."""
    shutil.copytree(extract, to)
    cohort = pl.read_parquet(run / "cohort.parquet").filter("exposed")
    gone = cohort.sort("hospital_id", "admission_id").row(0, named=True)
    folder = f"hospital_id={gone['hospital_id']}"
    stays = pl.read_parquet(to / "admission" / folder / "*.parquet", hive_partitioning=False)
    mine = stays.filter(pl.col("patient_id") == gone["patient_id"])["admission_id"].to_list()
    for path in to.glob(f"*/{folder}/*.parquet"):
        table = pl.read_parquet(path, hive_partitioning=False)
        if "patient_id" in table.columns:
            table = table.filter(pl.col("patient_id") != gone["patient_id"])
        elif "admission_id" in table.columns:
            table = table.filter(~pl.col("admission_id").is_in(mine))
        table.write_parquet(path)
    return to


def two_nights(place: Path) -> Rows:
    """One patient more: the release alone beside that of last night, and the one that is kept."""
    extract, whole = place / "demo-3000-4", place / "ivig_covid19-3000-4"
    less = without_one(extract, whole, place / "less")
    first = _run(place, "nights", "ivig_covid19", less)
    shutil.copytree(first, place / "last-night")
    before = verify(whole, earlier=[first])
    second = _run(place, "nights", "ivig_covid19", extract)
    return [_row("two nights", before, verify(second, earlier=[place / "last-night"]))]


CASES: dict[str, Callable[[Path], Rows]] = {
    "demo 300": lambda place: plain("demo 300", _of_demo(place, 300, 2)),
    "demo 3,000": lambda place: plain("demo 3,000", _of_demo(place, 3000, 4)),
    "sepsis": lambda place: plain("sepsis", _of_demo(place, 3000, 4, "ivig_sepsis")),
    "40 hospitals": lambda place: plain("40 hospitals", _of_demo(place, 4000, 40)),
    "CLIF": lambda place: plain(
        "CLIF", _run(place, "clif", "clif_demo", DATA / "clif_demo" / "2.1")
    ),
    "OMOP": lambda place: plain(
        "OMOP", _run(place, "omop", "omop_synthea", DATA / "omop_synthea27")
    ),
    "aggregate-only": alone,
    "pool": pooled,
    "two nights": two_nights,
}
"""In this order: later ones use what earlier ones made."""


def main() -> int:
    """Run every case, print the table and store it; exit code 1 where a release is not safe."""
    rows: Rows = []
    with tempfile.TemporaryDirectory() as there:
        for case, made in CASES.items():
            print(f"... {case}", file=sys.stderr, flush=True)
            rows += made(Path(there))
            print(rows[-1], flush=True)
    table = pl.DataFrame(rows, infer_schema_length=None)
    table.write_csv(STORED)
    return int(bool(table["after_disclosed"].sum()))


if __name__ == "__main__":
    sys.exit(main())
