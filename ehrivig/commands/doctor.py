"""`ehrivig doctor`: whether a planned run has what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig.commands.options import MemoryOption
from ehrivig.errors import plain


def doctor(
    study: Annotated[
        str | None, typer.Argument(help="Study file, or name of a packaged study.")
    ] = None,
    extract: Annotated[
        Path | None, typer.Option("--extract", help="Folder of the dump.", readable=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the run is to be written.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", help="As of the run; default: the study's.")
    ] = None,
    memory: MemoryOption = None,
) -> None:
    """Say whether a planned run has what it needs: versions, memory, disk, files, places to write.

    Reads no event, but text files (CSV) whole. Exit code: that which the run would end with at
    once; else 0.
    """
    from ehrivig.runs.doctor import doctor as examined
    from ehrivig.study import load

    plan = None if study is None else load(study)
    if plan is not None and layout is not None:
        section = plan.extract.model_copy(update={"layout": layout})
        plan = plan.model_copy(update={"extract": section})
    found = examined(plan, extract, out, memory)
    for one in found:
        typer.echo(plain(one.line))
    if extract is not None and plan is None:
        typer.echo("      extract: not looked at: name the study whose layout it has")
    if code := next((one.exit_code for one in found if one.exit_code), 0):
        raise typer.Exit(code)


COMMANDS = (doctor,)
