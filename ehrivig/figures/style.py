"""How every figure looks: readable in print, without colour, and the same bytes each time."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["Axes", "Figure", "drawing", "save", "series_styles", "svg_text"]

# Okabe and Ito 2008: told apart by all common kinds of colour vision, as greys, and by line style
BLUE = "#0072B2"
VERMILION = "#D55E00"
BLACK = "#000000"
"""Also the words and marks of a plot that is set as a table."""
SERIES_COLOURS = (BLUE, VERMILION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", BLACK)
SERIES_LINES = ("-", "--", ":", "-.")

INK = "#222222"
"""The words and axes of a chart."""
GREY = "#666666"
"""Words and marks of second rank."""
QUIET = "#8a8a8a"
"""What stands behind the data: reference lines, notes."""
LIGHT = "#d5d5d5"
"""What only leads the eye."""

EXPOSED = BLUE
CONTROL = VERMILION
COLOUR = {"exposed": EXPOSED, "control": CONTROL}
LINE = {"exposed": "-", "control": "--"}

WHOLE_PAGE = {"left": 0.0, "right": 1.0, "bottom": 0.0, "top": 1.0}
"""Margins of an axes that takes the figure from edge to edge."""

_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "ehrivig",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": 10,
    "text.usetex": False,
    "text.parse_math": False,
    "axes.unicode_minus": True,
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
def drawing(
    width: float, height: float, *, margins: dict[str, float] | None = None, points: float = 10
) -> Iterator[tuple[Figure, Axes]]:
    """A figure of so many inches with one axes, in the house style; save it inside the block.

    `margins` (left, right, bottom, top as parts of the figure) are fitted to the words where not
    given. `points` is the size of the words.
    """
    settings = _SETTINGS | {"font.size": points, "figure.constrained_layout.use": margins is None}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(width, height))
        yield figure, figure.subplots(gridspec_kw=margins)


def series_styles(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour and a line of its own for each of many series, told apart without colour too."""
    pairs = itertools.cycle([(c, line) for line in SERIES_LINES for c in SERIES_COLOURS])
    return dict(zip(names, pairs, strict=False))


def svg_text(figure: Figure, title: str, **options: Any) -> str:
    """A figure as SVG with a title for screen readers."""
    text = _drawn(figure, {"Title": title}, **options)
    return text.replace("<svg ", '<svg role="img" ', 1)


def save(figure: Figure, path: Path, finding: str = "") -> None:
    """Write a figure, cut to what is drawn, as an SVG whose title says what it shows."""
    text = svg_text(figure, finding or path.stem.replace("_", " "), bbox_inches="tight")
    path.write_text(text, encoding="utf-8")


def _drawn(figure: Figure, metadata: dict[str, str], **options: Any) -> str:
    """SVG text without date and random ids; its words stay words, to be searched and read out."""
    stream = io.StringIO()
    described = {"Date": None, "Creator": None} | metadata
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none"}):
        # names in scripts that the measuring font lacks are drawn by the reader's own fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(stream, format="svg", metadata=described, **options)
    return stream.getvalue()
