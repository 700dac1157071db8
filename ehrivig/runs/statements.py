"""Every statement that a run would execute, as text for a bare DuckDB shell.

The statements are not written here: a hospital is processed and its log is printed. Without an
extract the hospital is empty, and its source views become empty tables of the same columns.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import contract, extract
from ehrivig.errors import UsageError
from ehrivig.extract import COPIES
from ehrivig.runs import batch
from ehrivig.study import Study

_SOURCE_VIEW = re.compile(r"CREATE OR REPLACE VIEW source\.(\w+) AS\s.*?;\n", re.DOTALL)
_COPY_TARGET = re.compile(r"\) TO '[^']*/([^/']+)'")
_KIND: dict[contract.Kind, Any] = {
    "key": pl.String,
    "text": pl.String,
    "time": pl.Datetime("us"),
    "date": pl.Date,
    "number": pl.Float64,
    "flag": pl.Boolean,
}


def of_study(study: Study, folder: Path | None) -> str:
    """The statements of a run on `folder`, hospital by hospital; on empty tables without one."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        source_folder = folder or _empty_extract(work / "extract", study)
        source = extract.inspect(source_folder, study, work / COPIES)
        parts = []
        for hospital_id in source.hospitals:
            target = work / "hospital"
            batch.process(source, [hospital_id], study, target)
            text = (target / "statements.sql").read_text(encoding="utf-8")
            text = _COPY_TARGET.sub(r") TO '\1'", text)
            parts.append(f"-- hospital {hospital_id}\n{text if folder else _as_tables(text)}")
    return "\n".join(parts)


def _empty_extract(folder: Path, study: Study) -> Path:
    """A native extract of one hospital without a patient."""
    if study.extract.layout != "native":
        raise UsageError("sql: a study with this layout needs --extract DIR to print its SQL.")
    for table in contract.TABLES:
        schema = {c.name: _KIND[c.kind] for c in table.columns if c.name != "hospital_id"}
        path = folder / table.name / "hospital_id=A"
        path.mkdir(parents=True)
        pl.DataFrame(schema=schema).write_parquet(path / "part.parquet")
    return folder


def _as_tables(text: str) -> str:
    """Source views over files that are gone, as empty tables of the contract's columns."""

    def table(match: re.Match[str]) -> str:
        columns = ", ".join(
            f"{c.name} {contract.SQL_TYPE[c.kind]}"
            for c in contract.BY_NAME[match.group(1)].columns
        )
        return f"CREATE OR REPLACE TABLE source.{match.group(1)} ({columns});\n"

    return _SOURCE_VIEW.sub(table, text)
