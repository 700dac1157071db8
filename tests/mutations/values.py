"""Changes of the values of one column, and of the rows of a table, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import polars as pl

from .mutation import Change

Values = Callable[[pl.Expr], pl.Expr]
"""The values of a column, changed."""

SAME_TYPE: dict[str, dict[str, Values]] = {
    "text": {
        "null": lambda c: pl.lit(None, pl.String),
        "empty": lambda c: pl.lit(""),
        "blanks": lambda c: pl.lit("  "),
        "the word NULL": lambda c: pl.lit("NULL"),
        "the word nan": lambda c: pl.lit("nan"),
        "a word nobody knows": lambda c: pl.lit("zebra"),
        "upper case": lambda c: c.str.to_uppercase(),
        "lower case": lambda c: c.str.to_lowercase(),
        "title case": lambda c: c.str.to_titlecase(),
        "full width": lambda c: c.map_elements(full_width, pl.String),
        "blanks around": lambda c: pl.lit(" ") + c + " ",
    },
    "number": {
        "null": lambda c: c.replace_strict({}, default=None, return_dtype=pl.Float64),
        "nan": lambda c: pl.lit(float("nan")),
        "infinite": lambda c: pl.lit(float("inf")),
        "zero": lambda c: c * 0,
        "negative": lambda c: -c,
        "times 1000": lambda c: c * 1000,
    },
    "whole": {
        "null": lambda c: pl.when(pl.lit(False)).then(c),
        "zero": lambda c: c * 0,
        "a number nobody knows": lambda c: c * 0 + 987_654_321,
    },
    "time": {
        "null": lambda c: pl.when(pl.lit(False)).then(c),
        "a day later": lambda c: c + timedelta(days=1),
        "8 hours earlier": lambda c: c - timedelta(hours=8),
        "at midnight": lambda c: c.dt.truncate("1d"),
        "in 9999": lambda c: pl.lit(datetime(9999, 12, 31)).cast(pl.Datetime("us")),
        "in 1900": lambda c: pl.lit(datetime(1900, 1, 1)).cast(pl.Datetime("us")),
    },
    "date": {
        "null": lambda c: pl.when(pl.lit(False)).then(c),
        "a day later": lambda c: c + timedelta(days=1),
        "in 1900": lambda c: pl.lit(datetime(1900, 1, 1)).cast(pl.Date),
    },
    "flag": {"null": lambda c: pl.lit(None, pl.Boolean)},
}
"""Kind of a column -> changes that keep its type."""
OTHER_TYPE: dict[str, dict[str, Values]] = {
    "text": {"categorical": lambda c: c.cast(pl.Categorical)},
    "number": {
        "as text": lambda c: c.cast(pl.String),
        "as float32": lambda c: c.cast(pl.Float32),
        "as decimal": lambda c: c.cast(pl.Decimal(18, 4)),
        "untyped null": lambda c: pl.lit(None),
    },
    "whole": {
        "as text": lambda c: c.cast(pl.String),
        "unsigned": lambda c: c.cast(pl.UInt64),
        "unsigned, above 2^63": lambda c: c.cast(pl.UInt64) + 2**63,
        "as decimal": lambda c: c.cast(pl.Decimal(38, 0)),
        "as double": lambda c: c.cast(pl.Float64),
    },
    "time": {
        "with a zone": lambda c: c.dt.replace_time_zone("Asia/Shanghai"),
        "in UTC": lambda c: c.dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("UTC"),
        "in ns": lambda c: c.cast(pl.Datetime("ns")),
        "in ms": lambda c: c.cast(pl.Datetime("ms")),
        "with a zone in ns": lambda c: c.cast(pl.Datetime("ns")).dt.replace_time_zone(
            "Asia/Shanghai"
        ),
        "as date": lambda c: c.cast(pl.Date),
        "as text": lambda c: c.dt.to_string("iso"),
        "untyped null": lambda c: pl.lit(None),
    },
    "date": {
        "as timestamp": lambda c: c.cast(pl.Datetime("us")),
        "as text": lambda c: c.dt.to_string("iso"),
    },
    "flag": {
        "as 0 and 1": lambda c: c.cast(pl.Int8),
        "as words": lambda c: c.cast(pl.String),
    },
}
"""Kind of a column -> changes of its type."""
OF_ZONED: dict[str, Values] = {
    "with a zone": lambda c: c.dt.convert_time_zone("Asia/Shanghai"),
    "in UTC": lambda c: c.dt.convert_time_zone("UTC"),
    "with a zone in ns": lambda c: c.cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(
        "Asia/Shanghai"
    ),
}
"""The changes of a moment that has a zone already: another zone, and the same moment."""
_WIDE = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))} | {0x20: 0x3000}


def full_width(text: str) -> str:
    """A text as an East Asian input method writes it."""
    return text.translate(_WIDE)


def kind_of(dtype: pl.DataType) -> str:
    """Which changes a column takes."""
    if dtype == pl.Boolean:
        return "flag"
    if dtype == pl.Date:
        return "date"
    if dtype.is_temporal():
        return "time"
    return "whole" if dtype.is_integer() else "number" if dtype.is_numeric() else "text"


def column(name: str, values: Values) -> Change:
    """Change every value of a column."""
    return partial(_column, name, values)


def _column(name: str, values: Values, frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.schema[name]
    changed = frame.with_columns(values(pl.col(name)).alias(name))
    if changed.schema[name] == pl.Datetime("us") and isinstance(kept, pl.Datetime):
        changed = changed.with_columns(pl.col(name).dt.replace_time_zone(kept.time_zone))
    return changed if changed.height == frame.height else frame.with_columns(pl.lit(None, kept))


def half(name: str, values: Values) -> Change:
    """Change every second value of a column."""
    return partial(_half, name, values)


def _half(name: str, values: Values, frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.schema[name]
    other = values(pl.col(name)).cast(kept)
    second = pl.int_range(pl.len()) % 2 == 1
    chosen = pl.when(second).then(other).otherwise(pl.col(name))
    return frame.with_columns(chosen.alias(name))


ROWS: dict[str, Change] = {
    "every row twice": lambda f: pl.concat([f, f]),
    "rows backwards": lambda f: f.reverse(),
    "no row": lambda f: f.head(0),
    "one more column": lambda f: f.with_columns(pl.lit("x").alias("loaded_by")),
    "columns backwards": lambda f: f.select(f.columns[::-1]),
    "columns in capitals": lambda f: f.rename({c: c.upper() for c in f.columns}),
}
"""Changes of all rows of a table."""


def without(name: str) -> Change:
    """Leave out a column."""
    return lambda frame: frame.drop(name)


def renamed(name: str) -> Change:
    """Call a column otherwise."""
    return lambda frame: frame.rename({name: f"{name}_x"})
