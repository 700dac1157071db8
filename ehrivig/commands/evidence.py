"""Commands on estimates: published trials, hospitals that sent theirs, and printed tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ehrivig import console
from ehrivig.commands.options import JsonOption, OutOption
from ehrivig.errors import plain


def meta(
    trials: Annotated[Path, typer.Argument(help="CSV of studies.")],
    out: OutOption,
    measure: Annotated[Literal["OR", "RR", "RD", "MD", "SMD"] | None, typer.Option()] = None,
    method: Annotated[Literal["MH", "IV", "Peto"] | None, typer.Option()] = None,
    model: Annotated[Literal["common", "random"], typer.Option()] = "common",
    tau2: Annotated[Literal["DL", "REML", "PM"], typer.Option()] = "DL",
    ci: Annotated[Literal["normal", "hksj"], typer.Option()] = "normal",
    by: Annotated[str | None, typer.Option(help="Column that names subgroups.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Pool studies: effects, heterogeneity, forest and funnel plot."""
    from ehrivig.meta import run_meta

    summary = run_meta(
        trials, out, measure=measure, method=method, model=model, tau2=tau2, ci=ci, by=by
    )
    console.print_summary(summary, as_json)


def pool(
    sources: Annotated[list[Path], typer.Argument(help="Runs, or their aggregate.csv.")],
    out: OutOption,
    tau2: Annotated[Literal["DL", "REML", "PM"], typer.Option()] = "REML",
    ci: Annotated[Literal["normal", "hksj"], typer.Option()] = "hksj",
    as_json: JsonOption = False,
) -> None:
    """Pool hospitals that sent only their estimates.

    Each FOLDER is a release as its run wrote it; an edited one is refused.
    """
    from ehrivig.meta import pool_aggregates

    console.print_summary(pool_aggregates(sources, out, tau2=tau2, ci=ci), as_json)


def compare(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run.")],
    trials: Annotated[str, typer.Option(help="CSV of studies, or a shipped table.")],
    out: OutOption,
    measure: Annotated[Literal["OR", "RR", "RD"] | None, typer.Option()] = None,
    analysis: Annotated[str, typer.Option(help="Rows of effects.csv with this analysis.")] = (
        "main"
    ),
    by: Annotated[str | None, typer.Option(help="Column that names subgroups.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a run's estimate under the published trials."""
    from ehrivig.meta import compare as beside

    summary = beside(
        run_folder / "effects.csv", trials, out, measure=measure, analysis=analysis, by=by
    )
    console.print_summary(summary, as_json)


def audit(
    tables: Annotated[list[Path], typer.Argument(help="Published tables as CSV.")],
    outcome: Annotated[str, typer.Option(help="Row of the outcome that is modelled.")] = (
        "death_28d"
    ),
) -> None:
    """Check published tables for numbers that cannot be.

    P-values, quartiles, implications, orientation of effects, multiplicity.
    """
    from ehrivig import audit as auditing
    from ehrivig.audit import lints

    found = auditing.audit(tables, outcome)
    typer.echo(plain(lints.frame(found).write_csv().rstrip("\n")))
    typer.echo(f"{len(found)} finding(s)", err=True)


COMMANDS = (meta, pool, compare, audit)
