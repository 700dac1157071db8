"""What is chance, and what is low or high among hospitals."""

from __future__ import annotations

import pytest
from scipy.stats import poisson

from ehrivig.validate.chance import at_most, high, low


@pytest.mark.parametrize(
    ("n", "expected"), [(0, 0.5), (0, 14.0), (1, 3.0), (7, 40.0), (200, 150.0)]
)
def test_so_few_where_so_many_are_expected(n: int, expected: float) -> None:
    assert at_most(n, expected) == pytest.approx(poisson.cdf(n, expected), rel=1e-9)


@pytest.mark.parametrize("expected", [0, -1.0])
def test_where_none_are_expected_none_is_no_wonder(expected: float) -> None:
    assert at_most(0, expected) == 1


@pytest.mark.parametrize(
    ("hospitals", "least"), [(1, 0), (9, 0), (10, 0), (11, 1), (19, 1), (20, 2), (30, 3)]
)
def test_of_more_than_ten_hospitals_a_tenth_may_be_wrong(hospitals: int, least: int) -> None:
    values = [float(n) for n in range(hospitals)]
    assert low(values[::-1]) == least
    assert high(values) == hospitals - 1 - least
