"""What a study would find in an extract: people at each criterion, in each band, per covariate.

Before the data gate and without outcomes: the rows as they are read, in seconds, so that a study
can be written without looking at what it asks. Counts are of the same queries as a run's.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig import cohort, extract
from ehrivig.concepts import bands
from ehrivig.dataset import KEY
from ehrivig.errors import ExtractError
from ehrivig.runs import hospital, tables, workers
from ehrivig.runs.state import Options
from ehrivig.runs.task import Task
from ehrivig.study import Study
from ehrivig.validate.result import HospitalResult


@dataclass(frozen=True)
class Preview:
    """What was found: `attrition` as a run writes it; one row per admission of the cohort.

    `people`: KEY, exposed, band_<name> and every covariate of the study. `unreadable`: hospital ->
    why it could not be read.
    """

    study: Study
    attrition: pl.DataFrame
    people: pl.DataFrame
    unreadable: dict[str, str]


def preview(study: Study, folder: Path, options: Options | None = None) -> Preview:
    """Look at every hospital of an extract; ExtractError when none can be read."""
    use = options or Options()
    source = extract.inspect(folder, study)
    shared = Path.cwd() if use.cluster else None  # other machines must see it
    with tempfile.TemporaryDirectory(dir=shared, prefix=".preview-") as place:
        tasks = [
            Task(
                source,
                name,
                study,
                Path(place) / hospital.folder_name(name),
                gate_only=False,
                fingerprint="",
                memory=use.memory,
                threads=workers.threads_each(use.workers, use.threads),
                ungated=True,
            )
            for name in source.hospitals
        ]
        with closing(workers.work(tasks, use.workers, use.cluster)) as done:
            found = dict(zip(source.hospitals, done, strict=True))
        results = [one for one in found.values() if isinstance(one, HospitalResult)]
        failed = {name: one for name, one in found.items() if isinstance(one, ExtractError)}
        if not results:
            raise next(iter(failed.values()))
        attrition, people = _together(results, study)
    return Preview(study, attrition, people, {name: str(why) for name, why in failed.items()})


def _together(results: list[HospitalResult], study: Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The attrition over all hospitals, and the covariates and bands of the cohort."""
    screened, criterion = (tables.scan(results, name) for name in ("screened", "criterion"))
    people, attrition = cohort.select(screened, criterion, study)
    given = tables.gather(results, "dosing").with_columns(
        pl.col(f"{study.exposure.name}_any").alias("exposed"), *bands.bands(study.exposure)
    )
    covariates = tables.gather(results, "baseline")
    columns = [f"band_{band.name}" for band in study.exposure.bands]
    return attrition, (
        people.select(KEY)
        .join(given.select(*KEY, "exposed", *columns), on=KEY, how="left")
        .join(covariates, on=KEY, how="left")
    )
