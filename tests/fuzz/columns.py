"""Mutations of columns: missing, renamed, doubled, of another type, ten thousand."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from .case import INJECTIONS, MARK, SCRIPT, Case, Mutation, change


def _random_column(case: Case, table: pa.Table) -> int:
    return int(case.rng.integers(table.num_columns))


def drop(case: Case) -> None:
    def turn(table: pa.Table) -> pa.Table:
        return table.drop_columns([table.column_names[_random_column(case, table)]])

    change(case, case.file(), turn)


def rename(case: Case) -> None:
    def turn(table: pa.Table) -> pa.Table:
        names = list(table.column_names)
        at = _random_column(case, table)
        names[at] = case.pick([names[at].upper(), f"{names[at]} ", f"\ufeff{names[at]}", "value2"])
        return table.rename_columns(names)

    change(case, case.file(), turn)


def strange_name(case: Case) -> None:
    name = case.pick(
        [*INJECTIONS, SCRIPT, "", " ", "x" * 5000, "a.b", '"', "hospital_id", "select"]
    )

    def turn(table: pa.Table) -> pa.Table:
        if case.chance(0.5):
            return table.append_column(name, pa.array([MARK] * table.num_rows, pa.string()))
        names = list(table.column_names)
        names[_random_column(case, table)] = name
        return table.rename_columns(names)

    change(case, case.file(), turn)


def double(case: Case) -> None:
    def turn(table: pa.Table) -> pa.Table:
        at = _random_column(case, table)
        name = table.column_names[at]
        twin = case.pick([name, name.upper(), name.title()])
        return table.append_column(twin, table.column(at))

    change(case, case.file(), turn)


def many(case: Case) -> None:
    """Ten thousand columns more."""

    def turn(table: pa.Table) -> pa.Table:
        short = table.slice(0, 200)
        extra = {f"extra_{i}": pa.nulls(short.num_rows, pa.int8()) for i in range(10_000)}
        return pa.table({**{n: short[n] for n in short.column_names}, **extra})

    change(case, case.file(), turn)


def reorder(case: Case) -> None:
    def turn(table: pa.Table) -> pa.Table:
        order = case.rng.permutation(table.num_columns)
        return table.select([table.column_names[i] for i in order])

    change(case, case.file(), turn)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    return [None if v is None else str(v) for v in column.to_pylist()]


_TURNS: dict[str, Callable[[pa.ChunkedArray], pa.Array | pa.ChunkedArray]] = {
    "text": lambda c: pa.array(_texts(c), pa.string()),
    "large text": lambda c: pa.array(_texts(c), pa.large_string()),
    "dictionary": lambda c: pa.array(_texts(c), pa.string()).dictionary_encode(),
    "binary": lambda c: pa.array([None if v is None else v.encode() for v in _texts(c)]),
    "marked text": lambda c: pa.array([MARK] * len(c), pa.string()),
    "mixed text": lambda c: pa.array([*_texts(c)[:-1], MARK][: len(c)], pa.string()),
    "integer": lambda c: pa.array(range(len(c)), pa.int64()),
    "tiny integer": lambda c: pa.array([i % 100 for i in range(len(c))], pa.int8()),
    "unsigned": lambda c: pa.array([2**64 - 1 - i for i in range(len(c))], pa.uint64()),
    "float": lambda c: pa.array([i + 0.5 for i in range(len(c))], pa.float32()),
    "half": lambda c: pa.nulls(len(c), pa.float16()),
    "decimal": lambda c: pa.array(range(len(c)), pa.decimal128(38, 10)),
    "flag": lambda c: pa.array([i % 2 == 0 for i in range(len(c))]),
    "date": lambda c: pa.array([18_000 + i % 300 for i in range(len(c))], pa.date32()),
    "time": lambda c: pa.array([i % 86_400 for i in range(len(c))], pa.time32("s")),
    "zoned": lambda c: pa.array(
        [1_580_000_000_000 + i for i in range(len(c))], pa.timestamp("ms", "UTC")
    ),
    "odd zone": lambda c: pa.array(
        [1_580_000_000_000 + i for i in range(len(c))], pa.timestamp("ms", "+05:45")
    ),
    "nanoseconds": lambda c: pa.array(
        [1_580_000_000_000_000_000 + i for i in range(len(c))], pa.timestamp("ns")
    ),
    "duration": lambda c: pa.array(range(len(c)), pa.duration("s")),
    "list": lambda c: pa.array([[i] for i in range(len(c))]),
    "record": lambda c: pa.array([{"a": i, "b": MARK} for i in range(len(c))]),
    "map": lambda c: pa.array(
        [[("k", i)] for i in range(len(c))], pa.map_(pa.string(), pa.int64())
    ),
    "null": lambda c: pa.nulls(len(c)),
}


def retype(case: Case) -> None:
    kind = case.pick(_TURNS)

    def turn(table: pa.Table) -> pa.Table:
        at = _random_column(case, table)
        made = _TURNS[kind](table.column(at))
        return table.set_column(at, table.column_names[at], made)

    change(case, case.file(), turn)


def retype_all(case: Case) -> None:
    kind = case.pick(["text", "dictionary", "null", "marked text"])

    def turn(table: pa.Table) -> pa.Table:
        return pa.table({n: _TURNS[kind](table[n]) for n in table.column_names})

    change(case, case.file(), turn)


KINDS: dict[str, Mutation] = {
    f"column: {m.__name__.replace('_', ' ')}": m
    for m in (drop, rename, strange_name, double, many, reorder, retype, retype_all)
} | {"column: retype (more)": retype}
