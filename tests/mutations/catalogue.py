"""Every mutation of a layout: each column of each table, each table, its files."""

from __future__ import annotations

from collections.abc import Iterator

from . import files, values
from .mutation import Mutation
from .patients import Clean

HALVED = ("null", "empty")
SHIFTS = ("a day later", "8 hours earlier")
UNCONTRADICTED = {
    *("symptom_onset_at", "resulted_at", "birth_date", "death_at", "diagnosed_at"),
    *("discharged_at", "stopped_at", "scored_at", "observed_at"),
    *("death_date", "death_datetime", "death_dttm", "out_dttm", "discharge_dttm"),
    *("visit_end_date", "visit_end_datetime", "visit_detail_end_date"),
    *("visit_detail_end_datetime", "procedure_end_datetime"),
}
"""Moments whose shift no other column of a clean extract contradicts: they are not shifted."""
ALONE_ROWS = ("one more column", "columns backwards", "columns in capitals")


def of_layout(clean: Clean) -> list[Mutation]:
    """The mutations of a layout, in the order of its tables."""
    return [one for table in clean.own for one in _of_table(clean, table)]


def _of_table(clean: Clean, table: str) -> Iterator[Mutation]:
    layout, shared = clean.layout, clean.layout != "native"
    frame = clean.own[table]
    for name, dtype in frame.schema.items():
        kind = values.kind_of(dtype)
        filled = frame[name].drop_nulls().len() > 0
        for what, change in values.SAME_TYPE[kind].items():
            if what in SHIFTS and name in UNCONTRADICTED:
                continue
            yield Mutation(layout, table, name, what, values.column(name, change))
            if what in HALVED and filled:
                yield Mutation(layout, table, name, f"{what} in half", values.half(name, change))
        for what, change in values.OTHER_TYPE[kind].items():
            yield Mutation(layout, table, name, what, values.column(name, change), alone=shared)
        yield Mutation(layout, table, name, "left out", values.without(name), alone=shared)
        yield Mutation(layout, table, name, "renamed", values.renamed(name), alone=shared)
    for what, change in values.ROWS.items():
        yield Mutation(layout, table, "", what, change, alone=shared and what in ALONE_ROWS)
    for what, change_files in files.EQUAL_OR_SAID.items():
        yield Mutation(layout, table, "", what, files=change_files, alone=shared)
