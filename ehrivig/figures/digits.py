"""Numbers with fixed digits: an estimate and its limits have as many, 0.75 (0.51 to 1.10)."""

from __future__ import annotations

import math

_MOST = 6


def interval(estimate: float, lo: float | None, hi: float | None, *, ratio: bool) -> str:
    """An estimate with its limits, where it has both: 0.75 (0.51 to 1.10)."""
    texts = ratios(estimate, lo, hi) if ratio else alike(estimate, lo, hi)
    return texts[0] if None in (lo, hi) else f"{texts[0]} ({texts[1]} to {texts[2]})"


def alike(*values: float | None) -> list[str]:
    """Numbers side by side, with three digits of the largest and no more than they have."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    largest = max((abs(v) for v in known), default=0.0)
    most = min(max(2 - math.floor(math.log10(largest)), 0), _MOST) if largest else 0
    needed = max((_decimals(v, most) for v in known), default=0)
    return [fixed(v, needed) for v in values]


def ratios(estimate: float, *limits: float | None) -> list[str]:
    """A ratio and what stands beside it: two decimals, more where the ratio is below a tenth."""
    tiny = 0 < abs(estimate) < 0.095
    decimals = min(1 - math.floor(math.log10(abs(estimate))), _MOST) if tiny else 2
    return [fixed(v, decimals) for v in (estimate, *limits)]


def _decimals(value: float, most: int) -> int:
    """How many decimals a number of three digits has, at most `most`."""
    text = f"{float(f'{value:.3g}'):.{most}f}".rstrip("0")
    return len(text.partition(".")[2])


def fixed(value: float | None, decimals: int) -> str:
    """A number with so many decimals, zero without a sign; empty where there is none."""
    if value is None:
        return ""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not float(text) else text
