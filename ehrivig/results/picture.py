"""A figure of a run, as a notebook shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A figure of a run: its name and its SVG text."""

    name: str
    svg: str

    def __repr__(self) -> str:
        return f"Picture({self.name!r}, {len(self.svg):,} characters of SVG)"

    def _repr_svg_(self) -> str:
        """What a notebook draws."""
        return self.svg

    def save(self, path: str | Path) -> Path:
        """Write the SVG; the path that it was written to."""
        to = Path(path)
        to.write_text(self.svg, encoding="utf-8")
        return to
