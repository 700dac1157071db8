"""The command of a module of simulated worlds: simulate, store the summary beside it, print it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

Simulated = Callable[[range, int], Iterable[list[dict[str, object]]]]
"""The rows of each cohort, by its number, with so many workers."""


def main(
    doc: str,
    cohorts: int,
    simulated: Simulated,
    summary: Callable[[pl.DataFrame], pl.DataFrame],
    stored: tuple[Path, Path],
) -> None:
    """Simulate; with as many cohorts as are stored, write the summary and the rows of the first."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=cohorts)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    rows = [row for part in simulated(range(given.cohorts), given.workers) for row in part]
    found = summary(pl.DataFrame(rows))
    if given.cohorts == cohorts:
        found.write_csv(stored[0])
        pl.DataFrame(rows).filter(pl.col("seed") == 0).write_csv(stored[1])
    with pl.Config(tbl_rows=-1, fmt_str_lengths=60):
        print(found)
