"""Changes of the files of one table, by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from .mutation import FileChange


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.parquet")) if place.is_dir() else [place]


def in_two_parts(place: Path) -> None:
    """Half of the rows in a second part."""
    _parts(place, lambda frame: frame)


def _second_untyped(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns without a value lose their type, as some writers do."""
    empty = [name for name in frame.columns if frame[name].null_count() == frame.height]
    return frame.with_columns(pl.lit(None).alias(name) for name in empty)


def parts_with_untyped_columns(place: Path) -> None:
    """Two parts, of which the second writes what is null without a type."""
    _parts(place, _second_untyped)


def _parts(place: Path, second: object) -> None:
    file = _files(place)[0]
    frame = pl.read_parquet(file, hive_partitioning=False)
    half = frame.height // 2
    parts = (frame.head(half), second(frame.slice(half)))  # type: ignore[operator]
    folder = file.parent if place.is_dir() else _as_folder(place)
    if place.is_dir():
        file.unlink()
    for number, part in enumerate(parts):
        part.write_parquet(folder / f"part-{number}.parquet")


def _as_folder(file: Path) -> Path:
    """A file becomes a folder of parts."""
    file.unlink()
    folder = file.with_suffix("")
    folder.mkdir()
    return folder


def suffix_pq(place: Path) -> None:
    """The second of two parts is called .pq."""
    in_two_parts(place)
    folder = place if place.is_dir() else place.with_suffix("")
    (folder / "part-1.parquet").rename(folder / "part-1.pq")


def link_to_nothing(place: Path) -> None:
    """The second of two parts is a link to a file that is gone."""
    in_two_parts(place)
    folder = place if place.is_dir() else place.with_suffix("")
    (folder / "part-1.parquet").unlink()
    (folder / "part-1.parquet").symlink_to(folder / "gone.parquet")


def marks_of_a_writer(place: Path) -> None:
    """The files that writers leave beside their parts."""
    in_two_parts(place)
    folder = place if place.is_dir() else place.with_suffix("")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.crc").write_bytes(b"crc\0")


def suffix_in_capitals(place: Path) -> None:
    """The file is called .PARQUET."""
    for file in _files(place):
        file.rename(file.with_suffix(".PARQUET"))


def half_a_file(place: Path) -> None:
    """The file ends in the middle."""
    file = _files(place)[0]
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def gone(place: Path) -> None:
    """The table is not there."""
    shutil.rmtree(place) if place.is_dir() else place.unlink()


EQUAL_OR_SAID: dict[str, FileChange] = {
    "in two parts": in_two_parts,
    "two parts, one with untyped columns": parts_with_untyped_columns,
    "two parts, one called .pq": suffix_pq,
    "two parts, one a link to nothing": link_to_nothing,
    "beside the marks of a writer": marks_of_a_writer,
    "suffix in capitals": suffix_in_capitals,
    "half a file": half_a_file,
    "gone": gone,
}
