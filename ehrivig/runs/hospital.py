"""One hospital, from its files to one row per admission: the unit of work of a run.

The same function runs in this process, in a pool or on another machine: it reads the hospital's
files, and leaves small Parquet files in a folder of its own. Nothing else is shared.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import polars as pl

from ehrivig import cohort, contract, extract, use, validate
from ehrivig import share as sharing
from ehrivig.cohort import event_rows
from ehrivig.concepts import severity
from ehrivig.database import Database
from ehrivig.errors import EhrivigError, ExtractError, MeasuringError
from ehrivig.features import baseline, dosing, outcomes
from ehrivig.runs import row_order
from ehrivig.share import Share
from ehrivig.study import Study
from ehrivig.validate import gate
from ehrivig.validate.result import HospitalResult, Step

_LONGEST_NAME = 120
_COURSES = ("icu_stay", "medication", "pathogen_test", "procedure", "respiratory_support")
_IN_SCOPE = {
    "diagnosis": "SEMI JOIN ref.condition USING (vocabulary, code)",
    "lab": "WHERE analyte IS NOT NULL",
    "medication": "WHERE drug IN (SELECT drug FROM ref.included)",
}


def folder_name(hospital_id: str) -> str:
    """A folder name for a hospital id, safe on any file system: never '..', hidden or too long."""
    name = quote(hospital_id, safe="")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(hospital_id.encode()).hexdigest()[:16]}"
    return name


def process(
    source: extract.Source,
    hospital_id: str,
    study: Study,
    folder: Path,
    *,
    memory: str | None = None,
    threads: int | None = None,
    gate_only: bool = False,
    fingerprint: str = "",
    share: Share | None = None,
) -> HospitalResult:
    """Everything one hospital, or a share of it, can do alone, left in `folder` as small files.

    A hospital that the policy blocks is measured and goes no further; a share goes on, as only all
    of them can be judged. Raises ExtractError when its files cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clock = _Clock(hospital_id)
    with Database(memory=memory, threads=threads, temporary=folder / "spill") as db:
        with clock.step("extract"):
            extract.open_hospital(db, source, hospital_id, study, fingerprint if share else "")
            whole = sharing.restrict(db, share) if share else {}
        with naming_damage(db, source, hospital_id):
            with clock.step("gate") as done:
                found = validate.measure(db, study, hospital_id)
                read, rejected = _gate_rows(db, study, hospital_id, folder)
                done(sum(read.values()), sum(read.values()) - sum(rejected.values()))
            if not gate_only and (share or not gate.is_blocked(found, study)):
                validate.release(db)
                if share:
                    sharing.announce(db, {name: read[name] - rejected[name] for name in read})
                    sharing.settle(db)
                _features(db, study, folder, clock)
        # relative to the run: nothing of a result depends on where it was made
        statements = "\n\n".join(db.log).replace(f"{folder}/".replace("'", "''"), "")
    shutil.rmtree(folder / "spill", ignore_errors=True)
    (folder / "statements.sql").write_text(statements + "\n", encoding="utf-8")
    result = HospitalResult(
        hospital_id, str(folder), found, read, rejected, clock.steps, fingerprint, whole
    )
    result.write()
    return result


@contextmanager
def naming_damage(db: Database, source: extract.Source, hospital_id: str) -> Iterator[None]:
    """An error in the middle of a scan becomes one that names the file or the column at fault.

    An error that has another cause than damage stays what it is.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, EhrivigError) and not isinstance(error, ExtractError | MeasuringError):
            raise
        damage = extract.unreadable(source, hospital_id) or extract.no_moment(db, hospital_id)
        if damage is None:
            raise
        raise damage from error


def reuse(earlier: Path, folder: Path, fingerprint: str) -> HospitalResult | None:
    """The result in `earlier`, copied to `folder`, when it was made from the very same input."""
    try:
        found = HospitalResult.read(earlier)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if not fingerprint or found.fingerprint != fingerprint:
        return None
    shutil.copytree(earlier, folder, copy_function=_link_or_copy)
    return HospitalResult.read(folder)


def _link_or_copy(source: str, target: str) -> str:
    """A second name for a finished file, which nothing writes into; a copy where links fail."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _gate_rows(
    db: Database, study: Study, hospital_id: str, folder: Path
) -> tuple[dict[str, int], dict[str, int]]:
    """Rows read and rows quarantined per table, after the quarantine was written."""
    rejected = validate.quarantine(db, study, hospital_id, folder)
    counts = validate.count_rows(db)
    read = {name: count[0] for name, count in counts.items()}
    return read, {name: rejected.get(name, 0) for name in counts}


def _features(db: Database, study: Study, folder: Path, clock: _Clock) -> None:
    """From clean rows to one row per candidate admission."""
    with clock.step("cohort") as done:
        cohort.screen(db, study, _prepare)
        event_rows.to_eligible(db)
        severity.clear(db)
        screened = _keep(db.frame("SELECT * FROM screened"), folder / "screened.parquet")
        _keep(db.frame("SELECT * FROM criterion"), folder / "criterion.parquet")
        candidates = _keep(db.frame("SELECT * FROM candidate"), folder / "candidate.parquet")
        done(screened, candidates)
    with clock.step("baseline") as done:
        event_rows.to_candidates(db, "diagnosis", "finding", "score")
        done(candidates, _keep(baseline.baseline(db, study), folder / "baseline.parquet"))
        _keep(
            baseline.repeat_labs(db, study, *study.analysis.repeat_hours), folder / "repeat.parquet"
        )
    with clock.step("outcomes") as done:
        event_rows.to_candidates(db, *_COURSES)
        done(candidates, _keep(outcomes.outcomes(db, study), folder / "outcomes.parquet"))
    with clock.step("dosing") as done:
        given = dosing.administrations(db, study, folder)
        features = dosing.dosing(
            pl.scan_parquet(given), pl.scan_parquet(folder / "candidate.parquet"), study.exposure
        ).collect()
        rows = pl.scan_parquet(given).select(pl.len()).collect().item()
        done(rows, _keep(features, folder / "dosing.parquet"))
        given.unlink()  # of rows without an order of their own; nothing reads them again
    if study.utilisation is not None or study.regimen is not None:
        everybody = event_rows.of_everybody(db, "medication", "diagnosis")
        with clock.step("utilisation") as done, everybody:
            done(screened, use.prepare(db, study, folder))
    with clock.step("ledger") as done:
        done(candidates, _keep(_rows_in_scope(db), folder / "scope.parquet"))


def _prepare(db: Database, name: str) -> None:
    """Make what a concept builds on, from no more rows than it needs."""
    event_rows.to_eligible(db)
    severity.prepare(db, name)


def _keep(frame: pl.DataFrame, path: Path) -> int:
    """Write a table in the order of its admissions; its number of rows."""
    row_order.by_columns(frame).write_parquet(path)
    return frame.height


def _rows_in_scope(db: Database) -> pl.DataFrame:
    """Rows of each event table that the study reads, per candidate admission."""
    query = cohort.cohort_query("rows_in_scope")
    parts = []
    for table in contract.EVENT_TABLES:
        where = _IN_SCOPE.get(table.name, "")
        db.view("event_row", f"SELECT admission_id FROM {table.name} {where}")
        parts.append(
            db.frame(query).select(
                pl.lit(table.name).alias("table"),
                pl.col("admission_id"),
                pl.col("n_rows").cast(pl.Int64),
            )
        )
    return pl.concat(parts)


class _Clock:
    """Notes what each step did."""

    def __init__(self, hospital_id: str) -> None:
        self.hospital_id = hospital_id
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Time a step; the block says how many rows went in and came out."""
        started, worked, rows = time.perf_counter(), time.process_time(), [0, 0]

        def done(rows_in: int, rows_out: int) -> None:
            rows[:] = rows_in, rows_out

        yield done
        seconds = round(time.perf_counter() - started, 3)
        cpu_seconds = round(time.process_time() - worked, 3)
        self.steps.append(
            Step(self.hospital_id, name, rows[0], rows[1], seconds, cpu_seconds, peak_memory_mib())
        )


def peak_memory_mib() -> int:
    """The largest resident memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)
