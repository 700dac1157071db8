"""What a study would find in an extract: people at each criterion, in each band, per covariate.

Before the data gate and without outcomes: the rows as they are read, in seconds, so that a study
can be written without looking at what it asks. Counts are of the same queries as a run's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig import cohort, extract
from ehrivig.concepts import bands
from ehrivig.dataset import KEY
from ehrivig.extract import COPIES
from ehrivig.features import nobody_exposed
from ehrivig.runs import datasets, plan, workers
from ehrivig.runs.datasets import Part
from ehrivig.runs.state import Options
from ehrivig.runs.task import together
from ehrivig.study import Study
from ehrivig.validate import mapping, unused_mappings
from ehrivig.validate.unused_mappings import Unused


@dataclass(frozen=True)
class Preview:
    """What was found: `attrition` as a run writes it; one row per admission of the cohort.

    `people`: KEY, exposed, band_<name> and every covariate of the study. `unreadable`: hospital ->
    why it could not be read. `nobody`: why nobody is exposed; empty where somebody is.
    `unused_mappings`: the signed mappings that change nothing.
    """

    study: Study
    attrition: pl.DataFrame
    people: pl.DataFrame
    unreadable: dict[str, str]
    nobody: str = ""
    unused_mappings: tuple[Unused, ...] = ()


def preview(study: Study, folder: Path, options: Options | None = None) -> Preview:
    """Look at every hospital of an extract; ExtractError when none can be read."""
    use = options or Options()
    shared = Path.cwd() if use.cluster else None  # other machines must see it
    with tempfile.TemporaryDirectory(dir=shared, prefix=".preview-") as name:
        place = Path(name)
        source = extract.inspect(folder, study, place / COPIES)
        batches = place / "batches"
        tasks = plan.tasks(source, study, use, source.hospitals, batches, ungated=True)
        with closing(workers.work(tasks, use.workers, use.cluster)) as done:
            found = together(done)
        if not found.results:
            raise next(iter(found.unreadable.values()))
        parts = [Part(one.folder, frozenset(one.hospitals)) for one in found.results]
        datasets.write(place, parts)
        read = [name for name in source.hospitals if name not in found.unreadable]
        attrition, people = _together(place, read, study)
        nobody = ""
        if people.height and not people["exposed"].any():
            otherwise = datasets.scan(place, nobody_exposed.TABLE, read).collect()
            nobody = nobody_exposed.why(otherwise, people, study)
        signed = study.extract.mappings
        unused = _unused(Path(signed), place, read, source.hospitals) if signed else ()
    unreadable = {name: str(why) for name, why in found.unreadable.items()}
    return Preview(study, attrition, people, unreadable, nobody, unused)


def _unused(
    signed: Path, place: Path, read: list[str], hospitals: Sequence[str]
) -> tuple[Unused, ...]:
    """The signed mappings that changed nothing in the hospitals that were read."""
    found = datasets.scan(place, mapping.FOUND, read).collect()
    return tuple(unused_mappings.unused(signed, found, hospitals))


def _together(place: Path, hospitals: list[str], study: Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The attrition over all hospitals, and the covariates and bands of the cohort."""

    def table(name: str) -> pl.LazyFrame:
        return datasets.scan(place, name, hospitals)

    dosing = table("dosing").collect()
    people, attrition = cohort.of_known_exposure(
        *cohort.select(table("screened"), table("criterion"), study), dosing, study
    )
    given = dosing.with_columns(
        pl.col(f"{study.exposure.name}_any").alias("exposed"), *bands.bands(study.exposure)
    )
    covariates = table("baseline").collect()
    columns = [f"band_{band.name}" for band in study.exposure.bands]
    return attrition, (
        people.select(KEY)
        .join(given.select(*KEY, "exposed", *columns), on=KEY, how="left")
        .join(covariates, on=KEY, how="left")
    )
