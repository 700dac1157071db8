"""Until when a hospital's data know who died, where the study file does not say it.

Without `extract_date` the last day on which anybody was admitted, discharged or died is the last
that a hospital knows of. Who had not reached the horizon by then is not alive at it, but lost.
"""

from __future__ import annotations

import polars as pl

from ehrivig.study import Study

END = "data_end"
_MOMENTS = ("admitted_at", "discharged_at", "death_at")


def last_moments(screened: pl.LazyFrame) -> pl.DataFrame:
    """hospital_id, data_end: the midnight after the last day that its admissions tell of."""
    last = pl.max_horizontal(pl.col(name).cast(pl.Datetime("us")).max() for name in _MOMENTS)
    found = screened.group_by("hospital_id").agg(last.alias(END)).collect()
    return found.with_columns((pl.col(END).dt.truncate("1d") + pl.duration(days=1)).alias(END))


def lost_at_the_end(table: pl.DataFrame, ends: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The analysis table with deaths within days unknown of who was not followed so long.

    `table`: hospital_id, time_zero, the outcomes, and time_days and event of a primary death.
    Nothing changes where the study file says the last day of the extract.
    """
    deaths = [v for v in study.outcomes.variables if v.source == "death" and v.within_days]
    if study.extract.extract_date is not None or not deaths:
        return table
    told = table.join(ends, on="hospital_id", how="left", maintain_order="left")
    followed = (pl.col(END) - pl.col("time_zero")).dt.total_microseconds() / 86_400e6
    told = told.with_columns(
        pl.when(pl.col(v.name) | (followed >= v.within_days)).then(v.name).alias(v.name)
        for v in deaths
    )
    if study.primary in deaths:
        lost = ~pl.col("event") & (followed < pl.col("time_days"))
        time = pl.when(lost).then(followed).otherwise("time_days")
        told = told.with_columns(time.alias("time_days"))
    return told.drop(END)
