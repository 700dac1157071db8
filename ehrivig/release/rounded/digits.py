"""Numbers with no more digits than a reader needs, and none that tell of how many they are."""

from __future__ import annotations

import math

from ehrivig.release.doses import to_digits

DIGITS = {"p": 2, "se": 2}
"""Significant digits of a number, by the first part of its name; three of any other."""
_USUAL = 3


def named(name: str, value: float) -> float:
    """A number of a column to as many digits as are told of it."""
    return to_digits(value, DIGITS.get(name.partition("_")[0], _USUAL))


def of_people(value: float, n: float | None) -> float:
    """A mean or SD of n people: three digits, and one decimal for each digit of n but the first.

    A mean of whole numbers is one of the multiples of 1/n. With so few decimals every n near by has
    such a multiple.
    """
    decimals = math.floor(math.log10(n)) if n and n >= 1 else 0
    return round(to_digits(value, _USUAL), decimals)
