"""The small tables of all hospitals, put together: one row per admission."""

from __future__ import annotations

import polars as pl

from ehrivig import dataset
from ehrivig.batch import relative
from ehrivig.concepts import bands, data_end, follow_up
from ehrivig.dataset import KEY
from ehrivig.features import dose_course, severity_course
from ehrivig.runs import datasets
from ehrivig.runs.state import Run
from ehrivig.study.registries.daily import DAILY
from ehrivig.study.registries.sensitivity import DOSE


def analysis_table(run: Run, people: pl.DataFrame) -> pl.DataFrame:
    """The analysis table and its relatives on disk: cohort, dosing, analysis."""
    zero = gather(run, "candidate").select(*KEY, *dataset.MOMENTS)
    people = people.join(zero, on=KEY, how="left", validate="1:1")
    repeat = gather(run, "repeat")
    repeat = repeat.rename({n: f"{n}_repeat" for n in repeat.columns if n not in KEY})
    baseline = gather(run, "baseline").join(repeat, on=KEY, how="left", validate="1:1")
    given = gather(run, "dosing").join(people.select(KEY), on=KEY, how="semi")
    table = dataset.assemble(
        people,
        baseline,
        follow_up.as_answered(gather(run, "outcomes"), run.answerable),
        given,
        bands.bands(run.study.exposure),
        run.study,
    )
    ends = data_end.last_moments(scan(run, "screened"))
    table = data_end.lost_at_the_end(table, ends, run.answerable.study)
    table = table.join(_discharge(people), on=KEY, how="left", validate="1:1")
    if names := run.study.analysis.time_varying:
        table = table.join(_daily(run, people, names), on=KEY, how="left", validate="1:1")
    if run.study.analysis.asks_for(DOSE):
        table = table.join(_doses(run, people), on=KEY, how="left", validate="1:1")
    exposed = table.select(*KEY, "exposed")
    people = people.join(exposed, on=KEY, how="left", validate="1:1").sort(KEY)
    for name, frame in (("cohort", people), ("dosing", given.sort(KEY)), ("analysis", table)):
        _readable(run, frame, people).write_parquet(run.folder / f"{name}.parquet")
    return table


def _readable(run: Run, frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """A table as it is written: without dates its moments are spans since the admission."""
    if run.study.clock != "offsets":
        return frame
    return relative.since_admission(frame, people)


def _discharge(people: pl.DataFrame) -> pl.DataFrame:
    """How each admission ended, and days from time zero to its end."""
    length = pl.col("discharged_at") - pl.col("time_zero")
    days = length.dt.total_seconds() / 86_400
    return people.select(*KEY, "discharge_status", days.alias("discharge_days"))


def _daily(run: Run, people: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """What moves of each admission: lists, with a value (null: not known) for each day from 0."""
    rows = gather(run, severity_course.TABLE).join(people.select(KEY), on=KEY, how="semi")
    lists = (pl.col(name).alias(f"{name}{DAILY}") for name in names)
    return rows.sort(*KEY, "day").group_by(KEY, maintain_order=True).agg(*lists)


def _doses(run: Run, people: pl.DataFrame) -> pl.DataFrame:
    """Doses of each admission with any: a list with grams of each day from 0 to the last with one.

    0: no dose on it; null: nobody knows how much.
    """
    rows = gather(run, dose_course.TABLE).join(people.select(KEY), on=KEY, how="semi")
    days = rows.group_by(KEY).agg(pl.int_range(pl.col("day").max() + 1).alias("day")).explode("day")
    every = days.join(rows.with_columns(given=True), on=[*KEY, "day"], how="left")
    grams = pl.when(pl.col("given")).then("grams").otherwise(0.0)
    lists = grams.sort_by("day").alias(f"dose{DAILY}")
    return every.group_by(KEY).agg(lists).sort(KEY)


def gather(run: Run, name: str) -> pl.DataFrame:
    """One small table of the hospitals that the study runs on."""
    return scan(run, name).collect()


def scan(run: Run, name: str) -> pl.LazyFrame:
    """As `gather`, for a table with a row for every admission: only what is asked for is read."""
    return datasets.scan(run.folder, name, [one.hospital_id for one in run.kept])
