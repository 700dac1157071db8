"""Until when a hospital's data know who died, where the study file does not say it.

Without `extract_date` the last day on which anybody was admitted, discharged or died is the last
that a hospital knows of. Who could not have reached the horizon by then is lost, and not alive at
it; nor do the dead among them count, who would stand for nobody but themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from ehrivig.study import Study

END = "data_end"
_FEW, _STRAY = 4, timedelta(days=366)
_MANY = 100
"""Admissions of a hospital that leave no year empty."""
_MOMENTS = ("admitted_at", "discharged_at", "death_at")


def last_moments(screened: pl.LazyFrame) -> pl.DataFrame:
    """hospital_id, data_end: the midnight after the last day that its admissions tell of.

    Where many are admitted, up to four moments more than a year after all others are mistyped, and
    tell of none.
    """
    last = pl.max_horizontal(pl.col(name).cast(pl.Datetime("us")) for name in _MOMENTS)
    latest = screened.group_by("hospital_id").agg(last.top_k(_FEW + 1).alias(END), pl.len())
    rows = latest.collect()
    ends = [
        _without_strays(moments) if many >= _MANY else max(filter(None, moments), default=None)
        for moments, many in rows.select(END, "len").iter_rows()
    ]
    found = rows.select("hospital_id", pl.Series(END, ends, pl.Datetime("us")))
    return found.with_columns((pl.col(END).dt.truncate("1d") + pl.duration(days=1)).alias(END))


def _without_strays(moments: list[datetime | None]) -> datetime | None:
    """The last of the latest moments, but for those a year and more after the rest of them."""
    known = sorted(one for one in moments if one is not None)
    for before, after in pairwise(known):
        if after - before > _STRAY:
            return before
    return known[-1] if known else None


def lost_at_the_end(table: pl.DataFrame, ends: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The analysis table with deaths within days unknown of who was not followed so long.

    `table`: hospital_id, time_zero, the outcomes, and time_days and event of a primary death.
    Nothing changes where the study file says the last day of the extract, or where dates are of no
    calendar: nobody knows when such an extract ends.
    """
    deaths = [v for v in study.outcomes.variables if v.source == "death" and v.within_days]
    if study.extract.extract_date is not None or study.clock != "calendar" or not deaths:
        return table
    told = table.join(ends, on="hospital_id", how="left", maintain_order="left")
    followed = (pl.col(END) - pl.col("time_zero")).dt.total_microseconds() / 86_400e6
    told = told.with_columns(
        pl.when(followed >= v.within_days).then(v.name).alias(v.name) for v in deaths
    )
    if study.primary in deaths:
        lost = ~pl.col("event") & (followed < pl.col("time_days"))
        time = pl.when(lost).then(followed).otherwise("time_days")
        told = told.with_columns(time.alias("time_days"))
    return told.drop(END)
