"""Drawings as small as a line of a table: an interval on a common scale, two marks and a limit."""

from __future__ import annotations

from markupsafe import Markup

_WIDTH = 120
_HEIGHT = 14
_EDGE = 6


def interval(
    estimate: float, lo: float | None, hi: float | None, reach: float, *, doubtful: bool = False
) -> Markup:
    """An estimate and its limits on a scale from -reach to reach, no effect in the middle.

    What lies beyond the scale ends at its edge with an arrow. `doubtful`: drawn as what is not to
    be read as an effect.
    """
    middle = _at(0, -reach, reach)
    parts = [_line(middle, 0, middle, _HEIGHT, "zero")]
    if lo is not None and hi is not None:
        parts.append(_line(_at(lo, -reach, reach), 7, _at(hi, -reach, reach), 7, "limits"))
        parts += [_arrow(end, reach) for end in (lo, hi) if abs(end) > reach]
    if abs(estimate) <= reach:
        x = _at(estimate, -reach, reach)
        parts.append(f'<rect class="mark" x="{x - 3:.1f}" y="4" width="6" height="6"/>')
    return _svg("doubtful" if doubtful else "sound", parts)


def before_after(
    before: float | None, after: float | None, most: float, limit: float, *, inside: bool
) -> Markup:
    """Two distances from 0 on a scale to `most`; `inside`: whether what came after is in limits."""
    edge = _at(limit, 0, most)
    parts = [_line(_at(0, 0, most), 0, _at(0, 0, most), _HEIGHT, "zero")]
    parts.append(_line(edge, 0, edge, _HEIGHT, "limit"))
    if before is not None and after is not None:
        parts.append(_line(_at(before, 0, most), 7, _at(after, 0, most), 7, "way"))
    if before is not None:
        parts.append(f'<circle class="before" cx="{_at(before, 0, most):.1f}" cy="7" r="3.5"/>')
    if after is not None:
        parts.append(f'<circle class="mark" cx="{_at(after, 0, most):.1f}" cy="7" r="3"/>')
    return _svg("sound" if inside else "doubtful", parts)


def _at(value: float, least: float, most: float) -> float:
    """Where a value lies across the drawing; beyond the scale at its edge."""
    share = (min(max(value, least), most) - least) / (most - least)
    return _EDGE + share * (_WIDTH - 2 * _EDGE)


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"/>'


def _arrow(end: float, reach: float) -> str:
    """The head of an arrow at the edge of the scale."""
    x = _at(end, -reach, reach)
    back = x - 5 if end > 0 else x + 5
    return f'<path class="mark" d="M {x:.1f} 7 L {back:.1f} 4 L {back:.1f} 10 Z"/>'


def _svg(name: str, parts: list[str]) -> Markup:
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return Markup(f'<svg class="mini {name}" {box} aria-hidden="true">{"".join(parts)}</svg>')
