"""A run, step by step: it reads as the study protocol.

A hospital is the unit of work (`hospital.process`). Then the small tables of all hospitals meet:
gate -> cohort -> match -> analyse -> report. Steps do not know each other; they are handed on here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import (
    aggregate,
    analysis,
    cohort,
    comparison,
    crew,
    dataset,
    ending,
    extract,
    hospital,
    ledger,
    manifest,
    memory,
    network,
    quality,
    report,
    utilise,
    validate,
)
from ehrivig.dataset import KEY
from ehrivig.errors import EmptyResult, ExtractError, GateBlocked
from ehrivig.features import dosing
from ehrivig.folder import RunFolder, destination, refuse_overlap, run_folder
from ehrivig.hospital import HospitalResult
from ehrivig.study import Study, load

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a run uses the machine; nothing here changes a result.

    `aggregate_only` keeps no table with a row per patient or event in the run folder.
    """

    memory: str | None = None
    threads: int | None = None
    workers: int = 1
    cluster: str | None = None
    aggregate_only: bool = False


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
    earlier: Path
    options: Options
    progress: Progress
    command: ending.Command
    fingerprint: str
    started: float = field(default_factory=time.perf_counter)
    results: list[HospitalResult] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    checks: list[validate.Check] = field(default_factory=list)
    across: list[validate.Measurement] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    reused: int = 0
    numbers: dict[str, int] = field(default_factory=dict)


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
    refuse_overlap(Path(out), Path(extract))
    with run_folder(Path(out)) as target:
        this = _begin(plan, Path(extract), target, options, progress)
        alone = this.options.aggregate_only
        if not alone and (found := _unchanged(this, target)):
            return _repeated(this, found, Path(out))
        message = "done"
        try:
            _read_hospitals(this)
            _judge(this)
            this.numbers = _study(this)
        except (GateBlocked, EmptyResult) as error:
            target.exit_code, message = error.exit_code, str(error)
        _close_gate(this)
        _record(this, target.exit_code, message)
        this.progress("report")
        report.write(this.folder, plan, dropped=this.dropped)
        aggregate.write(this.folder)
        if alone:
            aggregate.drop_patients(this.folder)
        _note(this, target.exit_code, message)
    return _summary(this, Path(out), target.exit_code, message)


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
    refuse_overlap(Path(out), Path(extract))
    with run_folder(Path(out)) as target:
        this = _begin(plan, Path(extract), target, options, progress, "check")
        if found := _unchanged(this, target):
            return _repeated(this, found, Path(out))
        message = "done"
        try:
            _read_hospitals(this, gate_only=True)
            _judge(this)
        except GateBlocked as error:
            target.exit_code, message = error.exit_code, str(error)
        _close_gate(this)
        _record(this, target.exit_code, message)
        _note(this, target.exit_code, message)
    return _summary(this, Path(out), target.exit_code, message)


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


def _record(this: _Run, exit_code: int, message: str) -> None:
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


def _unchanged(this: _Run, target: RunFolder) -> dict[str, Any] | None:
    """The manifest of the good run in `out` when this one would repeat it; it is then left alone.

    Not when a later attempt lies beside it: that one is to be cleared, and kept in the history.
    """
    found = manifest.of_same_run(this.earlier, this.fingerprint)
    target.unchanged = found is not None and not target.has_later_attempt
    return found if target.unchanged else None


def _repeated(this: _Run, found: dict[str, Any], out: Path) -> RunSummary:
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


def _note(this: _Run, exit_code: int, message: str) -> None:
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


def _summary(this: _Run, out: Path, exit_code: int, message: str) -> RunSummary:
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
) -> _Run:
    say("reading the list of files")
    try:
        source = extract.inspect(extract_folder, study)
    except PermissionError as error:
        name = Path(error.filename or extract_folder).name
        raise ExtractError(f"extract: {name} may not be read. Mend its permissions.") from error
    mark = manifest.run_fingerprint(study, source, gate_only=command == "check")
    use = options or Options()
    return _Run(study, source, target.path, target.earlier, use, say, command, mark)


def _read_hospitals(this: _Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it."""
    tasks = {name: _task(this, name, gate_only) for name in this.source.hospitals}
    kept = {name: found for name, task in tasks.items() if (found := _kept(this, task))}
    this.reused = len(kept)
    fresh = [task for name, task in tasks.items() if name not in kept]
    with closing(crew.work(fresh, this.options.workers, this.options.cluster)) as made:
        for number, hospital_id in enumerate(this.source.hospitals, start=1):
            this.progress(f"hospital {number} of {len(this.source.hospitals)}")
            outcome = kept.get(hospital_id) or next(made)
            if not isinstance(outcome, ExtractError):
                this.results.append(outcome)
            elif _policy(this.study, hospital_id) == "block_run":
                raise outcome
            else:
                this.unreadable[hospital_id] = str(outcome)
    if not this.results:
        raise ExtractError("extract: no hospital could be read. Mend the extract.")


def _task(this: _Run, hospital_id: str, gate_only: bool) -> crew.Task:
    """What is to be done for one hospital, and with how much of the machine."""
    use = this.options
    return crew.Task(
        this.source,
        hospital_id,
        this.study,
        this.folder / "hospitals" / hospital.folder_name(hospital_id),
        gate_only,
        _mark(this, hospital_id, gate_only),
        memory.engine_limit(use.memory, use.workers if use.cluster is None else 1),
        crew.threads_each(use.workers, use.threads),
    )


def _mark(this: _Run, hospital_id: str, gate_only: bool) -> str:
    """What a hospital's result depends on; empty when a file of it cannot even be opened."""
    try:
        return manifest.fingerprint(this.study, this.source, hospital_id, gate_only=gate_only)
    except ExtractError:
        return ""


def _kept(this: _Run, task: crew.Task) -> HospitalResult | None:
    """A hospital's result of the earlier run, when nothing it depends on has changed."""
    earlier = this.earlier / "hospitals" / task.folder.name
    return hospital.reuse(earlier, task.folder, task.fingerprint)


def _policy(study: Study, hospital_id: str) -> str:
    """What a failing hospital does to the run; a failure of no single hospital always stops it."""
    if hospital_id == network.ALL:
        return "block_run"
    return study.quality.hospitals.get(hospital_id, study.quality.block)


def _judge(this: _Run) -> None:
    """Verdicts of every hospital; raises GateBlocked when the policy blocks the run."""
    this.progress("judging the measurements")
    this.across = network.before_cohort(
        this.study,
        network.expected_hospitals(this.study, this.source.root),
        this.results,
        list(this.unreadable),
        this.earlier,
    )
    measured = [m for result in this.results for m in result.measurements]
    this.checks = validate.judge([*measured, *this.across], this.study)
    failing = validate.blocked_hospitals(this.checks, this.study)
    this.dropped = sorted({*failing, *this.unreadable} - {network.ALL})
    stop = [name for name in failing if _policy(this.study, name) == "block_run"]
    if stop or len(this.dropped) == len(this.source.hospitals):
        raise GateBlocked(validate.blocked_message(this.checks, stop or failing))


def _judge_arms(this: _Run, kept: list[HospitalResult], table: pl.DataFrame) -> None:
    """Verdicts that need the cohort; raises GateBlocked when one of them fails."""
    measured = network.after_cohort(
        this.study, kept, _gather(kept, "screened"), _gather(kept, "scope"), table
    )
    this.across += measured
    checks = validate.judge(measured, this.study)
    this.checks += checks
    failing = validate.blocked_hospitals(checks, this.study)
    if failing:
        raise GateBlocked(validate.blocked_message(checks, failing))


def _close_gate(this: _Run) -> None:
    """Write the checks, the quarantine of all hospitals, and the data quality report."""
    quality.write(
        this.folder,
        this.study,
        this.results,
        this.checks,
        this.dropped,
        network.earlier_runs(this.earlier),
    )
    measured = [m for result in this.results for m in result.measurements]
    path = this.folder / network.MEASUREMENTS
    validate.write_measurements([*measured, *this.across], path)


def _study(this: _Run) -> dict[str, int]:
    """From the hospitals' small tables to the analysed study; the numbers of the summary."""
    study, folder = this.study, this.folder
    kept = [r for r in this.results if r.hospital_id not in this.dropped]
    this.progress("cohort")
    people, attrition = cohort.select(_gather(kept, "screened"), _gather(kept, "criterion"), study)
    attrition.write_csv(folder / "attrition.csv")
    ledger.spend(this.results, people, _gather(kept, "scope")).write_csv(folder / "ledger.csv")
    utilise.write(folder, lambda name: _gather(kept, name), study)
    table = _analysis_table(this, kept, people)
    _judge_arms(this, kept, table)
    if table.is_empty():
        raise EmptyResult(_empty_message(attrition))
    this.progress("matching")
    arms = comparison.compare(table, study)
    _write_comparison(folder, arms)
    this.progress("analysis")
    found = analysis.analyse(
        table,
        arms.matched_rows(table),
        arms.score,
        study,
        lambda other: comparison.match_again(other, study),
    )
    for name, result in found.tables.items():
        result.write_csv(folder / f"{name}.csv")
    numbers = {
        "admissions": _admissions_read(attrition),
        "cohort": table.height,
        "exposed": int(table["exposed"].sum()),
        "pairs": arms.n_pairs,
        "lints": found.tables["lints"].height,
    }
    if not arms.n_pairs:
        raise EmptyResult(f"match: no matched pair: {arms.why_none}")
    return numbers


def _analysis_table(this: _Run, kept: list[HospitalResult], people: pl.DataFrame) -> pl.DataFrame:
    """The analysis table and its relatives on disk: cohort, dosing, analysis."""
    zero = _gather(kept, "candidate").select(*KEY, "time_zero")
    people = people.join(zero, on=KEY, how="left", validate="1:1")
    repeat = _gather(kept, "repeat")
    repeat = repeat.rename({n: f"{n}_repeat" for n in repeat.columns if n not in KEY})
    baseline = _gather(kept, "baseline").join(repeat, on=KEY, how="left", validate="1:1")
    given = _gather(kept, "dosing").join(people.select(KEY), on=KEY, how="semi")
    table = dataset.assemble(
        people,
        baseline,
        _gather(kept, "outcomes"),
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


def _gather(results: list[HospitalResult], name: str) -> pl.DataFrame:
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


def _admissions_read(attrition: pl.DataFrame) -> int:
    """Admissions of all hospitals before the first criterion."""
    first = attrition.filter((pl.col("step") == 0) & (pl.col("hospital_id") == "all"))
    return int(first["admissions"][0])


def _empty_message(attrition: pl.DataFrame) -> str:
    """At which criterion the cohort became empty."""
    flow = attrition.filter(pl.col("hospital_id") == "all").sort("step")
    empty = flow.filter(pl.col("admissions") == 0).row(0, named=True)
    return (
        f"cohort: no admission is left after criterion {empty['criterion']!r} "
        f"({empty['excluded']} excluded there, {empty['excluded_not_measured']} of them not "
        "measured). Look at attrition.csv; mend the study file or the extract."
    )


def _write_comparison(folder: Path, arms: comparison.Comparison) -> None:
    arms.matched.write_parquet(folder / "matched.parquet")
    arms.balance.write_csv(folder / "balance.csv")
    arms.overlap.write_csv(folder / "overlap.csv")
    arms.positivity.write_csv(folder / "positivity.csv")
