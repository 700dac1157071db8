"""The small tables of all hospitals, put together: one row per admission."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig import dataset
from ehrivig.dataset import KEY
from ehrivig.features import dosing
from ehrivig.hospital import HospitalResult
from ehrivig.running import Run


def analysis_table(this: Run, kept: list[HospitalResult], people: pl.DataFrame) -> pl.DataFrame:
    """The analysis table and its relatives on disk: cohort, dosing, analysis."""
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
        dosing.bands(this.study.exposure),
        this.study,
    )
    table = table.join(_discharge(people), on=KEY, how="left", validate="1:1")
    exposed = table.select(*KEY, "exposed")
    people = people.join(exposed, on=KEY, how="left", validate="1:1").sort(KEY)
    people.write_parquet(this.folder / "cohort.parquet")
    given.sort(KEY).write_parquet(this.folder / "dosing.parquet")
    table.write_parquet(this.folder / "analysis.parquet")
    return table


def _discharge(people: pl.DataFrame) -> pl.DataFrame:
    """How each admission ended, and days from time zero to its end."""
    length = pl.col("discharged_at") - pl.col("time_zero")
    days = length.dt.total_seconds() / 86_400
    return people.select(*KEY, "discharge_status", days.alias("discharge_days"))


def gather(results: list[HospitalResult], name: str) -> pl.DataFrame:
    """One small table of all hospitals; ids become text where hospitals differ in their type."""
    parts = []
    for result in sorted(results, key=lambda r: r.hospital_id):
        part = pl.read_parquet(Path(result.folder) / f"{name}.parquet")
        if "hospital_id" not in part.columns:
            part = part.with_columns(pl.lit(result.hospital_id).alias("hospital_id"))
        parts.append(part)
    mixed = [
        name
        for name in ("admission_id", "patient_id")
        if len({part.schema[name] for part in parts if name in part.columns}) > 1
    ]
    parts = [part.with_columns(pl.col(mixed).cast(pl.String)) for part in parts]
    return pl.concat([part.select(parts[0].columns) for part in parts])
