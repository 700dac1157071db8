"""What is chance, and what is low or high among the other hospitals."""

from __future__ import annotations

import math
from collections.abc import Collection

_TENTH = 10


def at_most(n: int, expected: float) -> float:
    """The probability of so few where so many are expected (Poisson)."""
    if expected <= 0:
        return 1.0
    return sum(
        math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(n + 1)
    )


def low(values: Collection[float]) -> float:
    """The least of up to ten; of more, the one that a tenth lie below: one may be wrong as well."""
    return sorted(values)[len(values) // _TENTH if len(values) > _TENTH else 0]


def high(values: Collection[float]) -> float:
    """The greatest of up to ten; of more, the one that a tenth lie above."""
    return -low([-value for value in values])
