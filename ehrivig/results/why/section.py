"""What is said of a stay or an estimate: headings, each with lines of a name and a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

_ANSWERS = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True)
class Section:
    """A heading, and lines of a name and what is known of it."""

    heading: str
    lines: list[tuple[str, str]] = field(default_factory=list)


def lines(sections: Iterable[Section]) -> list[str]:
    """Sections as lines of a terminal; those without a line are left out."""
    said: list[str] = []
    for one in sections:
        if not one.lines:
            continue
        width = max(len(name) for name, _ in one.lines)
        said += ["", one.heading]
        said += [f"  {name:{width}}  {text}".rstrip() for name, text in one.lines]
    return said[1:]


def values(
    row: Mapping[str, Any], names: Iterable[str], units: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """What is known of a row under some names, each with its unit where it has one."""
    known = units or {}
    return [(n, text(row[n], known.get(n, ""))) for n in names if n in row]


def text(value: Any, unit: str = "") -> str:
    """A value for a reader: yes, no, unknown; a span as days and hours; a number with its unit."""
    if value is None or isinstance(value, bool):
        return _ANSWERS[value]
    if isinstance(value, timedelta):
        return _span(value)
    if isinstance(value, list):
        return ", ".join(text(one) for one in value)
    said = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{said} {unit}".rstrip()


def _span(value: timedelta) -> str:
    """A moment on the clock of a stay: "1 day, 4:54:00 after the admission"."""
    if not value:
        return "at the admission"
    side = "before" if value < timedelta(0) else "after"
    return f"{abs(value)} {side} the admission"
