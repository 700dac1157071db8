"""Figure 1: who was left at each step, and who was not."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.disclosure import shown
from ehrivig.figures.boxes import arrow, box
from ehrivig.figures.style import QUIET, VERMILION, Axes, drawing, save
from ehrivig.report import findings

STEP_HEIGHT = 1.0


def flow_chart(
    attrition: pl.DataFrame, arms: dict[str, str], dropped: list[str], smallest: int, path: Path
) -> None:
    """Boxes down the page, exclusions to the right, the arms and the matched at the foot."""
    steps = attrition.filter(pl.col("hospital_id") == "all").sort("step").to_dicts()
    levels = len(steps) + len(arms) // 2
    with drawing(8.2, 0.95 * levels + 0.4) as (figure, axes):
        axes.set_axis_off()
        axes.set(xlim=(0, 10), ylim=(-levels + 0.55, 0.45))
        for row, step in enumerate(steps):
            _step(axes, -row * STEP_HEIGHT, step, row, smallest)
        if dropped:
            text = "Hospitals left out by the data gate: " + ", ".join(dropped)
            box(axes, 7.9, 0, 3.9, text, edge=VERMILION)
        _arms(axes, -len(steps) * STEP_HEIGHT, arms)
        save(figure, path, findings.of_flow(steps, arms))


def _step(axes: Axes, y: float, step: dict[str, object], row: int, smallest: int) -> None:
    """One box, the arrow to it, and what was excluded on the way."""
    people = f"{_known(step['patients'])} patients, {_known(step['admissions'])} admissions"
    box(axes, 3, y, 5.4, f"{step['label']}\n{people}")
    if row:
        arrow(axes, (3, y + 0.72), (3, y + 0.3))
        excluded = f"Excluded: {_known(step['excluded'], smallest)}"
        if step["excluded_not_measured"]:
            excluded += f"\n(not measured: {_known(step['excluded_not_measured'], smallest)})"
        box(axes, 7.9, y + 0.5, 3.2, excluded, edge=QUIET)
        arrow(axes, (3, y + 0.5), (6.3, y + 0.5))


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
