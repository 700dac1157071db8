"""The estimate calibrated by negative controls: not told where it would tell of a hidden control.

It and its note give the mean of all controls; with the others that is the one that is hidden.
"""

from __future__ import annotations

import polars as pl

_CONTROL = pl.col("analysis") == "negative_control"
_CALIBRATED = _CONTROL & pl.col("contrast").str.ends_with(", calibrated")
_NOTE = "not shown: a negative control that it rests on is not"


def hide(frame: pl.DataFrame, exact: pl.DataFrame) -> pl.DataFrame:
    """Effects without the calibrated estimate where a control of the `exact` ones is not told."""
    if not {"analysis", "contrast", "outcome", "estimate", "note"} <= set(frame.columns):
        return frame
    if _told(exact) <= _told(frame):
        return frame
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    return frame.with_columns(
        *(pl.when(~_CALIBRATED).then(pl.col(name)).alias(name) for name in numbers),
        pl.when(_CALIBRATED).then(pl.lit(_NOTE)).otherwise("note").alias("note"),
    )


def _told(frame: pl.DataFrame) -> set[str]:
    """The controls with an estimate."""
    shown = frame.filter(_CONTROL & ~_CALIBRATED & pl.col("estimate").is_not_null())
    return set(shown["outcome"].to_list())
