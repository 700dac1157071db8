"""Hospitals without the data gate: what a study would find in the rows as they are read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import cohort, concepts, contract, extract
from ehrivig.batch import keys
from ehrivig.concepts import event_rows, severity
from ehrivig.database import Database
from ehrivig.features import baseline, dosing, nobody_exposed
from ehrivig.runs.batch import BatchResult, Keep, naming_damage, prepare
from ehrivig.study import Study
from ehrivig.validate import mapping

_ONE_ROW_PER = {"admission": "admission_id", "patient": "patient_id"}


def process(
    source: extract.Source,
    hospitals: Sequence[str],
    study: Study,
    folder: Path,
    *,
    keep: bool = False,
    memory: str | None = None,
    threads: int | None = None,
) -> BatchResult:
    """Criteria, covariates and doses of some hospitals, left in `folder` as a run leaves them.

    Raises ExtractError when their files cannot be read, Unalike when not together.
    """
    names = tuple(hospitals)
    folder.mkdir(parents=True, exist_ok=True)
    spill = folder / "spill"
    with Database(memory=memory, threads=threads, temporary=spill, within=source.within) as db:
        extract.open_hospitals(db, source, names, study, keep=keep)
        with naming_damage(db, source, names):
            if study.extract.mappings is not None:
                mapping.apply(db, Path(study.extract.mappings), names, study.lists)
                mapping.write_found(db, folder)
            _as_read(db)
            concepts.define_sent(db, concepts.of_hospitals(db, _with_rows(db, names)))
            _features(db, study, folder, Keep(folder, keys.Restored(db, names), study.clock))
    shutil.rmtree(spill, ignore_errors=True)
    result = BatchResult(names, folder, ())
    result.write()
    return result


def _with_rows(db: Database, hospitals: Sequence[str]) -> dict[str, set[str]]:
    """Hospital -> the event tables of which it has a row."""
    found = {name: set[str]() for name in hospitals}
    for table in (table.name for table in contract.EVENT_TABLES):
        for (hospital_id,) in db.rows(f"SELECT DISTINCT hospital_id FROM main.{table}"):
            found[hospital_id].add(table)
    return found


def _as_read(db: Database) -> None:
    """The clean tables, of the rows as they were read; one row of each patient and admission."""
    for table in contract.TABLES:
        rows = f"SELECT * FROM resolved.{table.name}"
        key = _ONE_ROW_PER.get(table.name)
        if key:
            rows += f" WHERE {key} IS NOT NULL QUALIFY row_number() OVER (PARTITION BY {key}) = 1"
            db.table(f"main.{table.name}", rows)
        else:
            db.view(f"main.{table.name}", rows)


def _features(db: Database, study: Study, folder: Path, keep: Keep) -> None:
    """The small tables of the cohort, as a run leaves them."""
    cohort.screen(db, study, prepare)
    event_rows.to_eligible(db)
    severity.clear(db)
    for name in ("screened", "criterion", "candidate"):
        keep(db.frame(f"SELECT * FROM {name}"), name)
    event_rows.to_candidates(db, "diagnosis", "finding", "score", "medication")
    keep(baseline.baseline(db, study), "baseline")
    given = dosing.administrations(db, study, folder)
    db.view("unread_exposure", "SELECT admission_id, started_at FROM medication WHERE FALSE")
    dosing.doubtful(db, study)
    who = dosing.candidates(db, study)
    found = dosing.dosing(pl.scan_parquet(given), who.lazy(), study.exposure)
    keep(found.collect(), "dosing")
    keep(nobody_exposed.given_otherwise(db, study), nobody_exposed.TABLE)
    given.unlink()
