"""One change of a clean extract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

Change = Callable[[pl.DataFrame], pl.DataFrame]
"""The rows of one table of one hospital, changed."""
FileChange = Callable[[Path], None]
"""Files of an extract, changed: of the folder of a table of one hospital, or the whole extract."""

DATES = ("at midnight", "as date")
NOTHING = ("null", "null in half", "untyped null", "left out")
CANONICAL = {
    "person": ("patient",),
    "death": ("patient", "admission"),
    "care_site": ("hospital",),
    "visit_occurrence": ("admission", "visit"),
    "visit_detail": ("icu_stay",),
    "condition_occurrence": ("diagnosis", "finding"),
    "measurement": ("lab", "vital", "pathogen_test", "admission"),
    "drug_exposure": ("medication",),
    "drug_strength": ("medication",),
    "procedure_occurrence": ("procedure", "respiratory_support"),
    "clif_patient": ("patient",),
    "clif_hospitalization": ("admission",),
    "clif_adt": ("icu_stay", "admission", "hospital"),
    "clif_hospital_diagnosis": ("diagnosis",),
    "clif_labs": ("lab",),
    "clif_vitals": ("vital", "admission"),
    "clif_medication_admin_intermittent": ("medication",),
    "clif_respiratory_support": ("respiratory_support",),
    "clif_position": ("procedure",),
    "clif_renal_replacement_therapy": ("procedure",),
    "clif_mcs": ("procedure",),
    "clif_microbiology_nonculture": ("pathogen_test",),
}
"""Source table -> the canonical tables by whose name a message may speak of it."""


@dataclass(frozen=True)
class Mutation:
    """One change, by what it is called and where it is.

    `change` of the rows of a table, or `files` of what is written. `alone`: it needs an extract of
    its own, as hospitals of one file share its types.
    """

    layout: str
    table: str
    column: str
    kind: str
    change: Change | None = None
    files: FileChange | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        """How the table calls it."""
        return " ".join(word for word in (self.table, self.column, self.kind) if word)

    @property
    def takes_the_clock(self) -> bool:
        """Whether dates are left of moments: OMOP has a date beside each datetime."""
        beside = self.layout == "omop" and self.column.endswith("_datetime")
        return self.kind in DATES or (beside and self.kind in NOTHING)

    @property
    def table_words(self) -> tuple[str, ...]:
        """Names of the table in messages."""
        return (self.table, *CANONICAL.get(self.table, ()))

    @property
    def column_words(self) -> tuple[str, ...]:
        """Names of the column in messages; any, where the change is of no column."""
        from .words import words

        return words(self.layout, self.table, self.column)
