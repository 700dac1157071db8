"""Kinds of evidence that go together elsewhere, and not in one hospital."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.validate.evidence_between_hospitals import hardly_beside


def found(**shares: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Hospital -> stays that lack the diagnosis, and with a test, where that is too many."""
    columns = ["hospital_id", "kind", "other", "n_met", "n_both"]
    rows = [(name, "test", "diagnosis", met, both) for name, (met, both) in shares.items()]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return {hospital: (lack, of) for hospital, lack, of in hardly_beside(frame) if lack}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"A": (100, 95), "B": (80, 76), "C": (60, 28)}, {"C": (32, 60)}),
        ({"A": (100, 95), "B": (80, 76), "C": (60, 40)}, {}),  # hospitals differ
        ({"A": (100, 95), "C": (60, 0)}, {}),  # of two nobody knows what is usual
        ({"A": (100, 20), "B": (80, 30), "C": (60, 0)}, {}),  # usual nowhere
        ({"A": (100, 50), "B": (80, 40), "C": (100, 29)}, {"C": (71, 100)}),
        ({"A": (100, 50), "B": (80, 40), "C": (100, 30)}, {}),  # six in ten of what is usual
        ({"A": (100, 49), "B": (80, 39), "C": (100, 0)}, {}),
        ({"A": (100, 95), "B": (80, 76), "C": (20, 0)}, {"C": (20, 20)}),
        ({"A": (100, 95), "B": (80, 76), "C": (19, 0)}, {}),  # too few
    ],
)
def test_hospitals_that_lack_evidence(
    shares: dict[str, tuple[int, int]], expected: dict[str, tuple[int, int]]
) -> None:
    assert found(**shares) == expected


def test_each_kind_is_held_against_the_same_of_others_and_the_worst_is_told() -> None:
    columns = ["hospital_id", "kind", "other", "n_met", "n_both"]
    rows = [
        *((name, "test", "diagnosis", 100, 95) for name in "AB"),
        *((name, "diagnosis", "test", 100, 90) for name in "AB"),
        ("C", "test", "diagnosis", 60, 20),
        ("C", "diagnosis", "test", 90, 30),
        ("D", "diagnosis", "drug", 80, 0),  # of which nobody else knows
    ]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    assert list(hardly_beside(frame)) == [("A", 0, 100), ("B", 0, 100), ("C", 60, 90), ("D", 0, 80)]
