"""Writes Parquet: one file per table, hospital and block, in hive folders."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 250_000


def write_table(root: Path, table: str, hospital_id: str, number: int, frame: pl.DataFrame) -> None:
    """Write one block of one hospital's table; hospital_id is in the folder's name only."""
    folder = root / table / f"hospital_id={hospital_id}"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / f"part-{number:05d}.parquet", arrow(frame))


def arrow(frame: pl.DataFrame) -> pa.Table:
    """The frame as an Arrow table with plain large strings and dictionaries."""
    table: pa.Table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table


def write(path: Path, table: pa.Table) -> None:
    """Write one Parquet file: Zstandard, text dictionary-encoded, no Arrow schema of its own.

    Without the stored Arrow schema all files of a table look the same to every reader, whether a
    text column was a dictionary in memory or not.
    """
    text = [field.name for field in table.schema if not _plain(field.type)]
    pq.write_table(
        table,
        path,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=1,
        use_dictionary=text,
        store_schema=False,
    )


def _plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_temporal(kind)
        or pa.types.is_boolean(kind)
    )
