"""A batch of hospitals, from their files to one row per admission: the unit of work of a run.

Small hospitals are worked on together, a large one alone or in shares. The same function runs in
this process, in a pool or on another machine: it reads the files of its hospitals, and leaves small
Parquet files, with `hospital_id` in each, in a folder of its own. Nothing else is shared, and what
a hospital leaves does not depend on the company it was in.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from ehrivig import cohort, concepts, contract, extract, use, validate
from ehrivig.batch import keys, relative
from ehrivig.batch import share as sharing
from ehrivig.batch.share import Share
from ehrivig.concepts import event_rows, severity
from ehrivig.database import Database
from ehrivig.errors import EhrivigError, ExtractError, MeasuringError
from ehrivig.features import (
    baseline,
    dose_course,
    dosing,
    large_scale,
    nobody_exposed,
    outcomes,
    severity_course,
)
from ehrivig.runs import row_order
from ehrivig.runs.step_clock import StepClock
from ehrivig.study import Study
from ehrivig.study.clock import Clock
from ehrivig.study.registries.sensitivity import DOSE, LARGE_SCALE
from ehrivig.validate import gate, mapping
from ehrivig.validate.measurement import Measurement, as_measured
from ehrivig.validate.result import ROWS_SCHEMA, Step

BESIDE = "quality/evidence_beside"
MEASUREMENTS = "measurement.parquet"
ROWS = "rows.parquet"
FILE = "batch.json"
_COURSES = ("icu_stay", "medication", "pathogen_test", "procedure", "respiratory_support")
_EVENTS = tuple(table.name for table in contract.EVENT_TABLES)
_IN_SCOPE = {
    "diagnosis": "SEMI JOIN ref.condition USING (vocabulary, code)",
    "lab": "WHERE analyte IS NOT NULL",
    "medication": "WHERE drug IN (SELECT drug FROM ref.included)",
}


@dataclass(frozen=True)
class BatchResult:
    """Where the tables of some hospitals lie, and what the steps did.

    `rows_whole`: of the first share of a hospital, the rows of its event tables in all shares.
    """

    hospitals: tuple[str, ...]
    folder: Path
    steps: tuple[Step, ...]
    rows_whole: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> BatchResult:
        """The result that `process` left in `folder`."""
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        steps = tuple(Step(**step) for step in content["steps"])
        return cls(tuple(content["hospitals"]), folder, steps, content["rows_whole"])

    def write(self) -> None:
        """Leave this result in its folder, for `read`."""
        content = {**asdict(self), "folder": ""}
        (self.folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def measurements(self) -> list[Measurement]:
        """What the gate measured, hospital by hospital."""
        return validate.read_measurements(self.folder / MEASUREMENTS)

    def rows(self) -> pl.DataFrame:
        """hospital_id, table, rows_read, rows_quarantined."""
        return pl.read_parquet(self.folder / ROWS)


def process(
    source: extract.Source,
    hospitals: Sequence[str],
    study: Study,
    folder: Path,
    *,
    memory: str | None = None,
    threads: int | None = None,
    gate_only: bool = False,
    keep: bool = False,
    mark: str = "",
    share: Share | None = None,
) -> BatchResult:
    """Everything some hospitals, or a share of one, can do alone, left in `folder` as small files.

    `keep`: their rows are read once and kept (needed for several hospitals; wise for small ones).
    A hospital that the policy blocks is measured and goes no further; a share goes on, as only all
    of them can be judged. Raises ExtractError when files cannot be read, Unalike for hospitals that
    cannot be read together.
    """
    names = tuple(hospitals)
    folder.mkdir(parents=True, exist_ok=True)
    clock = StepClock()
    spill = folder / "spill"
    with Database(memory=memory, threads=threads, temporary=spill, within=source.within) as db:
        with clock.step("extract"):
            extract.open_hospitals(db, source, names, study, keep=keep, mark=mark)
            whole = sharing.restrict(db, share) if share else {}
        with naming_damage(db, source, names):
            with clock.step("gate") as done:
                found = validate.measure(db, study, names)
                spent = validate.quarantine(db, study, names, folder)
                read, rejected = (int(spent[n].sum()) for n in ("rows_read", "rows_quarantined"))
                done(read, read - rejected)
            write_gate(found, spent, folder)
            mapping.write_found(db, folder)
            going = names if share else _not_blocked(found, study, names)
            if going and not gate_only:
                _leave_out(db, set(names) - set(going))
                _features(db, study, folder, clock, sent(db, names, spent, share), share)
        # relative to the run: nothing of a result depends on where it was made
        statements = "\n\n".join(db.log).replace(f"{folder}/".replace("'", "''"), "")
    shutil.rmtree(spill, ignore_errors=True)
    (folder / "statements.sql").write_text(statements + "\n", encoding="utf-8")
    result = BatchResult(names, folder, tuple(clock.steps), whole)
    result.write()
    return result


def write_gate(found: Sequence[Measurement], spent: pl.DataFrame, folder: Path) -> None:
    """Leave what the gate measured, and how rows were spent; hospitals sorted, tables in order."""
    for frame, name in ((as_measured(found), MEASUREMENTS), (spent.select(*ROWS_SCHEMA), ROWS)):
        frame.sort("hospital_id", maintain_order=True).write_parquet(folder / name)


@contextmanager
def naming_damage(db: Database, source: extract.Source, hospitals: Sequence[str]) -> Iterator[None]:
    """An error in the middle of a scan becomes one that names the file or the column at fault.

    An error that has another cause than damage stays what it is.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, EhrivigError) and not isinstance(error, ExtractError | MeasuringError):
            raise
        damage = (
            extract.unreadable(source, hospitals)
            or extract.refused_column(db, hospitals)
            or extract.no_moment(db, hospitals)
        )
        if damage is None:
            raise
        raise damage from error


def _not_blocked(
    found: Sequence[Measurement], study: Study, hospitals: Sequence[str]
) -> tuple[str, ...]:
    """The hospitals that go on behind the gate."""
    blocked = gate.blocked(found, study)
    return tuple(name for name in hospitals if name not in blocked)


def _leave_out(db: Database, hospitals: set[str]) -> None:
    """Let nobody of some hospitals be among the clean patients and admissions."""
    for table in ("hospital", "patient", "admission") if hospitals else ():
        db.execute(
            f"DELETE FROM main.{table} WHERE hospital_id IN (SELECT unnest($hospitals))",
            {"hospitals": sorted(hospitals)},
        )


def sent(
    db: Database, hospitals: Sequence[str], spent: pl.DataFrame, share: Share | None
) -> dict[str, set[str]]:
    """What each hospital sends; of a share, what the whole hospital does."""
    kept = spent.filter(pl.col("rows_read") > pl.col("rows_quarantined"))
    events = {name: set[str]() for name in hospitals}
    for hospital_id, table in kept.select("hospital_id", "table").iter_rows():
        events[hospital_id] |= {table} & {*_EVENTS}
    if share:
        events[hospitals[0]] |= {table for table in _EVENTS if sharing.sent(db, table)}
    return concepts.of_hospitals(db, events)


def _features(
    db: Database,
    study: Study,
    folder: Path,
    clock: StepClock,
    sent: dict[str, set[str]],
    share: Share | None,
) -> None:
    """From clean rows to one row per candidate admission."""
    validate.release(db)
    if share:
        sharing.settle(db)
    concepts.define_sent(db, sent)
    keep = Keep(folder, keys.Restored(db, tuple(sent)), study.clock)
    with clock.step("cohort") as done:
        cohort.screen(db, study, prepare)
        event_rows.to_eligible(db)
        severity.clear(db)
        screened = keep(db.frame("SELECT * FROM screened"), "screened")
        keep(db.frame("SELECT * FROM criterion"), "criterion")
        beside = db.frame("SELECT * FROM evidence_beside ORDER BY ALL")
        beside.write_parquet(folder / f"{BESIDE}.parquet")
        candidates = keep(db.frame("SELECT * FROM candidate"), "candidate")
        done(screened, candidates)
    with clock.step("baseline") as done:
        event_rows.to_candidates(db, "diagnosis", "finding", "score")
        done(candidates, keep(baseline.baseline(db, study), "baseline"))
        keep(baseline.repeat_labs(db, study, *study.analysis.repeat_hours), "repeat")
    if study.analysis.time_varying:
        with clock.step("severity") as done:
            moves = severity_course.severity_course(db, study)
            done(candidates, keep(moves, severity_course.TABLE))
    with clock.step("outcomes") as done:
        event_rows.to_candidates(db, *_COURSES)
        dosing.doubtful(db, study)
        done(candidates, keep(outcomes.outcomes(db, study), "outcomes"))
    with clock.step("dosing") as done:
        given = dosing.administrations(db, study, folder)
        who = dosing.candidates(db, study)
        features = dosing.dosing(pl.scan_parquet(given), who.lazy(), study.exposure).collect()
        rows = pl.scan_parquet(given).select(pl.len()).collect().item()
        done(rows, keep(features, "dosing"))
        keep(nobody_exposed.given_otherwise(db, study), nobody_exposed.TABLE)
        if study.analysis.asks_for(DOSE):
            doubt = dosing.doubtful_days(db)
            keep(dose_course.dose_course(given, study, doubt), dose_course.TABLE)
        given.unlink()  # of rows without an order of their own; nothing reads them again
    if study.analysis.asks_for(LARGE_SCALE):
        with clock.step("large scale") as done:
            done(candidates, keep(large_scale.large_scale(db, study), large_scale.TABLE))
    if study.utilisation is not None or study.regimen is not None:
        everybody = event_rows.of_everybody(db, "medication", "diagnosis")
        with clock.step("utilisation") as done, everybody:
            done(screened, use.prepare(db, study, folder, keep))
    with clock.step("ledger") as done:
        done(candidates, keep(_rows_in_scope(db, study), "scope"))


def prepare(db: Database, name: str) -> None:
    """Make what a concept builds on, from no more rows than it needs."""
    event_rows.to_eligible(db)
    severity.prepare(db, name)


@dataclass(frozen=True)
class Keep:
    """Writes tables of admissions into `folder`, with ids as the hospitals write them.

    Whom no network knows is the patient of his hospital. Moments that no date is behind are written
    as spans (`datasets.scan` gives them back).
    """

    folder: Path
    restored: keys.Restored
    clock: Clock = "calendar"

    def __call__(self, frame: pl.DataFrame, name: str) -> int:
        """Write a table in the order of its hospitals and admissions; its number of rows."""
        frame = self.restored(frame)
        if "person_id" in frame.columns:
            own = pl.col("hospital_id") + "/" + pl.col("patient_id").cast(pl.String)
            frame = frame.with_columns(pl.coalesce("person_id", own).alias("person_id"))
        if self.clock == "offsets":
            frame = relative.spans(frame)
        row_order.by_columns(frame).write_parquet(self.folder / f"{name}.parquet")
        return frame.height


def _rows_in_scope(db: Database, study: Study) -> pl.DataFrame:
    """Rows of each event table that the study reads, per candidate admission."""
    query = cohort.cohort_query("rows_in_scope")
    every = ("diagnosis", "medication") if study.analysis.asks_for(LARGE_SCALE) else ()
    parts = []
    for table in contract.EVENT_TABLES:
        where = "" if table.name in every else _IN_SCOPE.get(table.name, "")
        db.view("event_row", f"SELECT admission_id FROM {table.name} {where}")
        parts.append(
            db.frame(query).select(
                pl.lit(table.name).alias("table"),
                pl.col("admission_id"),
                pl.col("n_rows").cast(pl.Int64),
            )
        )
    return pl.concat(parts)
