"""Which version of CLIF an extract is, from its tables, columns and the spelling of categories."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ehrivig.extract.files import Source
from ehrivig.extract.footers import schema

_TABLES_OF_3 = ("clif_output", "clif_mcs", "clif_renal_replacement_therapy")
_COLUMNS_OF_3 = {
    "clif_vitals": "measured_dttm",
    "clif_medication_admin_intermittent": "rx_norm_code",
    "clif_medication_admin_continuous": "rx_norm_code",
}
_SPELLED = {
    "clif_patient": "sex_category",
    "clif_hospitalization": "discharge_category",
    "clif_respiratory_support": "device_category",
}


def clif_version(source: Source) -> str:
    """ "3.0", "2.1", or "" when nothing tells.

    Version 3.0 has tables and columns that 2.1 lacks, and writes all categories in lower case. All
    spellings are read in both; they tell the version only where no table and no column does.
    """
    columns = _COLUMNS_OF_3.items()
    if any(name in source.parts for name in _TABLES_OF_3) or any(
        name in source.parts and column in _columns(source, name) for name, column in columns
    ):
        return "3.0"
    spelled = {
        found
        for name, column in _SPELLED.items()
        if name in source.parts and (found := _spelling(source, name, column)) is not None
    }
    return min(spelled, default="")


def _columns(source: Source, name: str) -> list[str]:
    if source.is_database:
        return []
    return list(schema(source.parts[name][0], source.root).names)


def _spelling(source: Source, name: str, column: str) -> str | None:
    """ "3.0" when all categories of a column are in lower case, else "2.1"; None without any."""
    if source.is_database or column not in _columns(source, name):
        return None
    found: set[str] = set()
    for part in source.parts[name]:
        with part.parquet.open("rb") as stream:
            values = pc.unique(pq.read_table(stream, columns=[column])[column])
        found |= {value for value in values.to_pylist() if isinstance(value, str)}
    if not found:
        return None
    return "3.0" if all(value == value.lower() for value in found) else "2.1"
