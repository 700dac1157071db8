"""Figures as SVG text that is the same on every machine and every run."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Okabe and Ito 2008: told apart with every kind of colour blindness, and as greys
BLUE = "#0072B2"
VERMILION = "#D55E00"
BLACK = "#000000"
GREY = "#666666"
LIGHT = "#B3B3B3"

_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "ehrivig",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "text.usetex": False,
    "axes.unicode_minus": True,
}


def svg_text(figure: Figure, title: str) -> str:
    """A figure as SVG with a title for screen readers; no date, no random ids."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context(_SETTINGS):
        # names in scripts that the measuring font lacks are drawn by the reader's own fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(stream, metadata={"Date": None, "Creator": None, "Title": title})
    text = stream.getvalue().decode("utf-8")
    return re.sub(r"<svg ", '<svg role="img" ', text, count=1)


def text_width_inches(text: str, points: float) -> float:
    """A generous width of a line of text: wide scripts count double."""
    units = sum(1.0 if ord(letter) > 0x2E80 else 0.58 for letter in text)
    return units * points / 72
