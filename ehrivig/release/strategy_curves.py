"""The curves of the two strategies of clone-censor-weight, as coarse as tells of nobody.

Until people depart from a strategy its curve counts deaths, and after it the weighted ones of fewer
people: beside the survival curves of the arms, exact points would date a single death.
"""

from __future__ import annotations

import polars as pl

from ehrivig.disclosure import small

KIND = "ccw"
_GRAIN = 0.01
_NUMBERS = ("estimate", "lo", "hi")


def coarse(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Curves in steps of a percent, or of as many people as the smallest cell where few are.

    A risk is told as the middle of its step, of the first step as 0; the last takes in what is left
    to 1. A curve of fewer events than that is not told. The number of people is rounded down.
    """
    parts = [frame.clear()]
    for _, one in frame.group_by("group", "cause", maintain_order=True):
        n, events = one["at_risk"].max(), one["events"].max()
        if isinstance(n, int) and isinstance(events, int) and not small(events, smallest):
            parts.append(_rounded(one, n, smallest))
    return pl.concat(parts)


def grain(n: int, smallest: int) -> float:
    """By how much the risks of a curve of `n` people differ at least."""
    return max(_GRAIN, smallest / n) if n else 1.0


def _rounded(curve: pl.DataFrame, n: int, smallest: int) -> pl.DataFrame:
    step, least = grain(n, smallest), max(smallest, 1)
    last = max(int(1 / step + 1e-9) - 1, 0)
    return curve.with_columns(
        *(
            _middle((pl.col(x) / step + 1e-9).floor().clip(0, last), step).alias(x)
            for x in _NUMBERS
        ),
        (pl.col("at_risk") // least * least).alias("at_risk"),
    )


def _middle(number: pl.Expr, step: float) -> pl.Expr:
    """The risk in the middle of the step of that number; of the first one 0."""
    return pl.when(number == 0).then(0.0).otherwise(((number + 0.5) * step).round(6))
