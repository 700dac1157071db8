"""The command line: one short function per command; errors become exit codes and one message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from ehrivig import console
from ehrivig.commands import doctor, evidence, results
from ehrivig.commands.codelist import app as codelist_app
from ehrivig.commands.layout import app as layout_app
from ehrivig.commands.layout import study_with
from ehrivig.commands.options import (
    BatchOption,
    ClusterOption,
    ExtractOption,
    JsonOption,
    LayoutOption,
    MaybeExtractOption,
    MemoryOption,
    OutOption,
    ProtocolOption,
    QuietOption,
    ShareOption,
    StudyArgument,
    ThreadsOption,
    WorkersOption,
)
from ehrivig.commands.snapshot import snapshot
from ehrivig.commands.study import app as study_app
from ehrivig.commands.view import view
from ehrivig.errors import EhrivigError, GateBlocked, UsageError, plain

app = typer.Typer(
    name="ehrivig",
    help="From a hospital warehouse dump to a defensible treatment-effect study.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 internal error, 2 usage or study file, 3 blocked by the data "
    "gate, 4 extract unreadable, 5 empty cohort or no pair, 6 output folder busy.",
)
app.add_typer(layout_app, name="layout")
app.add_typer(study_app, name="study")
app.add_typer(codelist_app, name="codelist")


def _version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        from ehrivig import __version__

        typer.echo(f"ehrivig {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """From a hospital warehouse dump to a defensible treatment-effect study."""


@app.command()
def run(
    study: StudyArgument,
    extract: ExtractOption,
    out: OutOption,
    layout: LayoutOption = None,
    memory: MemoryOption = None,
    threads: ThreadsOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    share_rows: ShareOption = None,
    batch_rows: BatchOption = None,
    aggregate_only: Annotated[
        bool, typer.Option("--aggregate-only", help="Keep no row of a patient; see `pool`.")
    ] = False,
    protocol: ProtocolOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a whole study: gate, cohort, matching, effects, report."""
    plan = _study_of_attempt("run", study, layout, extract, out)
    from ehrivig import pipeline
    from ehrivig.runs import history

    options = pipeline.Options(
        memory, threads, workers, cluster, aggregate_only, share_rows, batch_rows
    )
    told = console.progress(quiet, history.seconds_before(out, "run"))
    summary = pipeline.run(plan, extract, out, options=options, progress=told, declared=protocol)
    _finish(summary, as_json)


@app.command()
def check(
    study: StudyArgument,
    extract: MaybeExtractOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the quality report.")
    ] = None,
    rejudge: Annotated[
        Path | None, typer.Option(help="A finished run: judge its measurements anew.")
    ] = None,
    layout: LayoutOption = None,
    memory: MemoryOption = None,
    threads: ThreadsOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    share_rows: ShareOption = None,
    batch_rows: BatchOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Only gate the data; exit code 3 when blocked.

    Leaves the data quality report, the checks and the quarantine in --out.
    """
    if rejudge is not None:
        plan = study_with(study, layout)
        from ehrivig import pipeline

        _finish(pipeline.rejudge(plan, rejudge), as_json)
        return
    if extract is None or out is None:
        raise UsageError("check: give --extract and --out, or --rejudge RUN.")
    plan = _study_of_attempt("check", study, layout, extract, out)
    from ehrivig import pipeline
    from ehrivig.runs import history

    options = pipeline.Options(
        memory, threads, workers, cluster, share_rows=share_rows, batch_rows=batch_rows
    )
    told = console.progress(quiet, history.seconds_before(out, "check"))
    summary = pipeline.check(plan, extract, out, options=options, progress=told)
    _finish(summary, as_json)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="New folder for the extract.")],
    patients: Annotated[int, typer.Option(min=50, help="Patients in all.")] = 3000,
    hospitals: Annotated[int, typer.Option(min=1, max=26, help="Hospitals.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 20200301,
    defects: Annotated[str, typer.Option(help="Defects to plant: default, all, none, a name.")] = (
        "default"
    ),
    study: Annotated[
        str | None, typer.Option("--study", help="A packaged study whose drugs are given besides.")
    ] = None,
    effect: Annotated[
        float, typer.Option(min=-3, max=3, help="True log odds ratio of IVIG on 28-day death.")
    ] = 0.0,
    dose_effect: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Instead: true log hazard ratio of each day dosed."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a synthetic extract with a known true effect.

    Its events are raw and messy, as a warehouse has them; no row comes from a patient.
    """
    from ehrivig import demo as synthetic

    summary = synthetic.write_demo(
        folder,
        patients=patients,
        hospitals=hospitals,
        seed=seed,
        defects=defects,
        study=study,
        effect_log_or=effect,
        dose_log_hr=dose_effect,
        progress=console.progress(quiet),
    )
    console.print_summary(summary, as_json)


for _command in (snapshot, view, *evidence.COMMANDS, *results.COMMANDS, *doctor.COMMANDS):
    app.command()(_command)


@app.command()
def release(
    verify: Annotated[list[Path], typer.Option("--verify", help="A released folder, or a run.")],
    smallest_cell: Annotated[
        int | None, typer.Option(min=2, help="Default: what the folder says.")
    ] = None,
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="A release that left before.")
    ] = None,
) -> None:
    """Attack released folders: can a count of few people be had from what they show?

    With --earlier: also from their difference to releases that left before.

    Exit code 3 when one can, or when the folder is not as the run left it.
    """
    from ehrivig.release import verify as verified

    found = [verified(folder, smallest_cell, earlier or ()) for folder in verify]
    for one in found:
        typer.echo(plain("\n".join(one.lines())))
    if any(one.disclosed or one.changed for one in found):
        raise typer.Exit(GateBlocked.exit_code)


@app.command()
def sql(
    study: StudyArgument,
    extract: Annotated[
        Path | None, typer.Option("--extract", help="Bind these files; else empty tables.")
    ] = None,
) -> None:
    """Print every statement of a run, for a bare DuckDB shell."""
    from ehrivig.runs import statements

    typer.echo(plain(statements.of_study(study_with(study, None), extract)))


@app.command()
def calibrate(
    study: StudyArgument,
    replicates: Annotated[int, typer.Option(min=2, help="Cohorts in each world.")] = 200,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for calibration.csv.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
    patients: Annotated[int, typer.Option(min=100, help="Admissions in each cohort.")] = 850,
    effect: Annotated[float, typer.Option(help="True log odds or hazard ratio.")] = -0.5,
    seed: Annotated[int | None, typer.Option(min=0, help="Default: the study's.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Simulate known effects: bias and coverage of every analysis."""
    from ehrivig.calibrate import run_calibration
    from ehrivig.calibrate.show import bar, lines

    with bar(quiet) as progress:
        table, summary = run_calibration(
            study_with(study, None),
            replicates,
            out,
            patients=patients,
            effect=effect,
            seed=seed,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
    if not as_json:
        typer.echo("\n".join(lines(table)))
    console.print_summary(summary, as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the study file, for editors."""
    from ehrivig import study as study_module

    typer.echo(study_module.json_schema().rstrip("\n"))


@app.command()
def protocol(
    study: StudyArgument,
    layout: LayoutOption = None,
    as_json: JsonOption = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="New file: .html, .md, .json, or .svg for the design alone."),
    ] = None,
) -> None:
    """Print the protocol of a study with its hash, which every run of it repeats.

    With --out the whole of it, on the HARPER template with the design diagram; as .json what
    `run --protocol` holds a run to.
    """
    from ehrivig.study import protocol as of_study

    plan = study_with(study, layout)
    content = of_study.protocol(plan)
    if out is not None:
        from ehrivig.report import protocol as pages

        if as_json:
            raise UsageError("protocol: --json prints and --out writes a file. Give one of them.")

        written = ", ".join(str(path) for path in pages.document(plan, out))
        typer.echo(f"protocol {content['protocol_hash']}: {written}", err=True)
        return
    text = of_study.as_json(content) if as_json else of_study.as_text(content)
    typer.echo(text.rstrip("\n"))


@app.command()
def quarantine(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run.")],
) -> None:
    """List why rows were rejected, with counts."""
    from ehrivig.validate import ledger

    typer.echo(plain(ledger.reasons(run_folder).write_csv().rstrip("\n")))


@app.command()
def history(
    run_folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of earlier runs.")],
    as_json: JsonOption = False,
) -> None:
    """List the runs of a folder: when, how each ended, its counts."""
    from ehrivig.runs import history as runs

    found = runs.read(run_folder)
    typer.echo(plain((found.write_ndjson() if as_json else found.write_csv()).rstrip("\n")))


def _study_of_attempt(  # type: ignore[no-untyped-def]
    command: Literal["run", "check"], name: str, layout: str | None, extract: Path, out: Path
):
    """The study of a run, before the heavy imports: a mistake is told in a second, and recorded."""
    console.refuse_few_addresses()  # nothing is put on record: that takes an engine, too
    try:
        return study_with(name, layout)
    except EhrivigError:
        from ehrivig.runs import attempts

        with attempts.on_record(command, name, extract, out):
            raise


def _finish(summary, as_json: bool) -> None:  # type: ignore[no-untyped-def]
    """Print what a run did and leave with its exit code."""
    console.print_summary(summary, as_json)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def entry() -> None:
    """The `ehrivig` command: `main`, then the end of the process."""
    console.end_process(main)


@app.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Whose script.")],
) -> None:
    """Print the script by which a shell completes commands and options.

    For bash: ehrivig completion bash > ~/.local/share/bash-completion/completions/ehrivig
    """
    from typer._completion_shared import get_completion_script

    typer.echo(get_completion_script(prog_name="ehrivig", complete_var=_COMPLETE, shell=shell))


_COMPLETE = "_EHRIVIG_COMPLETE"


def main() -> None:
    """Run one command; leaves by SystemExit with the exit code of the contract."""
    if _COMPLETE in os.environ:  # asked by the script of `completion`
        from typer._completion_classes import completion_init

        completion_init()
    console.guarded(app)


if __name__ == "__main__":
    entry()
