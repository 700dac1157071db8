"""Files that are far more than they look like: a limit, and a sentence, before a row is read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ehrivig.errors import ExtractError
from ehrivig.extract import footers
from ehrivig.extract.table_file import TableFile


def refused(place: Path, table: pa.Table, **how: object) -> str:
    pq.write_table(table, place / "lab.parquet", **how)
    with pytest.raises(ExtractError) as found:
        footers.schema(TableFile(place / "lab.parquet", None), place)
    return str(found.value)


def test_twenty_thousand_columns(tmp_path: Path) -> None:
    wide = pa.table({f"x{number}": pa.nulls(1, pa.int8()) for number in range(20_000)})
    assert refused(tmp_path, wide) == (
        "lab.parquet: has 20,000 columns, at most 2,000 are read. Leave out those that no layout "
        "names."
    )
    assert len(wide.select(range(2_000)).schema) == footers.MOST_COLUMNS


def test_lists_in_lists(tmp_path: Path) -> None:
    kind = pa.int8()
    for _ in range(1_000):
        kind = pa.list_(kind)
    said = refused(tmp_path, pa.table({"value": pa.nulls(2, kind)}))
    assert said.startswith("lab.parquet: has a column of lists or records that lie too deep")


def test_a_page_a_thousand_times_as_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footers, "LARGE", 2**24)
    zeros = pa.table({"value_text": pa.array(["0" * 2**25])})
    how = {"compression": "zstd", "compression_level": 19, "use_dictionary": False}
    how |= {"write_statistics": False}
    said = refused(tmp_path, zeros, **how)
    assert "when unpacked, more than 1,000 times as many. Replace the file." in said
    monkeypatch.setattr(footers, "LARGE", 2**26)
    assert footers.schema(TableFile(tmp_path / "lab.parquet", None), tmp_path).names == [
        "value_text"
    ]
