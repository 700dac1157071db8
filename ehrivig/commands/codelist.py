"""`ehrivig codelist`: write and check code lists of one's own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from ehrivig.commands.options import CountsOption, LayoutOption, MaybeExtractOption
from ehrivig.errors import UsageError, plain

app = typer.Typer(help="Write and check code lists of your own.", no_args_is_help=True)


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="drug, condition, lab, vital, unit, finding, ...")],
    name: Annotated[str, typer.Argument(help="Its name in the study file.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of lists.")] = Path("lists"),
    source: Annotated[
        Path | None,
        typer.Option("--from", help="CSV of OpenCodelists, or OMOP concept set (JSON)."),
    ] = None,
    vocabulary: Annotated[
        str | None, typer.Option(help="What the codes of a CSV are of: SNOMED, ICD10, ...")
    ] = None,
    column: Annotated[str | None, typer.Option(help="Column of the codes of a CSV.")] = None,
    match: Annotated[
        Literal["single", "exact", "prefix"] | None,
        typer.Option(help="What a code of a CSV stands for: itself (single), all that begins so."),
    ] = None,
    extract: Annotated[
        Path | None,
        typer.Option("--extract", help="Vocabulary tables that write a concept set out."),
    ] = None,
) -> None:
    """Write a commented list, empty or from a list that others have made."""
    from ehrivig.extract.lists import convert as list_import

    for line in list_import.new(kind, name, out, source, vocabulary, column, extract, match):
        typer.echo(line, err=True)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of lists.")],
    extract: MaybeExtractOption = None,
    layout: LayoutOption = None,
    study: Annotated[
        str | None, typer.Option("--study", help="Study whose [extract] says how it is read.")
    ] = None,
    as_json: CountsOption = False,
) -> None:
    """Tell every problem of a folder of lists; with an extract, what each line finds.

    How many rows and people each line matches, about what the lines disagree, and the commonest
    names near a list that no line matches.
    """
    from ehrivig.codes import doubtful, own

    given = {"--layout": layout, "--study": study, "--json": as_json or None}
    if extract is None and (unread := [name for name, value in given.items() if value]):
        raise UsageError(
            f"codelist check: {unread[0]} is of an extract. Give --extract, or leave it out."
        )
    lists = own.read(folder)
    files = ", ".join(lists.hashes) or "no list"
    typer.echo(f"{folder}: no problem ({files}).", err=True)
    for doubt in doubtful.doubts(lists):
        typer.echo(f"  warning: {doubt}{'' if doubt.endswith('?') else '.'}", err=True)
    if extract is None:
        return
    from ehrivig.extract.lists import check as list_check
    from ehrivig.extract.lists import lines as list_lines

    reports = list_check.check(lists, extract, _plan(study, layout))
    if as_json:
        told = json.dumps([asdict(report) for report in reports], ensure_ascii=False)
        typer.echo(plain(told))
    else:
        typer.echo(plain("\n".join(list_lines.lines(reports))))


def _plan(name: str | None, layout: str | None):  # type: ignore[no-untyped-def]
    """The study that says how an extract is read: its layout, unless the command line names one."""
    from ehrivig import study

    plan = study.load(name or "ivig_covid19")
    if layout is None:
        return plan
    section = plan.extract.model_copy(update={"layout": layout})
    return plan.model_copy(update={"extract": section})
