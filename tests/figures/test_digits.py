"""Numbers beside each other have as many digits."""

from __future__ import annotations

import pytest

from ehrivig.figures import digits


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.7460366, 0.5060125, 1.0999147), "0.75 (0.51 to 1.10)"),
        ((0.5, 0.2, 1.2), "0.50 (0.20 to 1.20)"),
        ((12.0, 3.0, 48.0), "12.00 (3.00 to 48.00)"),
        ((0.0312, 0.0104, 0.2), "0.031 (0.010 to 0.200)"),
        ((0.00412, 0.0004, 0.02), "0.0041 (0.0004 to 0.0200)"),
        ((0.0, 0.0, 1.0), "0.00 (0.00 to 1.00)"),
        ((0.7460366, None, None), "0.75"),
        ((0.7460366, 0.5, None), "0.75"),
    ],
)
def test_a_ratio_has_two_decimals_and_more_only_where_it_is_tiny(
    values: tuple[float, float | None, float | None], text: str
) -> None:
    assert digits.interval(*values, ratio=True) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((4.9931, 3.14543, 6.84076), "4.99 (3.15 to 6.84)"),
        ((1.4, -0.6731, 3.46), "1.40 (-0.67 to 3.46)"),
        ((8.34, 5.31, 11.4), "8.3 (5.3 to 11.4)"),
        ((-0.0639, -0.137, 0.00959), "-0.064 (-0.137 to 0.010)"),
        ((-20.0, -30.0, -5.0), "-20 (-30 to -5)"),
        ((1234.5, 1000.2, 2000.0), "1234 (1000 to 2000)"),
        ((-1e-12, -1.0, 1.0), "0 (-1 to 1)"),
        ((-0.001, -1.25, 1.0), "0.00 (-1.25 to 1.00)"),
        ((0.0, 0.0, 0.0), "0 (0 to 0)"),
    ],
)
def test_a_difference_and_its_limits_have_as_many_decimals(
    values: tuple[float, float, float], text: str
) -> None:
    assert digits.interval(*values, ratio=False) == text


def test_numbers_side_by_side_have_no_more_digits_than_they_are_known_to() -> None:
    assert digits.alike(33.04, 31.9) == ["33.0", "31.9"]
    assert digits.alike(0.74, 0.3) == ["0.74", "0.30"]
    assert digits.alike(None, 2.0) == ["", "2"]
    assert digits.alike(None, None) == ["", ""]
    assert digits.alike(float("inf"), 2.5) == ["inf", "2.5"]
