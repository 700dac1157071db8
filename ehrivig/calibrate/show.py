"""A calibration on a terminal: a progress bar while it runs, and its table as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from ehrivig.calibrate.summary import MOST_BIAS, NOMINAL, TOLERANCE, monte_carlo_error

WORLD = {
    "immediate": "exposure starts at time zero",
    "delayed": "exposure starts later",
}


@contextmanager
def bar(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function that moves a progress bar on stderr; none when quiet."""
    if quiet:
        yield lambda done, whole: None
        return
    columns = (
        TextColumn("simulating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cohorts"),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, whole: shown.update(task, completed=done, total=whole)


def lines(table: pl.DataFrame) -> list[str]:
    """The table of a calibration, one line per analysis, grouped by world and effect."""
    text: list[str] = []
    for (world, effect), part in table.group_by("world", "effect", maintain_order=True):
        what = f"{WORLD[str(world)]}; true log ratio {effect:g}"
        names = ("truth", "mean", "bias", "in SE", "covers", "p<.05")
        head = f"{'measure':8}{''.join(f'{name:>8}' for name in names)}  valid  "
        text += ["", f"World: {what}", head + "analysis"]
        text += [_line(row) for row in part.iter_rows(named=True)]
    return text + _outside(table)


def _outside(table: pl.DataFrame) -> list[str]:
    """The valid analyses whose coverage is not in the range, each with how far chance may carry."""
    judged = table.filter("valid", pl.col("in_range").is_not_null())
    text = ["", f"Valid analyses: {judged.filter('in_range').height} of {judged.height} in range"]
    for row in judged.filter(~pl.col("in_range")).iter_rows(named=True):
        error = monte_carlo_error(NOMINAL, row["replicates"])
        far = min(abs(row["coverage"] - NOMINAL - side * TOLERANCE) for side in (-1, 1))
        chance = "within chance" if far <= 2 * error else "beyond chance"
        text.append(
            f"  outside: {row['coverage']:.1%} (Monte-Carlo error {error:.1%}; {chance}): "
            f"{row['world']}, effect {row['effect']:g}, {row['contrast']}, {row['measure']}, "
            f"{row['model']}"
        )
    for row in judged.filter("biased").iter_rows(named=True):
        text.append(
            f"  biased by {row['bias_in_se']:+.2f} standard errors (limit {MOST_BIAS:g}): "
            f"{row['world']}, effect {row['effect']:g}, {row['contrast']}, {row['measure']}, "
            f"{row['model']}"
        )
    failing = table.filter(~pl.col("valid"), pl.col("holds").is_not_null())
    failed = failing.filter(~pl.col("holds")).height
    return [
        *text,
        f"Analyses that cannot be right: {failed} of {failing.height} miss their coverage",
    ]


def _line(row: dict[str, object]) -> str:
    """One analysis."""
    numbers = [_number(row[name], ".3f") for name in ("truth", "mean_estimate", "bias")]
    numbers.append(_number(row["bias_in_se"], ".2f"))
    proportions = [_number(row[name], ".1%") for name in ("coverage", "rejected")]
    cells = "".join(f"{cell:>8}" for cell in (*numbers, *proportions))
    name = f"{row['analysis']}: {row['contrast']} [{row['population']}] {row['model']}"
    if "cluster" in str(row["variance"]):
        name += ", clustered"
    valid = "yes" if row["valid"] else "no"
    return f"{row['measure']:8}{cells}  {valid:5}  {name} ({row['why']})"


def _number(value: object, form: str) -> str:
    return "" if value is None else format(value, form)
