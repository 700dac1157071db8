"""Speed and memory of the dosing step on synthetic administrations; prints one table.

Run: `python tests/bench/bench_dosing.py [--rows 6000000 60000000] [--share 0.1] [--folder DIR]`.

Per size and share (of admissions whose medication is all the exposure drug's, 20 rows each; every
admission is a candidate), hospital by hospital as a run does it: the bare DuckDB scan of the key
columns, then `administrations` (filter and copy) and `dosing` (streaming), in CPU seconds,
medication rows per CPU second, and peak memory. Each measurement runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.concepts import define_given
from ehrivig.database import Database
from ehrivig.features.dosing import administrations, dosing
from ehrivig.study import load

HOSPITALS = 6
BLOCK = 500_000
ROWS_PER_ADMISSION = 20
START = np.datetime64("2020-01-01", "us")
DAY = np.timedelta64(86_400_000_000, "us")


def write_hospital(folder: Path, rows: int, share: float, seed: int) -> None:
    """medication-*.parquet and candidate.parquet of one hospital, sorted by admission in blocks."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number, first in enumerate(range(0, rows, BLOCK)):
        n = min(BLOCK, rows - first)
        block(rng, first, n, share).write_parquet(folder / f"medication-{number}.parquet")
    admission = np.arange(-(-rows // ROWS_PER_ADMISSION))
    admitted = START + (admission % 90) * DAY
    pl.DataFrame(
        {
            "admission_id": admission,
            "patient_id": admission,
            "time_zero": admitted,
            "discharged_at": admitted + 30 * DAY,
            "weight_kg": 50.0 + admission % 40,
        }
    ).with_columns(hospital_id=pl.lit("H")).write_parquet(folder / "candidate.parquet")


def block(rng: np.random.Generator, first: int, n: int, share: float) -> pl.DataFrame:
    """Some medication rows: five units, two concentrations, ten days of treatment."""
    number = np.arange(first, first + n)
    admission = number // ROWS_PER_ADMISSION
    started = START + (admission % 90) * DAY
    started = started + (rng.integers(0, 10 * 86_400, n) * 1_000_000).astype("timedelta64[us]")
    unit = (admission % 5).astype(np.int64)
    treated = admission * 7_919 % 100 < 100 * share
    return pl.DataFrame(
        {
            "admission_id": admission,
            "medication_id": number,
            "unit": unit,
            "drug": np.where(treated, unit % 2 + 1, 3 + number % 40).astype(np.int32),
            "dose": np.array([10.0, 200.0, 4.0, 10_000.0, 2.0])[unit],
            "started_at": started,
            "stopped_at": started + np.timedelta64(7_200_000_000, "us"),
        }
    ).select(
        pl.lit("H").alias("hospital_id"),
        "admission_id",
        "medication_id",
        pl.col("medication_id").alias("order_id"),
        pl.lit("J06BA02").alias("drug_code"),
        pl.lit("ATC").alias("vocabulary"),
        pl.lit("immune globulin").alias("drug_name"),
        "dose",
        pl.col("unit")
        .replace_strict({0: "g", 1: "mL", 2: "vial", 3: "mg", 4: "支"}, return_dtype=pl.String)
        .alias("dose_unit"),
        pl.lit(None, pl.Float64).alias("concentration_g_per_l"),
        pl.lit(None, pl.Float64).alias("strength_g"),
        pl.lit("iv").alias("route"),
        pl.lit("given").alias("status"),
        "started_at",
        "stopped_at",
        "drug",
    )


def open_hospital(db: Database, folder: Path) -> None:
    """The tables that the dosing step reads."""
    db.execute("CREATE SCHEMA ref")
    db.execute(
        "CREATE TABLE ref.drug AS SELECT range::INTEGER AS drug, 'iv' AS route FROM range(1, 43)"
    )
    db.execute(
        "CREATE TABLE ref.drug_class AS SELECT drug, 'ivig' AS codelist, 'include' AS verdict, "
        "if(drug = 1, 'standard', 'igma_enriched') AS product_type, "
        "50.0::DOUBLE AS concentration_g_per_l, 2.5::DOUBLE AS strength_g, FALSE AS route_implied "
        "FROM ref.drug WHERE drug < 3"
    )
    db.execute(
        "CREATE TABLE ref.drug_hint (drug INTEGER, codelist VARCHAR, watched BOOLEAN, "
        "billing_unit_g DOUBLE)"
    )
    define_given(db)
    db.parquet("medication", sorted(folder.glob("medication-*.parquet")))
    db.parquet("candidate", [folder / "candidate.parquet"])


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(folder: Path, what: str) -> dict[str, float]:
    """Run one part over all hospitals; CPU and wall seconds, rows out, peak memory in GB."""
    study = load("ivig_covid19")
    cpu, wall, rows = cpu_seconds(), time.perf_counter(), 0
    for hospital in sorted(folder.glob("hospital-*")):
        given = hospital / "administrations.parquet"
        if what != "dosing":
            with Database(within=[folder]) as db:
                open_hospital(db, hospital)
                if what == "scan":
                    db.rows("SELECT max(admission_id), max(drug), max(started_at) FROM medication")
                else:
                    given = administrations(db, study, hospital)
        if what != "scan":
            who = pl.scan_parquet(hospital / "candidate.parquet")
            if what == "dosing":
                result = dosing(pl.scan_parquet(given), who, study.exposure)
                rows += result.collect(engine="streaming").height
            else:
                rows += pl.scan_parquet(given).select(pl.len()).collect().item()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "cpu": cpu_seconds() - cpu,
        "wall": time.perf_counter() - wall,
        "rows": rows,
        "peak_gb": peak,
    }


def report(rows: int, share: float, parent: Path) -> None:
    """Write one extract, measure each part in a fresh process, print its lines."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        for number in range(HOSPITALS):
            write_hospital(Path(name) / f"hospital-{number}", rows // HOSPITALS, share, number)
        found = {}
        for what in ("scan", "administrations", "dosing"):
            call = [sys.executable, __file__, "--measure", what, "--folder", name]
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            found[what] = json.loads(done.stdout)
    total = found["administrations"]["cpu"] + found["dosing"]["cpu"]
    for what, result in found.items():
        print(
            f"{rows:>11,} {share:>6.0%} {what:<16} {result['cpu']:>7.2f} {result['wall']:>7.2f} "
            f"{result['peak_gb']:>6.2f} {rows / result['cpu'] / 1e6:>7.1f}"
        )
    print(
        f"{rows:>11,} {share:>6.0%} {'step':<16} {total:>7.2f} {'':>14} {rows / total / 1e6:>7.1f}"
    )


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[6_000_000])
    parser.add_argument("--share", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--measure", choices=["scan", "administrations", "dosing"])
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.folder, options.measure)))
        return
    print("       rows  share part              cpu s  wall s  GB     M rows/CPU s")
    for rows in options.rows:
        for share in options.share:
            report(rows, share, options.folder)


if __name__ == "__main__":
    main()
