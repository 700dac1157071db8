"""The Parquet copy of a delimited file: the same rows, all columns text, an empty value null."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from ehrivig.errors import ExtractError
from ehrivig.extract.delimited.dialect import Dialect
from ehrivig.extract.delimited.rows import Block, header_and_blocks
from ehrivig.extract.delimited.stream import chunks
from ehrivig.extract.footers import IDS, WRITTEN
from ehrivig.extract.usual_words import NO_KEY

_WHOLE = r"^-?(0|[1-9][0-9]{0,19})(\.0+)?$"
_ROUNDED = r"^[0-9]([.,][0-9]+)?[eE]\+[0-9]+$"
_BLANKS = " \t\u00a0\u3000"


def copied(path: Path, to: Path, where: str, dialect: Dialect, ids: Collection[str]) -> None:
    """Write the rows of a delimited file to a Parquet file.

    `ids`: the columns whose values are ids; how they are written stands in the copy, which then
    says whether they can be numbers. ExtractError with the line of what cannot be read.
    """
    names, blocks = header_and_blocks(chunks(path, where, dialect), where, dialect)
    schema = pa.schema([(name, pa.string()) for name in names])
    kinds = {name.casefold(): "whole" for name in names if name.casefold() in ids}
    to.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(to, schema, compression="zstd", compression_level=1) as writer:
        for table in _tables(blocks, schema, where, dialect):
            writer.write_table(table)
            for name in (one for one in names if kinds.get(one.casefold(), "text") != "text"):
                kind = _kind_of_ids(table.column(name), name, where)
                kinds[name.casefold()] = max(kinds[name.casefold()], kind, key=WRITTEN.index)
        writer.add_key_value_metadata({IDS: json.dumps(kinds)})


def _tables(
    blocks: Iterator[Block], schema: pa.Schema, where: str, dialect: Dialect
) -> Iterator[pa.Table]:
    convert = pcsv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        check_utf8=False,
    )
    parse = pcsv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote or False,
        double_quote=True,
        newlines_in_values=bool(dialect.quote),
    )
    for block in blocks:
        read = pcsv.ReadOptions(
            column_names=schema.names, block_size=len(block.content) + 1, use_threads=False
        )
        try:
            table = pcsv.read_csv(pa.BufferReader(block.content), read, parse, convert)
        except pa.ArrowInvalid as error:  # its message quotes the row
            raise _not_read(where) from error
        if table.num_rows != block.rows:
            raise _not_read(where)
        yield table


def _not_read(where: str) -> ExtractError:
    return ExtractError(
        f"{where}: its rows cannot be told apart. Write it anew as CSV, or as Parquet."
    )


def _kind_of_ids(column: Any, name: str, where: str) -> str:
    """What ids can be: whole numbers (signed or not), or text alone."""
    values = pc.unique(pc.utf8_trim(column.combine_chunks().drop_null(), characters=_BLANKS))
    rounded = pc.sum(pc.match_substring_regex(values, _ROUNDED)).as_py() or 0
    if rounded:
        raise ExtractError(
            f"{where}: column {name}: {rounded:,} ids were rounded to a number such as 1.2E+15, as "
            "spreadsheets do: their digits are lost. Export the column as text."
        )
    known = values.filter(
        pc.invert(pc.is_in(pc.utf8_lower(values), value_set=pa.array(NO_KEY, pa.string())))
    )
    if not pc.all(pc.match_substring_regex(known, _WHOLE), min_count=0).as_py():
        return "text"
    return _width(pc.replace_substring_regex(known, r"\.0+$", ""))


def _width(numbers: Any) -> str:
    for kind, wide in (("whole", pa.int64()), ("unsigned", pa.uint64())):
        try:
            pc.cast(numbers, wide)
        except pa.ArrowInvalid:
            continue
        return kind
    return "text"
