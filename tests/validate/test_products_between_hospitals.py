"""Excluded products in the place of the exposure, as at no other hospital."""

from __future__ import annotations

import pytest

from ehrivig.validate.products_between_hospitals import excluded


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"A": (2, 200), "B": (0, 150), "C": (100, 200)}, {"C": 100}),
        ({"A": (2, 200), "B": (0, 150), "C": (81, 200)}, {"C": 81}),
        ({"A": (2, 200), "B": (0, 150), "C": (80, 200)}, {}),
        ({"A": (20, 200), "B": (0, 150), "C": (100, 200)}, {"C": 100}),
        ({"A": (21, 200), "B": (0, 150), "C": (100, 200)}, {}),
        ({"A": (60, 200), "B": (0, 150), "D": (0, 99), "E": (0, 99), "C": (99, 200)}, {"C": 99}),
        ({"A": (60, 200), "B": (0, 150), "D": (0, 99), "C": (99, 200)}, {}),  # one of three
        ({"A": (2, 200), "B": (0, 150), "C": (30, 40)}, {"C": 30}),
        ({"A": (60, 200), "B": (60, 150), "C": (100, 200)}, {}),  # usual elsewhere too
        # three of six real hospitals gave flushes of heparin, which the list excludes
        (
            {"A": (60, 85), "B": (31, 59), "C": (23, 50), "D": (0, 58), "E": (0, 63), "F": (0, 47)},
            {},
        ),
        ({"A": (2, 200), "C": (100, 200)}, {}),  # of two nobody can tell
        ({"A": (2, 200), "B": (0, 150), "C": (30, 39)}, {}),  # few rows
    ],
)
def test_hospitals_with_excluded_products(
    counts: dict[str, tuple[int, int]], expected: dict[str, int]
) -> None:
    assert {name: n for name, (n, _) in excluded(counts).items() if n} == expected
