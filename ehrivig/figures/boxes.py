"""Boxes with words and the arrows between them."""

from __future__ import annotations

import textwrap

from matplotlib.patches import FancyBboxPatch

from ehrivig.figures.style import INK, Axes

_HEIGHT = 0.54
_LETTERS = 10.5
"""How many letters fit in one unit of width."""


def box(axes: Axes, x: float, y: float, width: float, text: str, edge: str = INK) -> None:
    """A box around (x, y) with its words, broken to its width."""
    lines = [textwrap.fill(line, int(width * _LETTERS)) for line in text.split("\n")]
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - _HEIGHT / 2),
            width,
            _HEIGHT,
            linewidth=1,
            boxstyle="round,pad=0.02,rounding_size=0.06",
            edgecolor=edge,
            facecolor="white",
        )
    )
    axes.text(x, y, "\n".join(lines), ha="center", va="center", fontsize=8.6)


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from one place to another."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9})
