"""`ehrivig layout`: map a warehouse of one's own, in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehrivig.commands.options import ExtractOption
from ehrivig.errors import ExtractError, UsageError, plain

if TYPE_CHECKING:
    from ehrivig.study import Study

app = typer.Typer(help="Map a warehouse of your own, in SQL.", no_args_is_help=True)


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="New folder.")]) -> None:
    """Write a commented SELECT template for each canonical table."""
    from ehrivig.extract import layout_check

    layout_check.new(folder)
    typer.echo(f"wrote templates to {folder}", err=True)


@app.command()
def draft(
    folder: Annotated[Path, typer.Argument(help="New folder.")],
    extract: ExtractOption,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of the hospitals, for moments with a zone.")
    ] = None,
) -> None:
    """Write a first layout from what a dump looks like, its doubts named and switched off.

    Known dumps: those of the shipped layouts (OMOP, CLIF, eICU, MIMIC-IV, MIMIC-III, Synthea),
    HiRID, AmsterdamUMCdb, i2b2, PCORnet, Epic Clarity; of others names in five languages, types and
    forms of codes decide.
    """
    from ehrivig.extract.draft import write

    written = write.write(folder, extract, timezone)
    typer.echo(plain(str(written)))


@app.command()
def check(
    folder: Path,
    extract: ExtractOption,
    study: str = "ivig_covid19",
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Also whom the study finds, and all checks that block."),
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, help="Rehearse so many of the hospitals, evenly spread."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also as a page, in this file.")
    ] = None,
) -> None:
    """Say what maps, what is missing, and which codes, units and rates can be used.

    Exit code 4 when a SELECT cannot be used, as a run with that layout would end; of a rehearsal 3
    where the data gate would block.
    """
    from ehrivig.extract import layout_check

    if sample and not rehearse:
        raise UsageError("--sample: says of how many hospitals a rehearsal is. Add --rehearse.")
    plan = study_with(study, None)
    report = layout_check.check(folder, extract, plan)
    typer.echo(plain(str(report)))
    lines: tuple[str, ...] = ()
    code = 0 if report.usable else ExtractError.exit_code
    if rehearse and report.usable:
        from ehrivig.commands import rehearsal

        found = rehearsal.rehearse(study_with(study, str(folder)), extract, sample)
        lines, code = found.lines, found.exit_code
        typer.echo(plain("\n".join(["", *lines])))
    if html:
        from ehrivig.commands import layout_page

        layout_page.write(html, report, lines)
    if code:
        raise typer.Exit(code)


def study_with(name: str, layout: str | None) -> Study:
    """The study, with the layout of the command line in place of its own."""
    from ehrivig import study as study_module

    plan = study_module.load(name)
    if layout is None:
        return plan
    section = plan.extract.model_copy(update={"layout": layout})
    return plan.model_copy(update={"extract": section})
