"""The shipped code lists (CSV), as they are read."""

from __future__ import annotations

import csv
from functools import cache
from io import StringIO
from pathlib import Path

import polars as pl

from ehrivig import resources
from ehrivig.errors import UsageError

NUMBER_COLUMNS = {"factor", "shift", "hard_lo", "soft_lo", "soft_hi", "hard_hi"}


def read_list(path: Path) -> list[dict[str, str]]:
    """The rows of a code list; lines that begin with # are its header.

    Raises UsageError when the file cannot be read.
    """
    try:
        lines = [line for line in resources.text(path).splitlines() if not line.startswith("#")]
        return [dict(row) for row in csv.DictReader(StringIO("\n".join(lines)))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"codelist: {path.name} cannot be read. Put the file back.") from error


@cache
def shipped(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a shipped list (`labs`, `conditions`, ...)."""
    return tuple(read_list(resources.codelists_folder() / f"{name}.csv"))


def list_frame(name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Some columns of a code list, numbers as Float64, empty text kept (never null)."""
    rows = [
        [_number(row[c]) if c in NUMBER_COLUMNS else row[c] for c in columns]
        for row in shipped(name)
    ]
    schema = {c: pl.Float64 if c in NUMBER_COLUMNS else pl.String for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _number(text: str) -> float | None:
    return float(text) if text else None


def listed_codes() -> pl.DataFrame:
    """Every exact code of the lists whose descendants count as well: vocabulary, code."""
    found = {
        (row["vocabulary"], row["code"]) for row in shipped("labs") if row["vocabulary"] == "OMOP"
    }
    found |= {
        (row["vocabulary"], row["code"])
        for row in shipped("conditions")
        if row["vocabulary"] == "SNOMED"
    }
    for path in sorted((resources.codelists_folder() / "drugs").glob("*.csv")):
        found |= {
            (row["vocabulary"], row["value"])
            for row in read_list(path)
            if row["vocabulary"] == "OMOP" and row["match"] == "exact"
        }
    schema = {"vocabulary": pl.String, "code": pl.String}
    return pl.DataFrame(sorted(found), schema=schema, orient="row")
