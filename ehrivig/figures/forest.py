"""The forest plot in the Cochrane manner: a table on the left, effects with intervals on the right.

`forest_svg` draws any list of `ForestRow`; who makes the rows decides what the plot is about: the
studies of a synthesis, hospitals, or the contrasts of a study.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from matplotlib.patches import Polygon, Rectangle

from ehrivig.figures.axes import Axis, effect_axis
from ehrivig.figures.style import BLACK, BLUE, GREY, VERMILION, WHOLE_PAGE, Axes, drawing, svg_text

Kind = Literal["heading", "study", "subtotal", "total", "ours", "prediction", "note", "gap"]

_POINTS = 8.5
_ROW_INCHES = 0.215
_PLOT_INCHES = 3.3
_GUTTER_INCHES = 0.16
_LONGEST_LABEL = 60


@dataclass(frozen=True)
class ForestRow:
    """One line: its kind, label, the cells of the table, and the effect to draw (NaN: none).

    `weight` is a proportion of 1 and sets the area of the square.
    """

    kind: Kind
    label: str = ""
    cells: tuple[str, ...] = ()
    estimate: float = math.nan
    lo: float = math.nan
    hi: float = math.nan
    weight: float = math.nan


@dataclass(frozen=True)
class ForestHead:
    """What stands over and under a forest plot.

    `label` names the lines, `columns` the columns of the table, `groups` (name, number of columns)
    stand over them and `plot` in two lines over the effects. Under the axis of effects stands what
    its two `sides` mean, or the name of the `axis`.
    """

    label: str
    columns: tuple[str, ...]
    groups: tuple[tuple[str, int], ...] = ()
    plot: tuple[str, str] = ("", "")
    sides: tuple[str, str] = ("", "")
    axis: str = ""


def forest_svg(rows: Sequence[ForestRow], head: ForestHead, title: str, *, ratio: bool) -> str:
    """A forest plot as SVG text, on a logarithmic axis about 1 for ratios, else about 0."""
    rows = [_shortened(row) for row in rows]
    widths = _column_inches(rows, head)
    table = sum(widths)
    width = table + _PLOT_INCHES + 0.3
    left, right = table + 0.12, table + 0.12 + _PLOT_INCHES
    with drawing(width, (len(rows) + 5) * _ROW_INCHES, margins=WHOLE_PAGE) as (figure, axes):
        axes.set(xlim=(0, width), ylim=(len(rows) + 2.6, -2.4))
        axes.axis("off")
        axis = effect_axis(ratio, [(r.estimate, r.lo, r.hi) for r in rows])
        place = _Place(axes, axis, left, right)
        _draw_head(place, head, widths)
        _draw_axis(place, head, len(rows))
        for line, row in enumerate(rows):
            _draw_cells(place, row, line, widths)
            _draw_effect(place, row, line)
        return svg_text(figure, title)


@dataclass(frozen=True)
class _Place:
    """Where things go: x in inches, y in lines; an effect's x through the axis."""

    axes: Axes
    axis: Axis
    left: float
    right: float

    def x(self, value: float) -> float:
        return self.left + self.axis.place(value) * (self.right - self.left)

    def text(self, x: float, line: float, words: str, **style: Any) -> None:
        usual: dict[str, Any] = {"fontsize": _POINTS, "va": "center", "color": BLACK}
        self.axes.text(x, line, words, **(usual | style))

    def line(self, xs: tuple[float, float], ys: tuple[float, float], **style: Any) -> None:
        usual: dict[str, Any] = {"color": BLACK, "lw": 0.9, "solid_capstyle": "butt"}
        self.axes.plot(xs, ys, **(usual | style))


def _shortened(row: ForestRow) -> ForestRow:
    """A row whose label fits the column."""
    if row.kind == "note" or len(row.label) <= _LONGEST_LABEL:
        return row
    return replace(row, label=row.label[: _LONGEST_LABEL - 1].rstrip() + "…")


def _column_inches(rows: Sequence[ForestRow], head: ForestHead) -> list[float]:
    """The width of the label column and of each table column, in inches."""
    labels = [row.label for row in rows if row.kind != "note"] + [head.label]
    widths = [max(_text_inches(f"  {label}") for label in labels)]
    for place, name in enumerate(head.columns):
        cells = [row.cells[place] for row in rows if len(row.cells) > place]
        widest = max(_text_inches(cell) for cell in [*cells, name])
        widths.append(widest + _GUTTER_INCHES)
    start = 0
    for name, span in head.groups:
        short = _text_inches(name) + _GUTTER_INCHES
        short -= sum(widths[1 + start : 1 + start + span])
        widths[1 + start] += max(0.0, short)
        start += span
    return widths


def _text_inches(text: str) -> float:
    """A generous width of a line of text: wide scripts count double."""
    units = sum(1.0 if ord(letter) > 0x2E80 else 0.58 for letter in text)
    return units * _POINTS / 72


def _draw_head(place: _Place, head: ForestHead, widths: list[float]) -> None:
    """The two lines of column names."""
    place.text(0.06, -0.9, head.label, weight="bold")
    edge, start = widths[0], 0
    edges = [edge := edge + width for width in widths[1:]]
    for x, name in zip(edges, head.columns, strict=True):
        place.text(x, -0.9, name, ha="right", weight="bold")
    for name, span in head.groups:
        if name:
            low = edges[start] - widths[1 + start] + _GUTTER_INCHES
            high = edges[start + span - 1]
            place.text((low + high) / 2, -1.8, name, ha="center", weight="bold")
        start += span
    middle = (place.left + place.right) / 2
    place.text(middle, -1.8, head.plot[0], ha="center", weight="bold")
    place.text(middle, -0.9, head.plot[1], ha="center", weight="bold")
    place.line((0.06, place.right), (-0.5, -0.5))


def _draw_axis(place: _Place, head: ForestHead, lines: int) -> None:
    """The axis of effects under the plot, the line of no effect, and the words under them."""
    bottom = lines + 0.2
    place.line((place.left, place.right), (bottom, bottom))
    null = place.x(place.axis.null)
    place.line((null, null), (-0.5, bottom), lw=0.8)
    for tick, words in place.axis.ticks:
        place.line((place.x(tick),) * 2, (bottom, bottom + 0.22), lw=0.8)
        place.text(place.x(tick), bottom + 0.72, words, ha="center", fontsize=_POINTS - 0.5)
    place.text(null - 0.12, bottom + 1.6, head.sides[0], ha="right")
    place.text(null + 0.12, bottom + 1.6, head.sides[1], ha="left")
    # a name longer than the axis ends with it
    middle = min(null, place.right + 0.12 - _text_inches(head.axis) / 2)
    place.text(middle, bottom + 1.6, head.axis, ha="center")


def _draw_cells(place: _Place, row: ForestRow, line: int, widths: list[float]) -> None:
    """The label and the cells of a line."""
    weight = "bold" if row.kind in ("heading", "subtotal", "total", "ours") else "normal"
    indent = 0.16 if row.kind == "study" else 0.06
    color = GREY if row.kind == "note" else BLACK
    place.text(indent, line, row.label, weight=weight, color=color)
    edge = widths[0]
    for cell, width in zip(row.cells, widths[1:], strict=False):
        edge += width
        place.text(edge, line, cell, ha="right", weight=weight)


def _draw_effect(place: _Place, row: ForestRow, line: int) -> None:
    """A square with its interval, a diamond, or the bar of a prediction interval."""
    if math.isnan(row.lo) or math.isnan(row.hi):
        return
    if row.kind == "prediction":
        _draw_interval(place, row, line, color=GREY, lw=2.6)
    elif row.kind in ("subtotal", "total", "ours"):
        _draw_diamond(place, row, line)
    else:
        _draw_interval(place, row, line)
        _draw_square(place, row, line)


def _draw_interval(place: _Place, row: ForestRow, line: int, **style: Any) -> None:
    """A line from lo to hi, with an arrow where the axis ends first."""
    place.line((place.x(row.lo), place.x(row.hi)), (line, line), **style)
    _draw_arrows(place, row, line, style.get("color", BLACK))


def _draw_arrows(place: _Place, row: ForestRow, line: int, color: str) -> None:
    """A tip at each end of the axis beyond which a limit lies."""
    for value, edge, step in ((row.lo, place.left, 0.07), (row.hi, place.right, -0.07)):
        if place.axis.beyond(value):
            corners = [(edge, line), (edge + step, line - 0.22), (edge + step, line + 0.22)]
            place.axes.add_patch(Polygon(corners, closed=True, color=color, lw=0))


def _draw_square(place: _Place, row: ForestRow, line: int) -> None:
    """A square whose area is the weight."""
    if place.axis.beyond(row.estimate):
        return
    weight = row.weight if math.isfinite(row.weight) else 0.05
    side = min(0.9, max(0.16, 1.35 * math.sqrt(weight)))
    wide, x = side * _ROW_INCHES, place.x(row.estimate)
    square = Rectangle((x - wide / 2, line - side / 2), wide, side, color=BLUE, lw=0, zorder=1.5)
    place.axes.add_patch(square)


def _draw_diamond(place: _Place, row: ForestRow, line: int) -> None:
    """A diamond from lo to hi with its middle at the estimate; ours in another colour."""
    color = VERMILION if row.kind == "ours" else BLACK
    half = 0.36 if row.kind != "subtotal" else 0.3
    x = place.x(row.estimate)
    corners = [(place.x(row.lo), line), (x, line - half), (place.x(row.hi), line), (x, line + half)]
    place.axes.add_patch(Polygon(corners, closed=True, color=color, lw=0.6, zorder=3))
    _draw_arrows(place, row, line, color)
