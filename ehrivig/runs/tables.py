"""The small tables of all hospitals, put together: one row per admission."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig import dataset
from ehrivig.concepts import bands
from ehrivig.dataset import KEY
from ehrivig.runs.state import Run
from ehrivig.validate.result import HospitalResult


def analysis_table(run: Run, people: pl.DataFrame) -> pl.DataFrame:
    """The analysis table and its relatives on disk: cohort, dosing, analysis."""
    kept = run.kept
    zero = gather(kept, "candidate").select(*KEY, "time_zero")
    people = people.join(zero, on=KEY, how="left", validate="1:1")
    repeat = gather(kept, "repeat")
    repeat = repeat.rename({n: f"{n}_repeat" for n in repeat.columns if n not in KEY})
    baseline = gather(kept, "baseline").join(repeat, on=KEY, how="left", validate="1:1")
    given = gather(kept, "dosing").join(people.select(KEY), on=KEY, how="semi")
    table = dataset.assemble(
        people,
        baseline,
        gather(kept, "outcomes"),
        given,
        bands.bands(run.study.exposure),
        run.study,
    )
    table = table.join(_discharge(people), on=KEY, how="left", validate="1:1")
    exposed = table.select(*KEY, "exposed")
    people = people.join(exposed, on=KEY, how="left", validate="1:1").sort(KEY)
    people.write_parquet(run.folder / "cohort.parquet")
    given.sort(KEY).write_parquet(run.folder / "dosing.parquet")
    table.write_parquet(run.folder / "analysis.parquet")
    return table


def _discharge(people: pl.DataFrame) -> pl.DataFrame:
    """How each admission ended, and days from time zero to its end."""
    length = pl.col("discharged_at") - pl.col("time_zero")
    days = length.dt.total_seconds() / 86_400
    return people.select(*KEY, "discharge_status", days.alias("discharge_days"))


def gather(results: list[HospitalResult], name: str) -> pl.DataFrame:
    """One small table of all hospitals; ids become text where hospitals differ in their type."""
    return scan(results, name).collect()


def scan(results: list[HospitalResult], name: str) -> pl.LazyFrame:
    """As `gather`, for a table with a row for every admission: only what is asked for is read."""
    parts, schemas = [], []
    for result in sorted(results, key=lambda r: r.hospital_id):
        part = pl.scan_parquet(Path(result.folder) / f"{name}.parquet")
        if "hospital_id" not in part.collect_schema():
            part = part.with_columns(pl.lit(result.hospital_id).alias("hospital_id"))
        parts.append(part)
        schemas.append(part.collect_schema())
    mixed = [
        name
        for name in ("admission_id", "patient_id")
        if len({schema[name] for schema in schemas if name in schema}) > 1
    ]
    parts = [part.with_columns(pl.col(mixed).cast(pl.String)) for part in parts]
    return pl.concat([part.select(schemas[0].names()) for part in parts])
