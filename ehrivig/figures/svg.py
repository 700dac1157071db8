"""A figure as SVG: the same bytes on every machine and every run."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import matplotlib

from ehrivig.figures.style import Figure


def svg_text(figure: Figure, title: str) -> str:
    """A figure as SVG with a title for screen readers; its words stay words."""
    text = _drawn(figure, "none", metadata={"Title": title})
    return text.replace("<svg ", '<svg role="img" ', 1)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as an SVG that looks the same everywhere: its words become outlines."""
    path.write_text(_drawn(figure, "path", bbox_inches="tight"), encoding="utf-8")


def _drawn(
    figure: Figure, words: str, *, metadata: dict[str, str] | None = None, **options: Any
) -> str:
    """SVG text without date and random ids; `words` are drawn as "path" or kept as "none"."""
    stream = io.StringIO()
    described = {"Date": None, "Creator": None} | (metadata or {})
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": words}):
        # names in scripts that the measuring font lacks are drawn by the reader's own fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(stream, format="svg", metadata=described, **options)
    return stream.getvalue()
