"""Notes of the rows of a table: what several rows say stands once, under the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from string import ascii_lowercase

BETWEEN = "; "
SHORT = 30
"""Characters that stand in a row as well as under the table."""


def said_once(notes: Sequence[str]) -> tuple[list[str], str]:
    """The note of each row, and what stands under the table.

    What every row says has no mark; what some say at length has a letter, which stands in theirs.
    """
    parts = [[part for part in note.split(BETWEEN) if part] for note in notes]
    common = _common(parts)
    marks = _marks(parts, common)
    rows = [_marked([part for part in row if part not in common], marks) for row in parts]
    told = [f"{mark}: {part.rstrip('.')}." for part, mark in marks.items()]
    return rows, " ".join([*_sentence(common), *told])


def _common(parts: list[list[str]]) -> list[str]:
    """What every row says, where there are several."""
    if len(parts) < 2:
        return []
    return [part for part in parts[0] if all(part in row for row in parts)]


def _marks(parts: list[list[str]], common: list[str]) -> dict[str, str]:
    """What several rows say -> its letter; of more than 26, the first."""
    counts = Counter(part for row in parts for part in dict.fromkeys(row))
    several = [part for part, n in counts.items() if n > 1 and part not in common]
    several = [part for part in several if len(part) > SHORT]
    return dict(zip(several, ascii_lowercase, strict=False))


def _marked(row: list[str], marks: dict[str, str]) -> str:
    """The letters of a row, then what it alone says."""
    letters = ", ".join(marks[part] for part in row if part in marks)
    return BETWEEN.join(filter(None, (letters, *(part for part in row if part not in marks))))


def _sentence(parts: list[str]) -> list[str]:
    text = BETWEEN.join(parts)
    return [f"{text[0].upper()}{text[1:].rstrip('.')}."] if text else []
