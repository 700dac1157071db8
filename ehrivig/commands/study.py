"""`ehrivig study`: list, show, begin, check and compare study files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ehrivig.commands.options import (
    ClusterOption,
    CountsOption,
    LayoutOption,
    MaybeExtractOption,
    StudyArgument,
    WorkersOption,
)
from ehrivig.errors import UsageError, plain

app = typer.Typer(help="List, begin, check and compare study files.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the packaged studies: name and title."""
    from ehrivig import study

    names = study.packaged()
    width = max(map(len, names))
    for name in names:
        typer.echo(f"{name:{width}}  {study.load(name).study.title}")


@app.command()
def show(study: StudyArgument) -> None:
    """Print a study file, such as a packaged one to begin from."""
    from ehrivig import study as studies

    studies.load(study)
    typer.echo(studies.locate(study).read_text(encoding="utf-8-sig").rstrip("\n"))


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="New study file (TOML).")],
    drug: Annotated[str | None, typer.Option(help="Name of a drug list.")] = None,
    condition: Annotated[str | None, typer.Option(help="Condition that admits a patient.")] = None,
    like: Annotated[str | None, typer.Option(help="Study to begin from.")] = None,
) -> None:
    """Write a commented study file that runs.

    A drug that no list holds gets a first list of its own in lists/drugs/, by its name.
    """
    from ehrivig.study import begin

    for line in begin.begin(file, drug, condition, like):
        typer.echo(line, err=True)


@app.command()
def check(
    file: StudyArgument,
    extract: MaybeExtractOption = None,
    layout: LayoutOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    as_json: CountsOption = False,
) -> None:
    """Tell every problem and doubt of a study file; with an extract, whom it would find.

    A doubt does not stop a run, which has it among its lints.
    Counts are of the rows as they are read, before the data gate; small ones are hidden, and
    outcomes are not looked at.
    """
    from ehrivig import study

    if extract is None and (layout is not None or as_json):
        unread = "--json" if layout is None else "--layout"
        raise UsageError(
            f"study check: {unread} is of an extract. Give --extract, or leave it out."
        )
    plan = study.load(file)
    doubts = study.doubted(file)
    typer.echo(f"{file}: no problem{_and_doubts(len(doubts))}.", err=True)
    for doubt in doubts:
        typer.echo(f"  warning: {doubt}", err=True)
    if extract is None:
        return
    from ehrivig.runs import preview, preview_lines
    from ehrivig.runs.state import Options

    if layout is not None:
        section = plan.extract.model_copy(update={"layout": layout})
        plan = plan.model_copy(update={"extract": section})
    found = preview.preview(plan, extract, Options(workers=workers, cluster=cluster))
    if as_json:
        typer.echo(json.dumps(preview_lines.records(found), sort_keys=True, ensure_ascii=False))
    else:
        typer.echo(plain("\n".join(preview_lines.lines(found))))


def _and_doubts(number: int) -> str:
    return f", {number} warning{'s' * (number > 1)}" if number else ""


@app.command()
def upgrade(
    file: StudyArgument,
    out: Annotated[
        Path | None, typer.Option("--out", help="New file; without it the text is printed.")
    ] = None,
) -> None:
    """Write a study file of an earlier version in the form of this one.

    Declares the answer and takes out, under a comment, what is refused now. The file itself stays
    as it is.
    """
    from ehrivig.study import upgrade as upgrading

    text, said = upgrading.upgraded(file)
    if out is None:
        typer.echo(text, nl=False)
    else:
        upgrading.write(text, out)
    for line in said or ["nothing to change: it is in the form of this version"]:
        typer.echo(f"{file}: {line}", err=True)


@app.command()
def diff(one: StudyArgument, other: StudyArgument) -> None:
    """Tell what differs in the protocols of two studies; nothing when they are the same."""
    from ehrivig import study
    from ehrivig.study.difference import difference

    for line in difference(study.load(one), study.load(other)):
        typer.echo(line)
