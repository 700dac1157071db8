"""The small tables that the gate left for every hospital, put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import contract

AGGREGATE_SCHEMA: dict[str, dict[str, type[pl.DataType]]] = {
    "completeness": {
        "table": pl.String,
        "column": pl.String,
        "n_rows": pl.Int64,
        "n_present": pl.Int64,
    },
    "lab_distribution": {"analyte": pl.String, "bin": pl.Int64, "n": pl.Int64},
    "lab_unit": {"analyte": pl.String, "unit": pl.String, "n": pl.Int64},
    "lab_median": {"analyte": pl.String, "n": pl.Int64, "median": pl.Float64},
    "dose_unit": {
        "dose_unit": pl.String,
        "n": pl.Int64,
        "n_dose": pl.Int64,
        "n_concentration": pl.Int64,
        "n_strength": pl.Int64,
    },
    "month": {"table": pl.String, "month": pl.Int64, "n": pl.Int64},
    "stay_month": {"month": pl.Int64, "n": pl.Int64},
    "known_number": {
        "quantity": pl.String,
        "n": pl.Int64,
        "n_of": pl.Int64,
        "low": pl.Float64,
        "middle": pl.Float64,
        "high": pl.Float64,
    },
    "course": dict.fromkeys(
        ("n", "n_stays", "n_days", "n_known", "n_mg", "n_several", "n_dosed", "n_span"), pl.Int64
    ),
    "charted": {
        "table": pl.String,
        "item": pl.String,
        "what": pl.String,
        "value": pl.String,
        "n": pl.Int64,
    },
    "covered_by": {
        "table": pl.String,
        "item": pl.String,
        "stratum": pl.String,
        "part": pl.String,
        "n_stays": pl.Int64,
        "n_covered": pl.Int64,
    },
}


def aggregate(folder: Path, name: str) -> pl.DataFrame:
    """An aggregate of all hospitals of a run, `hospital_id` in front; empty, it has its columns."""
    schema: dict[str, Any] = {"hospital_id": pl.String, **AGGREGATE_SCHEMA[name]}
    path = folder / "hospitals" / "quality" / f"{name}.parquet"
    if not path.is_file():
        return pl.DataFrame(schema=schema)
    return pl.read_parquet(path).select(pl.col(name).cast(kind) for name, kind in schema.items())


def reasons(folder: Path) -> pl.DataFrame:
    """hospital_id, table, reason, rows: why rows are in `<folder>/quarantine/`, most first.

    A row with several reasons counts once for each.
    """
    schema = {
        "hospital_id": pl.String,
        "table": pl.String,
        "reason": pl.String,
        "rows": pl.Int64,
    }
    parts = [pl.DataFrame(schema=schema)]
    for table in contract.TABLES:
        path = folder / "quarantine" / f"{table.name}.parquet"
        if not path.is_file():
            continue
        parts.append(
            pl.scan_parquet(path)
            .select(pl.col("hospital_id").cast(pl.String), pl.col("reason").str.split(";"))
            .explode("reason")
            .group_by("hospital_id", "reason")
            .agg(pl.len().cast(pl.Int64).alias("rows"))
            .select("hospital_id", pl.lit(table.name).alias("table"), "reason", "rows")
            .collect()
        )
    order = ["rows", "hospital_id", "table", "reason"]
    return pl.concat(parts).sort(order, descending=[True, False, False, False])
