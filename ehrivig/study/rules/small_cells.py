"""Counts of one or two people: shown only where somebody answers for it, and never as none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

FEWEST = 3
_SIGNED = ("small_cells_signed_by", "small_cells_reason")


def unsigned_small_cells(study: Study) -> Iterator[Problem]:
    """A smallest cell below 3 without who says that it may be so, and why."""
    report = study.report
    missing = [name for name in _SIGNED if not getattr(report, name).strip()]
    if report.smallest_cell < FEWEST and missing:
        yield Problem(
            ("report", "smallest_cell"),
            f"counts of fewer than {FEWEST} people would be shown and nobody answers for it. "
            f"Write {' and '.join(missing)} into [report], or raise smallest_cell to "
            f"{FEWEST} or more",
        )


def rounded_to_none(study: Study) -> Iterator[Problem]:
    """Counts that are shown, and would be rounded to 0."""
    to, smallest = study.report.counts_rounded_to, study.report.smallest_cell
    least = to // 2 + 1
    if to and smallest < least:
        yield Problem(
            ("report", "counts_rounded_to"),
            f"rounded to {to}, counts of 1 to {least - 1} people would be told as 0. "
            f"Raise smallest_cell to {least} or more, or write counts_rounded_to = 0",
        )
