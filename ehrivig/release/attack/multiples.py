"""What rounded counts tell: each lies within half a multiple of what is shown."""

from __future__ import annotations

import polars as pl

from ehrivig.errors import UsageError

TABLE = "rounding.csv"
"""The table of a release that says to what its counts are rounded."""
_MOST = 100


def rounded_to(tables: dict[str, pl.DataFrame]) -> tuple[int, int]:
    """To what the counts of a release are rounded (1: to nothing), and its smallest cell."""
    frame = tables.get(TABLE, pl.DataFrame())
    if frame.is_empty() or not {"counts_rounded_to", "smallest_cell"} <= set(frame.columns):
        return 1, 0
    told = [frame[name][0] for name in ("counts_rounded_to", "smallest_cell")]
    if not all(isinstance(one, int) and 0 <= one <= _MOST for one in told):
        raise UsageError(
            f"release: {TABLE} holds no whole numbers up to {_MOST}. Replace the file."
        )
    return max(told[0], 1), told[1]


def limits(value: int, to: int, smallest: int) -> tuple[int, int]:
    """The smallest and the largest count that is shown as a value; none of few is shown."""
    if value <= 0 or to < 2:
        return value, value
    return max(value - to // 2, smallest, 0), value + (to - 1) // 2
