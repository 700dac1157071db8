"""Speed and memory of severity, SIRS and SOFA when every admission of a hospital is eligible.

Run: `python tests/bench/bench_severity.py [--rows 50000000] [--folder DIR]`.

Three fifths of the rows are laboratory results, two fifths vital signs; a stay is ten days of 500
rows, all of them eligible. Against the bare DuckDB scan of four columns (admission, code, value,
time) of both tables: the severity criterion, SIRS, and SOFA of every day of the stay, in CPU
seconds, multiples of the scan, and peak memory. Each measurement runs in a process of its own with
2 GB.
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

from ehrivig.concepts import concept, define_given, define_intervals, define_sent, severity
from ehrivig.database import Database

BLOCK = 2_000_000
ROWS_PER_STAY = 500
STAY_DAYS = 10
START = np.datetime64("2020-01-01", "us")
DAY_US = 86_400_000_000
LABS = (
    *("wbc", "platelets", "creatinine", "total_bilirubin", "pao2", "paco2", "lactate", "bands"),
    *("hemoglobin", "sodium", "potassium", "crp", "albumin", "alt", "ast", "aptt", "d_dimer"),
    *("lymphocytes", "prothrombin_time", "procalcitonin"),
)
VITALS = (
    *("temperature", "heart_rate", "respiratory_rate", "sbp", "dbp", "map", "spo2", "fio2"),
    *("gcs", "urine_output"),
)
CENTRES = {
    **{"wbc": 9, "platelets": 200, "creatinine": 90, "total_bilirubin": 14, "pao2": 80},
    **{"paco2": 38, "lactate": 1.5, "bands": 4, "temperature": 37.2, "heart_rate": 84},
    **{"respiratory_rate": 18, "sbp": 122, "dbp": 70, "map": 86, "spo2": 96, "fio2": 0.4},
    **{"gcs": 14, "urine_output": 250},
}
SCAN = (
    "SELECT count(admission_id), count({code}), sum({value}), max({at}), max({code}), "
    "max(admission_id) FROM {table}"
)
COLUMNS = {"lab": ("analyte", "collected_at"), "vital": ("vital_code", "measured_at")}
LIMIT_MULTIPLE, LIMIT_MB = 4.0, 2000.0


def write_tables(folder: Path, rows: int) -> None:
    """lab and vital of one hospital as the concepts read them, sorted by admission in blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20200301)
    stays = rows // ROWS_PER_STAY
    for table, share, codes in (("lab", 0.6, LABS), ("vital", 0.4, VITALS)):
        per_stay = round(ROWS_PER_STAY * share)
        for number, first in enumerate(range(0, stays, BLOCK // per_stay)):
            last = min(first + BLOCK // per_stay, stays)
            part = _block(rng, np.repeat(np.arange(first, last), per_stay), codes)
            part.rename(dict(zip(("code", "at"), COLUMNS[table], strict=True))).write_parquet(
                folder / f"{table}-{number}.parquet"
            )
    admission = np.arange(stays)
    admitted = START + (admission % 90) * np.timedelta64(DAY_US, "us")
    pl.DataFrame(
        {
            "admission_id": admission,
            "admitted_at": admitted,
            "discharged_at": admitted + np.timedelta64(STAY_DAYS * DAY_US, "us"),
            "age_years": 40.0 + admission % 50,
            "weight_kg": 50.0 + admission % 40,
        }
    ).write_parquet(folder / "eligible.parquet")


def _block(
    rng: np.random.Generator,
    admission: np.ndarray[tuple[int], np.dtype[np.int64]],
    codes: tuple[str, ...],
) -> pl.DataFrame:
    """Rows of some stays: codes by turns, times spread over the stay, values around a centre."""
    n = admission.size
    which = rng.integers(0, len(codes), n)
    centre = np.array([CENTRES.get(code, 10.0) for code in codes])[which]
    since = (rng.integers(0, STAY_DAYS * 1440, n) * 60_000_000).astype("timedelta64[us]")
    at = START + (admission % 90) * np.timedelta64(DAY_US, "us") + since
    value = np.round(centre * (1 + 0.15 * rng.standard_normal(n)), 2)
    return pl.DataFrame(
        {
            "admission_id": admission,
            "code": pl.Series(which, dtype=pl.UInt32).replace_strict(
                list(range(len(codes))), list(codes), return_dtype=pl.String
            ),
            "value_std": value,
            "unit": "x",
            "at": at,
        }
    )


def opened(folder: Path, memory: str = "2GB") -> Database:
    """The hospital's database: clean tables as views over the files, all stays eligible."""
    db = Database(memory=memory, threads=2, temporary=folder / "spill")
    for table in COLUMNS:
        db.parquet(table, sorted(folder.glob(f"{table}-*.parquet")))
    db.parquet("admission", [folder / "eligible.parquet"])
    db.table("eligible", "SELECT * EXCLUDE weight_kg FROM admission")
    db.execute(
        "CREATE TABLE medication (admission_id BIGINT, drug INTEGER, dose DOUBLE, "
        "dose_unit VARCHAR, status VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP)"
    )
    db.execute(
        "CREATE TABLE respiratory_support (admission_id BIGINT, device VARCHAR, fio2 DOUBLE, "
        "started_at TIMESTAMP, stopped_at TIMESTAMP)"
    )
    db.execute("CREATE SCHEMA ref")
    db.execute(
        "CREATE TABLE ref.drug_class (drug INTEGER, codelist VARCHAR, verdict VARCHAR, "
        "product_type VARCHAR, concentration_g_per_l DOUBLE, strength_g DOUBLE, "
        "route_implied BOOLEAN)"
    )
    db.execute("CREATE TABLE ref.drug (drug INTEGER, route VARCHAR)")
    define_given(db)
    define_intervals(db)
    define_sent(db, {"H": COLUMNS})
    return db


def work(db: Database, name: str) -> None:
    """One measurement."""
    if name == "scan":
        for table, (code, at) in COLUMNS.items():
            db.rows(SCAN.format(table=table, code=code, at=at, value="value_std"))
        return
    concepts = {"severity": ["severe_china_v6"], "sirs": ["sirs"], "sofa": ["sofa"]}
    wanted = concepts.get(name) or [one for names in concepts.values() for one in names]
    severity.prepare(db, *wanted)
    for one in wanted:
        db.table(f"found_{one}", concept(one), {"max_missing": severity.SOFA_MAX_MISSING})


def measure(folder: Path, name: str) -> dict[str, float]:
    """CPU seconds, seconds and peak memory (MB) of one measurement in a process of its own."""
    call = [sys.executable, "-W", "ignore", __file__, "--one", name, "--folder", str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def one(folder: Path, name: str) -> None:
    """Make one measurement here, and print it."""
    with opened(folder) as db:
        cpu, wall = time.process_time(), time.perf_counter()
        work(db, name)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak}))


def main() -> int:
    """The table, and whether all three together keep the limits (said, not an exit code)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.folder, given.one)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "eligible.parquet").is_file():
            write_tables(folder, given.rows)
        scan = measure(folder, "scan")
        print(f"{given.rows:,} rows; bare scan of four columns {scan['cpu']:.2f} CPU s")
        for name in ("severity", "sirs", "sofa", "together"):
            found = measure(folder, name)
            print(
                f"{name:<10} {found['cpu']:>8.2f} CPU s {found['cpu'] / scan['cpu']:>7.2f} scans "
                f"{found['peak_mb']:>7,.0f} MB"
            )
    missed = found["cpu"] > LIMIT_MULTIPLE * scan["cpu"] or found["peak_mb"] > LIMIT_MB
    print(f"limit {LIMIT_MULTIPLE:g} scans and {LIMIT_MB:,.0f} MB: {'MISSED' if missed else 'met'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
