"""Categories as people write them: which word of the contract a spelling means (`words.csv`).

Works on the distinct values of a column. Case, accents, full width, blanks, hyphens, underscores
and dots do not matter. What is read is exact: a spelling that no list has stays as it is written,
and the gate counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ehrivig.codes.lists import CodeLists
from ehrivig.codes.spelling import plain_word

EVERY_COLUMN = "*"
MISSING = "missing"
"""The word that stands for nothing recorded."""
OPEN = frozenset(
    {
        "procedure.procedure_code",
        "score.score_code",
        "finding.finding_code",
        "pathogen_test.organism_code",
        "pathogen_test.specimen",
    }
)
"""Columns of names that a study may choose freely: their spelling alone is made plain."""


@lru_cache(maxsize=4)
def _words(lists: CodeLists) -> dict[str, dict[str, str | None]]:
    """Column -> plain spelling -> word (None: nothing recorded)."""
    found: dict[str, dict[str, str | None]] = {}
    for row in lists.rows("words"):
        of_column = found.setdefault(row["column"], {})
        word = None if row["word"] == MISSING else row["word"]
        if word is not None:
            of_column[plain_word(word)] = word
        of_column[plain_word(row["written"])] = word
    return found


def spellings(lists: CodeLists, column: str) -> Mapping[str, str | None]:
    """The plain spellings of the words of a column ("table.column") of its own."""
    return _words(lists).get(column, {})


def is_missing(lists: CodeLists, text: str) -> bool:
    """Whether a text says that nothing was recorded: blank, or a usual word for it."""
    plain = plain_word(text)
    return not plain or plain in _words(lists).get(EVERY_COLUMN, {})


def read(lists: CodeLists, column: str, text: str | None) -> str | None:
    """What a value of a column means: a word of the contract, None for nothing recorded.

    A text that no list knows comes back as it is; in a column of free names (`OPEN`) in the plain
    form of names.
    """
    if text is None:
        return None
    plain, known = plain_word(text), spellings(lists, column)
    if plain in known:
        return known[plain]
    if is_missing(lists, text):
        return None
    return plain.replace(" ", "_") if column in OPEN else text
