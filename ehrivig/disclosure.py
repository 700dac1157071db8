"""Small cells: which counts may be shown.

A count of 1 to `smallest - 1` could point at a person, and so could its complement in a known
total. Such a count is not shown, nor is what it could be computed from: the total of its row, and
any statistic that is a function of the row's counts alone.
"""

from __future__ import annotations

from collections.abc import Sequence

FEWEST_DESCRIBED = 10
"""Of fewer people no mean, SD or quantile is shown."""


def small(count: int | None, smallest: int) -> bool:
    """Whether a count is one that must not be shown: 1 to smallest - 1."""
    return count is not None and 0 < count < smallest


def small_proportion(count: int | None, total: int | None, smallest: int) -> bool:
    """Whether `count` out of `total`, or the rest of them, must not be shown."""
    if count is None or total is None:
        return False
    return small(count, smallest) or small(total - count, smallest)


def any_small(cells: Sequence[tuple[int | None, int | None]], smallest: int) -> bool:
    """Whether any (count, total) of a row must not be shown."""
    return any(small_proportion(count, total, smallest) for count, total in cells)


def shown(count: int | None, smallest: int) -> str:
    """A count for a reader: its digits, or "<k" when it is small, or nothing when unknown."""
    if count is None:
        return ""
    return f"<{smallest}" if small(count, smallest) else f"{count:,}"


def hide_counts(counts: Sequence[int], smallest: int) -> list[int | None]:
    """Counts of the parts of one known total, with small ones None.

    A single hidden part could be had from the total, so the smallest of the others is hidden too.
    """
    hidden = {i for i, count in enumerate(counts) if small(count, smallest)}
    others = [i for i, count in enumerate(counts) if count > 0 and i not in hidden]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=lambda i: counts[i]))
    return [None if i in hidden else count for i, count in enumerate(counts)]


def nearest(count: float, multiple: int) -> int:
    """The multiple that a count is nearest to: of 5, 12 is 10 and 13 is 15; 0 rounds nothing."""
    return round(count) if multiple < 2 else (round(count) + multiple // 2) // multiple * multiple
