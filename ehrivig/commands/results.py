"""Commands that read a finished run: `export` its tables, say `why` somebody counts as he does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig.errors import UsageError, plain


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run, or its release.")],
    to: Annotated[str, typer.Option("--to", help="duckdb, or xlsx.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The new file; default: RUN.duckdb or RUN.xlsx here."),
    ] = None,
) -> None:
    """Write the released tables of a run as one file: for DuckDB, or as a workbook.

    Tables say what they are; few people are hidden as in the release.
    """
    from ehrivig.results.export import export as written

    name = run.resolve().name if run.name in ("", ".", "..") else run.name
    typer.echo(plain(str(written(run, to, out or Path(f"{name}.{to}")))))


def why(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run, where it was made.")],
    hospital: Annotated[str | None, typer.Option("--hospital", help="Its id.")] = None,
    admission: Annotated[
        str | None, typer.Option("--admission", help="Its id, as the extract has it.")
    ] = None,
    effect: Annotated[
        str | None,
        typer.Option("--effect", help="A row of effects.csv: its number, or primary, main/RD ..."),
    ] = None,
    extract: Annotated[
        str | None,
        typer.Option("--extract", help="The dump that the run read: shows the rows themselves."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="Its file, where it has lists of its own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="New local file; default: the terminal.")
    ] = None,
) -> None:
    """Say why an admission counts as it does, or what is behind an estimate. Logged nowhere.

    Each criterion with its moment, time zero, doses, covariates, outcomes, its pair, and the rows
    that the gate set aside; with --extract also the rows behind each. For the hospital's own eyes:
    it prints one person's values. --effect: the keys, function and statements behind an estimate.
    """
    from ehrivig.results import why as asked
    from ehrivig.results.new_file import new_file
    from ehrivig.results.why import lines

    if (effect is None) == (hospital is None) or (hospital is None) != (admission is None):
        raise UsageError("why: give --hospital and --admission, or --effect.")
    if effect is not None and extract is not None:
        raise UsageError("why: --extract shows the rows of an admission. Leave it out.")

    def found() -> list[asked.Section]:
        if effect is not None:
            return asked.effect(run, effect)
        return asked.why(run, str(hospital), str(admission), extract=extract, study=study)

    if out is None:
        typer.echo(plain("\n".join(lines(found()))))
        return
    with new_file(out, "why") as aside:
        aside.write_text(plain("\n".join(lines(found()))) + "\n", encoding="utf-8")
    typer.echo(plain(str(out)), err=True)


COMMANDS = (export, why)
