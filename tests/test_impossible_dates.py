"""A birth date that no time stamp can hold is judged like any other, and stops nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from extracts import opened
from fuzz.base import small_extract

from ehrivig import study, validate


def test_a_birth_date_beyond_all_time_stamps_is_counted(tmp_path: Path) -> None:
    extract = small_extract(tmp_path / "extract", 120, 1)
    path = next((extract / "patient").rglob("*.parquet"))
    table = pq.ParquetFile(path).read()
    at = table.column_names.index("birth_date")
    days = table.column("birth_date").cast(pa.int32()).to_pylist()
    days[:3] = [2**31 - 2, -(2**31) + 2, 0]
    made = pa.array(days, pa.int32()).cast(pa.date32())
    path.unlink()
    pq.write_table(table.set_column(at, "birth_date", made), path)
    plan = study.load("ivig_covid19")
    with opened(extract, plan) as db:
        measured = {m.check: m.violated for m in validate.measure(db, plan, "A")}
    assert measured["patient.birth_date_plausible"] == 2
