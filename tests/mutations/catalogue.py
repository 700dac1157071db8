"""Every mutation of a layout: each column of each table, each table, its files."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

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
WITHIN_THE_STAY = {
    ("icu_stay", "started_at"): ("a day later",),
    ("clif_adt", "in_dttm"): ("a day later",),
    ("clif_respiratory_support", "recorded_dttm"): ("a day later",),
    ("pathogen_test", "collected_at"): ("8 hours earlier",),
    ("clif_microbiology_nonculture", "collect_dttm"): ("8 hours earlier",),
    ("clif_medication_admin_intermittent", "admin_dttm"): SHIFTS,
}
"""Of these the shifted moments lie in their stays all the same, and no other column speaks of them:
an ICU stay still ends after it begins, a test or a dose in CLIF has but one moment."""
HOSPITALS = ("care_site_id", "hospital_id", "hospitalization_id", "visit_concept_id")
"""Columns without which a row is of no hospital: they are changed in a whole extract."""
ALONE_ROWS = ("one more column", "columns backwards", "columns in capitals")


FILES_OF = ("measurement", "drug_exposure", "clif_labs", "clif_patient")
"""Tables of the layouts whose tables are one file each, of which the files are changed."""


def of_layout(clean: Clean) -> list[Mutation]:
    """The mutations of a layout, in the order of its tables."""
    found = native if clean.layout == "native" else shared
    filled = (table for table, frame in clean.own.items() if frame.height)
    return [one for table in filled for one in found(clean, table)]


def native(clean: Clean, table: str) -> Iterator[Mutation]:
    """Every mutation of a table whose hospitals have files of their own."""
    for name in clean.own[table].columns:
        yield from _of_values(clean, table, name)
        yield from _of_types(clean, table, name)
        for what, change in (("left out", values.without), ("renamed", values.renamed)):
            yield Mutation("native", table, name, what, change(name))
    for what, rows in values.ROWS.items():
        yield Mutation("native", table, "", what, rows)
    for what, change_files in files.EQUAL_OR_SAID.items():
        yield Mutation("native", table, "", what, files=change_files)


def shared(clean: Clean, table: str) -> Iterator[Mutation]:
    """Mutations of a table that is one file of all hospitals.

    What its types and files are is read in one way for all its columns and tables: one column of
    each kind is enough, and few tables.
    """
    kinds: set[str] = set()
    for name, dtype in clean.own[table].schema.items():
        yield from _of_values(clean, table, name)
        yield Mutation(clean.layout, table, name, "left out", values.without(name), alone=True)
        if (kind := values.kind_of(dtype)) not in kinds:
            yield from _of_types(clean, table, name, alone=True)
        kinds.add(kind)
    for what, rows in values.ROWS.items():
        alone = what in ALONE_ROWS
        yield Mutation(clean.layout, table, "", what, rows, alone=alone)
    for what, change in files.EQUAL_OR_SAID.items() if table in FILES_OF else ():
        yield Mutation(clean.layout, table, "", what, files=change, alone=True)


def _of_values(clean: Clean, table: str, name: str) -> Iterator[Mutation]:
    """Changes of the values of a column that keep its type."""
    column, alone = clean.own[table][name], name in HOSPITALS
    for what, change in values.SAME_TYPE[values.kind_of(column.dtype)].items():
        if what in SHIFTS and name in UNCONTRADICTED:
            continue
        if what in WITHIN_THE_STAY.get((table, name), ()):
            continue
        whole = values.column(name, change)
        yield Mutation(clean.layout, table, name, what, whole, alone=alone)
        if what in HALVED and column.drop_nulls().len():
            part = values.half(name, change)
            yield Mutation(clean.layout, table, name, f"{what} in half", part, alone=alone)


def _of_types(clean: Clean, table: str, name: str, *, alone: bool = False) -> Iterator[Mutation]:
    """Changes of the type of a column."""
    dtype = clean.own[table].schema[name]
    zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    changes = values.OTHER_TYPE[values.kind_of(dtype)] | (values.OF_ZONED if zoned else {})
    for what, change in changes.items():
        yield Mutation(clean.layout, table, name, what, values.column(name, change), alone=alone)
