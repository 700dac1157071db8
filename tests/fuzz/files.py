"""Mutations of files: damaged, missing, doubled, of another kind."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from .case import MARK, Case, Mutation, read, replace, write


def flip_bytes(case: Case) -> None:
    path = case.file()
    data = bytearray(path.read_bytes())
    for _ in range(int(case.rng.integers(1, 30))):
        data[int(case.rng.integers(len(data)))] = int(case.rng.integers(256))
    replace(path, bytes(data))


def flip_footer(case: Case) -> None:
    path = case.file()
    data = bytearray(path.read_bytes())
    for _ in range(int(case.rng.integers(1, 6))):
        data[-int(case.rng.integers(9, min(900, len(data))))] = int(case.rng.integers(256))
    replace(path, bytes(data))


def truncate(case: Case) -> None:
    path = case.file()
    data = path.read_bytes()
    replace(path, data[: int(case.rng.integers(len(data)))])


def zero_block(case: Case) -> None:
    path = case.file()
    data = bytearray(path.read_bytes())
    begin = int(case.rng.integers(len(data)))
    width = int(case.rng.integers(1, 400))
    data[begin : begin + width] = bytes(len(data[begin : begin + width]))
    replace(path, bytes(data))


def not_parquet(case: Case) -> None:
    texts = [b"", b"PAR1", b"PAR1PAR1", b"admission_id,value\n1,2\n", case.rng.bytes(3000)]
    replace(case.file(), case.pick(texts))


def garbage_tail(case: Case) -> None:
    path = case.file()
    replace(path, path.read_bytes() + case.rng.bytes(100))


def missing_file(case: Case) -> None:
    case.file().unlink()


def missing_table(case: Case) -> None:
    folder = case.extract / case.pick(case.tables())
    folder.rename(folder.with_name(case.pick(["_gone", ".gone", "gone", f"{folder.name}s"])))


def no_rows(case: Case) -> None:
    path = case.file()
    paths = [path] if case.chance(0.5) else sorted(path.parent.parent.rglob("*.parquet"))
    for one in paths:
        write(one, read(one).slice(0, 0))


def second_file(case: Case) -> None:
    """A second file of another schema, of the same rows, or of none."""
    path = case.file()
    table = read(path)
    kinds = {
        "same": table,
        "column less": table.drop_columns([table.column_names[-1]]),
        "column more": table.append_column("extra", pa.nulls(table.num_rows, pa.int32())),
        "text": pa.table({n: table[n].cast(pa.string()) for n in table.column_names[:1]}),
        "none": table.slice(0, 0),
        "reordered": table.select(table.column_names[::-1]),
    }
    write(path.with_name("part-00001.parquet"), kinds[case.pick(kinds)])


def folder_for_file(case: Case) -> None:
    path = case.file()
    path.unlink()
    path.mkdir()
    if case.chance(0.5):
        (path / "inner.parquet").write_bytes(b"")


def folder_and_file(case: Case) -> None:
    path = case.file()
    table = path.parent.parent.name
    whole = read(path)
    named = whole.append_column("hospital_id", pa.array(["A"] * whole.num_rows))
    write(case.extract / f"{table}.parquet", named)


def marker(case: Case) -> None:
    """extract.json that is not what it should be."""
    texts = ["", "{", "[]", "null", '{"synthetic": "no"}', '{"synthetic": {}}', "\x00", f'"{MARK}"']
    replace(case.extract / "extract.json", str(case.pick(texts)).encode())


def stray(case: Case) -> None:
    """Other things that lie in the extract."""
    (case.extract / "notes.txt").write_text("x")
    (case.extract / "lab" / "_SUCCESS").touch()
    (case.extract / "lab" / ".crc").write_bytes(b"\0")
    kind = case.pick(["loop", "dangling", "empty", "table", "deep"])
    if kind == "loop":
        os.symlink(case.extract, case.extract / "lab" / "loop")
    elif kind == "dangling":
        os.symlink(case.place / "nowhere", case.extract / "lab" / "dangling.parquet")
    elif kind == "empty":
        (case.extract / "empty").mkdir()
    elif kind == "table":
        write(case.extract / "other.parquet", pa.table({"a": [1]}))
    else:
        deep = case.extract / "lab" / "hospital_id=A" / Path(*["d"] * 60)
        deep.mkdir(parents=True)
        write(deep / "part.parquet", read(case.file("lab")))


def other_encoding(case: Case) -> None:
    """The same rows in another Parquet dialect: nothing may change."""
    path = case.file()
    options = case.pick(
        [
            {"compression": "gzip"},
            {"compression": "brotli"},
            {"compression": "lz4"},
            {"compression": "none"},
            {"version": "1.0"},
            {"use_deprecated_int96_timestamps": True},
            {"row_group_size": 7},
            {"data_page_version": "2.0"},
            {"use_dictionary": False, "write_statistics": False},
            {"coerce_timestamps": "ms", "allow_truncated_timestamps": True},
            {"store_schema": False},
        ]
    )
    write(path, read(path), **options)


def flat_tables(case: Case) -> None:
    """A table as one file with a hospital_id column, sometimes without it or with nulls."""
    folder = case.extract / case.pick(case.tables())
    parts = []
    for path in sorted(folder.rglob("*.parquet")):
        table = read(path)
        hospital = path.parent.name.removeprefix("hospital_id=")
        kind = case.pick(["named", "named", "null", "number"])
        value = {"named": hospital, "null": None, "number": 7}[kind]
        column = pa.array([value] * table.num_rows)
        parts.append(table.append_column("hospital_id", column.cast(pa.string())))
        path.unlink()
    folder.rename(folder.with_name(f"_{folder.name}"))
    whole = pa.concat_tables(parts, promote_options="permissive")
    whole = whole.drop_columns(["hospital_id"]) if case.chance(0.2) else whole
    write(case.extract / f"{folder.name}.parquet", whole)


KINDS: dict[str, Mutation] = {
    f"file: {m.__name__.replace('_', ' ')}": m
    for m in (
        flip_bytes,
        flip_footer,
        truncate,
        zero_block,
        not_parquet,
        garbage_tail,
        missing_file,
        missing_table,
        no_rows,
        second_file,
        folder_for_file,
        folder_and_file,
        marker,
        stray,
        other_encoding,
        flat_tables,
    )
}
