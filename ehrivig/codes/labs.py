"""Which analyte or vital sign a code of the source means, and how its unit is converted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import polars as pl

from ehrivig.codes.lists import CodeLists, analytes
from ehrivig.codes.spelling import plain_code, plain_vocabulary
from ehrivig.codes.units import UnitTable

Code = tuple[str, str]
Descendants = Mapping[Code, Iterable[str]]


@lru_cache(maxsize=4)
def unit_table(lists: CodeLists) -> UnitTable:
    """The units of all variables."""
    return UnitTable(
        (row["variable"], row["unit"], float(row["factor"]), float(row["shift"] or 0))
        for row in lists.rows("units")
    )


@lru_cache(maxsize=4)
def analyte_of(lists: CodeLists) -> dict[Code, tuple[str, float]]:
    """(vocabulary, code) -> analyte and its own factor, of the lists alone."""
    return _analyte_of(lists, {})


def _analyte_of(lists: CodeLists, descendants: Descendants) -> dict[Code, tuple[str, float]]:
    """(vocabulary, code) -> analyte and its own factor; a listed code is never overruled."""
    listed = {
        (vocabulary, plain_code(vocabulary, row["code"])): (row["analyte"], float(row["factor"]))
        for row in lists.rows("labs")
        for vocabulary in [plain_vocabulary(row["vocabulary"])]
    }
    found = {("LOCAL", name): (name, 1.0) for name in analytes(lists)}
    for (vocabulary, code), analyte in sorted(listed.items()):
        for below in descendants.get((vocabulary, code), ()):
            found.setdefault((vocabulary, plain_code(vocabulary, below)), analyte)
    return {**found, **listed}


def lab_map(
    lists: CodeLists, distinct: pl.DataFrame, descendants: Descendants | None = None
) -> pl.DataFrame:
    """One row per resolved (lab_code, vocabulary, unit) of `distinct`, spelled as the source does.

    Columns: lab_code, vocabulary, unit, analyte, factor, shift; the last two are null when the unit
    is not known for the analyte. Codes in no list have no row.
    """
    known, units = _analyte_of(lists, descendants or {}), unit_table(lists)
    rows = []
    for lab_code, vocabulary, unit in distinct.select("lab_code", "vocabulary", "unit").iter_rows():
        plain = plain_vocabulary(vocabulary)
        found = known.get((plain, plain_code(plain, lab_code)))
        if found is not None:
            factor, shift = _conversion(units, found[0], unit, found[1])
            rows.append((lab_code, vocabulary, unit, found[0], factor, shift))
    schema = dict.fromkeys(("lab_code", "vocabulary", "unit", "analyte"), pl.String)
    return pl.DataFrame(
        rows, schema={**schema, "factor": pl.Float64, "shift": pl.Float64}, orient="row"
    )


def _conversion(
    units: UnitTable, variable: str, unit: str | None, times: float = 1.0
) -> tuple[float | None, ...]:
    """Factor and shift of a unit; a code's own factor applies unless the unit already says DDU."""
    found = units.find(variable, unit)
    if found is None:
        return None, None
    if unit is not None and "ddu" in unit.casefold():
        times = 1.0
    return found.factor * times, found.shift * times


def vital_map(lists: CodeLists, distinct: pl.DataFrame) -> pl.DataFrame:
    """One row per (vital_code, unit) of `distinct` whose unit is known.

    Columns: vital_code, unit, factor, shift.
    """
    rows, units = [], unit_table(lists)
    for vital_code, unit in distinct.select("vital_code", "unit").iter_rows():
        found = units.find(vital_code or "", unit)
        if found is not None:
            rows.append((vital_code, unit, found.factor, found.shift))
    schema = {"vital_code": pl.String, "unit": pl.String, "factor": pl.Float64, "shift": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
