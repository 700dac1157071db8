"""Which version of CLIF an extract is, from its tables, columns and the spelling of categories."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ehrivig.errors import ExtractError
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
    """ "2.1", "3.0", or "" when nothing tells; ExtractError when tables of both are there.

    Version 3.0 has tables and columns that 2.1 lacks, and writes all categories in lower case.
    """
    votes = {name: "3.0" for name in _TABLES_OF_3 if name in source.parts}
    for name, column in _COLUMNS_OF_3.items():
        if name in source.parts and column in _columns(source, name):
            votes[name] = "3.0"
    for name, column in _SPELLED.items():
        spelled = _spelling(source, name, column) if name in source.parts else None
        if spelled is not None:
            votes[name] = spelled
    if len(set(votes.values())) > 1:
        groups = [
            f"{version}: {', '.join(sorted(n for n in votes if votes[n] == version))}"
            for version in ("2.1", "3.0")
        ]
        raise ExtractError(
            f"clif: tables of two versions are mixed ({'; '.join(groups)}). Write all tables of an "
            "extract in one version."
        )
    return next(iter(votes.values()), "")


def _columns(source: Source, name: str) -> list[str]:
    if source.is_database:
        return []
    return list(schema(source.parts[name][0].path, source.root).names)


def _spelling(source: Source, name: str, column: str) -> str | None:
    """ "3.0" when all categories of a column are in lower case, else "2.1"; None without any."""
    if source.is_database or column not in _columns(source, name):
        return None
    found: set[str] = set()
    for part in source.parts[name]:
        with part.path.open("rb") as stream:
            values = pc.unique(pq.read_table(stream, columns=[column])[column])
        found |= {value for value in values.to_pylist() if isinstance(value, str)}
    if not found:
        return None
    return "3.0" if all(value == value.lower() for value in found) else "2.1"
