"""Moments on the clock of a stay, as they are kept: how long after the admission, never a date.

Where an extract has no dates (`ehrivig.study.clock`: offsets) the engine counts with moments that
nobody wrote. On disk they are spans: in the small tables of hospitals since ORIGIN, which are read
back as moments, in what a person reads since the admission.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from ehrivig import contract
from ehrivig.literals import render

ORIGIN = datetime(2001, 1, 1, 0, 0, 30)
"""The admission of the first stay of everybody: half a minute off, so that no moment is at 0:00."""
APART = timedelta(days=4 * 365 + 1)
"""Between the admissions of two stays of a person; further apart than any window reaches."""
FARTHEST = 500 * 365 * 24 * 60
"""Minutes from the admission beyond which all are this one: a moment that no stay can have, which
the gate rejects, where more would be no moment at all."""
_DAY_US = 86_400_000_000
_KEY = ("hospital_id", "admission_id")


def spans(frame: pl.DataFrame) -> pl.DataFrame:
    """A table with its moments as spans since ORIGIN."""
    return frame.with_columns(pl.col(name) - ORIGIN for name in _moments(frame))


def moments(rows: pl.LazyFrame) -> pl.LazyFrame:
    """A table that `spans` made, with its moments; one with moments as it is."""
    kinds = rows.collect_schema()
    found = [name for name, kind in kinds.items() if isinstance(kind, pl.Duration)]
    return rows.with_columns(pl.col(name) + pl.lit(ORIGIN) for name in found) if found else rows


def since_admission(frame: pl.DataFrame, admitted: pl.DataFrame) -> pl.DataFrame:
    """A table with its moments as spans since the admission.

    `frame`, `admitted`: rows by hospital and admission; `admitted` has admitted_at.
    """
    starts = admitted.select(*_KEY, pl.col("admitted_at").alias("_admitted"))
    joined = frame.join(starts, on=list(_KEY), how="left", maintain_order="left")
    told = joined.with_columns(pl.col(name) - pl.col("_admitted") for name in _moments(frame))
    return told.drop("_admitted")


def as_minutes(table: str, columns: Sequence[str]) -> list[str]:
    """Columns of a table as SQL, its moments as minutes since the admission, as a layout gave them.

    A moment years before or after it counts from the stay next to it.
    """
    times = {f'"{c.name}"' for c in contract.BY_NAME[table].columns if c.kind in ("time", "date")}
    origin, apart = render("$origin", {"origin": ORIGIN}), APART.days * _DAY_US
    half = apart // 2
    since = f"epoch_us({{0}}) - epoch_us({origin})"
    own = f"((({since} + {half}) % {apart} + {apart}) % {apart} - {half}) / 6e7"
    far = FARTHEST * 30_000_000
    minutes = f"CASE WHEN abs({since}) > {far} THEN ({since}) / 6e7 ELSE {own} END AS {{0}}"
    return [minutes.format(one) if one in times else one for one in columns]


def _moments(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
