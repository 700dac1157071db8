"""Arguments and options that several commands take, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyArgument = Annotated[str, typer.Argument(help="Study file, or name of a packaged study.")]
ExtractOption = Annotated[
    Path,
    typer.Option(
        "--extract", help="Folder of tables (Parquet, CSV), or a DuckDB file.", readable=False
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder that receives one finished run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a one-line summary on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")]
MemoryOption = Annotated[
    str | None, typer.Option("--memory", help='Limit of the whole run, such as "2GB".')
]
ThreadsOption = Annotated[int | None, typer.Option("--threads", min=1, help="Threads of DuckDB.")]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, help="Hospitals, or shares of one, at a time.")
]
ClusterOption = Annotated[
    str | None, typer.Option("--cluster", help="Address of a Dask scheduler: tcp://127.0.0.1:8786")
]
ShareOption = Annotated[
    int | None,
    typer.Option(
        "--share-rows", min=1, help="Split a hospital with more rows; default: by memory."
    ),
]
BatchOption = Annotated[
    int | None,
    typer.Option(
        "--batch-rows", min=0, help="Rows of small hospitals at a time; default: by memory."
    ),
]
LayoutOption = Annotated[
    str | None,
    typer.Option(
        "--layout",
        help="native, clif, omop, eicu, mimic_iv, mimic_iii, synthea_csv, or a folder of SELECTs.",
    ),
]
ProtocolOption = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        metavar="HASH|FILE",
        help="Refuse a study that has not this protocol: its hash, or the file that `protocol "
        "STUDY --out NEW.json` wrote.",
    ),
]
MaybeExtractOption = Annotated[
    Path | None,
    typer.Option(
        "--extract", help="Folder of tables (Parquet, CSV), or a DuckDB file.", readable=False
    ),
]
CountsOption = Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")]
