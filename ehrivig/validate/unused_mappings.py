"""Signed mappings that changed nothing: mistyped, out of date, or of a hospital that is not there.

A product that is not there stops the run where it is applied (`mapping`); units and codes come and
go with the months of an extract, and are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig.study.mappings import CodeMapping, Numbered, ProductMapping, UnitMapping, numbered
from ehrivig.study.problem import meant, shown
from ehrivig.validate.measurement import ALL

CHECK = "study.mapping_found"
SCHEMA = {"hospital_id": pl.String, "mapping": pl.String, "message": pl.String}


@dataclass(frozen=True)
class Unused:
    """One entry that changed nothing; `hospital_id` is "all" where the extract has no such one."""

    hospital_id: str
    mapping: str
    message: str


def unused(path: Path, found: pl.DataFrame, hospitals: Collection[str]) -> list[Unused]:
    """The entries of a file that changed nothing, in the order of its lines.

    `found`: what each entry found (`mapping.FOUND`) in the hospitals that were read; `hospitals`:
    all of the extract. Of a hospital that could not be read nothing is said.
    """
    counts = {(kind, n): (rows, changed) for _, kind, n, rows, changed in found.iter_rows()}
    entries = sorted(numbered(path), key=lambda one: one.line)
    return list(_unused(path.name, entries, counts, hospitals))


def frame(found: Collection[Unused]) -> pl.DataFrame:
    """The table `quality/mappings.csv`: hospital_id, mapping, message."""
    rows = [(one.hospital_id, one.mapping, one.message) for one in found]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _unused(
    file: str,
    entries: list[Numbered],
    counts: dict[tuple[str, int], tuple[int, int]],
    hospitals: Collection[str],
) -> Iterator[Unused]:
    for one in entries:
        name, start = f"{one.kind}.({one.number})", f"{file}, {one.place}: "
        if one.hospital_id not in hospitals:
            there = f"{shown(one.hospital_id)} is no hospital of the extract"
            text = f"{start}{there}. {meant(one.hospital_id, hospitals)}"
            yield Unused(ALL, name, text)
        elif (one.kind, one.number) in counts:
            rows, changed = counts[one.kind, one.number]
            if not changed:
                why = _known_already(one) if rows else _not_there(one)
                yield Unused(one.hospital_id, name, f"{start}hospital {one.hospital_id} {why}")


_CURE = "so nothing was changed. Mend the entry, or take it out"


def _not_there(one: Numbered) -> str:
    entry = one.entry
    if isinstance(entry, CodeMapping):
        return f"has no lab result with code {shown(entry.code)} of {entry.vocabulary}, {_CURE}."
    if isinstance(entry, UnitMapping):
        month = f" in {entry.month:%Y-%m}" if entry.month else ""
        written = f"{entry.analyte} in {shown(entry.written)}"
        return f"has no result of {written}{month}, {_CURE}."
    return f"has no product {shown(entry.drug_code)}, {_CURE}."


def _known_already(one: Numbered) -> str:
    entry = one.entry
    if isinstance(entry, CodeMapping):
        return (
            f"has code {shown(entry.code)} of {entry.vocabulary}, and a code list says already "
            "what it is, so nothing was changed. Say it in labs.csv of your own lists ([extract] "
            "codelists), whose lines go before the shipped ones, or take the entry out."
        )
    assert isinstance(entry, UnitMapping | ProductMapping)
    return f"has rows that mean what is written already, {_CURE}."
