"""Windows in time around one moment, one under the other: the design of a study at a glance.

Hours are drawn on a scale that shortens what is far away.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.patches import Polygon, Rectangle

from ehrivig.figures.style import (
    BLUE,
    GREY,
    INK,
    LIGHT,
    VERMILION,
    WHOLE_PAGE,
    Axes,
    drawing,
    svg_text,
)

_LEFT, _RIGHT, _WIDTH = 0.16, 4.14, 4.3
"""Inches: as wide as a phone shows without making words small."""
_ROW = 0.74
_BEFORE = 0.26
"""Which part of the drawing lies before time zero."""
_LETTER = 0.068
"""Inches of a letter of the words under a bar."""
_TOP, _HIGH = -0.17, 0.3
"""Where a bar begins under the middle of its row, and how high it is, in rows."""
_PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
Moment = Callable[[float], str]
"""An hour in words."""


@dataclass(frozen=True)
class Bar:
    """One window of the design in hours from time zero.

    `start` None: the beginning of the stay, or before; `end` None: its end. Where both are 0 it is
    a moment. `ends_known`: what comes after time zero is drawn apart, for it was not known then.
    """

    label: str
    start: float | None
    end: float | None
    words: str
    colour: str = BLUE
    ends_known: bool = False


def windows(rows: list[Bar], zero: str, title: str, moment: Moment) -> str:
    """The windows from top to bottom as SVG text; `zero`: what time zero is."""
    height = (len(rows) + 1.9) * _ROW
    with drawing(_WIDTH, height, margins=WHOLE_PAGE) as (figure, axes):
        axes.set(xlim=(0, _WIDTH), ylim=(len(rows) + 0.75, -1.15))
        axes.axis("off")
        scale = _Scale(rows)
        _axis(axes, scale, zero, len(rows), moment)
        for number, row in enumerate(rows):
            _row(axes, scale, row, number)
        return svg_text(figure, title)


class _Scale:
    """Where an hour stands from left to right, in inches."""

    def __init__(self, rows: list[Bar]) -> None:
        ends = [e for row in rows for e in (row.start, row.end) if e is not None]
        self.ticks = sorted({0.0, *ends})
        self.before = max(24.0, -min(self.ticks)) * 1.3
        self.after = max(24.0, *self.ticks) * 1.25

    def x(self, hour: float) -> float:
        """The place of an hour; beyond the drawing, its edge."""
        zero = _LEFT + _BEFORE * (_RIGHT - _LEFT)
        reach = zero - _LEFT if hour < 0 else _RIGHT - zero
        far = self.before if hour < 0 else self.after
        part = min(1.0, math.log1p(abs(hour) / 24) / math.log1p(far / 24))
        return zero + math.copysign(part * reach, hour)

    def start(self, row: Bar) -> float:
        return _LEFT if row.start is None else self.x(row.start)

    def end(self, row: Bar) -> float:
        return _RIGHT if row.end is None else self.x(row.end)


def _axis(axes: Axes, scale: _Scale, named: str, lines: int, moment: Moment) -> None:
    """The line of time zero, and the moments at which a window begins or ends."""
    zero = scale.x(0)
    axes.plot((zero, zero), (-0.55, lines - 0.1), color=INK, lw=1.2, zorder=1)
    words = textwrap.fill(f"Time zero: {named}", 44)
    half = max(map(len, words.split("\n"))) * _LETTER * 0.62
    middle = min(max(zero, half), _WIDTH - half)
    axes.text(middle, -0.72, words, ha="center", va="bottom", fontsize=8.8, weight="bold")
    axes.plot((_LEFT, _RIGHT), (lines - 0.1,) * 2, color=INK, lw=0.9)
    shown = zero
    for tick in [0.0, *(t for t in scale.ticks if t > 0), *(t for t in scale.ticks if t < 0)]:
        x = scale.x(tick)
        if tick and abs(x - shown) < 0.3:
            continue
        shown = zero if tick <= 0 else x
        axes.plot((x, x), (lines - 0.1, lines), color=INK, lw=0.9)
        text = moment(tick) if tick else "0"
        axes.text(x, lines + 0.12, text, ha="center", va="top", fontsize=8.2)
    axes.text(_RIGHT, lines + 0.42, "not to scale", ha="right", va="top", fontsize=7.4, color=GREY)


def _row(axes: Axes, scale: _Scale, row: Bar, number: int) -> None:
    """The name of a window over its bar, and what it is under it."""
    axes.plot((0.06, _WIDTH - 0.06), (number + 0.5,) * 2, color=LIGHT, lw=0.6, zorder=0)
    axes.text(
        0.06, number - 0.34, row.label, ha="left", va="center", fontsize=8.6, weight="bold",
        zorder=3, bbox=_PLATE,
    )  # fmt: skip
    start, end = scale.start(row), scale.end(row)
    if end - start < 0.02:
        corners = [(start - 0.07, number - 0.02), (start, number - 0.18)]
        corners += [(start + 0.07, number - 0.02), (start, number + 0.14)]
        axes.add_patch(Polygon(corners, closed=True, color=row.colour, lw=0, zorder=2))
    else:
        zero = min(end, scale.x(0)) if row.ends_known and start < scale.x(0) else end
        _bar(axes, number, start, zero, row.colour)
        _bar(axes, number, zero, end, VERMILION)
    _open(axes, row, number, start, end)
    _words(axes, row, number, start, end)


def _bar(axes: Axes, number: int, start: float, end: float, colour: str) -> None:
    corner = (start, number + _TOP)
    axes.add_patch(Rectangle(corner, end - start, _HIGH, color=colour, lw=0, alpha=0.85))


def _open(axes: Axes, row: Bar, number: int, start: float, end: float) -> None:
    """A tip at an end that lies wherever the stay begins or ends."""
    top, foot = number + _TOP, number + _TOP + _HIGH
    for known, edge, step in ((row.start, start, -0.1), (row.end, end, 0.1)):
        if known is None:
            corners = [(edge, top), (edge + step, (top + foot) / 2), (edge, foot)]
            axes.add_patch(Polygon(corners, closed=True, color=row.colour, lw=0, alpha=0.85))


def _words(axes: Axes, row: Bar, number: int, start: float, end: float) -> None:
    """What a window is, under its bar, from its left end on where there is room."""
    words = textwrap.shorten(row.words, int((_WIDTH - 0.1) / _LETTER), placeholder=" ...")
    width = _LETTER * len(words)
    x, side = (start + 0.04, "left") if start + width < _WIDTH else (_WIDTH - 0.06, "right")
    axes.text(
        x, number + 0.32, words, ha=side, va="center", fontsize=8, color=INK, zorder=3, bbox=_PLATE
    )
