"""How every figure looks: readable in print, without colour, and the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by all common kinds of colour vision, and by line style.
EXPOSED = "#0072B2"
CONTROL = "#D55E00"
INK = "#222222"
QUIET = "#8a8a8a"
LINE = {"exposed": "-", "control": "--"}
COLOUR = {"exposed": EXPOSED, "control": CONTROL}
_SETTINGS: Any = {
    "svg.hashsalt": "ehrivig",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


@contextmanager
def drawing(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of so many inches with one axes, in the house style."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height))
        yield figure, figure.subplots()


def save(figure: Figure, path: Path) -> None:
    """Write an SVG without date, so that the same figure has the same bytes."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None}
    )
    path.write_text(buffer.getvalue(), encoding="utf-8")
