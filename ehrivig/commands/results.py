"""`ehrivig export`: the released tables of a run as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig.errors import plain


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


COMMANDS = (export,)
