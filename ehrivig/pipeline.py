"""A run, step by step: it reads as the study protocol.

Hospitals are read batch by batch: extract -> validate -> features, small tables for each
(`runs.batch.process`). Then the small tables of all hospitals meet: gate -> cohort -> match ->
analyse -> report. Steps do not know each other; they are handed on here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import analysis, cohort, release, report, results, use, validate
from ehrivig.analysis import strategies
from ehrivig.concepts import follow_up
from ehrivig.dataset import with_hospitals, with_splines
from ehrivig.errors import EmptyResult, GateBlocked
from ehrivig.extract import COPIES
from ehrivig.features import nobody_exposed
from ehrivig.match import comparison
from ehrivig.runs import (
    aggregate,
    attempts,
    history,
    hospitals,
    manifest,
    metrics,
    other_pairs,
    start,
    summary,
    tables,
    verdicts,
)
from ehrivig.runs.attempts import Attempt
from ehrivig.runs.state import Options, Progress, Run
from ehrivig.runs.summary import RunSummary
from ehrivig.store import place
from ehrivig.store.folder import RunFolder, refuse_overlap, run_folder
from ehrivig.study import Study, load, protocol
from ehrivig.study.declared import held as protocol_held
from ehrivig.validate import gate, ledger
from ehrivig.validate import hospitals as over_hospitals
from ehrivig.validate.measurement import ALL

__all__ = ["Options", "Progress", "RunSummary", "check", "rejudge", "run", "run_and_open"]


def run(
    study: str | Path | Study,
    extract: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
    declared: str | None = None,
) -> RunSummary:
    """Run a whole study on an extract and leave one finished run in `out`.

    `declared`: the protocol that the run is held to, its hash or a file of it; UsageError, before
    any event is read, where the study has another one.

    Exit codes 0, 3 and 5 come back in the summary (3 and 5 with what could be computed); other
    mistakes raise an `EhrivigError` and leave `out` untouched. So does a run that would repeat the
    one in `out` (same input, study and code), or the one that ended with 3 or 5 beside it: its
    message begins with "unchanged". Every attempt is put on record beside `out`.
    """
    with attempts.on_record("run", study, extract, out) as attempt:
        plan, data, home = _asked(study, extract, out, attempt)
        held = "" if declared is None else protocol_held(plan, declared)
        if options and options.aggregate_only:
            plan = _pooling(plan)
            attempt.of(plan)
        with run_folder(home) as target:
            this = start.begin(plan, data, target, options, progress, "run", held)
            attempt.begun(this)
            alone = this.options.aggregate_only
            if not alone and (found := start.unchanged(this, target)):
                return _repeated(this, found, home, attempt)
            protocol.write(plan, this.folder)
            with _ends(this, target):
                hospitals.read(this)
                verdicts.judge(this)
                investigate(this)
            verdicts.write(this)
            manifest.write(this)
            this.progress("report")
            _release(this)
            if alone:
                release.leave_release_alone(this.folder)
            _seal(this, attempt)
        return summary.of_run(this, home)


def run_and_open(
    study: str | Path | Study,
    extract: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
    declared: str | None = None,
    local: bool = False,
) -> results.Run:
    """`run`, and its results: `ehrivig.run`, for a notebook.

    How it ended is its `ended`. A run with exit code 3 or 5 is opened too, where it lies. `local`:
    tables before the last suppression, which must not leave the hospital. Raises as `run` does.
    """
    ended = run(study, extract, out, options=options, progress=progress, declared=declared)
    return results.Run(ended.out, local=local, ended=ended)


def check(
    study: str | Path | Study,
    extract: str | Path,
    out: str | Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda message: None,
) -> RunSummary:
    """Only gate an extract: quality report, checks and quarantine; exit code 0 or 3."""
    with attempts.on_record("check", study, extract, out) as attempt:
        plan, data, home = _asked(study, extract, out, attempt)
        with run_folder(home) as target:
            this = start.begin(plan, data, target, options, progress, "check")
            attempt.begun(this)
            if found := start.unchanged(this, target):
                return _repeated(this, found, home, attempt)
            with _ends(this, target):
                hospitals.read(this, gate_only=True)
                verdicts.judge(this)
            verdicts.write(this)
            manifest.write(this)
            _seal(this, attempt)
        return summary.of_run(this, home)


def rejudge(study: Study, run_folder: Path) -> RunSummary:
    """Judge a finished run's measurements anew by this study's policy; nothing is read or written.

    Exit code 0, or 3 when the policy would block. Raises UsageError when `run_folder` is no run.
    """
    started = time.perf_counter()
    checks = validate.rejudge(run_folder, study)
    read, unreadable = (
        {check.hospital_id for check in checks} - {ALL},
        manifest.unreadable(run_folder),
    )
    failed = [check.check for check in checks if check.verdict == "fail"]
    notes = over_hospitals.notes_of_names(study, read, unreadable, failed)
    decision = gate.decide(checks, study, read.union(unreadable), unreadable, notes)
    return RunSummary(
        study.study.name,
        str(run_folder),
        GateBlocked.exit_code if decision.blocked else 0,
        decision.message or "done",
        sorted(read),
        list(decision.dropped),
        seconds=round(time.perf_counter() - started, 2),
    )


def investigate(this: Run) -> None:
    """The study itself, from the hospitals' small tables.

    Leaves its tables in the run folder, and in the run the numbers of its summary. Raises
    GateBlocked when the arms differ in what was set aside, EmptyResult without a cohort or a
    matched pair; what could be computed is then on disk. UsageError when nobody follows a strategy
    of the declared answer.
    """
    folder = this.folder
    table, attrition = _judged_cohort(this)
    study = this.answerable.study
    if table.is_empty():
        raise EmptyResult(cohort.empty_message(attrition) + verdicts.set_aside(this))
    strategies.refuse_unfollowed(table, study)
    strategies.refuse_unreached(table, study)
    this.progress("matching")
    table = with_splines(with_hospitals(table), study)
    arms = comparison.compare(table, study)
    arms.write(folder)
    learned = other_pairs.by_large_scale_score(this, table, arms)
    this.progress("analysis")
    found = analysis.analyse(
        table,
        arms.matched_rows(table),
        arms.score,
        this.answerable,
        lambda other: comparison.match_again(other, study),
        arms.note,
        arms.balance,
        learned,
    )
    found.tables["lints"] = pl.concat([found.tables["lints"], verdicts.lints(this)])
    for name, result in found.tables.items():
        result.write_csv(folder / f"{name}.csv")
    checked = found.tables["diagnostics"]
    this.failed = checked.filter(verdict="fail")["diagnostic"].to_list()
    this.numbers = {
        "admissions": cohort.admissions_read(attrition),
        "cohort": table.height,
        "exposed": int(table["exposed"].sum()),
        "pairs": arms.n_pairs,
        "lints": found.tables["lints"].height,
    }
    if not table["exposed"].any():
        otherwise = tables.gather(this, nobody_exposed.TABLE)
        why = nobody_exposed.why(otherwise, table, study)
        raise EmptyResult(f"match: no matched pair: {why}{verdicts.set_aside(this)}")
    if not arms.n_pairs:
        raise EmptyResult(f"match: no matched pair: {arms.why_none}{verdicts.set_aside(this)}")


def _judged_cohort(this: Run) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The analysis table and the attrition of the hospitals that the checks of a cohort let pass.

    Made anew without those that they leave out, for what remains is another cohort.
    """
    while True:
        this.progress("cohort")
        table, attrition = _cohort(this)
        if not verdicts.judge_arms(this, table, attrition):
            return table, attrition


def _cohort(this: Run) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The analysis table of the hospitals that are kept, and the attrition; writes what is known.

    Sets `known` of the run.
    """
    study, folder = this.study, this.folder
    screened, criterion = (tables.scan(this, name) for name in ("screened", "criterion"))
    people, attrition = cohort.of_known_exposure(
        *cohort.select(screened, criterion, study), tables.gather(this, "dosing"), study
    )
    attrition.write_csv(folder / "attrition.csv")
    if study.clock == "offsets":
        this.unordered = cohort.of_unknown_order(people, screened)
    spent = ledger.spend(this.results, people, tables.gather(this, "scope"))
    spent.write_csv(folder / "ledger.csv")
    use.write(folder, lambda name: tables.gather(this, name), study)
    this.known = follow_up.known(screened, people["hospital_id"].unique(), study)
    return tables.analysis_table(this, people), attrition


def _release(this: Run) -> None:
    """What may leave: the tables that withstand the attack, and what is made of them only."""
    out = this.folder / release.FOLDER
    may_leave = release.write_tables(this.folder, this.study.report, this.earlier)
    report.write(
        out, this.answerable.study, dropped=this.dropped, people=this.folder, asked=this.study
    )
    aggregate.write(out)
    release.bring(this.folder, release.PAGES)
    if not may_leave:
        release.keep(this.folder, this.earlier)
        this.progress("release: kept as it was, for few people are new since then")


def _pooling(study: Study) -> Study:
    """The study with the estimates of each hospital, which a run sends that keeps no patient."""
    plan = study.analysis.model_copy(update={"pool_hospitals": True})
    return study.model_copy(update={"analysis": plan})


def _asked(
    study: str | Path | Study, extract: str | Path, out: str | Path, attempt: Attempt
) -> tuple[Study, Path, Path]:
    """The study, the extract and the output folder that were asked for."""
    plan = study if isinstance(study, Study) else load(study)
    attempt.of(plan)
    data, home = place(extract), place(out)
    refuse_overlap(home, data)
    return plan, data, home


@contextmanager
def _ends(this: Run, target: RunFolder) -> Iterator[None]:
    """Let a run that the gate blocks, or that has nothing to compare, end with its exit code."""
    try:
        yield
    except (GateBlocked, EmptyResult) as error:
        this.exit_code, this.message = error.exit_code, str(error)
        target.exit_code = error.exit_code


def _repeated(this: Run, found: dict[str, Any], home: Path, attempt: Attempt) -> RunSummary:
    """The summary of a run that would have repeated the last one, which goes on record too."""
    told = summary.repeated(this, found, home)
    attempt.row = history.of_repeated(this, found, told.message)
    return told


def _seal(this: Run, attempt: Attempt) -> None:
    """Write the history and the metrics of a run, and seal its manifest."""
    shutil.rmtree(this.folder / COPIES, ignore_errors=True)
    release.carry(this.folder, this.earlier)
    attempt.row = history.write(this)
    metrics.write(this)
    release.close(this.folder)
    manifest.seal(this.folder)
