"""A run, step by step: it reads as the study protocol.

A hospital is the unit of work (`hospital.process`). Then the small tables of all hospitals meet:
gate -> cohort -> match -> analyse -> report. Steps do not know each other; they are handed on here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ehrivig import (
    analysis,
    cohort,
    comparison,
    extract,
    hospital,
    ledger,
    manifest,
    quality,
    report,
    validate,
)
from ehrivig.errors import EmptyResult, ExtractError, GateBlocked
from ehrivig.folder import RunFolder, destination, run_folder
from ehrivig.hospital import HospitalResult
from ehrivig.study import Study, load

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a run uses the machine; nothing here changes a result."""

    memory: str | None = None
    threads: int | None = None
    workers: int = 1


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for the one-line JSON summary."""

    study: str
    out: str
    exit_code: int
    message: str
    hospitals: list[str]
    dropped_hospitals: list[str]
    admissions: int = 0
    cohort: int = 0
    exposed: int = 0
    pairs: int = 0
    lints: int = 0
    seconds: float = 0.0


@dataclass
class _Run:
    """What the steps of one run hand on to each other."""

    study: Study
    source: extract.Source
    folder: Path
    options: Options
    progress: Progress
    results: list[HospitalResult] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    checks: list[validate.Check] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def run(
    study: str | Path | Study,
    extract_folder: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
) -> RunSummary:
    """Run a whole study on an extract and leave one finished run in `out`.

    Exit codes 0, 3 and 5 come back in the summary (3 and 5 with what could be computed); other
    mistakes raise an `EhrivigError` and leave `out` untouched.
    """
    started = time.perf_counter()
    plan = study if isinstance(study, Study) else load(study)
    with run_folder(Path(out)) as target:
        this = _begin(plan, Path(extract_folder), target, options, progress)
        try:
            _read_hospitals(this)
            _judge(this)
            numbers = _study(this)
            message = "done"
        except (GateBlocked, EmptyResult) as error:
            target.exit_code, message, numbers = error.exit_code, str(error), {}
        manifest.write(this, exit_code=target.exit_code, message=message)
    return RunSummary(
        plan.study.name,
        str(destination(Path(out), target.exit_code)),
        target.exit_code,
        message,
        [result.hospital_id for result in this.results],
        this.dropped,
        seconds=round(time.perf_counter() - started, 2),
        **numbers,
    )


def check(
    study: str | Path | Study,
    extract_folder: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
) -> RunSummary:
    """Only gate an extract: quality report, checks and quarantine; exit code 0 or 3."""
    started = time.perf_counter()
    plan = study if isinstance(study, Study) else load(study)
    with run_folder(Path(out)) as target:
        this = _begin(plan, Path(extract_folder), target, options, progress)
        message = "done"
        try:
            _read_hospitals(this, gate_only=True)
            _judge(this)
        except GateBlocked as error:
            target.exit_code, message = error.exit_code, str(error)
        _close_gate(this)
        manifest.write(this, exit_code=target.exit_code, message=message)
    return RunSummary(
        plan.study.name,
        str(destination(Path(out), target.exit_code)),
        target.exit_code,
        message,
        [result.hospital_id for result in this.results],
        this.dropped,
        seconds=round(time.perf_counter() - started, 2),
    )


def _begin(
    study: Study, extract_folder: Path, target: RunFolder, options: Options | None, say: Progress
) -> _Run:
    say("reading the list of files")
    source = extract.inspect(extract_folder, study)
    return _Run(study, source, target.path, options or Options(), say)


def _read_hospitals(this: _Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it."""
    for number, hospital_id in enumerate(this.source.hospitals, start=1):
        this.progress(f"hospital {number} of {len(this.source.hospitals)}")
        try:
            result = hospital.process(
                this.source,
                hospital_id,
                this.study,
                _hospital_folder(this, hospital_id),
                memory=this.options.memory,
                threads=this.options.threads,
                gate_only=gate_only,
            )
        except ExtractError as error:
            if _policy(this.study, hospital_id) == "block_run":
                raise
            this.unreadable[hospital_id] = str(error)
            continue
        this.results.append(result)
    if not this.results:
        raise ExtractError("extract: no hospital could be read. Mend the extract.")


def _hospital_folder(this: _Run, hospital_id: str) -> Path:
    return this.folder / "hospitals" / hospital.folder_name(hospital_id)


def _policy(study: Study, hospital_id: str) -> str:
    return study.quality.hospitals.get(hospital_id, study.quality.block)


def _judge(this: _Run) -> None:
    """Verdicts of every hospital; raises GateBlocked when the policy blocks the run."""
    this.progress("judging the measurements")
    for result in this.results:
        this.checks += validate.judge(result.measurements, this.study)
    failing = validate.blocked_hospitals(this.checks, this.study)
    this.dropped = sorted({*failing, *this.unreadable})
    stop = [name for name in failing if _policy(this.study, name) == "block_run"]
    if stop or len(failing) == len(this.results):
        raise GateBlocked(validate.blocked_message(this.checks, stop or failing))


def _close_gate(this: _Run) -> None:
    """Write checks, the quarantine of all hospitals, and the quality report."""
    quality.write(this.folder, this.study, this.results, this.checks, this.dropped)


def _study(this: _Run) -> dict[str, int]:
    """From the hospitals' small tables to the report; the numbers of the summary."""
    study, folder = this.study, this.folder
    kept = [r for r in this.results if r.hospital_id not in this.dropped]
    this.progress("cohort")
    people, attrition = cohort.select(_gather(kept, "screened"), _gather(kept, "criterion"), study)
    attrition.write_csv(folder / "attrition.csv")
    spent = ledger.spend(this.results, people, _gather(kept, "scope"))
    spent.write_csv(folder / "ledger.csv")
    _close_gate(this)
    table = analysis.assemble(
        people.join(
            _gather(kept, "candidate").select(*cohort.ADMISSION_KEY, "time_zero"),
            on=cohort.ADMISSION_KEY,
            how="left",
        ),
        _gather(kept, "baseline"),
        _gather(kept, "outcomes"),
        _gather(kept, "dosing"),
        study,
    )
    return {}
