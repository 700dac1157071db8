"""What follows from several counts of rows: the same over a whole table and over its parts.

A check of this kind states its counts (name -> SQL condition of a row) and a `finding`: SQL over
the names of the counts. Counts add up over parts of a table; the finding is made of their sums.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ehrivig.database import Database
from ehrivig.literals import Parameters, render

_WORD = re.compile(r"\b[a-z_][a-z0-9_]*\b")


def value(db: Database, text: str, counts: Mapping[str, int], parameters: Parameters) -> int:
    """A finding from counts that are known."""
    full = filled(text, {name: f"{count}::BIGINT" for name, count in counts.items()})
    return int(db.rows(f"SELECT {render(full, parameters)}")[0][0] or 0)


def filled(text: str, values: Mapping[str, str]) -> str:
    """SQL of a finding with the names of its counts replaced, by numbers or by columns."""
    return _WORD.sub(lambda word: values.get(word.group(), word.group()), text)
