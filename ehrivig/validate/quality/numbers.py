"""The small tables that the gate left for every hospital, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import contract
from ehrivig.validate.result import HospitalResult

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
    "lab_limit": {
        "analyte": pl.String,
        "unit": pl.String,
        "hard_lo": pl.Float64,
        "soft_lo": pl.Float64,
        "soft_hi": pl.Float64,
        "hard_hi": pl.Float64,
    },
    "dose_unit": {
        "dose_unit": pl.String,
        "n": pl.Int64,
        "n_dose": pl.Int64,
        "n_concentration": pl.Int64,
        "n_strength": pl.Int64,
    },
}


def aggregate(hospitals: Sequence[HospitalResult], name: str) -> pl.DataFrame:
    """An aggregate of all hospitals, `hospital_id` in front; an empty one keeps its columns."""
    schema = AGGREGATE_SCHEMA[name]
    parts = [pl.DataFrame(schema={"hospital_id": pl.String, **schema})]
    for hospital in sorted(hospitals, key=lambda h: h.hospital_id):
        path = Path(hospital.folder) / "quality" / f"{name}.parquet"
        if path.is_file():
            frame = pl.read_parquet(path).cast(schema)  # type: ignore[arg-type]
            parts.append(frame.select(pl.lit(hospital.hospital_id).alias("hospital_id"), *schema))
    return pl.concat(parts)


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


def merge_quarantine(hospitals: Sequence[HospitalResult], folder: Path) -> None:
    """Write `<folder>/quarantine/<table>.parquet` (and `values/`) of all hospitals."""
    for part in ("quarantine", "quarantine/values"):
        for table in contract.TABLES:
            paths = [
                Path(h.folder) / part / f"{table.name}.parquet"
                for h in sorted(hospitals, key=lambda h: h.hospital_id)
            ]
            there = [path for path in paths if path.is_file()]
            if there:
                (folder / part).mkdir(parents=True, exist_ok=True)
                _concatenate(there).sink_parquet(folder / part / f"{table.name}.parquet")


def _concatenate(paths: Sequence[Path]) -> pl.LazyFrame:
    """Parquet files one after the other; columns that differ in type become text.

    A column that some hospitals do not have is null in their rows.
    """
    frames = [pl.scan_parquet(path) for path in paths]
    kinds: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, kind in frame.collect_schema().items():
            kinds.setdefault(name, set()).add(kind)
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    return pl.concat([_as_text(frame, mixed) for frame in frames], how="diagonal")


def _as_text(frame: pl.LazyFrame, names: set[str]) -> pl.LazyFrame:
    """The frame with those of its columns that are named turned to text."""
    own = [name for name in frame.collect_schema() if name in names]
    return frame.with_columns(pl.col(own).cast(pl.String))
