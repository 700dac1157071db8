"""Figure 1: who was left at each step, and who was not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import polars as pl

from ehrivig.disclosure import shown
from ehrivig.figures.boxes import arrow, box
from ehrivig.figures.style import QUIET, VERMILION, Axes, drawing, save
from ehrivig.report import findings

STEP_HEIGHT = 1.0
_SIDE, _WIDTH = 7.9, 3.9
"""Where the boxes at the side lie, and how wide they are."""
_REASON = 76
"""Letters of a reason: two lines of such a box."""


def flow_chart(
    attrition: pl.DataFrame,
    arms: dict[str, str],
    unmatched: str,
    dropped: list[str],
    smallest: int,
    path: Path,
) -> None:
    """Boxes down the page, exclusions to the right, the arms and the matched at the foot.

    `unmatched`: who of the arms is not among the matched, and why; nothing where everybody is.
    """
    steps = attrition.filter(pl.col("hospital_id") == "all").sort("step").to_dicts()
    levels = len(steps) + len(arms) // 2
    with drawing(8.2, 0.95 * levels + 0.4) as (figure, axes):
        axes.set_axis_off()
        axes.set(xlim=(0, 10), ylim=(-levels + 0.55, 0.45))
        for row, step in enumerate(steps):
            _step(axes, -row * STEP_HEIGHT, step, row, smallest)
        if dropped:
            text = "Hospitals left out by the data gate: " + ", ".join(dropped)
            box(axes, _SIDE, 0, _WIDTH, text, edge=VERMILION)
        foot = -len(steps) * STEP_HEIGHT
        _arms(axes, foot, arms)
        if unmatched:
            _beside(axes, 4.45, foot - 0.5, unmatched)
        save(figure, path, findings.of_flow(steps, arms, unmatched))


def _step(axes: Axes, y: float, step: dict[str, object], row: int, smallest: int) -> None:
    """One box, the arrow to it, and what was excluded on the way."""
    people = f"{_known(step['patients'])} patients, {_known(step['admissions'])} admissions"
    box(axes, 3, y, 5.4, f"{step['label']}\n{people}")
    if row:
        arrow(axes, (3, y + 0.72), (3, y + 0.3))
        excluded = f"Excluded: {_known(step['excluded'], smallest)}"
        if step["excluded_not_measured"]:
            excluded += f" (not measured: {_known(step['excluded_not_measured'], smallest)})"
        reason = textwrap.shorten(f"not met: {step['label']}", _REASON, placeholder=" ...")
        _beside(axes, 3, y + 0.5, f"{excluded}\n{reason}")


def _beside(axes: Axes, x: float, y: float, text: str) -> None:
    """Who goes no further, and why: a box at the side, with an arrow from the way down."""
    box(axes, _SIDE, y, _WIDTH, text, edge=QUIET)
    arrow(axes, (x, y), (_SIDE - _WIDTH / 2, y))


def _known(count: object, smallest: int = 0) -> str:
    """A count, or that it is not shown."""
    return "suppressed" if count is None else shown(int(str(count)), smallest)


def _arms(axes: Axes, y: float, arms: dict[str, str]) -> None:
    """Pairs of boxes: left and right arm."""
    items = list(arms.items())
    for number in range(0, len(items), 2):
        level = y - (number // 2) * STEP_HEIGHT
        for (label, count), x in zip(items[number : number + 2], (1.55, 4.45), strict=False):
            box(axes, x, level, 2.6, f"{label}\n{count}")
            arrow(axes, (x, level + 0.72), (x, level + 0.3))
