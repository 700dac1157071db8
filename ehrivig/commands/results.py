"""Commands that read a finished run: `export` its tables, say `why` somebody counts as he does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig.errors import UsageError, plain


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run, or its release.")],
    to: Annotated[str, typer.Option("--to", help="xlsx, docx, csv, duckdb, or ohdsi.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The new file or folder; default: RUN.xlsx, RUN-csv ... here."),
    ] = None,
) -> None:
    """Write the released tables of a run to take along; few people are hidden as in the release.

    xlsx: a workbook. docx: the tables of a manuscript. csv: a folder. duckdb: one file with
    comments. ohdsi: results tables of CohortMethod (Strategus), of the ratios.
    """
    from ehrivig.results.export import default_name
    from ehrivig.results.export import export as written

    typer.echo(plain(str(written(run, to, out or Path(default_name(_name(run), to))))))


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
    if study is not None and extract is None:
        raise UsageError("why: --study is read with --extract alone. Give both, or neither.")

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


def review(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run, where it was made.")],
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Charts to be read; default: 50.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Of the sample; default: the study's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The new workbook; default: RUN-review.xlsx here.")
    ] = None,
    filled: Annotated[
        Path | None, typer.Option("--filled", help="The workbook that somebody filled in.")
    ] = None,
) -> None:
    """Write a workbook for a chart review, blinded to the arms; or say what the filled one says.

    Filled in: predictive values, sensitivity, agreement (kappa) of cohort, exposure and outcome,
    and the crude effect corrected for their errors. Both are local: they tell of few people.
    """
    from ehrivig.results import review as charts

    if filled is not None:
        if (sample, seed, out) != (None, None, None):
            raise UsageError(
                "review: --filled takes sample and seed of the workbook. Give it alone."
            )
        typer.echo(plain("\n".join(charts.reviewed(run, filled).lines())))
        return
    target = out or Path(f"{_name(run)}-review.xlsx")
    drawn = charts.write(run, sample or 50, target, seed)
    inside = sum(len(one.chosen) for one in drawn.strata if one.inside)
    said = f"{len(drawn.charts)} charts, {inside} of the cohort, seed {drawn.seed}"
    typer.echo(f"{said}: local, for who may read charts", err=True)
    typer.echo(plain(str(target)))


def _name(run: Path) -> str:
    """The name of a run's folder."""
    return run.resolve().name if run.name in ("", ".", "..") else run.name


COMMANDS = (export, review, why)
