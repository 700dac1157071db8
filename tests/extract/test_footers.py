"""What a file says of itself at its end: of which kind its ids are, and whether it is a bomb."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from ehrivig.errors import ExtractError
from ehrivig.extract import footers


@pytest.mark.parametrize(
    ("kinds", "settled"),
    [
        *(({"whole"}, {"whole"}), ({"whole?"}, {"whole"}), ({"text", "whole?"}, {"text"})),
        *(({"unsigned?", "whole"}, {"unsigned", "whole"}), (set(), set())),
        ({"text", "whole", "unsigned?"}, {"text", "whole"}),
    ],
)
def test_ids_that_may_be_numbers_are_numbers_unless_others_are_text(
    kinds: set[str], settled: set[str]
) -> None:
    assert footers.settled(kinds) == settled


def group(values: int, **told: Any) -> SimpleNamespace:
    usual = {"has_min_max": False, "max": None, "has_null_count": False, "null_count": None}
    statistics = SimpleNamespace(**(usual | told)) if told else None
    return SimpleNamespace(num_values=values, statistics=statistics)


@pytest.mark.parametrize(
    ("of", "largest"),
    [
        (group(3, has_min_max=True, max=7), 7),
        (group(3, has_null_count=True, null_count=3), 0),  # all of it is missing
        (group(3, has_null_count=True, null_count=2), 2**64),
        (group(3, null_count=3), 2**64),
        *((group(3), 2**64), (group(0), 0)),
    ],
)
def test_the_largest_value_of_a_row_group(of: SimpleNamespace, largest: int) -> None:
    assert footers._largest(of) == largest


def refuse(columns: int, unpacked: int, size: int) -> None:
    types = tuple((f"c{number}", "INT64") for number in range(columns))
    footers._refuse_bomb(footers._Footer(pa.schema([]), types, 1, unpacked, {}), size, "x.parquet")


def test_a_file_of_many_columns_or_far_more_than_it_looks_like_is_refused() -> None:
    refuse(2_000, 2**30, 1)
    refuse(1, 2**31, 2**31 // 1_000 + 1)
    refuse(1, 2_000_000_000, 2_000_000)
    with pytest.raises(ExtractError, match=r"^x.parquet: has 2,001 columns, at most 2,000 are"):
        refuse(2_001, 9, 9)
    with pytest.raises(ExtractError, match=r"1,000,000 bytes that would be 1,073,741,825 when"):
        refuse(1, 2**30 + 1, 1_000_000)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        *((kind, True) for kind in (pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2))),
        *((kind, False) for kind in (pa.string(), pa.date32(), pa.bool_())),
    ],
)
def test_a_type_of_numbers(kind: pa.DataType, number: bool) -> None:
    assert footers._is_number(kind) is number
