"""The command `view`: one page to explore released numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig.errors import plain


def view(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Finished runs, or their releases.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The new page.")] = Path("view.html"),
) -> None:
    """Write one page to explore the released numbers of runs: no server, no network.

    Effects, cohort, checks by hospital and by run, completeness, dosing, balance, overlap; several
    runs or nights side by side. Few people are hidden as in the release.
    """
    from ehrivig.results.view import view as written

    typer.echo(plain(str(written(runs, out))))
