"""One hospital without the data gate: what a study would find in the rows as they are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from ehrivig import cohort, contract, extract
from ehrivig.cohort import event_rows
from ehrivig.concepts import severity
from ehrivig.database import Database
from ehrivig.features import baseline, dosing
from ehrivig.runs.hospital import naming_damage
from ehrivig.study import Study
from ehrivig.validate.result import HospitalResult

_ONE_ROW_PER = {"admission": "admission_id", "patient": "patient_id"}


def process(
    source: extract.Source,
    hospital_id: str,
    study: Study,
    folder: Path,
    *,
    memory: str | None = None,
    threads: int | None = None,
) -> HospitalResult:
    """Criteria, covariates and doses of one hospital, left in `folder` as a run leaves them.

    Raises ExtractError when its files cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with Database(memory=memory, threads=threads, temporary=folder / "spill") as db:
        extract.open_hospital(db, source, hospital_id, study)
        with naming_damage(db, source, hospital_id):
            _as_read(db)
            _features(db, study, folder)
    shutil.rmtree(folder / "spill", ignore_errors=True)
    result = HospitalResult(hospital_id, str(folder), [], {}, {}, [], "")
    result.write()
    return result


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


def _features(db: Database, study: Study, folder: Path) -> None:
    """The small tables of the cohort, as a run leaves them."""
    cohort.screen(db, study, _prepare)
    event_rows.to_eligible(db)
    severity.clear(db)
    for name in ("screened", "criterion", "candidate"):
        db.copy(f"SELECT * FROM {name}", folder / f"{name}.parquet")
    event_rows.to_candidates(db, "diagnosis", "finding", "score", "medication")
    baseline.baseline(db, study).write_parquet(folder / "baseline.parquet")
    given = dosing.administrations(db, study, folder)
    candidates = pl.scan_parquet(folder / "candidate.parquet")
    found = dosing.dosing(pl.scan_parquet(given), candidates, study.exposure)
    found.collect().write_parquet(folder / "dosing.parquet")


def _prepare(db: Database, name: str) -> None:
    event_rows.to_eligible(db)
    severity.prepare(db, name)
