"""The tables of all hospitals of a run: one dataset per table, in the order of the hospitals.

Each batch leaves its tables in a folder of its own; here they become one file each, written in
whole row groups, so that the bytes depend neither on who was worked on together nor on what was
taken over from the run before.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from ehrivig.batch import relative

FOLDER = "hospitals"
_ROWS_OF_GROUP = 2**17
_PLAIN = pl.CompatLevel.oldest()  # text as every reader of Parquet knows it
_OF_RUN = ("quarantine",)
"""Folders of a batch that lie in the run folder itself."""


@dataclass(frozen=True)
class Part:
    """Where the tables of some hospitals lie: a folder with `hospitals/`, or that of a batch."""

    folder: Path
    hospitals: frozenset[str]
    of_run: bool = False

    def names(self) -> list[str]:
        """The tables that are there, as paths below the folder of a batch."""
        inner = self.folder / FOLDER if self.of_run else self.folder
        found = [path.relative_to(inner) for path in inner.rglob("*.parquet")]
        if self.of_run:
            for name in _OF_RUN:
                found += [
                    p.relative_to(self.folder) for p in (self.folder / name).rglob("*.parquet")
                ]
        return [path.as_posix() for path in found]

    def path(self, name: str) -> Path:
        """The file of a table."""
        return place(self.folder, name) if self.of_run else self.folder / name


def place(run: Path, name: str) -> Path:
    """Where the dataset of a table lies in a run folder."""
    return run / name if name.partition("/")[0] in _OF_RUN else run / FOLDER / name


def write(run: Path, parts: Sequence[Part]) -> bool:
    """Write every table of all parts into a run folder.

    Whether ids differ in their type between hospitals, and became text.
    """
    mixed = False
    for name in sorted({name for part in parts for name in part.names()}):
        there = [part for part in parts if part.path(name).is_file()]
        mixed |= _write(place(run, name), [(part.path(name), part.hospitals) for part in there])
    return mixed


def scan(run: Path, name: str, hospitals: Iterable[str]) -> pl.LazyFrame:
    """A table of some hospitals of a run: only what is asked for is read."""
    rows = pl.scan_parquet(place(run, f"{name}.parquet"))
    return relative.moments(rows.filter(pl.col("hospital_id").is_in(sorted(hospitals))))


def _write(target: Path, files: list[tuple[Path, frozenset[str]]]) -> bool:
    """One table of all hospitals; whether columns that differ in type became text."""
    schema, mixed = _schema([path for path, _ in files])
    wanted = pl.DataFrame(schema=schema)
    columns = wanted.to_arrow(compat_level=_PLAIN).schema
    target.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(target, columns, compression="zstd") as writer:
        waiting = wanted
        for _, rows in heapq.merge(*(_chunks(*file) for file in files), key=lambda one: one[0]):
            waiting = pl.concat([waiting, _as(rows, schema)])
            while waiting.height >= _ROWS_OF_GROUP:
                _group(writer, waiting.head(_ROWS_OF_GROUP))
                waiting = waiting.slice(_ROWS_OF_GROUP)
        if not waiting.is_empty():
            _group(writer, waiting)
    return mixed


def _group(writer: pq.ParquetWriter, rows: pl.DataFrame) -> None:
    """Write some rows as one row group."""
    table = rows.rechunk().to_arrow(compat_level=_PLAIN)
    writer.write_table(table.combine_chunks(), row_group_size=_ROWS_OF_GROUP)


def _chunks(path: Path, hospitals: frozenset[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of some hospitals in a file that is sorted by hospital, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            rows = pl.from_arrow(file.read_row_group(number))
            assert isinstance(rows, pl.DataFrame)
            parts = rows.partition_by("hospital_id", maintain_order=True, as_dict=True)
            for (hospital_id,), part in parts.items():
                if hospital_id in hospitals:
                    yield str(hospital_id), part


def _schema(paths: Sequence[Path]) -> tuple[dict[str, pl.DataType], bool]:
    """The columns of a table: text where files differ in a type, and whether any do."""
    kinds: dict[str, set[pl.DataType]] = {}
    for path in paths:
        for name, kind in pl.read_parquet_schema(path).items():
            kinds.setdefault(name, set()).add(kind)
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    schema = {
        name: pl.String() if name in mixed else next(iter(found)) for name, found in kinds.items()
    }
    return schema, bool(mixed)


def _as(rows: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows with exactly some columns; null in those that a hospital does not have."""
    return rows.select(
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
