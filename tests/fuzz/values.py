"""Mutations of values: null, extreme, out of range, doubled, hostile text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from .case import IMAGE, INJECTIONS, MARK, NUMBER, SCRIPT, STRANGE, Case, Mutation, change

Values = list[object]


def _columns(table: pa.Table, kind: Callable[[pa.DataType], bool]) -> list[str]:
    return [f.name for f in table.schema if kind(f.type)]


def _some(
    case: Case,
    kind: Callable[[pa.DataType], bool],
    new: Callable[[], object],
    table: str | None = None,
) -> None:
    """Give a random share of one fitting column new values."""
    share = case.pick([0.001, 0.02, 0.5, 1.0])

    def turn(found: pa.Table) -> pa.Table:
        names = _columns(found, kind)
        if not names or not found.num_rows:
            return found
        name = case.pick(names)
        values: Values = found[name].to_pylist()
        for at in np.flatnonzero(case.rng.random(len(values)) < share):
            values[at] = new()
        at = found.column_names.index(name)
        return found.set_column(at, name, pa.array(values, found.schema.field(name).type))

    change(case, case.file(table), turn)


def nulls(case: Case) -> None:
    _some(case, lambda _: True, lambda: None)


def extreme_numbers(case: Case) -> None:
    numbers = [
        float("nan"),
        float("inf"),
        float("-inf"),
        1e308,
        -1e308,
        5e-324,
        -1.0,
        0.0,
        NUMBER,
        999.0,
    ]
    _some(case, pa.types.is_floating, lambda: case.pick(numbers))


def extreme_integers(case: Case) -> None:
    numbers = [2**63 - 1, -(2**63), 0, -1, 913713]
    _some(case, lambda t: t == pa.int64(), lambda: case.pick(numbers))


def times_out_of_range(case: Case) -> None:
    """Years 1, 9999 and beyond what a date can say, as microseconds."""
    moments = [
        -62_135_596_800_000_000,
        253_402_300_799_999_999,
        2**62,
        -(2**62),
        2**63 - 1,
        -(2**63) + 2,
        0,
        4_102_444_800_000_000,
    ]
    picked = [int(case.pick(moments)) for _ in range(3)]

    def turn(found: pa.Table) -> pa.Table:
        names = _columns(found, pa.types.is_timestamp)
        if not names or not found.num_rows:
            return found
        name = case.pick(names)
        raw = found[name].cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()
        for at in np.flatnonzero(case.rng.random(len(raw)) < case.pick([0.01, 0.5])):
            raw[at] = case.pick(picked)
        at = found.column_names.index(name)
        return found.set_column(at, name, pa.array(raw, pa.int64()).cast(pa.timestamp("us")))

    change(case, case.file(), turn)


def dates_out_of_range(case: Case) -> None:
    def turn(found: pa.Table) -> pa.Table:
        days = [-719_162, 2_932_896, 2**31 - 1, -(2**31), 40_000]
        made = pa.array([case.pick(days) for _ in range(found.num_rows)], pa.int32())
        at = found.column_names.index("birth_date")
        return found.set_column(at, "birth_date", made.cast(pa.date32()))

    change(case, case.file("patient"), turn)


def _text(case: Case, words: tuple[str, ...], table: str | None = None) -> None:
    _some(case, pa.types.is_string, lambda: case.pick(words), table)


def html_in_drugs(case: Case) -> None:
    _text(case, (SCRIPT, IMAGE, "IVIG <b>10%</b> & more"), "medication")


def html_anywhere(case: Case) -> None:
    _text(case, (SCRIPT, IMAGE))


def sql_in_codes(case: Case) -> None:
    _text(case, INJECTIONS, case.pick(["lab", "medication", "diagnosis", "finding"]))


def strange_text(case: Case) -> None:
    _text(case, (*STRANGE, "", " ", "\t", "NULL", "nan", MARK, "y" * 100_000))


def number_as_text(case: Case) -> None:
    _text(case, ("1,5", "<5", ">= 10", "1e5", "+", "positive", "913713", MARK), "lab")


def not_utf8(case: Case) -> None:
    """Bytes in a text column that are no UTF-8."""

    def turn(found: pa.Table) -> pa.Table:
        names = _columns(found, pa.types.is_string)
        if not names or not found.num_rows:
            return found
        name = case.pick(names)
        bad = case.pick([b"\xff\xfe", b"Zebra9137\xe9", b"\xc3(", b"\xed\xa0\x80", b"a\x00b"])
        raw = [None if v is None else str(v).encode() for v in found[name].to_pylist()]
        for at in np.flatnonzero(case.rng.random(len(raw)) < case.pick([0.01, 1.0])):
            raw[at] = bad
        binary = pa.array(raw, pa.binary())
        text = pa.StringArray.from_buffers(
            len(binary), binary.buffers()[1], binary.buffers()[2], binary.buffers()[0]
        )
        at = found.column_names.index(name)
        return found.set_column(at, name, text)

    change(case, case.file(), turn)


def doubled_rows(case: Case) -> None:
    def turn(found: pa.Table) -> pa.Table:
        times = int(case.pick([2, 3, 10]))
        return pa.concat_tables([found] * times) if found.num_rows < 20_000 else found

    change(case, case.file(), turn)


def shuffled_rows(case: Case) -> None:
    change(case, case.file(), lambda t: t.take(pa.array(case.rng.permutation(t.num_rows))))


def few_rows(case: Case) -> None:
    rows = int(case.pick([1, 2, 5, 30]))
    change(case, case.file(), lambda t: t.slice(0, rows))


def keys_as_text(case: Case) -> None:
    """Another type of key in one table, one hospital, or everywhere."""
    names = case.pick([("admission_id",), ("patient_id",), ("admission_id", "patient_id")])
    prefix = case.pick(["", "A-", MARK])

    def turn(found: pa.Table) -> pa.Table:
        for name in set(names) & set(found.column_names):
            texts = [None if v is None else f"{prefix}{v}" for v in found[name].to_pylist()]
            at = found.column_names.index(name)
            found = found.set_column(at, name, pa.array(texts, pa.string()))
        return found

    scope = case.pick(["file", "hospital", "all"])
    tables = case.tables() if scope != "file" else [case.pick(case.tables())]
    for table in tables:
        paths = sorted((case.extract / table).rglob("*.parquet"))
        for path in paths[:1] if scope == "hospital" else paths:
            change(case, path, turn)


def wrong_keys(case: Case) -> None:
    """Keys that point at nobody, or everybody at one."""

    def turn(found: pa.Table) -> pa.Table:
        names = [n for n in ("admission_id", "patient_id") if n in found.column_names]
        if not names:
            return found
        at = found.column_names.index(case.pick(names))
        made = pa.array([int(case.pick([0, 913713, 500001]))] * found.num_rows, pa.int64())
        return found.set_column(at, found.column_names[at], made)

    change(case, case.file(), turn)


def swapped_columns(case: Case) -> None:
    def turn(found: pa.Table) -> pa.Table:
        kind = found.schema.field(int(case.rng.integers(found.num_columns))).type
        names = _columns(found, lambda t: t == kind)
        shuffled = [names[i] for i in case.rng.permutation(len(names))]
        swap = dict(zip(names, shuffled, strict=True))
        return pa.table({n: found[swap.get(n, n)] for n in found.column_names})

    change(case, case.file(), turn)


KINDS: dict[str, Mutation] = {
    f"value: {m.__name__.replace('_', ' ')}": m
    for m in (
        nulls,
        extreme_numbers,
        extreme_integers,
        times_out_of_range,
        dates_out_of_range,
        html_in_drugs,
        html_anywhere,
        sql_in_codes,
        strange_text,
        number_as_text,
        not_utf8,
        doubled_rows,
        shuffled_rows,
        few_rows,
        keys_as_text,
        wrong_keys,
        swapped_columns,
    )
}
