"""What Wilcoxon's p of values on two days tells: of how few people they went the other way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

AGAINST = "p of nearly everybody who changed in one direction"
"""The last words of a place whose p is too much."""
_TIES = 1.05
"""By how much equal differences may make a sum of ranks look smaller."""


def against(row: Mapping[str, Any], smallest: int) -> bool:
    """Whether a p says that fewer than `smallest` changed against the others.

    It is the sum of their ranks in other words, and as many have at least the ranks 1, 2, 3 ...
    """
    n, p = row.get("n_pairs"), row.get("p_wilcoxon")
    if n is None or p is None or not 0 < p <= 1:
        return False
    z = -NormalDist().inv_cdf(p / 2)
    whole, spread = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return bool(whole - z * spread < _TIES * smallest * (smallest + 1) / 2)
