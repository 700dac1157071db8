"""Hospitals where one kind of evidence of who is studied is hardly found beside another kind.

Who has a positive test has the diagnosis coded, and the other way round: how often, differs between
hospitals, but not by much. Where it is far less often than elsewhere, tests, results, organisms or
codes are missing, or mean something else.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import polars as pl

NAME = "quality/evidence_beside"
FEWEST = 20
"""Stays with the one kind that a share of the other needs."""
_OTHERS = 2
_USUAL, _OF_USUAL = 0.5, 0.6
Counts = Iterator[tuple[str, int, int]]


def hardly_beside(frame: pl.DataFrame) -> Counts:
    """Hospital, stays that lack the other kind, of those with the first, in the worst pair.

    `frame`: hospital_id, kind, other, n_met, n_both.
    """
    enough = frame.filter(pl.col("n_met") >= FEWEST).sort("hospital_id", "kind", "other")
    shares = enough.with_columns(share=pl.col("n_both") / pl.col("n_met")).rows(named=True)
    for hospital in sorted({row["hospital_id"] for row in shares}):
        worst = (0, 0)
        for own in (row for row in shares if row["hospital_id"] == hospital):
            others = [
                row["share"]
                for row in shares
                if row["hospital_id"] != hospital
                and (row["kind"], row["other"]) == (own["kind"], own["other"])
            ]
            few = _few(own["share"], others)
            lacking = own["n_met"] - own["n_both"] if few else 0
            worst = max(worst, (lacking, own["n_met"]))
        yield hospital, *worst


def _few(share: float, others: list[float]) -> bool:
    """Whether a share lies far below what is usual at some other hospitals."""
    if len(others) < _OTHERS:
        return False
    usual = statistics.median(others)
    return usual >= _USUAL and share < _OF_USUAL * usual
