"""Counts of one or two people are shown only where somebody answers for it."""

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
