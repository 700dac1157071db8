"""A mark for each hospital on one line, so that hundreds of them stand beside a check."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

PER_LINE = 100
"""Hospitals on one line; further ones go on below."""
_STEP, _HEIGHT = 6, 12
_SHADES = ((0.995, "full"), (0.9, "most"), (0.5, "half"), (0.005, "some"))
"""From which share of rows with a value on, and how that is drawn."""


def strip(marks: Sequence[str], said: str) -> Markup:
    """Squares in the order of `marks`, each drawn by the style of that name; none for "".

    `said`: what a reader who does not see them is told.
    """
    lines = max(1, -(-len(marks) // PER_LINE))
    parts = []
    for name in sorted({mark for mark in marks if mark}):
        places = (_square(i) for i, mark in enumerate(marks) if mark == name)
        parts.append(f'<path class="{name}" d="{"".join(places)}"/>')
    width, height = _STEP * min(len(marks), PER_LINE), _HEIGHT * lines
    head = f'<svg class="strip" role="img" width="{width}" height="{height}" '
    head += f'viewBox="0 0 {width} {height}">'
    return (
        Markup(head) + Markup("<title>{}</title>").format(said) + Markup("".join(parts) + "</svg>")
    )


def shade(share: float | None) -> str:
    """How a share of rows with a value is drawn."""
    if share is None:
        return ""
    return next((name for least, name in _SHADES if share >= least), "none")


def _square(number: int) -> str:
    x, y = _STEP * (number % PER_LINE), _HEIGHT * (number // PER_LINE)
    return f"M{x} {y + 1}h{_STEP - 1}v{_HEIGHT - 2}h-{_STEP - 1}z"
