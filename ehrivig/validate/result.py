"""What the gate leaves of each hospital: what was measured, how its rows were spent."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.validate.measurement import Measurement

ROWS_SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "rows_read": pl.Int64,
    "rows_quarantined": pl.Int64,
}


@dataclass(frozen=True)
class Step:
    """What one step did in one batch of hospitals, or in all of a run.

    Rows in and out, seconds by the clock and of all processors, peak memory so far (MiB).
    """

    step: str
    rows_in: int
    rows_out: int
    seconds: float
    cpu_seconds: float
    peak_memory_mib: int


@dataclass(frozen=True)
class HospitalResult:
    """What the gate found in one hospital, and how its rows were spent per table."""

    hospital_id: str
    measurements: list[Measurement]
    rows_read: dict[str, int]
    rows_quarantined: dict[str, int]


def results(measured: pl.DataFrame, spent: pl.DataFrame) -> list[HospitalResult]:
    """One result per hospital, sorted; from its measurements, and its rows read and quarantined."""
    found: dict[str, list[Measurement]] = {}
    for row in measured.iter_rows(named=True):
        found.setdefault(row["hospital_id"], []).append(Measurement(**row))
    rows: dict[str, list[tuple[str, int, int]]] = {}
    for hospital, *counts in spent.select(*ROWS_SCHEMA).iter_rows():
        rows.setdefault(hospital, []).append(tuple(counts))
    return [
        HospitalResult(
            hospital,
            found.get(hospital, []),
            {table: read for table, read, _ in rows[hospital]},
            {table: rejected for table, _, rejected in rows[hospital]},
        )
        for hospital in sorted(rows)
    ]
