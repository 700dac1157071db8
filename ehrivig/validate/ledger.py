"""The ledger: every row that was read is used, out of scope, or quarantined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.contract import TABLES
from ehrivig.errors import UsageError
from ehrivig.validate.result import HospitalResult

SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "rows_read": pl.Int64,
    "rows_used": pl.Int64,
    "rows_out_of_scope": pl.Int64,
    "rows_quarantined": pl.Int64,
}
_KEY = ["hospital_id", "admission_id"]


def spend(results: list[HospitalResult], cohort: pl.DataFrame, scope: pl.DataFrame) -> pl.DataFrame:
    """One row per hospital and table: read = used + out of scope + quarantined, exactly.

    Used are the rows of the cohort's admissions that the study reads (`scope`: hospital_id, table,
    admission_id, n_rows); out of scope are all others that passed the gate. Raises ValueError when
    the sums do not add up.
    """
    used = _used(cohort, scope)
    rows = []
    for result in sorted(results, key=lambda r: r.hospital_id):
        for table in (t.name for t in TABLES if t.name in result.rows_read):
            read = result.rows_read[table]
            quarantined = result.rows_quarantined.get(table, 0)
            spent = used.get((result.hospital_id, table), 0)
            if table == "hospital":
                spent = min(spent, read - quarantined)  # a hospital may lack its row
            rest = read - quarantined - spent
            if rest < 0:
                raise ValueError(f"ledger: {table} of a hospital uses more rows than it has")
            rows.append((result.hospital_id, table, read, spent, rest, quarantined))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _used(cohort: pl.DataFrame, scope: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Rows used per hospital and table."""
    events = (
        scope.join(cohort.select(_KEY), on=_KEY, how="semi")
        .group_by("hospital_id", "table")
        .agg(pl.col("n_rows").sum())
    )
    people = cohort.group_by("hospital_id").agg(
        pl.len().alias("admission"),
        pl.col("patient_id").n_unique().alias("patient"),
        pl.lit(1).alias("hospital"),
    )
    used: dict[tuple[str, str], int] = {
        (hospital, table): int(n) for hospital, table, n in events.iter_rows()
    }
    for row in people.iter_rows(named=True):
        used |= {
            (row["hospital_id"], table): int(row[table])
            for table in ("admission", "patient", "hospital")
        }
    return used


def reasons(run: Path) -> pl.DataFrame:
    """Reasons of a finished run's quarantine: hospital_id, table, reason, rows."""
    if not (run / "manifest.json").is_file():
        raise UsageError(f"quarantine: {run.name} is not a run. Give the --out of a finished run.")
    if not (run / "quarantine").is_dir():
        raise UsageError(
            f"quarantine: {run.name} keeps no row of a patient (--aggregate-only). Ask at the "
            "hospital, or look at quality/reasons.csv."
        )
    parts = [_count(path) for path in sorted((run / "quarantine").glob("*.parquet"))]
    schema: dict[str, Any] = {
        "hospital_id": pl.String,
        "table": pl.String,
        "reason": pl.String,
        "rows": pl.UInt32,
    }
    filled = [part for part in parts if part.height]
    return pl.concat(filled) if filled else pl.DataFrame(schema=schema)


def _count(path: Path) -> pl.DataFrame:
    """How many rows of one table each reason rejected; a row may have several."""
    return (
        pl.scan_parquet(path)
        .select("hospital_id", pl.col("reason").str.split(";").alias("reason"))
        .explode("reason")
        .group_by("hospital_id", "reason")
        .agg(pl.len().alias("rows"))
        .select("hospital_id", pl.lit(path.stem).alias("table"), "reason", "rows")
        .sort("hospital_id", "reason")
        .collect()
    )
