"""The score of all that was coded, as a reader sees it: balance, calibration, preference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.figures.style import CONTROL, EXPOSED, INK, QUIET, Axes, drawing, save
from ehrivig.report import findings
from ehrivig.report.figures import both_arms
from ehrivig.report.table import Table
from ehrivig.study import Study

SCORES = {"study": "Pairs of the study's score", "large_scale": "Pairs of the large-scale score"}
_LARGEST, _LEAST = 120.0, 9.0
"""Areas of the dots, in square points."""
_EQUIPOISE = (0.3, 0.7)
_SIDES = ("unmatched", "matched", "large_scale")
_LEFT = {
    "beyond": ("Covariates that differ by more than 0.1", 0),
    "chance": ("As many would by chance alone", 1),
    "largest": ("Largest difference", 2),
    "left": ("The farthest, beyond chance", 2),
}
"""What is told of each side: its words, and its digits."""


def table(rows: pl.DataFrame, caption: str, _: Study) -> Table:
    """What is left of the differences before matching and by each score; the score in the note."""
    told: dict[str, float | None] = dict(rows.select("what", "value").iter_rows())
    head = ["", "Before matching", *SCORES.values()]
    lines = [
        [words, *(_number(told, f"{what}_{side}", digits) for side in _SIDES)]
        for what, (words, digits) in _LEFT.items()
    ]
    offered, kept, rare = (_number(told, name, 0) for name in ("covariates", "kept", "rare"))
    score = "no score was learned"
    if kept:
        c = _number(told, "c_statistic", 2)
        score = f"{kept} are in the score (C-statistic {c} among people not learned from)"
    note = (
        f"{offered} covariates were offered, {score}; {rare} were too rare, or had by nearly all. "
        "Covariates: the matching variables, and what was coded before time zero; of numbers three "
        "(measured, low, high). The largest is of those of which no count is small; 5: 5 or more, "
        "as where one arm alone has it. Which they are stands in large_scale.csv of the run, which "
        "stays in the hospital."
    )
    return Table(caption, head, lines, note)


def _number(told: dict[str, float | None], name: str, digits: int) -> str:
    """A number in words; nothing where there is none of the kind."""
    if name not in told:
        return ""
    value = told[name]
    return "not shown" if value is None else f"{value:,.{digits}f}"


def balance(grid: pl.DataFrame, path: Path) -> None:
    """The difference of every covariate before and after, one panel for each score."""
    with drawing(7.2, 3.7) as (figure, axes):
        axes.remove()
        grid = grid.drop_nulls().with_columns(pl.exclude("score").cast(pl.Float64))
        right, top = (1.05 * max([0.2, *grid[side]]) for side in ("before", "after"))
        count = max(grid["covariates"].to_list(), default=1)
        for number, (name, title) in enumerate(SCORES.items(), start=1):
            panel = figure.add_subplot(1, 2, number)
            part = grid.filter(pl.col("score") == name)
            area = _LEAST + (_LARGEST - _LEAST) * part["covariates"].to_numpy() / count
            panel.scatter(
                part["before"].to_numpy(),
                part["after"].to_numpy(),
                s=area,
                color=EXPOSED,
                alpha=0.6,
            )
            panel.plot([0, right], [0, right], color=QUIET, linewidth=0.8)
            panel.axhline(findings.BALANCED, color=INK, linestyle=":", linewidth=1)
            panel.set_title(title, fontsize=10)
            panel.set_xlabel("|SMD| before matching")
            panel.set_ylabel("|SMD| after matching" if number == 1 else "")
            panel.set_xlim(0, right)
            panel.set_ylim(0, top)
        save(figure, path, _of_balance(grid))


def score(preference: pl.DataFrame, path: Path, *, calibration: pl.DataFrame) -> None:
    """Observed against predicted exposure of people not learned from; the preference score."""
    with drawing(7.2, 3.2) as (figure, axes):
        axes.remove()
        _calibration(figure.add_subplot(1, 2, 1), calibration)
        panel = figure.add_subplot(1, 2, 2)
        both_arms(panel, preference, "preference score")
        for end in _EQUIPOISE:
            panel.axvline(end, color=INK, linestyle=":", linewidth=1)
        save(figure, path, _of_score(calibration))


def _calibration(panel: Axes, tenths: pl.DataFrame) -> None:
    tenths = tenths.drop_nulls()
    panel.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8)
    panel.plot(
        tenths["predicted"].to_numpy(),
        tenths["observed"].to_numpy(),
        marker="o",
        color=CONTROL,
        linestyle="--",
        linewidth=1,
    )
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1)
    panel.set_xlabel("predicted chance of exposure")
    panel.set_ylabel("share exposed")


def _of_balance(grid: pl.DataFrame) -> str:
    """How many covariates differ by more than a tenth of a deviation, before and by each score."""
    said = []
    for name, title in SCORES.items():
        part = grid.filter(pl.col("score") == name)
        n = int(part["covariates"].sum())
        far = [
            int(part.filter(pl.col(side) > findings.BALANCED)["covariates"].sum())
            for side in ("before", "after")
        ]
        said.append(f"{title}: of {n:,} covariates {far[0]:,} differ by more than 0.1 before, "
                    f"{far[1]:,} after")  # fmt: skip
    return "; ".join(said) + "."


def _of_score(tenths: pl.DataFrame) -> str:
    """How far predicted and observed shares lie apart at most."""
    tenths = tenths.drop_nulls()
    if tenths.is_empty():
        return "The large-scale score; its calibration is not shown."
    apart = float(np.abs(tenths["predicted"] - tenths["observed"]).max())
    return f"The large-scale score: predicted and observed exposure differ by {apart:.2f} at most."
