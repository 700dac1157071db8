"""`ehrivig snapshot`: a Parquet extract of a live warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ehrivig import console
from ehrivig.commands.options import JsonOption, QuietOption


def snapshot(
    address: Annotated[
        str,
        typer.Option("--from", help="postgresql://host:5432/database; user and password by PG*."),
    ],
    tables: Annotated[str, typer.Option("--tables", help="Names: a,b or schema.a,schema.b.")],
    folder: Annotated[Path, typer.Option("--to", help="New folder, or an earlier snapshot.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write tables of a live PostgreSQL warehouse as a Parquet extract, in one state of it.

    User and password are those of PGUSER and PGPASSWORD, ~/.pgpass or a service file
    (postgresql:///?service=NAME). Needs the extra `postgresql`.
    """
    from ehrivig.extract import snapshot as of_warehouse

    summary = of_warehouse.take(address, tables, folder, console.progress(quiet))
    console.print_summary(summary, as_json)
