"""A run, step by step: it reads as the study protocol.

A hospital is the unit of work (`hospital.process`). Then the small tables of all hospitals meet:
gate -> study (`protocol`) -> report. Steps do not know each other; they are handed on here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ehrivig import extract, report, validate
from ehrivig.errors import EmptyResult, ExtractError, GateBlocked
from ehrivig.runs import aggregate, ending, hospitals, manifest, protocol
from ehrivig.runs.state import Options, Progress, Run
from ehrivig.store import place
from ehrivig.store.folder import RunFolder, destination, refuse_overlap, run_folder
from ehrivig.study import Study, load
from ehrivig.validate import gate

__all__ = ["Options", "Progress", "RunSummary", "check", "rejudge", "run"]


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for the one-line JSON summary; null: it did not come so far."""

    study: str
    out: str
    exit_code: int
    message: str
    hospitals: list[str]
    dropped_hospitals: list[str]
    admissions: int | None = None
    cohort: int | None = None
    exposed: int | None = None
    pairs: int | None = None
    lints: int | None = None
    seconds: float = 0.0


def run(
    study: str | Path | Study,
    extract: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
) -> RunSummary:
    """Run a whole study on an extract and leave one finished run in `out`.

    Exit codes 0, 3 and 5 come back in the summary (3 and 5 with what could be computed); other
    mistakes raise an `EhrivigError` and leave `out` untouched. So does a run that would repeat the
    one in `out` (same input, study and code): its message is "unchanged".
    """
    plan = study if isinstance(study, Study) else load(study)
    data, home = place(extract), place(out)
    refuse_overlap(home, data)
    with run_folder(home) as target:
        this = _begin(plan, data, target, options, progress)
        alone = this.options.aggregate_only
        if not alone and (found := _unchanged(this, target)):
            return _repeated(this, found, home)
        message = "done"
        try:
            hospitals.read(this)
            gate.judge(this)
            this.numbers = protocol.investigate(this)
        except (GateBlocked, EmptyResult) as error:
            target.exit_code, message = error.exit_code, str(error)
        gate.close(this)
        _record(this, target.exit_code, message)
        this.progress("report")
        report.write(this.folder, plan, dropped=this.dropped)
        aggregate.write(this.folder)
        if alone:
            aggregate.drop_patients(this.folder)
        _note(this, target.exit_code, message)
    return _summary(this, home, target.exit_code, message)


def check(
    study: str | Path | Study,
    extract: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
) -> RunSummary:
    """Only gate an extract: quality report, checks and quarantine; exit code 0 or 3."""
    plan = study if isinstance(study, Study) else load(study)
    data, home = place(extract), place(out)
    refuse_overlap(home, data)
    with run_folder(home) as target:
        this = _begin(plan, data, target, options, progress, "check")
        if found := _unchanged(this, target):
            return _repeated(this, found, home)
        message = "done"
        try:
            hospitals.read(this, gate_only=True)
            gate.judge(this)
        except GateBlocked as error:
            target.exit_code, message = error.exit_code, str(error)
        gate.close(this)
        _record(this, target.exit_code, message)
        _note(this, target.exit_code, message)
    return _summary(this, home, target.exit_code, message)


def rejudge(study: Study, run_folder: Path) -> RunSummary:
    """Judge a finished run's measurements anew by this study's policy; nothing is read or written.

    Exit code 0, or 3 when the policy would block. Raises UsageError when `run_folder` is no run.
    """
    started = time.perf_counter()
    checks = validate.rejudge(run_folder, study)
    failing = validate.blocked_hospitals(checks, study)
    stop = validate.blocks_run(checks, study)
    hospitals = sorted({check.hospital_id for check in checks})
    blocked = bool(stop) or (bool(hospitals) and len(failing) == len(hospitals))
    return RunSummary(
        study.study.name,
        str(run_folder),
        GateBlocked.exit_code if blocked else 0,
        validate.blocked_message(checks, stop or failing) if blocked else "done",
        hospitals,
        sorted(failing),
        seconds=round(time.perf_counter() - started, 2),
    )


def _record(this: Run, exit_code: int, message: str) -> None:
    manifest.write(
        this.folder,
        manifest.RunRecord(
            this.study,
            this.source,
            this.results,
            this.dropped,
            [],
            exit_code,
            message,
            this.fingerprint,
            this.numbers,
        ),
    )


def _unchanged(this: Run, target: RunFolder) -> dict[str, Any] | None:
    """The manifest of the good run in `out` when this one would repeat it; it is then left alone.

    Not when a later attempt lies beside it: that one is to be cleared, and kept in the history.
    """
    found = manifest.of_same_run(this.earlier, this.fingerprint)
    target.unchanged = found is not None and not target.has_later_attempt
    return found if target.unchanged else None


def _repeated(this: Run, found: dict[str, Any], out: Path) -> RunSummary:
    """The summary of a run that changed nothing: the numbers of the one in `out`."""
    return RunSummary(
        found["study"],
        str(out),
        0,
        "unchanged",
        found["hospitals"],
        found["dropped_hospitals"],
        seconds=round(time.perf_counter() - this.started, 2),
        **found["numbers"],
    )


def _note(this: Run, exit_code: int, message: str) -> None:
    """Write the history and the metrics of a run, and seal its manifest."""
    done = ending.Ending(
        this.command,
        this.study,
        exit_code,
        message,
        this.results,
        this.dropped,
        this.checks,
        this.numbers,
        len(this.source.hospitals),
        this.reused,
        time.perf_counter() - this.started,
    )
    ending.write(this.folder, this.earlier, done)


def _summary(this: Run, out: Path, exit_code: int, message: str) -> RunSummary:
    return RunSummary(
        this.study.study.name,
        str(destination(out, exit_code)),
        exit_code,
        message,
        [result.hospital_id for result in this.results],
        this.dropped,
        seconds=round(time.perf_counter() - this.started, 2),
        **this.numbers,
    )


def _begin(
    study: Study,
    extract_folder: Path,
    target: RunFolder,
    options: Options | None,
    say: Progress,
    command: ending.Command = "run",
) -> Run:
    say("reading the list of files")
    try:
        source = extract.inspect(extract_folder, study)
    except PermissionError as error:
        name = Path(error.filename or extract_folder).name
        raise ExtractError(f"extract: {name} may not be read. Mend its permissions.") from error
    mark = manifest.run_fingerprint(study, source, gate_only=command == "check")
    use = options or Options()
    return Run(study, source, target.path, target.earlier, use, say, command, mark)
