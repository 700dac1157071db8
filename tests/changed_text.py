"""A study file with a few changes, each of which must fit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Change = tuple[str, str]


def changed_text(text: str, changes: Iterable[Change], folder: Path) -> Path:
    """The text with some changes, each made once, as `mine.toml` in a folder."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path
